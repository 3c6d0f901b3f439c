package vendorsim

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func startNaver(t *testing.T, cfg NaverConfig) (*Naver, *http.Client) {
	t.Helper()
	if cfg.Clients == nil {
		cfg.Clients = []Client{app(), otherApp()}
	}
	n, err := StartNaver(cfg)
	require.NoError(t, err)
	t.Cleanup(n.Close)
	return n, browser(t)
}

func (n *Naver) page(pairs ...string) string {
	return n.URL() + "/oauth2.0/authorize?" + with(values("response_type", "code", "client_id", "app", "redirect_uri", back, "state", "s1"), pairs...).Encode()
}

func naverForm(code string, pairs ...string) url.Values {
	return with(values("grant_type", "authorization_code", "client_id", "app", "client_secret", "app-secret", "code", code, "state", "s1"), pairs...)
}

func TestNaverLogin(t *testing.T) {
	n, c := startNaver(t, NaverConfig{Users: []User{{ID: "uQ3demoUniquePerApp", Name: "홍길동", Nickname: "demo", Email: "demo@example.test", Phone: "010-1234-5678", Gender: "female", Birthdate: "1990-01-31"},
		{ID: "only-id", Nickname: "shy", Email: "shy@example.test", Withhold: []string{"nickname", "email", "gender"}}}})
	token := n.URL() + "/oauth2.0/token"
	for _, how := range []string{"POST", "GET", "GET with redirect_uri"} {
		code := consent(t, c, n.page(), "uQ3demoUniquePerApp").Get("code")
		form := naverForm(code)
		var r reply
		if how == "POST" {
			r = ask(t, c, "POST", token, form)
		} else {
			if strings.HasSuffix(how, "uri") {
				form.Set("redirect_uri", "https://anything.example/")
			}
			r = ask(t, c, "GET", token+"?"+form.Encode(), nil)
		}
		require.Equal(t, 200, r.status, r.body)
		require.Regexp(t, `^\{"access_token":"[^"]*\+[^"]*/[^"]*=","refresh_token":"[A-Z0-9]+","token_type":"bearer","expires_in":"3600"\}$`, r.body, how)
		access := r.json(t)["access_token"].(string)
		require.LessOrEqual(t, len(access), 256)
		r = ask(t, c, "GET", n.URL()+"/v1/nid/me", nil, "Authorization", "Bearer "+access)
		require.Equal(t, 200, r.status)
		require.Equal(t, `{"resultcode":"00","message":"success","response":{"birthday":"01-31","birthyear":"1990","email":"demo@example.test","gender":"F","id":"uQ3demoUniquePerApp","mobile":"010-1234-5678","name":"홍길동","nickname":"demo"}}`, r.body)
	}
	code := consent(t, c, n.page(), "only-id").Get("code")
	access := ask(t, c, "POST", token, naverForm(code)).json(t)["access_token"].(string)
	r := ask(t, c, "GET", n.URL()+"/v1/nid/me", nil, "Authorization", "Bearer "+access)
	require.Contains(t, r.body, `"response":{"id":"only-id"}`)

	to, err := Consent(context.Background(), c, n.page(), "only-id", false)
	require.NoError(t, err)
	require.Equal(t, "s1 access_denied", to.Query().Get("state")+" "+to.Query().Get("error"))
}

func TestNaverAuthorizeMistakes(t *testing.T) {
	n, c := startNaver(t, NaverConfig{})
	for name, change := range map[string][]string{
		"no state": {"state", ""}, "no client": {"client_id", ""}, "unknown client": {"client_id", "x"}, "redirect URI": {"redirect_uri", "https://evil.example"},
		"response type": {"response_type", "token"}, "auth_type": {"auth_type", "x"},
	} {
		r := ask(t, c, "GET", n.page(change...), nil)
		require.Equal(t, 400, r.status, name)
		require.NotContains(t, r.body, "<form", name)
	}
	require.Equal(t, 200, ask(t, c, "GET", n.page("auth_type", "reprompt"), nil).status)
	u, _ := url.Parse(n.page())
	require.Contains(t, ask(t, c, "POST", n.URL()+"/oauth2.0/authorize", u.Query()).body, "<form", "POST is allowed too")
}

func TestNaverTokenMistakes(t *testing.T) {
	for _, status := range []int{0, 400, 401} {
		n, c := startNaver(t, NaverConfig{TokenErrorStatus: status})
		want := status
		if status == 0 {
			want = 200
		}
		cases := []struct {
			name   string
			change []string
			error  string
		}{
			{"unknown code", []string{"code", "x"}, "unauthorized_client"},
			{"code of another", []string{"client_id", "app2", "client_secret", "app2-secret"}, "unauthorized_client"},
			{"wrong secret", []string{"client_secret", "x"}, "invalid_client"},
			{"unknown client", []string{"client_id", "x"}, "invalid_client"},
			{"no secret", []string{"client_secret", ""}, "invalid_request"},
			{"no code", []string{"code", ""}, "invalid_request"},
			{"no state", []string{"state", ""}, "invalid_request"},
			{"other state", []string{"state", "s2"}, "invalid_request"},
			{"no grant type", []string{"grant_type", ""}, "invalid_request"},
			{"the old delete", []string{"grant_type", "delete"}, "invalid_request"},
		}
		for _, tc := range cases {
			t.Run(tc.name, func(t *testing.T) {
				code := consent(t, c, n.page(), "3912345678").Get("code")
				r := ask(t, c, "POST", n.URL()+"/oauth2.0/token", naverForm(code, tc.change...))
				require.Equal(t, want, r.status)
				require.Equal(t, tc.error, r.json(t)["error"])
				require.Contains(t, r.json(t), "error_description")
				require.NotContains(t, r.body, "access_token")
			})
		}
		code := consent(t, c, n.page(), "3912345678").Get("code")
		require.Equal(t, "invalid_request", ask(t, c, "POST", n.URL()+"/oauth2.0/token", naverForm(code), "Authorization", "Basic x").json(t)["error"])
	}
}

func TestNaverOptions(t *testing.T) {
	n, c := startNaver(t, NaverConfig{NumericExpires: true, LooseState: true, OpenAPIErrors: true, CodeError: "invalid_request", ClientError: "unauthorized_client"})
	code := consent(t, c, n.page(), "3912345678").Get("code")
	r := ask(t, c, "POST", n.URL()+"/oauth2.0/token", naverForm(code, "state", "other"))
	require.Contains(t, r.body, `"expires_in":3600}`)
	require.Equal(t, "invalid_request", ask(t, c, "POST", n.URL()+"/oauth2.0/token", naverForm(code)).json(t)["error"])
	require.Equal(t, "unauthorized_client", ask(t, c, "POST", n.URL()+"/oauth2.0/token", naverForm(code, "client_secret", "x")).json(t)["error"])
	r = ask(t, c, "GET", n.URL()+"/v1/nid/me", nil)
	require.Equal(t, 401, r.status)
	require.Equal(t, "028", r.json(t)["errorCode"])
	require.Contains(t, r.json(t), "errorMessage")
}

func TestNaverMeMistakes(t *testing.T) {
	n, c := startNaver(t, NaverConfig{})
	me := n.URL() + "/v1/nid/me"
	r := ask(t, c, "GET", me, nil)
	require.Equal(t, 401, r.status)
	require.Equal(t, "028", r.json(t)["resultcode"])
	for _, auth := range []string{"Bearer x", "Basic x", "x"} {
		r = ask(t, c, "GET", me, nil, "Authorization", auth)
		require.Equal(t, 401, r.status)
		require.Equal(t, `{"resultcode":"024","message":"Authentication failed"}`, r.body)
	}
	require.Equal(t, 405, ask(t, c, "POST", me, nil).status)
	for code, status := range map[string]int{"024": 401, "028": 401, "403": 403, "404": 404, "429": 429, "500": 500} {
		require.NoError(t, n.Break("me", Fault{Mode: Vendor, Code: code}))
		require.Equal(t, status, ask(t, c, "GET", me, nil).status)
	}
	require.NoError(t, n.Break("token", Fault{Mode: Vendor, Code: "server_error"}))
	r = ask(t, c, "POST", n.URL()+"/oauth2.0/token", naverForm("x"))
	require.Equal(t, 200, r.status, "an error with status 200")
	require.Equal(t, "server_error", r.json(t)["error"])
	require.NoError(t, n.Break("authorize", Fault{Mode: Vendor, Code: "server_error"}))
	require.Equal(t, "server_error", consent(t, c, n.page(), "x").Get("error"))
}

func TestNaverRefreshAndRevoke(t *testing.T) {
	n, c := startNaver(t, NaverConfig{})
	m := ask(t, c, "POST", n.URL()+"/oauth2.0/token", naverForm(consent(t, c, n.page(), "3912345678").Get("code"))).json(t)
	form := values("grant_type", "refresh_token", "client_id", "app", "client_secret", "app-secret", "refresh_token", m["refresh_token"].(string))
	r := ask(t, c, "POST", n.URL()+"/oauth2.0/token", form)
	require.Regexp(t, `^\{"access_token":"[^"]+","token_type":"bearer","expires_in":"3600"\}$`, r.body)
	require.Equal(t, 200, ask(t, c, "POST", n.URL()+"/oauth2.0/token", form).status)

	revoke := values("client_id", "app", "client_secret", "app-secret", "token", m["access_token"].(string))
	for range 2 { // the second time it is unknown
		r = ask(t, c, "POST", n.URL()+"/oauth2.0/revoke", revoke)
		require.Equal(t, 200, r.status)
		require.Empty(t, r.body)
	}
	require.Equal(t, "invalid_request", ask(t, c, "POST", n.URL()+"/oauth2.0/token", form).json(t)["error"], "the pair is gone")
	require.Equal(t, 401, ask(t, c, "GET", n.URL()+"/v1/nid/me", nil, "Authorization", "Bearer "+m["access_token"].(string)).status)

	r = ask(t, c, "POST", n.URL()+"/oauth2.0/revoke", with(revoke, "token", ""))
	require.Equal(t, 400, r.status)
	require.Equal(t, "invalid_request", r.json(t)["error"])
	r = ask(t, c, "POST", n.URL()+"/oauth2.0/revoke", with(revoke, "client_secret", "x"))
	require.Equal(t, 401, r.status)
	require.Equal(t, "unauthorized_client", r.json(t)["error"])
	require.NoError(t, n.Break("revoke", Fault{Mode: Vendor, Code: "temporarily_unavailable"}))
	require.Equal(t, 503, ask(t, c, "POST", n.URL()+"/oauth2.0/revoke", revoke).status)
}

func TestNaverCodeOnceAndExpiry(t *testing.T) {
	n, c := startNaver(t, NaverConfig{TokenErrorStatus: 400})
	code := consent(t, c, n.page(), "3912345678").Get("code")
	var mu sync.Mutex
	seen := map[int]int{}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			r, err := tryAsk(c, "POST", n.URL()+"/oauth2.0/token", naverForm(code))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			seen[r.status]++
		})
	}
	wg.Wait()
	require.Equal(t, map[int]int{200: 1, 400: 99}, seen)
	code = consent(t, c, n.page(), "3912345678").Get("code")
	n.Advance(11 * time.Minute)
	require.Equal(t, 400, ask(t, c, "POST", n.URL()+"/oauth2.0/token", naverForm(code)).status)
}

func TestNaverConfigMistakes(t *testing.T) {
	_, err := StartNaver(NaverConfig{Clients: []Client{{ID: "a"}}, Users: []User{{ID: strings.Repeat("x", 65)}}, TokenErrorStatus: 1})
	for _, want := range []string{"has no secret", "longer than 64", "status 1"} {
		require.ErrorContains(t, err, want)
	}
}
