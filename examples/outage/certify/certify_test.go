package certify

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/vendorsim"
)

const thief = robbedEvery - 1 // the first citizen whose telephone is in other hands

// open builds the certificates of a hundred citizens on two sites that serve.
func open(t *testing.T) *Certify {
	t.Helper()
	var sites [2]*web.Site
	for i := range sites {
		s, err := web.Listen("site")
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, s.Close()) })
		sites[i] = s
	}
	s, err := New(Config{Phone: vendorsim.NewPhone(), Citizens: 2 * robbedEvery, Patience: 3 * time.Second,
		Direct: sites[replay.Direct], Detour: sites[replay.Detour]})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	for _, site := range sites {
		site.Serve()
	}
	return s
}

func (s *Certify) visit(t *testing.T, side replay.Side, citizen int) tally.Outcome {
	t.Helper()
	return s.journey(t.Context(), side, schedule.Arrival{Citizen: citizen})
}

func (s *Certify) set(t *testing.T, primary, secondary timeline.Mode) {
	t.Helper()
	for i, mode := range []timeline.Mode{primary, secondary} {
		require.NoError(t, s.Capability().Roles[i].Play(timeline.Phase{Mode: mode, Share: 1, Status: 503}))
	}
}

func by(source string) tally.Outcome {
	return tally.Outcome{OK: true, Served: []tally.Served{{Source: source, Freshness: tally.Live}}}
}

func TestJourneys(t *testing.T) {
	s := open(t)
	assert.Equal(t, tally.Outcome{OK: true}, s.visit(t, replay.Direct, 3), "no label of a source without Detour")
	assert.Equal(t, by(Kakao), s.visit(t, replay.Detour, 3))
	assert.Equal(t, 2, s.config.Phone.Count(people.Number(3)), "one request for each visit")

	for _, mode := range []timeline.Mode{timeline.Fail, timeline.Refuse, timeline.Maintenance, timeline.HTML, timeline.Reset} {
		s.set(t, mode, timeline.OK)
		assert.Equal(t, tally.Outcome{Why: whyRequest}, s.visit(t, replay.Direct, 3), mode)
		assert.Equal(t, by(Pass), s.visit(t, replay.Detour, 3), mode)
	}
	s.set(t, timeline.OK, timeline.OK)
	assert.Equal(t, tally.Outcome{OK: true}, s.visit(t, replay.Direct, 3))
}

// Kakao dies between the request and the proof: what was confirmed there is lost, and the citizen proves himself by the other.
func TestKakaoDiesAfterTheRequest(t *testing.T) {
	for _, op := range []string{"kakao_status", "kakao_verify"} {
		s := open(t)
		require.NoError(t, s.vendor.Break(op, vendorsim.Fault{Mode: vendorsim.Vendor, Code: "-99999001"}))
		assert.Equal(t, tally.Outcome{Why: whyNoProof}, s.visit(t, replay.Direct, 3), op)
		assert.Equal(t, by(Pass), s.visit(t, replay.Detour, 3), op)
	}
}

func TestAThiefIsRefusedOnEachWay(t *testing.T) {
	s := open(t)
	for _, row := range []struct {
		name               string
		primary, secondary timeline.Mode
		asked              string
	}{
		{"kakao", timeline.OK, timeline.Fail, "kakao_verify"},
		{"pass", timeline.Fail, timeline.OK, "pass_verify"},
	} {
		s.set(t, row.primary, row.secondary)
		before := s.vendor.Hits(row.asked)
		assert.Equal(t, tally.Outcome{OK: true}, s.visit(t, replay.Detour, thief), row.name)
		assert.Equal(t, before+1, s.vendor.Hits(row.asked), "%s: the proof was there, and was not his", row.name)
	}
	s.set(t, timeline.OK, timeline.OK)
	assert.Equal(t, tally.Outcome{OK: true}, s.visit(t, replay.Direct, thief))
	assert.Equal(t, tally.Outcome{OK: true}, s.visit(t, replay.Direct, thief+1), "the thief is somebody else where he is himself")

	s.set(t, timeline.Fail, timeline.Fail)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for _, side := range []replay.Side{replay.Direct, replay.Detour} {
		o := s.journey(ctx, side, schedule.Arrival{Citizen: thief})
		assert.False(t, o.OK || o.WrongProof, "%s: not refused, only not asked", side)
	}
}

// careless is a site that takes whatever proof comes, as one real site did.
type careless struct {
	backend
	level fallback.Assurance
	other cert.Proof
}

func (c careless) Finish(context.Context, string) (fallback.Result[cert.Proof], error) {
	return fallback.Result[cert.Proof]{Value: c.other, Source: Kakao, Freshness: fallback.Live, Assurance: c.level}, nil
}

func TestACarelessSiteIsSeen(t *testing.T) {
	s := open(t)
	visit := func(who int, level fallback.Assurance, proved int) tally.Outcome {
		site, err := web.Listen("careless")
		require.NoError(t, err)
		defer func() { assert.NoError(t, site.Close()) }()
		newPages(s.accounts, careless{s.detour, level, cert.Proof{CI: claimOf(s, proved).CI}}).mount(site)
		site.Serve()
		s.site[replay.Detour] = site.URL()
		return s.visit(t, replay.Detour, who)
	}
	served := by(Kakao).Served
	assert.Equal(t, tally.Outcome{Why: whyWrong, WrongProof: true, Served: served}, visit(3, fallback.High, 4))
	assert.Equal(t, tally.Outcome{Why: whyWrong, WrongProof: true, Served: served}, visit(thief, fallback.High, thief+1))
	assert.Equal(t, tally.Outcome{Why: whyWrong, WrongProof: true, Served: served}, visit(thief, fallback.High, thief), "the claim proved itself")
	assert.Equal(t, tally.Outcome{OK: true, BelowAssurance: true, Served: served}, visit(3, fallback.Substantial, 3))
	assert.Equal(t, by(Kakao), visit(3, fallback.High, 3))
}

func claimOf(s *Certify, who int) cert.Subject {
	q, _ := s.accounts.claim(people.Number(who), people.Name(who), people.Birthday(who))
	return q
}

// Without any citizen: the Watch sees each kind of death, also the one that is told with the status of a no.
func TestPageSaysWhatIsOutAndWhatToUse(t *testing.T) {
	for _, mode := range []timeline.Mode{timeline.Hang, timeline.Refuse, timeline.Maintenance} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			pageSays(t, mode)
		})
	}
}

func pageSays(t *testing.T, mode timeline.Mode) {
	s := open(t)
	opened := make(chan string, 1)
	stop := s.detour.up[0].Breaker.Events(func(e breaker.Event) {
		select {
		case opened <- e.Why.String():
		default:
		}
	})
	defer stop()
	s.set(t, mode, timeline.OK)
	select {
	case why := <-opened:
		assert.Equal(t, "watch", why)
	case <-time.After(30 * time.Second):
		t.Fatal("nobody noticed")
	}
	page := func() string {
		p, err := web.NewBrowser(s.browsers).Get(t.Context(), s.site[replay.Detour]+"/cert")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, p.Status)
		return string(p.Body)
	}
	body := page()
	assert.Equal(t, []string{Pass}, s.read.offered([]byte(body)))
	assert.Regexp(t, `카카오 인증서로 \d\d:\d\d:\d\d부터 인증할 수 없습니다\. 아래 인증서를 이용해 주세요`, body)
	assert.Contains(t, body, "The Kakao certificate has not been working since ")
	assert.Zero(t, s.read.reloads([]byte(body)))

	require.NoError(t, s.detour.up[1].Breaker.Force(breaker.ForcedOpen, "test", "nothing works", time.Minute))
	body = page()
	assert.Empty(t, s.read.offered([]byte(body)))
	assert.Positive(t, s.read.reloads([]byte(body)), "the page looks again by itself")
	assert.NotContains(t, body, "Please use one below")
}

func TestNothingIsBegunOrFinishedForStrangers(t *testing.T) {
	s := open(t)
	for _, site := range s.site {
		b := web.NewBrowser(s.browsers)
		start := func(edit func(url.Values)) int {
			form := url.Values{"with": {Kakao}, "number": {people.Number(3)}, "name": {people.Name(3)}, "birthday": {people.Birthday(3)}}
			edit(form)
			p, err := b.Post(t.Context(), site+"/cert/start", form)
			require.NoError(t, err)
			return p.Status
		}
		assert.Equal(t, 403, start(func(f url.Values) { f.Set("number", "01000000000") }), "no account")
		assert.Equal(t, 403, start(func(f url.Values) { f.Set("name", people.Name(4)) }), "not his name")
		assert.Equal(t, 403, start(func(f url.Values) { f.Set("birthday", "soon") }), "no date")
		p, err := b.Get(t.Context(), site+"/cert/wait")
		require.NoError(t, err)
		assert.Equal(t, 400, p.Status, "no ticket")
		assert.Zero(t, s.config.Phone.Count(""))
	}
	_, err := s.detour.Begin(t.Context(), "naver", claimOf(s, 3))
	assert.Error(t, err, "a way that was never offered")
}

func TestTheTicketIsHiddenAndSpent(t *testing.T) {
	s := open(t)
	s.config.Phone.Behave(people.Number(3), vendorsim.Behaviour{}) // confirms at once
	for _, b := range []backend{newDirect(directProvider(t, s)), s.detour} {
		ticket, err := b.Begin(t.Context(), Kakao, claimOf(s, 3))
		require.NoError(t, err)
		require.Eventually(t, func() bool { _, err = b.Finish(t.Context(), ticket); return !errors.Is(err, cert.ErrPending) }, 10*time.Second, 10*time.Millisecond)
		require.NoError(t, err)
		_, err = b.Finish(t.Context(), ticket)
		assert.Error(t, err, "good for one proof")
	}
	p, err := web.NewBrowser(s.browsers).Post(t.Context(), s.site[replay.Detour]+"/cert/start", url.Values{
		"with": {Pass}, "number": {people.Number(3)}, "name": {people.Name(3)}, "birthday": {people.Birthday(3)}})
	require.NoError(t, err)
	require.Equal(t, http.StatusSeeOther, p.Status)
	cookie := p.Header.Get("Set-Cookie")
	assert.True(t, strings.Contains(cookie, "HttpOnly") && strings.Contains(cookie, "SameSite=Lax"), cookie)
	assert.Equal(t, "/cert/wait", p.Location.Path)
	assert.Empty(t, p.Location.RawQuery)
}

func directProvider(t *testing.T, s *Certify) cert.Provider {
	t.Helper()
	a, err := newAdapters(s.vendor, &http.Client{Transport: s.browsers})
	require.NoError(t, err)
	return a.kakao
}

func TestConfigIsChecked(t *testing.T) {
	for _, n := range []int{0, people.Most + 1} {
		_, err := New(Config{Phone: vendorsim.NewPhone(), Citizens: n})
		assert.ErrorContains(t, err, "citizens")
	}
}

func TestBothSourcesShareLinkhub(t *testing.T) {
	c := open(t).Capability()
	require.Len(t, c.Sources, 2)
	for _, s := range c.Sources {
		assert.Contains(t, s.Fate, "Linkhub", s.Name)
	}
	assert.NotEqual(t, c.Sources[0].Fate, c.Sources[1].Fate)
}
