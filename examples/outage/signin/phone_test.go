package signin

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/web"
)

// begin presses the button for a code and returns the page on which it is entered.
func (s *SignIn) begin(t *testing.T, b *web.Browser, account string) (codePage web.Page, state string) {
	t.Helper()
	page, err := b.Post(t.Context(), s.site[replay.Detour]+"/login/start", url.Values{"with": {Phone}, "account": {account}})
	require.NoError(t, err)
	require.Equal(t, http.StatusSeeOther, page.Status)
	page, err = b.Get(t.Context(), page.Location.String())
	require.NoError(t, err)
	found := s.read.state.FindSubmatch(page.Body)
	require.NotNil(t, found)
	return page, string(found[1])
}

func TestOnlyPausesAreCompressed(t *testing.T) {
	for n := range 16 {
		assert.True(t, isPause(resendAfter<<n), n)
	}
	for _, ttl := range []time.Duration{3 * time.Minute, 10 * time.Minute, time.Hour, 24 * time.Hour, 20 * time.Minute, time.Hour + time.Second} {
		assert.False(t, isPause(ttl), ttl)
	}
}

func TestWrongCodeMayBeTypedAgain(t *testing.T) {
	s := open(t, 1)
	b, began := web.NewBrowser(s.browsers), time.Now()
	_, state := s.begin(t, b, "3")
	codes := s.read.arrived(s.config.Phone, 3, began)
	require.Len(t, codes, 1)
	wrong := "000000"
	if codes[0] == wrong {
		wrong = "000001"
	}
	enter := func(code string) web.Page {
		page, err := b.Post(t.Context(), s.site[replay.Detour]+callbackPath(Phone), url.Values{"state": {state}, "code": {code}})
		require.NoError(t, err)
		return page
	}
	page := enter(wrong)
	assert.Equal(t, http.StatusForbidden, page.Status)
	assert.Contains(t, string(page.Body), "That is not the code.")
	page = enter(codes[0])
	require.NotNil(t, page.Location)
	assert.Equal(t, "/me", page.Location.Path)
	assert.Equal(t, Phone, page.Header.Get(web.HeaderSource))
	assert.Equal(t, http.StatusBadRequest, enter(codes[0]).Status, "the ticket has served")
}

// Whoever types the name of an account learns nothing of it: no number, and not whether there is one.
func TestAccountWithoutNumberLooksTheSame(t *testing.T) {
	s := open(t, 0.5)
	with, _ := s.begin(t, web.NewBrowser(s.browsers), "3")
	assert.NotContains(t, string(with.Body), people.Number(3)[3:])
	count := s.config.Phone.Count("")
	for _, account := range []string{"2", "nobody", "", people.Number(3)} {
		without, _ := s.begin(t, web.NewBrowser(s.browsers), account)
		assert.Equal(t, s.read.state.ReplaceAllString(string(with.Body), ""), s.read.state.ReplaceAllString(string(without.Body), ""))
	}
	assert.Equal(t, count, s.config.Phone.Count(""), "nothing was sent")
}

func TestFateOfCodesIsWhatBothWaysShare(t *testing.T) {
	s := open(t, 1)
	sources := s.Capability().Sources
	require.Len(t, sources, 3)
	assert.Equal(t, replay.Source{Name: Phone, Fate: []string{"mobile carriers"}}, sources[2])
	assert.Equal(t, []string{"Solapi", "mobile carriers"}, s.config.CodeSources[0].Fate, "left as it was")
}
