package naverlogin_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/naverlogin"
)

func provider(t *testing.T, h http.Handler) *naverlogin.Provider {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	p, err := naverlogin.New(config(s.URL, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}))
	require.NoError(t, err)
	return p
}

func TestBeginSpeaksNaver(t *testing.T) {
	p, err := naverlogin.New(naverlogin.Config{ClientID: "naver-id", ClientSecret: providers.NewSecret("s"), RedirectURI: "https://site.example/back/naver"})
	require.NoError(t, err)
	ask := func(q login.Request) url.Values {
		c, err := p.Begin(t.Context(), q)
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(c.URL, "https://nid.naver.com/oauth2.0/authorize?"))
		assert.Empty(t, c.Nonce)
		assert.Empty(t, c.Verifier)
		u, err := url.Parse(c.URL)
		require.NoError(t, err)
		return u.Query()
	}
	v := ask(login.Request{Scopes: []string{"email"}, Hint: "someone"})
	assert.ElementsMatch(t, []string{"response_type", "client_id", "redirect_uri", "state"}, keys(v), "naver knows no scope and no hint")
	assert.Equal(t, "reauthenticate", ask(login.Request{Prompt: "login"}).Get("auth_type"))
	assert.Equal(t, "reprompt", ask(login.Request{Prompt: "consent"}).Get("auth_type"))
	assert.Equal(t, "reauthenticate", ask(login.Request{Expect: login.Subject{Issuer: naverlogin.Issuer, ID: "x"}}).Get("auth_type"))
	_, err = p.Begin(t.Context(), login.Request{Scopes: []string{"a b"}})
	assert.ErrorIs(t, err, providers.Invalid, "ignored is not unchecked")
}

func keys(v url.Values) (all []string) {
	for k := range v {
		all = append(all, k)
	}
	return all
}

func TestFinishSendsExactlyThis(t *testing.T) {
	var asked []*http.Request
	h := naver()
	p := provider(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		asked = append(asked, r)
		h.ServeHTTP(w, r)
	}))
	c, err := p.Begin(t.Context(), login.Request{})
	require.NoError(t, err)
	id, err := p.Finish(t.Context(), login.Reply{Code: providers.NewSecret("code+/="), State: c.State.Reveal(), Challenge: c})
	require.NoError(t, err)
	require.Len(t, asked, 2)
	assert.Empty(t, asked[0].URL.RawQuery, "naver takes a query as well; that would end up in logs")
	assert.Empty(t, asked[0].Header.Get("Authorization"))
	assert.Equal(t, url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"naver-id"}, "client_secret": {secretCanary},
		"redirect_uri": {"https://site.example/back/naver"}, "code": {"code+/="}, "state": {c.State.Reveal()},
	}, asked[0].PostForm)
	assert.Equal(t, "Bearer "+tokenCanary, asked[1].Header.Get("Authorization"), "as it is, with + / and =")

	assert.Equal(t, "https://nid.naver.com", id.Issuer)
	assert.Equal(t, "uQ3demoUniquePerApp", id.Subject)
	assert.Equal(t, []string{"홍길동", "demo", mailCanary, "010-1234-5678"}, []string{id.Name, id.Nickname, id.Email, id.Phone})
	assert.False(t, id.EmailVerified, "naver does not say")
	assert.WithinDuration(t, time.Now().Add(time.Hour), id.Token.Expiry, time.Minute)
	assert.Equal(t, refreshCanary, id.Token.Refresh.Reveal())
}

func TestRefreshKeepsTheRefreshToken(t *testing.T) {
	p := provider(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", js)
		_, _ = io.WriteString(w, `{"access_token":"fresh","token_type":"bearer","expires_in":"3600"}`)
	}))
	got, err := p.Refresh(t.Context(), login.Token{Access: providers.NewSecret("old"), Refresh: providers.NewSecret(refreshCanary)})
	require.NoError(t, err)
	assert.Equal(t, "fresh", got.Access.Reveal())
	assert.Equal(t, refreshCanary, got.Refresh.Reveal())
}

func TestWatch(t *testing.T) {
	const page, notice = `<html><form></form></html>`, `<html>점검</html>`
	rows := map[string]struct {
		pageStatus  int
		page        string
		tokenStatus int
		token       string
		want        providers.Kind
		ok          bool
	}{
		"well, its documented word":       {200, page, 200, `{"error":"unauthorized_client","error_description":"x"}`, 0, true},
		"well, the word seen elsewhere":   {200, page, 400, `{"error":"invalid_request"}`, 0, true},
		"F27 page 500":                    {500, page, 200, `{"error":"unauthorized_client"}`, providers.Unavailable, false},
		"F18 a notice":                    {200, notice, 200, `{"error":"unauthorized_client"}`, providers.Unavailable, false},
		"token endpoint in trouble":       {200, page, 200, `{"error":"server_error"}`, providers.Unavailable, false},
		"token endpoint with a dead word": {200, page, 503, `{"error":"unauthorized_client"}`, providers.Unavailable, false},
		"F23 our client is wrong":         {200, page, 401, `{"error":"invalid_client"}`, providers.Refused, false},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			p := provider(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				status, media, body := r.tokenStatus, js, r.token
				if req.URL.Path == "/oauth2.0/authorize" {
					status, media, body = r.pageStatus, "text/html", r.page
				}
				w.Header().Set("Content-Type", media)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			}))
			err := p.Watch(t.Context())
			if r.ok {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.ErrorIs(t, err, r.want)
		})
	}
}

func TestConfigReportsEveryMistake(t *testing.T) {
	_, err := naverlogin.New(naverlogin.Config{AuthBase: "http://nid.naver.com", APIBase: "ftp://x", Timeout: -1})
	require.Error(t, err)
	for _, want := range []string{"naverlogin: ", "client id", "client secret", "redirect uri", "token endpoint: ", "authorise page: ", "api: ", "timeout"} {
		assert.Contains(t, err.Error(), want)
	}
}

func TestT17ProviderPrintsNoSecret(t *testing.T) {
	cfg := config("https://naverlogin.example", nil)
	p, err := naverlogin.New(cfg)
	require.NoError(t, err)
	holder := struct{ P *naverlogin.Provider }{p}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text := fmt.Sprintf(verb+verb+verb+verb+verb, p, holder, &holder, cfg, &cfg)
		assert.NotContains(t, text, secretCanary)
		assert.NotContains(t, text, fmt.Sprintf("%x", secretCanary))
	}
}
