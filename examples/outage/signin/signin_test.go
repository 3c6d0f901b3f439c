package signin

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/examples/outage/notify"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/examples/outage/web/webtest"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/kakaologin"
	"github.com/detour-go/detour/providers/login/naverlogin"
	"github.com/detour-go/detour/providers/vendorsim"
)

// open builds the login of ten citizens on two sites that serve.
func open(t *testing.T, linked float64) *SignIn {
	t.Helper()
	sites := webtest.Sites(t)
	phone := vendorsim.NewPhone()
	messages, err := notify.New(notify.Config{Phone: phone, Direct: sites[replay.Direct], Detour: sites[replay.Detour]})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, messages.Close()) })
	s, err := New(Config{Citizens: 10, Linked: linked, Patience: 2 * time.Second, Direct: sites[replay.Direct], Detour: sites[replay.Detour],
		Phone: phone, SendCode: messages.SendCode, CodeSources: messages.CodeSources(), Codes: messages.Codes()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	for _, site := range sites {
		site.Serve()
	}
	return s
}

func (s *SignIn) visit(t *testing.T, side replay.Side, citizen int) tally.Outcome {
	t.Helper()
	return s.journey(t.Context(), side, schedule.Arrival{Citizen: citizen})
}

func by(source string) []tally.Served {
	return []tally.Served{{Source: source, Freshness: tally.Live}}
}

func TestJourneys(t *testing.T) {
	s := open(t, 0.5)
	kakao := s.Capability().Roles[0]

	assert.Equal(t, tally.Outcome{OK: true}, s.visit(t, replay.Direct, 3), "no label without Detour")
	assert.Equal(t, tally.Outcome{OK: true, Served: by(Kakao)}, s.visit(t, replay.Detour, 3))

	require.NoError(t, kakao.Play(timeline.Phase{Mode: timeline.Fail, Share: 1, Status: 503}))
	assert.Equal(t, tally.Outcome{Why: whyVendorPage}, s.visit(t, replay.Direct, 3))
	assert.Equal(t, tally.Outcome{OK: true, Served: by(Naver)}, s.visit(t, replay.Detour, 3))
	assert.Equal(t, tally.Outcome{Why: whyNotLinked}, s.visit(t, replay.Detour, 2), "linked with Kakao alone; no new account is made for him")
	assert.Len(t, s.accounts, 19, "five telephones, four accounts at Naver")
	assert.Equal(t, tally.Outcome{OK: true, Served: by(Phone)}, s.visit(t, replay.Detour, 9), "linked his telephone alone")

	require.NoError(t, kakao.Play(timeline.Phase{Mode: timeline.OK, Share: 1}))
	assert.Equal(t, tally.Outcome{OK: true}, s.visit(t, replay.Direct, 3))
}

func TestPageLooksAgainWhileNothingWorks(t *testing.T) {
	s := open(t, 0.5)
	for _, g := range []*breaker.Breaker{s.guards.kakao, s.guards.naver} {
		require.NoError(t, g.Force(breaker.ForcedOpen, "test", "nothing works", time.Second))
	}
	o := s.visit(t, replay.Detour, 2)
	assert.Equal(t, tally.Outcome{OK: true, Served: by(Kakao)}, o, "he waited, and it came back")
}

func TestWrongAccountIsSeen(t *testing.T) {
	s := open(t, 1)
	s.accounts[login.Subject{Issuer: kakaologin.Issuer, ID: kakaoID(4)}] = 5 // a site that confuses two people
	o := s.visit(t, replay.Detour, 4)
	assert.Equal(t, tally.Outcome{Why: whyWrong, WrongAccount: true, Served: by(Kakao)}, o)
}

func TestOutageIsNoticedWithoutAnyCitizen(t *testing.T) {
	s := open(t, 1)
	began := time.Now()
	opened := make(chan string, 1)
	stop := s.guards.kakao.Events(func(e breaker.Event) {
		select {
		case opened <- e.Why.String():
		default:
		}
	})
	defer stop()
	require.NoError(t, s.Capability().Roles[0].Play(timeline.Phase{Mode: timeline.Hang, Share: 1}))
	select {
	case why := <-opened:
		assert.Equal(t, "watch", why)
		t.Logf("opened after %v", time.Since(began))
	case <-time.After(30 * time.Second):
		t.Fatal("nobody noticed")
	}

	page, err := web.NewBrowser(s.browsers).Get(t.Context(), s.site[replay.Detour]+"/login")
	require.NoError(t, err)
	assert.Equal(t, []string{Naver, Phone}, s.read.offered(page.Body), "Begin of the other would still work, and is not offered")
	assert.Contains(t, string(page.Body), "카카오 로그인이 ")
	assert.Contains(t, string(page.Body), "Kakao login has not been working since ")
}

func TestCookies(t *testing.T) {
	s := open(t, 1)
	site := s.site[replay.Detour]
	page, err := web.NewBrowser(s.browsers).Post(t.Context(), site+"/login/start", url.Values{"with": {Naver}})
	require.NoError(t, err)
	require.Equal(t, http.StatusSeeOther, page.Status)
	cookies := (&http.Response{Header: page.Header}).Cookies()
	require.Len(t, cookies, 1)
	assert.True(t, cookies[0].HttpOnly)
	assert.Equal(t, http.SameSiteLaxMode, cookies[0].SameSite)
	assert.Equal(t, "/login/callback/", cookies[0].Path)

	// A callback of another browser, or one that was never begun, signs nobody in.
	page, err = web.NewBrowser(s.browsers).Get(t.Context(), site+"/login/callback/naver?code=x&state=y")
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, page.Status)
	assert.Empty(t, (&http.Response{Header: page.Header}).Cookies())
	page, err = web.NewBrowser(s.browsers).Get(t.Context(), site+"/me")
	require.NoError(t, err)
	assert.Equal(t, "/login", page.Location.Path)
}

func TestLinkedShare(t *testing.T) {
	for share, want := range map[float64]int{0: 0, 0.25: 25, 0.5: 50, 0.999: 99, 1: 100} {
		accounts := newAccounts(100, share)
		phones, err := accounts.linkPhones(100, share, func(number string) (login.Subject, error) { return login.Subject{Issuer: "site", ID: number}, nil })
		require.NoError(t, err)
		assert.Len(t, phones, want, "%v", share)
		naver := 0
		for i := range 100 {
			assert.Equal(t, i, accounts[login.Subject{Issuer: kakaologin.Issuer, ID: kakaoID(i)}])
			if n, ok := accounts[login.Subject{Issuer: naverlogin.Issuer, ID: naverID(i)}]; ok {
				assert.Equal(t, i, n)
				assert.NotEmpty(t, phones[strconv.Itoa(i)])
				naver++
			}
		}
		assert.Equal(t, want-want/5, naver, "%v", share)
	}
}

func TestChoice(t *testing.T) {
	c := citizen{tried: map[string]bool{}, useless: map[string]bool{}}
	both := []string{Kakao, Naver}
	assert.Equal(t, Kakao, c.choose(both), "the first that is offered")
	c.tried[Kakao] = true
	assert.Equal(t, Naver, c.choose(both), "what he has not tried")
	c.tried[Naver] = true
	assert.Equal(t, Kakao, c.choose(both), "then again from the start")
	c.useless[Kakao] = true
	assert.Equal(t, Naver, c.choose(both))
	c.useless[Naver] = true
	assert.Empty(t, c.choose(both))
	assert.Empty(t, c.choose(nil))
	c.useless[Kakao] = false
	three := []string{Kakao, Naver, Phone}
	assert.Equal(t, Kakao, c.choose(three), "he never registered a number")
	c.linked = true
	assert.Equal(t, Phone, c.choose(three))
}

func TestBelowAssurance(t *testing.T) {
	for level, want := range map[string]bool{"": true, "unset": true, "none": true, "low": false, "substantial": false, "high": false, "LOW": true} {
		assert.Equal(t, want, below(level), level)
	}
}

func TestNotice(t *testing.T) {
	now := time.Date(2022, 10, 16, 1, 0, 0, 0, time.UTC)
	v := newView([]fallback.Offer{
		{Source: Kakao, Why: "watch", Since: now.Add(-2 * time.Hour)},
		{Source: Naver, Available: true, Why: "faults"},
		{Source: "phone", Available: true},
	}, problem{}, now)
	assert.Equal(t, view{
		Out: []way{{Name: Kakao, Text: notice.Text{KO: "카카오 로그인이 08:00부터 되지 않습니다.", EN: "Kakao login has not been working since 08:00."}}},
		Works: []way{{Name: Naver, Text: notice.Text{KO: "네이버", EN: "Naver"}, Partly: true},
			{Name: Phone, Text: notice.Text{KO: "휴대전화 인증번호", EN: "a phone code"}, Account: true}},
	}, v)

	for retry, want := range map[time.Duration]int{-time.Hour: 1, 0: 1, 1500 * time.Millisecond: 2, time.Hour: 3} {
		v := newView([]fallback.Offer{{Source: Kakao}, {Source: Naver, RetryAt: now.Add(retry)}}, problem{}, now)
		assert.Equal(t, want, v.Reload, "%v", retry)
	}
}
