package journeys

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/kakaologin"
	"github.com/detour-go/detour/providers/login/naverlogin"
	"github.com/detour-go/detour/providers/login/phonelogin"
	"github.com/detour-go/detour/providers/vendorsim"
)

type loginFlow = fallback.Flow[login.Request, login.Challenge, login.Reply, login.Identity]

// The legs of the login beside kakao, which is also that of the certificates.
const (
	naver = "naver"
	sms   = "phone"
)

// logins is a site with three ways in: two vendors, and a code to the number that the account has registered.
type logins struct {
	*codes
	kakao  *vendorsim.Kakao
	naver  *vendorsim.Naver
	flow   *loginFlow
	byCode *phonelogin.Provider
	up     map[string]*fallback.Upstream
	client *http.Client
}

const (
	kakaoUser = "9007199254740993" // beyond 2^53
	naverUser = "naver-hong"
)

func openLogins(t *testing.T) *logins {
	t.Helper()
	s := &logins{codes: openCodes(t, wiring{}, nil), client: web(t), up: map[string]*fallback.Upstream{kakao: guard(t, kakao, 2), naver: guard(t, naver, 2)}}
	const secret = "client-secret"
	callback := func(leg string) string { return "http://127.0.0.1/callback/" + leg }
	var err error
	s.kakao, err = vendorsim.StartKakao(vendorsim.KakaoConfig{
		Clients: []vendorsim.Client{{ID: "app", Secret: secret, RedirectURIs: []string{callback(kakao)}}}, Users: []vendorsim.User{{ID: kakaoUser, Name: "홍길동"}},
	})
	require.NoError(t, err)
	t.Cleanup(s.kakao.Close)
	s.naver, err = vendorsim.StartNaver(vendorsim.NaverConfig{
		Clients: []vendorsim.Client{{ID: "app", Secret: secret, RedirectURIs: []string{callback(naver)}}}, Users: []vendorsim.User{{ID: naverUser, Name: "홍길동"}},
	})
	require.NoError(t, err)
	t.Cleanup(s.naver.Close)
	k, err := kakaologin.New(kakaologin.Config{
		ClientID: "app", ClientSecret: providers.NewSecret(secret), RedirectURI: callback(kakao), AuthBase: s.kakao.URL(), APIBase: s.kakao.URL(), AllowLoopbackHTTP: true, HTTP: web(t),
	})
	require.NoError(t, err)
	n, err := naverlogin.New(naverlogin.Config{
		ClientID: "app", ClientSecret: providers.NewSecret(secret), RedirectURI: callback(naver), AuthBase: s.naver.URL(), APIBase: s.naver.URL(), AllowLoopbackHTTP: true, HTTP: web(t),
	})
	require.NoError(t, err)
	s.byCode, err = phonelogin.New(phonelogin.Config{Codes: s.codes.codes[0], Issuer: "https://" + origin, Key: key('s'), CodePage: "/login/phone"})
	require.NoError(t, err)

	leg := func(name string, p login.Provider, up *fallback.Upstream, level fallback.Assurance) fallback.Leg[login.Request, login.Challenge, login.Reply, login.Identity] {
		l := fallback.NewLeg(name, p.Begin, p.Finish, up)
		l.Assurance = level
		return l
	}
	byCode := leg(sms, s.byCode, nil, fallback.Low)
	byCode.Traits, byCode.Tries, byCode.Timeout = fallback.Restricted, checks, s.chain.Longest()+time.Second
	s.flow, err = fallback.NewFlow(fallback.FlowConfig[login.Request, login.Challenge, login.Reply, login.Identity]{
		Name: "login",
		Legs: []fallback.Leg[login.Request, login.Challenge, login.Reply, login.Identity]{
			leg(kakao, k, s.up[kakao], fallback.Substantial), leg(naver, n, s.up[naver], fallback.Substantial), byCode,
		},
		Valid: login.Request.Validate, Join: login.Reply.Resume, Match: login.Match, Min: fallback.Low, Keys: [][]byte{key('l')}, Tickets: tickets(t),
	})
	require.NoError(t, err)
	return s
}

func (s *logins) begin(ctx context.Context, leg string, q login.Request) fallback.Begun[login.Challenge] {
	s.t.Helper()
	b, err := s.flow.Begin(ctx, leg, q)
	require.NoError(s.t, err)
	return b
}

// agrees is the citizen at the vendor's page, and the query that the browser comes back with.
func (s *logins) agrees(b fallback.Begun[login.Challenge], user string) url.Values {
	s.t.Helper()
	back, err := vendorsim.Consent(s.t.Context(), s.client, b.Challenge.URL, user, true)
	require.NoError(s.t, err)
	return back.Query()
}

// types is the citizen at the site's own page for the code.
func (s *logins) types(b fallback.Begun[login.Challenge], code string) url.Values {
	s.t.Helper()
	u, err := url.Parse(b.Challenge.URL)
	require.NoError(s.t, err)
	v := u.Query()
	v.Set("code", code)
	return v
}

func (s *logins) finish(ctx context.Context, ticket string, back url.Values) (fallback.Result[login.Identity], error) {
	s.t.Helper()
	r, err := login.ParseReply(back)
	require.NoError(s.t, err)
	return s.flow.Finish(ctx, ticket, r)
}

// falls makes both vendors die at their token endpoint, and two citizens of each find out.
func (s *logins) falls(leg string) {
	s.t.Helper()
	vendor, user := interface {
		Break(string, vendorsim.Fault) error
	}(s.kakao), kakaoUser
	if leg == naver {
		vendor, user = s.naver, naverUser
	}
	require.NoError(s.t, vendor.Break("token", vendorsim.Fault{Mode: vendorsim.Status}))
	for range 2 {
		ctx := visitor(s.t, "unlucky")
		b := s.begin(ctx, leg, login.Request{})
		_, err := s.finish(ctx, b.Ticket, s.agrees(b, user))
		restarts(s.t, err, fallback.ErrUnavailable)
	}
	require.Equal(s.t, breaker.Open, s.up[leg].Breaker.Snapshot().State)
}

// works lists the offers that can be begun.
func (s *logins) works(ctx context.Context) []string {
	names := []string{}
	for _, o := range s.flow.Offers(ctx) {
		if o.Available {
			names = append(names, o.Source)
		}
	}
	return names
}

func TestLoginByCodeWhenBothVendorsAreDown(t *testing.T) {
	s, ctx := openLogins(t), visitor(t, "one")
	assert.Equal(t, []string{kakao, naver, sms}, s.works(ctx))
	s.falls(kakao)
	assert.Equal(t, []string{naver, sms}, s.works(ctx))
	assert.Zero(t, s.naver.Hits("token"), "F73: a code of Kakao is taken to nobody else")
	s.falls(naver)
	assert.Equal(t, []string{sms}, s.works(ctx))
	// Kakao's outage takes AlimTalk with it: the code comes all the same (Upbit, October 2022).
	s.phone.Behave("", vendorsim.Behaviour{Trouble: vendorsim.NoKakaoTalk})

	b := s.begin(ctx, sms, login.Request{Hint: citizen, ReturnTo: "/form/7"})
	_, err := s.finish(ctx, b.Ticket, s.types(b, wrong(s.read(citizen), 0)))
	pends(t, err, fallback.ErrDenied)
	r, err := s.finish(ctx, b.Ticket, s.types(b, s.read(citizen)))
	require.NoError(t, err)
	who, err := s.byCode.Subject(citizen)
	require.NoError(t, err)
	assert.Equal(t, who, login.Subject{Issuer: r.Value.Issuer, ID: r.Value.Subject})
	assert.Equal(t, fallback.Low, r.Assurance)
	s.arrived("solapi sms")
	_, err = s.finish(ctx, b.Ticket, s.types(b, s.read(citizen)))
	restarts(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
}

// T5: whatever is down, a call that needs more is never offered less, and nobody gets in by asking for it.
func TestT5TheWeakWayIsNeverOfferedWhereMoreIsNeeded(t *testing.T) {
	s := openLogins(t)
	strict := fallback.WithMin(visitor(t, "one"), fallback.Substantial)
	whole := fallback.WithTraits(visitor(t, "one"), fallback.Signature)
	weak := s.begin(visitor(t, "one"), sms, login.Request{Hint: citizen})
	sent := s.phone.Count(citizen)
	for _, dead := range [][]string{nil, {kakao}, {naver}} { // each round adds an outage
		for _, leg := range dead {
			s.falls(leg)
		}
		names := []string{}
		for _, o := range s.flow.Offers(strict) {
			names = append(names, o.Source)
		}
		assert.Equal(t, []string{kakao, naver}, names, "down or not, and nothing else")
		assert.Empty(t, s.flow.Offers(whole))

		_, err := s.flow.Begin(strict, sms, login.Request{Hint: citizen})
		require.ErrorIs(t, err, fallback.ErrInvalid)
		_, err = s.flow.Begin(whole, sms, login.Request{Hint: citizen})
		require.ErrorIs(t, err, fallback.ErrNoSource)
		assert.Equal(t, sent, s.phone.Count(citizen), "no code is sent for it")
	}
	assert.Empty(t, s.works(strict))
	// A ticket that was begun when less was enough.
	_, err := s.finish(strict, weak.Ticket, s.types(weak, s.read(citizen)))
	restarts(t, err, fallback.ErrDenied, fallback.ErrWeak)
}

// F70: callbacks that anybody can forge change nothing.
func TestF70AStormOfForgedCallbacks(t *testing.T) {
	s := openLogins(t)
	forged := []url.Values{
		{"error": {"server_error"}, "state": {"x"}}, {"error": {"temporarily_unavailable"}}, {"code": {"stolen"}, "state": {"x"}},
		{"error": {"access_denied"}, "error_description": {"down"}}, {"code": {"stolen"}},
	}
	for i := range 40 {
		ctx, leg := visitor(t, "attacker"), []string{kakao, naver}[i%2]
		b := s.begin(ctx, leg, login.Request{})
		_, err := s.finish(ctx, b.Ticket, forged[i%len(forged)])
		restarts(t, err, fallback.ErrDenied)
	}
	// The right state with an error: that is still only what a browser says.
	for range 10 {
		ctx := visitor(t, "attacker")
		b := s.begin(ctx, kakao, login.Request{})
		u, err := url.Parse(b.Challenge.URL)
		require.NoError(t, err)
		_, err = s.finish(ctx, b.Ticket, url.Values{"error": {"server_error"}, "state": {u.Query().Get("state")}})
		require.Error(t, err)
	}
	well(t, s.up[kakao])
	well(t, s.up[naver])
	assert.Equal(t, []string{kakao, naver, sms}, s.works(visitor(t, "citizen")))
	assert.Zero(t, s.kakao.Hits("token")+s.naver.Hits("token"), "nobody is asked about what no challenge of ours answers")
}

// T3: the answer of one way in brought to the ticket of another.
func TestT3ACallbackIsForItsOwnTicket(t *testing.T) {
	s, ctx := openLogins(t), visitor(t, "one")
	begun := map[string]fallback.Begun[login.Challenge]{
		kakao: s.begin(ctx, kakao, login.Request{}), naver: s.begin(ctx, naver, login.Request{}), sms: s.begin(ctx, sms, login.Request{Hint: citizen}),
	}
	back := map[string]url.Values{
		kakao: s.agrees(begun[kakao], kakaoUser), naver: s.agrees(begun[naver], naverUser), sms: s.types(begun[sms], s.read(citizen)),
	}
	asked := s.kakao.Hits("token") + s.naver.Hits("token")
	for mine := range begun {
		for theirs := range back {
			if mine == theirs {
				continue
			}
			b := s.again(ctx, mine)
			_, err := s.finish(ctx, b.Ticket, back[theirs])
			require.ErrorIs(t, err, fallback.ErrDenied, "%s with the answer of %s", mine, theirs)
		}
	}
	assert.Equal(t, asked, s.kakao.Hits("token")+s.naver.Hits("token"), "no code goes to a stranger")
	for _, leg := range []string{kakao, naver, sms} {
		r, err := s.finish(ctx, begun[leg].Ticket, back[leg])
		require.NoError(t, err, leg)
		assert.Equal(t, leg, r.Source)
	}
}

// again is another ticket of a leg, so that each mix-up has its own.
func (s *logins) again(ctx context.Context, leg string) fallback.Begun[login.Challenge] {
	s.t.Helper()
	if leg == sms {
		return s.begin(ctx, sms, login.Request{Hint: fmt.Sprintf("0107777%04d", s.phone.Count(""))})
	}
	return s.begin(ctx, leg, login.Request{})
}
