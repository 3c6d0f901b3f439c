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

func TestKakaoMe(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{Users: []User{
		{ID: "9007199254740993", Name: "홍길동", Nickname: "demo", Email: "demo@example.test", EmailVerified: true, Phone: "010-1234-5678", Gender: "female", Birthdate: "1990-01-31"},
		{ID: "9223372036854775807", Nickname: "shy", Email: "shy@example.test", EmailTaken: true, Phone: "010-0000-0000", Withhold: []string{"phone", "name"}},
		{ID: "1", Email: "hidden@example.test", Withhold: []string{"email"}},
	}})
	m := k.login(t, c, "9007199254740993", "scope", "")
	for _, method := range []string{"GET", "POST"} {
		r := ask(t, c, method, k.URL()+"/v2/user/me", nil, "Authorization", "Bearer "+m["access_token"].(string))
		require.Equal(t, 200, r.status, r.body)
		require.Equal(t, kauthJSON, r.header.Get("Content-Type"))
		require.Contains(t, r.body, `"id":9007199254740993,`, "a bare integer beyond 2^53")
		for _, want := range []string{
			`"name_needs_agreement":false`, `"name":"홍길동"`, `"email_needs_agreement":false`, `"is_email_valid":true`, `"is_email_verified":true`,
			`"email":"demo@example.test"`, `"phone_number_needs_agreement":false`, `"phone_number":"+82 10-1234-5678"`, `"birthyear":"1990"`, `"birthday":"0131"`,
			`"birthday_type":"SOLAR"`, `"gender":"female"`, `"profile":{"is_default_image":true,"nickname":"demo"}`, `"properties":{"nickname":"demo"}`,
		} {
			require.Contains(t, r.body, want)
		}
	}
	m = k.login(t, c, "9223372036854775807", "scope", "")
	r := ask(t, c, "GET", k.URL()+"/v2/user/me", nil, "Authorization", "Bearer "+m["access_token"].(string))
	require.Contains(t, r.body, `"id":9223372036854775807,`)
	require.Contains(t, r.body, `"phone_number_needs_agreement":true`)
	require.Contains(t, r.body, `"name_needs_agreement":true`)
	require.Contains(t, r.body, `"is_email_valid":false`)
	require.Contains(t, r.body, `"is_email_verified":false`)
	require.NotContains(t, r.body, "0000-0000")
	require.NotContains(t, m["scope"], "phone_number")

	m = k.login(t, c, "1", "scope", "openid,account_email")
	r = ask(t, c, "GET", k.URL()+"/v2/user/me", nil, "Authorization", "Bearer "+m["access_token"].(string))
	require.Contains(t, r.body, `"email_needs_agreement":true`)
	require.NotContains(t, r.body, "hidden@")
	require.Contains(t, r.body, `"phone_number_needs_agreement":true`, "not asked for")
}

func TestKakaoMeMistakes(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{AdminKey: "admin"})
	m := k.login(t, c, "3912345678")
	good := "Bearer " + m["access_token"].(string)
	me := k.URL() + "/v2/user/me"
	const dead = `{"msg":"this access token does not exist","code":-401}`
	for name, auth := range map[string]string{"none": "", "unknown": "Bearer x", "no scheme": m["access_token"].(string), "basic": "Basic " + m["access_token"].(string),
		"wrong admin key": "KakaoAK x", "refresh token": "Bearer " + m["refresh_token"].(string)} {
		r := ask(t, c, "GET", me, nil, "Authorization", auth)
		require.Equal(t, 401, r.status, name)
		require.Equal(t, dead, r.body, name)
		require.Equal(t, "Bearer error=invalid_token", r.header.Get("WWW-Authenticate"), name)
	}
	require.Equal(t, 401, ask(t, c, "GET", me+"?access_token="+m["access_token"].(string), nil).status)
	require.Contains(t, ask(t, c, "GET", me+"?property_keys=x", nil, "Authorization", good).body, `"code":-2`)
	require.Equal(t, 200, ask(t, c, "GET", me+"?property_keys=%5B%22kakao_account.email%22%5D", nil, "Authorization", good).status)
	require.Contains(t, ask(t, c, "POST", me, url.Values{"a": {"b"}}, "Authorization", good, "Content-Type", "application/json").body, `"code":-8`)
	require.Equal(t, 405, ask(t, c, "DELETE", me, nil, "Authorization", good).status)

	require.Contains(t, ask(t, c, "GET", me, nil, "Authorization", "KakaoAK admin").body, `"code":-2`)
	r := ask(t, c, "GET", me+"?target_id_type=user_id&target_id=3912345678", nil, "Authorization", "KakaoAK admin")
	require.Contains(t, r.body, `"id":3912345678,`)
}

func TestKakaoTokenInfoLogoutUnlink(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{AdminKey: "admin"})
	auth := func() []string {
		return []string{"Authorization", "Bearer " + k.login(t, c, "3912345678")["access_token"].(string)}
	}
	a, b := auth(), auth()
	r := ask(t, c, "GET", k.URL()+"/v1/user/access_token_info", nil, a...)
	require.Regexp(t, `^\{"id":3912345678,"expires_in":2159\d,"app_id":1234\}$`, r.body)
	r = ask(t, c, "GET", k.URL()+"/v1/oidc/userinfo", nil, a...)
	require.Contains(t, r.body, `"sub":"3912345678"`)
	require.Contains(t, r.body, `"email_verified":true`)

	require.Equal(t, `{"id":3912345678}`, ask(t, c, "POST", k.URL()+"/v1/user/logout", nil, a...).body)
	require.Equal(t, 401, ask(t, c, "GET", k.URL()+"/v2/user/me", nil, a...).status)
	require.Equal(t, 200, ask(t, c, "GET", k.URL()+"/v2/user/me", nil, b...).status)
	require.Equal(t, `{"id":3912345678}`, ask(t, c, "POST", k.URL()+"/v1/user/unlink", nil, b...).body)
	require.Equal(t, 401, ask(t, c, "GET", k.URL()+"/v2/user/me", nil, b...).status)
	r = ask(t, c, "POST", k.URL()+"/v1/user/unlink", values("target_id_type", "user_id", "target_id", "3912345678"), "Authorization", "KakaoAK admin")
	require.Equal(t, 400, r.status)
	require.Contains(t, r.body, `"code":-101`)
}

// Every code of kapi with the HTTP status of the documents.
func TestKakaoVendorCodes(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	statuses := map[string]int{
		"-1": 400, "-2": 400, "-3": 403, "-4": 403, "-5": 403, "-6": 403, "-7": 400, "-8": 400, "-9": 400, "-10": 400, "-11": 400, "-12": 403,
		"-101": 400, "-102": 400, "-103": 400, "-201": 400, "-401": 401, "-402": 403, "-406": 401, "-501": 400, "-603": 400, "-903": 400, "-9798": 503,
	}
	for code, status := range statuses {
		require.NoError(t, k.Break("me", Fault{Mode: Vendor, Code: code}))
		r := ask(t, c, "GET", k.URL()+"/v2/user/me", nil)
		require.Equal(t, status, r.status, code)
		require.Equal(t, code, r.json(t)["code"].(interface{ String() string }).String())
		require.NotEmpty(t, r.json(t)["msg"])
	}
	require.NoError(t, k.Break("me", Fault{Mode: Vendor, Code: "-10"}))
	require.Equal(t, `{"msg":"API limit has been exceeded.","code":-10}`, ask(t, c, "GET", k.URL()+"/v2/user/me", nil).body)
	require.NoError(t, k.Break("me", Fault{Mode: Vendor, Code: "-402"}))
	require.Contains(t, ask(t, c, "GET", k.URL()+"/v2/user/me", nil).body, `"required_scopes":["account_email"]`)

	for code, status := range map[string]int{"KOE001": 400, "KOE003": 503, "KOE010": 401, "KOE101": 401, "KOE237": 400, "KOE303": 400, "KOE310": 400, "KOE319": 400, "KOE320": 400, "KOE322": 400} {
		require.NoError(t, k.Break("token", Fault{Mode: Vendor, Code: code}))
		r := ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm("x"))
		require.Equal(t, status, r.status, code)
		require.Equal(t, code, r.json(t)["error_code"])
	}
	require.NoError(t, k.Break("token", Fault{Mode: Vendor, Code: "KOE237", Status: 429}))
	r := ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm("x"))
	require.Equal(t, 429, r.status)
	require.Equal(t, "invalid_request", r.json(t)["error"])

	require.NoError(t, k.Break("authorize", Fault{Mode: Vendor, Code: "KOE004"}))
	require.Contains(t, ask(t, c, "GET", k.page(kakaoAsk()), nil).body, "KOE004")
	require.NoError(t, k.Break("token", Fault{Mode: ErrorBody}))
	r = ask(t, c, "POST", k.URL()+"/oauth/token", kakaoForm("x"))
	require.Equal(t, 200, r.status, "an error dressed as success")
	require.Equal(t, "KOE003", r.json(t)["error_code"])
	require.NoError(t, k.Break("me", Fault{Mode: ErrorBody}))
	r = ask(t, c, "GET", k.URL()+"/v2/user/me", nil)
	require.Equal(t, 200, r.status)
	require.Contains(t, r.body, `"code":-1}`)

	// for all operations: those that know the code
	k.HealAll()
	require.NoError(t, k.Break("*", Fault{Mode: Vendor, Code: "-7"}))
	require.Contains(t, ask(t, c, "GET", k.URL()+"/v2/user/me", nil).body, `"code":-7`)
	require.Equal(t, 200, ask(t, c, "GET", k.URL()+"/.well-known/jwks.json", nil).status)
}

func TestKakaoDiscovery(t *testing.T) {
	k, c := startKakao(t, KakaoConfig{})
	m := ask(t, c, "GET", k.URL()+"/.well-known/openid-configuration", nil).json(t)
	for key, path := range map[string]string{"authorization_endpoint": "/oauth/authorize", "token_endpoint": "/oauth/token",
		"userinfo_endpoint": "/v1/oidc/userinfo", "jwks_uri": "/.well-known/jwks.json", "issuer": ""} {
		require.Equal(t, k.URL()+path, m[key], key)
	}
	require.Equal(t, []any{"client_secret_post"}, m["token_endpoint_auth_methods_supported"])
	require.Equal(t, []any{"S256"}, m["code_challenge_methods_supported"])
}

func TestKakaoConfigMistakes(t *testing.T) {
	_, err := StartKakao(KakaoConfig{Keys: keysOf(), Clients: []Client{{}, {ID: "a", RedirectURIs: []string{"/back"}}, {ID: "b"}, {ID: "b"}},
		Users: []User{{ID: "x"}, {}, {ID: "007"}, {ID: "5", Withhold: []string{"shoe"}}, {ID: "5"}}, Consents: []string{"shoe_size"}, PageStatus: 7, CodeTTL: -1})
	for _, want := range []string{"client has no ID", "redirect URI is not absolute", "is there twice", "user 0: ID is no positive", "user 1 has no ID", "user 2: ID",
		"withholds an unknown item", "user 4 has the ID of another", "unknown consent", "status 7", "lifetime is negative"} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, leftOver())
}
