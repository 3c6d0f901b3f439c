package phonelogin_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/phonelogin"
	"github.com/detour-go/detour/providers/phone"
)

// The rules of logintest that have a meaning here are kept below, one by one. The
// others are about an authorise page and a token endpoint of a vendor (no network
// in Begin, PKCE, nonce, client_id, dead parts), of which a site's own code has none.

func TestWhoTypesTheCodeComesBack(t *testing.T) {
	s := open(t, nil)
	c := s.begin("+82 10-2345-6789")
	assert.Equal(t, "/login/phone?state="+c.State.Reveal(), c.URL)
	assert.Equal(t, "/login/phone", c.RedirectURI)
	assert.GreaterOrEqual(t, len(c.State.Reveal()), 22, "128 random bits")
	id, err := s.provider.Finish(t.Context(), s.typed(c, s.codeTo(number)))
	require.NoError(t, err)
	want, err := s.provider.Subject("010-2345-6789")
	require.NoError(t, err)
	assert.True(t, want == id.Key())
	assert.Equal(t, issuer, id.Issuer)
	assert.Equal(t, number, id.Phone)
	assert.False(t, id.AuthTime.IsZero())
	assert.NoError(t, login.Match(login.Request{Expect: want}, id))
	assert.NotContains(t, id.Subject, number[3:])
	assert.Len(t, id.Subject, 43)

	elsewhere := open(t, func(c *phonelogin.Config) { c.Key = key('x') })
	foreign, err := elsewhere.provider.Subject(number)
	require.NoError(t, err)
	assert.False(t, want == foreign, "the hash has a key")
}

func TestACodeServesOnce(t *testing.T) {
	s := open(t, nil)
	c := s.begin(number)
	r := s.typed(c, s.codeTo(number))
	_, err := s.provider.Finish(t.Context(), r)
	require.NoError(t, err)
	_, err = s.provider.Finish(t.Context(), r)
	assert.ErrorIs(t, err, phone.ErrUsed)
	assert.ErrorIs(t, err, providers.Denied)
}

func TestAWrongCodeMayBeTriedAgain(t *testing.T) {
	s := open(t, nil)
	c := s.begin(number)
	for i := range 5 {
		_, err := s.provider.Finish(t.Context(), s.typed(c, other(s.codeTo(number))))
		assert.ErrorIs(t, err, phone.ErrWrong)
		var p interface{ Pending() bool }
		require.ErrorAs(t, err, &p)
		assert.Equal(t, i < 4, p.Pending())
	}
	_, err := s.provider.Finish(t.Context(), s.typed(c, s.codeTo(number)))
	assert.ErrorIs(t, err, phone.ErrSpent)
}

// T4, T6: a reply that does not answer its challenge costs no check.
func TestT4AStrayReply(t *testing.T) {
	s := open(t, nil)
	c := s.begin(number)
	mine := s.begin(stranger)
	good := s.typed(c, s.codeTo(number))
	rows := map[string]func(*login.Reply){
		"another state":           func(r *login.Reply) { r.State = mine.State.Reveal() },
		"no state":                func(r *login.Reply) { r.State = "" },
		"a truncated state":       func(r *login.Reply) { r.State = r.State[1:] },
		"a state in another case": func(r *login.Reply) { r.State = strings.ToLower(r.State) },
		"another challenge":       func(r *login.Reply) { r.Challenge = mine },
		"no challenge":            func(r *login.Reply) { r.Challenge = login.Challenge{} },
		"nothing on both sides":   func(r *login.Reply) { r.Challenge, r.State = login.Challenge{}, "" },
		"another page":            func(r *login.Reply) { r.Challenge.RedirectURI += "/other" },
		"no verifier":             func(r *login.Reply) { r.Challenge.Verifier = providers.Secret{} },
		"another's verifier":      func(r *login.Reply) { r.Challenge.Verifier = mine.Verifier },
		"another purpose": func(r *login.Reply) {
			r.Challenge.Verifier = providers.NewSecret(strings.ReplaceAll(r.Challenge.Verifier.Reveal(), `"login"`, `"change-number"`))
		},
		"verifier of nothing":    func(r *login.Reply) { r.Challenge.Verifier = providers.NewSecret("{}") },
		"T3 another issuer":      func(r *login.Reply) { r.Issuer = "https://issuer.invalid" },
		"T3 issuer with a slash": func(r *login.Reply) { r.Issuer += issuer + "/" },
		"cancelled":              func(r *login.Reply) { r.Code, r.Error = providers.Secret{}, "access_denied" },
	}
	for name, spoil := range rows {
		t.Run(name, func(t *testing.T) {
			r := good
			spoil(&r)
			_, err := s.provider.Finish(t.Context(), r)
			assert.ErrorIs(t, err, providers.Denied)
			var h interface{ Hearsay() bool }
			require.ErrorAs(t, err, &h)
			assert.True(t, h.Hearsay(), "a forged reply says nothing about anybody's health")
			var p interface{ Pending() bool }
			assert.False(t, errors.As(err, &p) && p.Pending())
		})
	}
	_, err := s.provider.Finish(t.Context(), good)
	assert.NoError(t, err, "and none of them cost a check")
}

// T6: a verifier rewritten to another number is another challenge, which nobody opened.
func TestT6ARewrittenVerifier(t *testing.T) {
	s := open(t, nil)
	c := s.begin(stranger)
	bad := c
	bad.Verifier = providers.NewSecret(strings.ReplaceAll(c.Verifier.Reveal(), stranger, number))
	require.NotEqual(t, c.Verifier.Reveal(), bad.Verifier.Reveal())
	_, err := s.provider.Finish(t.Context(), s.typed(bad, s.codeTo(stranger)))
	assert.ErrorIs(t, err, providers.Denied)
}

func TestT6TheCodeOfAnotherBrowser(t *testing.T) {
	s := open(t, nil)
	c, mine := s.begin(number), s.begin(stranger)
	require.NotEqual(t, s.codeTo(number), s.codeTo(stranger), "one in a million")
	_, err := s.provider.Finish(t.Context(), s.typed(mine, s.codeTo(number)))
	assert.ErrorIs(t, err, phone.ErrWrong)
	_, err = s.provider.Finish(t.Context(), s.typed(c, s.codeTo(stranger)))
	assert.ErrorIs(t, err, phone.ErrWrong)
}

// T6: a login code is no code for something else at the same site.
func TestT6AnotherPurpose(t *testing.T) {
	s := open(t, nil)
	elsewhere := open(t, func(c *phonelogin.Config) { c.Purpose = "step-up" })
	c := s.begin(number)
	_, err := elsewhere.provider.Finish(t.Context(), s.typed(c, s.codeTo(number)))
	assert.ErrorIs(t, err, providers.Denied)
}

func TestBeginSendsNothingWhenItIsRefused(t *testing.T) {
	who := login.Subject{Issuer: issuer, ID: "another"}
	rows := map[string]struct {
		q    login.Request
		kind providers.Kind
	}{
		"no number":                     {login.Request{}, providers.Invalid},
		"a mail address":                {login.Request{Hint: "a@example.test"}, providers.Invalid},
		"T7 a number abroad":            {login.Request{Hint: "+1 900 555 0100"}, providers.Invalid},
		"T7 two numbers":                {login.Request{Hint: number + "," + stranger}, providers.Invalid},
		"T9 a way back off the site":    {login.Request{Hint: number, ReturnTo: "//evil.example"}, providers.Invalid},
		"T1 number of another account":  {login.Request{Hint: number, Expect: who}, providers.Denied},
		"T1 an account of another site": {login.Request{Hint: number, Expect: login.Subject{Issuer: "https://kauth.kakao.com", ID: "1"}}, providers.Denied},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			s := open(t, nil)
			_, err := s.provider.Begin(t.Context(), r.q)
			assert.ErrorIs(t, err, r.kind)
			assert.Empty(t, s.inbox)
			assert.Empty(t, s.numbers)
		})
	}
	s := open(t, nil)
	own, err := s.provider.Subject(number)
	require.NoError(t, err)
	_, err = s.provider.Begin(t.Context(), login.Request{Hint: number, Expect: own, ReturnTo: "/apply?step=2"})
	assert.NoError(t, err)
}

func TestResendAndWhatThePageMayTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		c := s.begin(number)
		code := s.codeTo(number)
		sent, ok := s.provider.Sent(c)
		require.True(t, ok)
		assert.Equal(t, "010-****-6789", phone.Mask(sent.Number))
		assert.True(t, sent.ResendAt.Equal(time.Now().Add(time.Minute)))
		_, err := s.provider.Resend(t.Context(), c)
		assert.ErrorIs(t, err, phone.ErrTooSoon)
		time.Sleep(time.Minute)
		again, err := s.provider.Resend(t.Context(), c)
		require.NoError(t, err)
		assert.True(t, again.ResendAt.Equal(time.Now().Add(2*time.Minute)))
		assert.Len(t, s.inbox, 2)
		assert.Equal(t, code, s.codeTo(number))
		_, err = s.provider.Finish(t.Context(), s.typed(c, code))
		assert.NoError(t, err, "the ticket of the first challenge is still good")
		_, err = s.provider.Resend(t.Context(), login.Challenge{State: providers.NewSecret("x")})
		assert.ErrorIs(t, err, providers.Denied)
		_, ok = s.provider.Sent(login.Challenge{})
		assert.False(t, ok)
	})
}

func TestVisitorsAndLanguages(t *testing.T) {
	type visitor struct{}
	s := open(t, func(c *phonelogin.Config) {
		c.Session = func(ctx context.Context) string { return ctx.Value(visitor{}).(string) }
		c.Locale = func(context.Context) string { return "en" }
	})
	ctx := context.WithValue(t.Context(), visitor{}, "v1")
	for i := range 10 {
		_, err := s.provider.Begin(ctx, login.Request{Hint: fmt.Sprintf("010%04d0001", 2000+i)})
		require.NoError(t, err)
	}
	_, err := s.provider.Begin(ctx, login.Request{Hint: number})
	assert.ErrorIs(t, err, phone.ErrTooMany)
	assert.ErrorIs(t, err, providers.Limited)
	assert.Contains(t, s.inbox[0].Text, "Code to verify")
}

func TestManyLoginsAtOnceDoNotMix(t *testing.T) {
	s := open(t, nil)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			to := fmt.Sprintf("010%04d0001", 3000+i)
			c, err := s.provider.Begin(t.Context(), login.Request{Hint: to})
			if !assert.NoError(t, err) {
				return
			}
			id, err := s.provider.Finish(t.Context(), login.Reply{Code: providers.NewSecret(s.codeTo(to)), State: c.State.Reveal()}.Resume(c))
			if assert.NoError(t, err) {
				want, _ := s.provider.Subject(to)
				assert.True(t, want == id.Key() && id.Phone == to)
			}
		})
	}
	all.Wait()
}

type outage struct{ unsent bool }

func (outage) Error() string   { return "CANARY " + number }
func (outage) Class() string   { return "unavailable" }
func (o outage) NotSent() bool { return o.unsent }

// F77: a code whose fate is unknown may be typed when it arrives; one that surely
// was not sent is a fault, and the citizen is offered something else.
func TestF77AnOutageOfMessages(t *testing.T) {
	s := open(t, nil)
	s.fail = outage{true}
	_, err := s.provider.Begin(t.Context(), login.Request{Hint: number})
	assert.ErrorIs(t, err, providers.Unavailable)
	assert.NotContains(t, err.Error(), "CANARY")

	s = open(t, nil)
	s.fail = outage{false}
	c := s.begin(number)
	sent, ok := s.provider.Sent(c)
	assert.True(t, ok && sent.Unsure)
	_, err = s.provider.Finish(t.Context(), s.typed(c, s.codeTo(number)))
	assert.NoError(t, err)
}

func TestACallerWhoLeftGetsNoIdentity(t *testing.T) {
	s := open(t, nil)
	c := s.begin(number)
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := s.provider.Finish(gone, s.typed(c, s.codeTo(number)))
	assert.ErrorIs(t, err, context.Canceled)
}

func TestT17NothingIsPrinted(t *testing.T) {
	s := open(t, nil)
	c := s.begin(number)
	code := s.codeTo(number)
	r := s.typed(c, code)
	var out bytes.Buffer
	for _, v := range []any{c, r, s.provider, phonelogin.Config{Key: []byte("CANARY-key"), Issuer: issuer}} {
		fmt.Fprintf(&out, "%v %+v %#v %s %x\n", v, v, v, v, v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	_, wrong := s.provider.Finish(t.Context(), s.typed(c, other(code)))
	id, err := s.provider.Finish(t.Context(), r)
	require.NoError(t, err)
	_, used := s.provider.Finish(t.Context(), r)
	fmt.Fprintf(&out, "%+v %#v %v %v %+v %#v", id, id, id, wrong, used, used)
	js, err := json.Marshal([]any{c, r, id})
	require.NoError(t, err)
	out.Write(js)
	for _, secret := range []string{number, code, c.State.Reveal(), id.Subject, "CANARY", fmt.Sprintf("%x", "CANARY")} {
		assert.False(t, strings.Contains(out.String(), secret), "%q is printed", secret[:3])
	}
}

func TestAChallengeSurvivesSealing(t *testing.T) {
	s := open(t, nil)
	c := s.begin(number)
	assert.NotContains(t, c.Verifier.Reveal(), s.codeTo(number), "there is no code in a challenge")
	assert.NotContains(t, c.URL, number[3:])
	var buf bytes.Buffer
	require.NoError(t, gob.NewEncoder(&buf).Encode(c))
	var back login.Challenge
	require.NoError(t, gob.NewDecoder(&buf).Decode(&back))
	_, err := s.provider.Finish(t.Context(), s.typed(back, s.codeTo(number)))
	assert.NoError(t, err)
}

func TestNewTellsWhatIsWrong(t *testing.T) {
	rows := map[string]func(*phonelogin.Config){
		"Codes":    func(c *phonelogin.Config) { c.Codes = nil },
		"Key":      func(c *phonelogin.Config) { c.Key = c.Key[:31] },
		"repeated": func(c *phonelogin.Config) { c.Key = make([]byte, 32) },
		"Purpose":  func(c *phonelogin.Config) { c.Purpose = "Log In" },
	}
	good := func() phonelogin.Config {
		codes, err := phone.New(phone.Config{Send: (&site{}).send, Counter: &site{}, Key: key('c'), Origin: "example.go.kr"})
		require.NoError(t, err)
		return phonelogin.Config{Codes: codes, Issuer: issuer, Key: key('s'), CodePage: "/login/phone"}
	}
	_, err := phonelogin.New(good())
	require.NoError(t, err)
	for wants, change := range rows {
		c := good()
		change(&c)
		_, err := phonelogin.New(c)
		assert.ErrorContains(t, err, wants)
	}
	for _, bad := range []string{"", "http://example.go.kr", "https://", "https://example.go.kr/", "https://example.go.kr/x", "https://Example.go.kr", "https://a@example.go.kr", "https://example.go.kr?x", "kakao", "https://example.go.kr\n"} {
		c := good()
		c.Issuer = bad
		_, err := phonelogin.New(c)
		assert.ErrorContains(t, err, "Issuer", "%q", bad)
	}
	for _, bad := range []string{"", "/", "login/phone", "//evil", "/login/../x", "/login?x=1", "/a b", `/\evil`, "https://evil.example/x", "/login/phone\n", "/x#y", "/./x"} {
		c := good()
		c.CodePage = bad
		_, err := phonelogin.New(c)
		assert.ErrorContains(t, err, "CodePage", "%q", bad)
	}
	_, err = phonelogin.New(phonelogin.Config{})
	for _, all := range []string{"Codes", "Issuer", "Key", "CodePage"} {
		assert.ErrorContains(t, err, all)
	}
}
