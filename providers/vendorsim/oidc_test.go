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

func startOIDC(t *testing.T, cfg OIDCConfig) (*OIDC, *http.Client) {
	t.Helper()
	cfg.Keys = keysOf()
	if cfg.Clients == nil {
		cfg.Clients = []Client{app(), otherApp()}
	}
	o, err := StartOIDC(cfg)
	require.NoError(t, err)
	t.Cleanup(o.Close)
	return o, browser(t)
}

func (o *OIDC) authorizeURL(pairs ...string) string {
	return o.URL() + "/authorize?" + with(values("client_id", "app", "redirect_uri", back, "response_type", "code", "scope", "openid email profile phone",
		"state", "s1", "nonce", "n-1", "code_challenge", challengeB, "code_challenge_method", "S256"), pairs...).Encode()
}

func oidcForm(code string, pairs ...string) url.Values {
	return with(values("grant_type", "authorization_code", "client_id", "app", "client_secret", "app-secret", "redirect_uri", back, "code", code, "code_verifier", verifierB), pairs...)
}

func TestOIDCLogin(t *testing.T) {
	o, c := startOIDC(t, OIDCConfig{})
	q := consent(t, c, o.authorizeURL(), "9007199254740993")
	require.Equal(t, "s1", q.Get("state"))
	require.Empty(t, q.Get("iss"), "only when asked for")
	r := ask(t, c, "POST", o.URL()+"/token", oidcForm(q.Get("code")))
	require.Equal(t, 200, r.status, r.body)
	require.Regexp(t, `^\{"access_token":"[^"]+","expires_in":3599,"scope":"openid email profile phone","token_type":"Bearer","id_token":"[^"]+"\}$`, r.body)
	require.Equal(t, "no-store", r.header.Get("Cache-Control"))
	claims := verifyRS256(t, c, o.URL()+"/jwks", r.json(t)["id_token"].(string))
	require.Equal(t, []any{o.URL(), "app", "9007199254740993", "n-1", "seoul@example.test", true, "+821087654321"},
		[]any{claims["iss"], claims["aud"], claims["sub"], claims["nonce"], claims["email"], claims["email_verified"], claims["phone_number"]})

	r = ask(t, c, "GET", o.URL()+"/userinfo", nil, "Authorization", "Bearer "+r.json(t)["access_token"].(string))
	require.Equal(t, 200, r.status)
	require.Equal(t, "9007199254740993", r.json(t)["sub"])

	r = ask(t, c, "GET", o.URL()+"/userinfo", nil)
	require.Equal(t, 401, r.status)
	require.Equal(t, "Bearer", r.header.Get("WWW-Authenticate"))
	r = ask(t, c, "GET", o.URL()+"/userinfo", nil, "Authorization", "Bearer x")
	require.Equal(t, 401, r.status)
	require.Equal(t, `Bearer error="invalid_token"`, r.header.Get("WWW-Authenticate"))
}

func TestOIDCAuthorizeMistakes(t *testing.T) {
	o, c := startOIDC(t, OIDCConfig{IssParam: true})
	for name, change := range map[string][]string{
		"unknown client": {"client_id", "nobody"}, "redirect URI": {"redirect_uri", back + "?x=1"}, "no redirect URI": {"redirect_uri", ""},
	} {
		r := ask(t, c, "GET", o.authorizeURL(change...), nil)
		require.Equal(t, 400, r.status, name)
		require.Empty(t, r.header.Get("Location"), name)
	}
	for want, change := range map[string][]string{
		"unsupported_response_type": {"response_type", "token"}, "invalid_scope": {"scope", ""}, "login_required": {"prompt", "none"},
		"invalid_request": {"code_challenge_method", "plain"},
	} {
		to, err := Consent(context.Background(), c, o.authorizeURL(change...), "3912345678", true)
		require.NoError(t, err)
		q := to.Query()
		require.Equal(t, []string{want, "s1", o.URL()}, []string{q.Get("error"), q.Get("state"), q.Get("iss")}, "RFC 9207: iss also with errors")
	}
	to, err := Consent(context.Background(), c, o.authorizeURL(), "3912345678", false)
	require.NoError(t, err)
	require.Equal(t, "access_denied", to.Query().Get("error"))
	require.Contains(t, ask(t, c, "GET", o.URL()+"/.well-known/openid-configuration", nil).body, `"authorization_response_iss_parameter_supported":true`)
}

func TestOIDCTokenMistakes(t *testing.T) {
	o, c := startOIDC(t, OIDCConfig{})
	cases := []struct {
		name   string
		change []string
		header []string
		status int
		error  string
	}{
		{name: "right"},
		{name: "basic", change: []string{"client_id", "", "client_secret", ""}, header: []string{"Authorization", "Basic YXBwOmFwcC1zZWNyZXQ="}},
		{name: "basic and body", header: []string{"Authorization", "Basic YXBwOmFwcC1zZWNyZXQ="}, status: 401, error: "invalid_client"},
		{name: "wrong basic", change: []string{"client_id", "", "client_secret", ""}, header: []string{"Authorization", "Basic YXBwOng="}, status: 401, error: "invalid_client"},
		{name: "wrong secret", change: []string{"client_secret", "x"}, status: 401, error: "invalid_client"},
		{name: "no secret", change: []string{"client_secret", ""}, status: 401, error: "invalid_client"},
		{name: "unknown client", change: []string{"client_id", "x"}, status: 401, error: "invalid_client"},
		{name: "code of another", change: []string{"client_id", "app2", "client_secret", "app2-secret"}, status: 400, error: "invalid_grant"},
		{name: "other redirect URI", change: []string{"redirect_uri", "https://site.example/other"}, status: 400, error: "invalid_grant"},
		{name: "no redirect URI", change: []string{"redirect_uri", ""}, status: 400, error: "invalid_request"},
		{name: "no verifier", change: []string{"code_verifier", ""}, status: 400, error: "invalid_grant"},
		{name: "wrong verifier", change: []string{"code_verifier", strings.Repeat("x", 43)}, status: 400, error: "invalid_grant"},
		{name: "unknown code", change: []string{"code", "x"}, status: 400, error: "invalid_grant"},
		{name: "no grant type", change: []string{"grant_type", ""}, status: 400, error: "invalid_request"},
		{name: "other grant type", change: []string{"grant_type", "password"}, status: 400, error: "unsupported_grant_type"},
		{name: "JSON", header: []string{"Content-Type", "application/json"}, status: 400, error: "invalid_request"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			code := consent(t, c, o.authorizeURL(), "3912345678").Get("code")
			r := ask(t, c, "POST", o.URL()+"/token", oidcForm(code, tc.change...), tc.header...)
			if tc.error == "" {
				require.Equal(t, 200, r.status, r.body)
				return
			}
			require.Equal(t, tc.status, r.status, r.body)
			require.Equal(t, tc.error, r.json(t)["error"])
		})
	}
}

func TestOIDCPKCERules(t *testing.T) {
	o, c := startOIDC(t, OIDCConfig{AuthMethods: []string{"client_secret_post"}})
	code := consent(t, c, o.authorizeURL("code_challenge", "", "code_challenge_method", ""), "3912345678").Get("code")
	r := ask(t, c, "POST", o.URL()+"/token", oidcForm(code))
	require.Equal(t, "invalid_grant", r.json(t)["error"], "a verifier without a challenge is a downgrade")
	code = consent(t, c, o.authorizeURL("code_challenge", "", "code_challenge_method", ""), "3912345678").Get("code")
	require.Equal(t, 200, ask(t, c, "POST", o.URL()+"/token", oidcForm(code, "code_verifier", "")).status)
	code = consent(t, c, o.authorizeURL(), "3912345678").Get("code")
	r = ask(t, c, "POST", o.URL()+"/token", oidcForm(code, "client_id", "", "client_secret", ""), "Authorization", "Basic YXBwOmFwcC1zZWNyZXQ=")
	require.Equal(t, 401, r.status, "a way that is switched off")

	strict, c := startOIDC(t, OIDCConfig{RequirePKCE: true})
	require.Equal(t, "invalid_request", consent(t, c, strict.authorizeURL("code_challenge", "", "code_challenge_method", ""), "3912345678").Get("error"))
}

func TestOIDCCodeOnce(t *testing.T) {
	o, c := startOIDC(t, OIDCConfig{})
	code := consent(t, c, o.authorizeURL(), "3912345678").Get("code")
	var mu sync.Mutex
	seen := map[int]int{}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			r, err := tryAsk(c, "POST", o.URL()+"/token", oidcForm(code))
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
}

func TestOIDCRefresh(t *testing.T) {
	o, c := startOIDC(t, OIDCConfig{})
	for _, extra := range [][]string{{"access_type", "offline"}, {"scope", "openid offline_access"}} {
		code := consent(t, c, o.authorizeURL(extra...), "3912345678").Get("code")
		m := ask(t, c, "POST", o.URL()+"/token", oidcForm(code)).json(t)
		form := values("grant_type", "refresh_token", "client_id", "app", "client_secret", "app-secret", "refresh_token", m["refresh_token"].(string))
		r := ask(t, c, "POST", o.URL()+"/token", form)
		require.Equal(t, 200, r.status)
		require.NotContains(t, r.body, "refresh_token")
		_, claims, _, _ := split(t, r.json(t)["id_token"].(string))
		require.NotContains(t, claims, "nonce")
		other := with(form, "client_id", "app2", "client_secret", "app2-secret")
		require.Equal(t, "invalid_grant", ask(t, c, "POST", o.URL()+"/token", other).json(t)["error"])
		o.Advance(200 * 24 * time.Hour)
		require.Equal(t, "invalid_grant", ask(t, c, "POST", o.URL()+"/token", form).json(t)["error"])
	}
}

func TestOIDCVendorCodes(t *testing.T) {
	o, c := startOIDC(t, OIDCConfig{})
	for code, status := range map[string]int{"invalid_grant": 400, "invalid_client": 401, "server_error": 500, "temporarily_unavailable": 503} {
		require.NoError(t, o.Break("token", Fault{Mode: Vendor, Code: code}))
		r := ask(t, c, "POST", o.URL()+"/token", oidcForm("x"))
		require.Equal(t, status, r.status)
		require.Equal(t, code, r.json(t)["error"])
	}
	require.NoError(t, o.Break("authorize", Fault{Mode: Vendor, Code: "server_error"}))
	to, err := Consent(context.Background(), c, o.authorizeURL(), "3912345678", true)
	require.NoError(t, err)
	require.Equal(t, "https://site.example/back?error=server_error&error_description=server+error&state=s1", to.String())
	require.Equal(t, 400, ask(t, c, "GET", o.authorizeURL("client_id", "x"), nil).status)
	require.NoError(t, o.Break("userinfo", Fault{Mode: Vendor, Code: "insufficient_scope"}))
	require.Equal(t, 403, ask(t, c, "GET", o.URL()+"/userinfo", nil).status)
	require.NoError(t, o.Break("jwks", Fault{Mode: ErrorBody}))
	require.Contains(t, ask(t, c, "GET", o.URL()+"/jwks", nil).body, "server_error")
}

func TestOIDCConfigMistakes(t *testing.T) {
	_, err := StartOIDC(OIDCConfig{Alg: "none", AuthMethods: []string{"magic"}, Users: []User{{ID: "한글"}}})
	for _, want := range []string{`unknown algorithm "none"`, `unknown auth method "magic"`, "not ASCII"} {
		require.ErrorContains(t, err, want)
	}
	o, _ := startOIDC(t, OIDCConfig{})
	require.Error(t, o.Register(Client{}))
	require.NoError(t, o.Register(Client{ID: "late", RedirectURIs: []string{back}}))
}
