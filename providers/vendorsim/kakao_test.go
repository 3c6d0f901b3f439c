package vendorsim

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// RFC 7636 appendix B.
const (
	verifierB  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challengeB = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func startKakao(t *testing.T, cfg KakaoConfig) (*Kakao, *http.Client) {
	t.Helper()
	cfg.Keys = keysOf()
	if cfg.Clients == nil {
		cfg.Clients = []Client{app(), otherApp()}
	}
	k, err := StartKakao(cfg)
	require.NoError(t, err)
	t.Cleanup(k.Close)
	return k, browser(t)
}

func kakaoAsk(pairs ...string) url.Values {
	return with(values("client_id", "app", "redirect_uri", back, "response_type", "code", "state", "st&1", "nonce", "n-1",
		"scope", "account_email,openid,profile_nickname"), pairs...)
}

func (k *Kakao) page(v url.Values) string { return k.URL() + "/oauth/authorize?" + v.Encode() }

func kakaoForm(code string, pairs ...string) url.Values {
	return with(values("grant_type", "authorization_code", "client_id", "app", "client_secret", "app-secret", "redirect_uri", back, "code", code), pairs...)
}

const kauthJSON = "application/json;charset=UTF-8"

func TestKakaoAuthorizePage(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	r := ask(t, c, "GET", k.page(kakaoAsk()), nil)
	require.Equal(t, 200, r.status)
	require.Equal(t, "text/html; charset=utf-8", r.header.Get("Content-Type"))
	for _, want := range []string{`<html lang="ko">`, `<form method="post"`, `name="csrf"`, `<select id="user" name="user">`,
		`<option value="3912345678">`, `value="agree">동의하고 계속하기`, `value="cancel">취소`, "시청 &lt;민원&gt;"} {
		require.Contains(t, r.body, want)
	}
	require.NotContains(t, r.body, "st&1", "nothing of the request is repeated")
}

func TestKakaoAuthorizeMistakes(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	cases := []struct {
		name string
		ask  url.Values
		code string
	}{
		{"redirect URI not registered", kakaoAsk("redirect_uri", "https://evil.example/back"), "KOE006"},
		{"redirect URI with a slash more", kakaoAsk("redirect_uri", back+"/"), "KOE006"},
		{"unknown client", kakaoAsk("client_id", "nobody"), "KOE101"},
		{"implicit", kakaoAsk("response_type", "token"), "KOE201"},
		{"no client", kakaoAsk("client_id", ""), "KOE001"},
		{"no redirect URI", kakaoAsk("redirect_uri", ""), "KOE001"},
		{"no response type", kakaoAsk("response_type", ""), "KOE001"},
		{"parameter twice", url.Values{"client_id": {"app", "app"}, "redirect_uri": {back}, "response_type": {"code"}}, "KOE001"},
		{"scopes separated by spaces", kakaoAsk("scope", "openid account_email"), "KOE205"},
		{"unknown consent item", kakaoAsk("scope", "shoe_size"), "KOE205"},
		{"unknown prompt", kakaoAsk("prompt", "maybe"), "KOE001"},
		{"plain PKCE", kakaoAsk("code_challenge", verifierB, "code_challenge_method", "plain"), "KOE001"},
		{"PKCE without method", kakaoAsk("code_challenge", challengeB), "KOE001"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r := ask(t, c, "GET", k.page(tc.ask), nil)
			require.Equal(t, 400, r.status)
			require.Empty(t, r.header.Get("Location"), "never reaches the application")
			require.Contains(t, r.header.Get("Content-Type"), "text/html")
			require.Contains(t, r.body, tc.code)
			require.NotContains(t, r.body, "<form")
		})
	}
	require.Equal(t, 405, ask(t, c, "POST", k.page(kakaoAsk()), url.Values{}).status)
}

func TestKakaoPageStatusIsAnOption(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{PageStatus: 200})
	r := ask(t, c, "GET", k.page(kakaoAsk("redirect_uri", "https://evil.example")), nil)
	require.Equal(t, 200, r.status)
	require.Contains(t, r.body, "KOE006")
}

func TestKakaoCallbacks(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	ctx := context.Background()
	to, err := Consent(ctx, c, k.page(kakaoAsk()), "3912345678", true)
	require.NoError(t, err)
	require.Regexp(t, regexp.MustCompile(`^https://site\.example/back\?code=[A-Z0-9]+&state=st%261$`), to.String())

	to, err = Consent(ctx, c, k.page(kakaoAsk()), "3912345678", false)
	require.NoError(t, err)
	require.Equal(t, "https://site.example/back?error=access_denied&error_description=User+denied+access&state=st%261", to.String())

	to, err = Consent(ctx, c, k.page(kakaoAsk("prompt", "none")), "3912345678", true)
	require.NoError(t, err)
	require.Equal(t, "https://site.example/back?error=consent_required&error_description=user+consent+required.&state=st%261", to.String())

	to, err = Consent(ctx, c, k.page(kakaoAsk("state", "")), "3912345678", true)
	require.NoError(t, err)
	require.NotContains(t, to.String(), "state")
}

func TestKakaoTokenAnswer(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	code := consent(t, c, k.page(kakaoAsk()), "9007199254740993").Get("code")
	r := ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm(code))
	require.Equal(t, 200, r.status, r.body)
	require.Equal(t, kauthJSON, r.header.Get("Content-Type"))
	require.Regexp(t, `^\{"token_type":"bearer","access_token":"[^"]+","id_token":"[^"]+","expires_in":21599,"refresh_token":"[^"]+","refresh_token_expires_in":5183999,"scope":"account_email openid profile_nickname"\}$`, r.body)

	m := r.json(t)
	claims := verifyRS256(t, c, k.URL()+"/.well-known/jwks.json", m["id_token"].(string))
	require.Equal(t, k.URL(), claims["iss"])
	require.Equal(t, "app", claims["aud"])
	require.Equal(t, "9007199254740993", claims["sub"], "a string")
	require.Equal(t, "n-1", claims["nonce"])
	require.Equal(t, "seoul", claims["nickname"])
	require.Equal(t, "seoul@example.test", claims["email"])
	require.NotContains(t, claims, "email_verified")
	require.Contains(t, claims, "auth_time")
	require.Contains(t, claims, "iat")
	require.Contains(t, claims, "exp")

	// no openid, no ID token
	code = consent(t, c, k.page(kakaoAsk("scope", "account_email")), "3912345678").Get("code")
	r = ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm(code))
	require.NotContains(t, r.body, "id_token")
	require.Contains(t, r.body, `"scope":"account_email"`)
}

func TestKakaoTokenMistakes(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	token := k.URL() + "/oauth/token"
	cases := []struct {
		name   string
		change []string
		header []string
		status int
		body   string // as the documents have it
	}{
		{name: "wrong secret", change: []string{"client_secret", "x"}, status: 401, body: `{"error":"invalid_client","error_description":"Bad client credentials","error_code":"KOE010"}`},
		{name: "no secret", change: []string{"client_secret", ""}, status: 401, body: `"error_code":"KOE010"`},
		{name: "basic", header: []string{"Authorization", "Basic YXBwOmFwcC1zZWNyZXQ="}, status: 401, body: `"error_code":"KOE010"`},
		{name: "unknown key", change: []string{"client_id", "nobody"}, status: 401, body: `"error":"invalid_client"`},
		{name: "unknown key's code", change: []string{"client_id", "nobody"}, status: 401, body: `"error_code":"KOE101"`},
		{name: "other redirect URI", change: []string{"redirect_uri", "https://site.example/other"}, status: 400, body: `"error":"invalid_grant","error_description":"Redirect URI mismatch.","error_code":"KOE303"`},
		{name: "no redirect URI", change: []string{"redirect_uri", ""}, status: 400, body: `"error_code":"KOE310"`},
		{name: "no grant type", change: []string{"grant_type", ""}, status: 400, body: `"error_code":"KOE310"`},
		{name: "unknown grant type", change: []string{"grant_type", "password"}, status: 400, body: `"error_code":"KOE310"`},
		{name: "no code", change: []string{"code", ""}, status: 400, body: `"error_code":"KOE310"`},
		{name: "no client", change: []string{"client_id", ""}, status: 400, body: `"error_code":"KOE310"`},
		{name: "unknown code", change: []string{"code", "demo"}, status: 400, body: `{"error":"invalid_grant","error_description":"authorization code not found for code=demo","error_code":"KOE320"}`},
		{name: "code of another client", change: []string{"client_id", "app2", "client_secret", "app2-secret"}, status: 400, body: `"error_code":"KOE320"`},
		{name: "refresh without token", change: []string{"grant_type", "refresh_token"}, status: 400, body: `"error":"invalid_grant","error_description":"Refresh token is missing.","error_code":"KOE319"`},
		{name: "refresh unknown", change: []string{"grant_type", "refresh_token", "refresh_token", "x"}, status: 400, body: `{"error":"invalid_grant","error_description":"expired_or_invalid_refresh_token","error_code":"KOE322"}`},
		{name: "JSON body", header: []string{"Content-Type", "application/json"}, status: 400, body: `"error_code":"KOE001"`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			code := consent(t, c, k.page(kakaoAsk()), "3912345678").Get("code")
			r := ask(t, c, "POST", token, kakaoForm(code, tc.change...), tc.header...)
			require.Equal(t, tc.status, r.status, r.body)
			require.Equal(t, kauthJSON, r.header.Get("Content-Type"))
			require.Contains(t, r.body, tc.body)
		})
	}
	code := consent(t, c, k.page(kakaoAsk()), "3912345678").Get("code")
	require.Equal(t, 405, ask(t, c, "GET", token+"?"+kakaoForm(code).Encode(), nil).status)
	r := ask(t, c, "POST", token+"?"+kakaoForm(code).Encode(), url.Values{})
	require.Contains(t, r.body, "KOE310", "the address does not count")
	twice := kakaoForm(code)
	twice.Add("code", "again")
	require.Contains(t, ask(t, c, "POST", token, twice).body, "KOE001")
	require.Equal(t, 200, ask(t, c, "POST", token, kakaoForm(code)).status, "none of that spent the code")
}

func TestKakaoTokenLimitsOfACitizen(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{TokenLimits: true})
	token := k.URL() + "/oauth/token"
	exchange := func(user string) reply {
		return ask(t, c, "POST", token, kakaoForm(consent(t, c, k.page(kakaoAsk()), user).Get("code")))
	}
	var refresh string
	for range 20 {
		r := exchange("3912345678")
		require.Equal(t, 200, r.status, r.body)
		refresh = r.json(t)["refresh_token"].(string)
	}
	r := exchange("3912345678")
	require.Equal(t, 400, r.status)
	require.Contains(t, r.body, `"error":"invalid_request"`)
	require.Contains(t, r.body, `"error_code":"KOE237"`)
	require.Equal(t, 200, exchange("9007199254740993").status, "others are well")
	again := values("grant_type", "refresh_token", "client_id", "app", "client_secret", "app-secret", "refresh_token", refresh)
	for range 30 {
		require.Equal(t, 200, ask(t, c, "POST", token, again).status)
	}
	require.Contains(t, ask(t, c, "POST", token, again).body, "KOE237")
	k.Advance(10 * time.Minute)
	require.Equal(t, 200, exchange("3912345678").status)
	require.Contains(t, ask(t, c, "POST", token, again).body, "KOE237")
	k.Advance(50 * time.Minute)
	require.Equal(t, 200, ask(t, c, "POST", token, again).status)
}

func TestKakaoOptions(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{UnknownKeyStatus: 400, Issuer: "https://kauth.kakao.com", NoOIDC: true, Consents: []string{"account_email"},
		Clients: []Client{{ID: "app", RedirectURIs: []string{back}}}})
	r := ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm("x", "client_id", "nobody"))
	require.Equal(t, 400, r.status)
	require.Contains(t, ask(t, c, "GET", k.page(kakaoAsk("scope", "openid")), nil).body, "KOE205")
	code := consent(t, c, k.page(kakaoAsk("scope", "")), "3912345678").Get("code")
	r = ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm(code, "client_secret", "")) // the console switch is off
	require.Equal(t, 200, r.status)
	require.NotContains(t, r.body, "id_token")
	require.Contains(t, ask(t, c, "GET", k.URL()+"/.well-known/openid-configuration", nil).body, `"issuer":"https://kauth.kakao.com"`)
}

func TestKakaoPKCE(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	pkce := kakaoAsk("code_challenge", challengeB, "code_challenge_method", "S256")
	for verifier, want := range map[string]string{verifierB: `"token_type":"bearer"`, "": "KOE320", strings.Repeat("a", 43): "KOE320", challengeB: "KOE320"} {
		code := consent(t, c, k.page(pkce), "3912345678").Get("code")
		require.Contains(t, ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm(code, "code_verifier", verifier)).body, want)
	}
	loose, c := startKakao(t, KakaoConfig{IgnorePKCE: true})
	code := consent(t, c, loose.page(pkce), "3912345678").Get("code")
	require.Equal(t, 200, ask(t, c, "POST", loose.URL()+"/oauth/token", kakaoForm(code)).status)
}

// 100 redemptions of one code at once: one wins.
func TestKakaoCodeOnce(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	code := consent(t, c, k.page(kakaoAsk()), "3912345678").Get("code")
	var mu sync.Mutex
	seen := map[int]int{}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			r, err := tryAsk(c, "POST", k.URL()+"/oauth/token", kakaoForm(code))
			mu.Lock()
			defer mu.Unlock()
			if err != nil || r.status == 400 && !strings.Contains(r.body, "KOE320") {
				t.Errorf("%v %s", err, r.body)
			}
			seen[r.status]++
		})
	}
	wg.Wait()
	require.Equal(t, map[int]int{200: 1, 400: 99}, seen)
	require.Equal(t, 100, k.Hits("token"))
}

func TestKakaoExpiry(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	code := consent(t, c, k.page(kakaoAsk()), "3912345678").Get("code")
	k.Advance(11 * time.Minute)
	require.Contains(t, ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm(code)).body, "KOE320")

	code = consent(t, c, k.page(kakaoAsk()), "3912345678").Get("code")
	m := ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm(code)).json(t)
	bearer := []string{"Authorization", "Bearer " + m["access_token"].(string)}
	require.Equal(t, 200, ask(t, c, "GET", k.URL()+"/v2/user/me", nil, bearer...).status)
	k.Advance(6 * time.Hour)
	require.Equal(t, 401, ask(t, c, "GET", k.URL()+"/v2/user/me", nil, bearer...).status)
}

func TestKakaoRefresh(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	code := consent(t, c, k.page(kakaoAsk()), "3912345678").Get("code")
	m := ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm(code)).json(t)
	refresh := func(token string) reply {
		return ask(t, c, "POST", k.URL()+"/oauth/token", values("grant_type", "refresh_token", "client_id", "app", "client_secret", "app-secret", "refresh_token", token))
	}
	old := m["refresh_token"].(string)
	r := refresh(old)
	require.Equal(t, 200, r.status)
	require.Regexp(t, `^\{"token_type":"bearer","access_token":"[^"]+","id_token":"[^"]+","expires_in":21599\}$`, r.body, "two months to go: it stays")
	require.NotEqual(t, m["access_token"], r.json(t)["access_token"])
	require.Equal(t, 200, refresh(old).status)

	k.Advance(31 * 24 * time.Hour)
	r = refresh(old)
	require.Contains(t, r.body, `"refresh_token_expires_in":5183999`, "under a month to go: a new one")
	require.Contains(t, refresh(old).body, `"error_code":"KOE322"`, "and the old one is dead")
	require.Equal(t, 200, refresh(r.json(t)["refresh_token"].(string)).status)
	k.Advance(61 * 24 * time.Hour)
	require.Contains(t, refresh(r.json(t)["refresh_token"].(string)).body, "KOE322")
}

func (k *Kakao) login(t *testing.T, c *http.Client, user string, pairs ...string) map[string]any {
	t.Helper()
	code := consent(t, c, k.page(kakaoAsk(pairs...)), user).Get("code")
	return ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm(code)).json(t)
}
