package vendorsim

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A form is good once, from the browser that saw the page, and only as it was on the page.
func TestFormIsBound(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	seen := ask(t, c, "GET", k.page(kakaoAsk()), nil)
	action, fields, ok := readForm(seen.body)
	require.True(t, ok)
	require.Equal(t, "/oauth/authorize/allow", action)
	cookie, _, _ := strings.Cut(seen.header.Get("Set-Cookie"), ";")
	require.Contains(t, seen.header.Get("Set-Cookie"), "HttpOnly")
	form := with(fields, "user", "3912345678", "decision", "agree")
	to := k.URL() + action
	require.Equal(t, 403, ask(t, c, "POST", to, form).status, "no cookie")
	require.Equal(t, 403, ask(t, c, "POST", to, form, "Cookie", cookie+"x").status, "another browser")
	require.Equal(t, 403, ask(t, c, "POST", to, with(form, "csrf", "x"), "Cookie", cookie).status)
	require.Equal(t, 400, ask(t, c, "POST", to, with(form, "request", "x"), "Cookie", cookie).status)
	require.Equal(t, 400, ask(t, c, "POST", to, with(form, "user", "42"), "Cookie", cookie).status, "nobody of that name")
	require.Equal(t, 400, ask(t, c, "POST", to, with(form, "decision", ""), "Cookie", cookie).status)
	require.Equal(t, 405, ask(t, c, "GET", to, nil, "Cookie", cookie).status)
	require.Equal(t, 302, ask(t, c, "POST", to, form, "Cookie", cookie).status)
	require.Equal(t, 400, ask(t, c, "POST", to, form, "Cookie", cookie).status, "once")
	again := ask(t, c, "GET", k.page(kakaoAsk()), nil, "Cookie", cookie)
	require.Contains(t, again.header.Get("Set-Cookie"), cookie, "the browser keeps its session")
}

func TestConsentFailures(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	ctx := context.Background()
	at := k.page(kakaoAsk("state", "CANARY"))
	_, err := Consent(ctx, nil, at, "3912345678", true)
	require.Error(t, err)
	_, err = Consent(ctx, c, "http://\x00", "3912345678", true)
	require.Error(t, err)
	_, err = Consent(ctx, c, at, "42", true)
	require.EqualError(t, err, "vendorsim: consent: form: status 400")
	_, err = Consent(ctx, c, k.page(kakaoAsk("client_id", "x")), "3912345678", true)
	require.EqualError(t, err, "vendorsim: consent: page: status 400")
	for _, f := range []Fault{{Mode: HTML}, {Mode: Status}, {Mode: Truncate}, {Mode: Reset}, {Mode: Garbage}, {Mode: Cut}} {
		require.NoError(t, k.Break("authorize", f))
		_, err = Consent(ctx, c, at, "3912345678", true)
		require.Error(t, err, f.Mode)
		require.NotContains(t, err.Error(), "CANARY")
		require.NotContains(t, err.Error(), "authorize")
	}
	k.HealAll()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	hits := k.Hits("*")
	_, err = Consent(cancelled, c, at, "3912345678", true)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, hits, k.Hits("*"))
}

// A vendor with many simulated users shows a page that is still small, and anyone can log in.
func TestManyUsers(t *testing.T) {
	var users []User
	for i := range 5000 {
		users = append(users, User{ID: fmt.Sprint(1000 + i), Nickname: fmt.Sprint(`"<`, i)})
	}
	k, c := startKakao(t, KakaoConfig{Users: users})
	r := ask(t, c, "GET", k.page(kakaoAsk()), nil)
	require.Less(t, len(r.body), 8<<10)
	require.Contains(t, r.body, `<datalist`)
	m := k.login(t, c, "5999")
	_, claims, _, _ := split(t, m["id_token"].(string))
	require.Equal(t, "5999", claims["sub"])
	require.Equal(t, 2, k.Hits("authorize")-1)
}

func TestCallbackKeepsQuery(t *testing.T) {
	require.Equal(t, "https://a.example/b?x=1&code=c+d&state=e%26f", callback("https://a.example/b?x=1", "code", "c d", "state", "e&f"))
	require.Equal(t, "https://a.example/b?code=c", callback("https://a.example/b", "code", "c", "state", ""))
}

func BenchmarkLogin(b *testing.B) {
	k, err := StartKakao(KakaoConfig{Clients: []Client{app()}, Keys: keysOf()})
	if err != nil {
		b.Fatal(err)
	}
	defer k.Close()
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	defer c.CloseIdleConnections()
	at := k.page(kakaoAsk())
	for b.Loop() {
		to, err := Consent(context.Background(), c, at, "3912345678", true)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := tryAsk(c, "POST", k.URL()+"/oauth/token", kakaoForm(to.Query().Get("code"))); err != nil {
			b.Fatal(err)
		}
	}
}
