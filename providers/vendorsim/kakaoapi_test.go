package vendorsim

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

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
