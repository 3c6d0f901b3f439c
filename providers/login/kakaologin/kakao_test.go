package kakaologin_test

import (
	"fmt"
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
	"github.com/detour-go/detour/providers/login/kakaologin"
)

// vendor serves fixed answers and keeps what it was asked.
type vendor struct {
	*httptest.Server
	token, me string
	page      http.HandlerFunc
	asked     []*http.Request
}

func serve(t *testing.T, token, me string) *vendor {
	t.Helper()
	v := &vendor{token: token, me: me}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		v.asked = append(v.asked, r)
		w.Header().Set("Content-Type", js)
		switch {
		case r.URL.Path == "/oauth/token":
			_, _ = w.Write([]byte(v.token))
		case r.URL.Path == "/v2/user/me":
			_, _ = w.Write([]byte(v.me))
		case v.page != nil:
			v.page(w, r)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(v.Close)
	return v
}

func provider(t *testing.T, base string, edit func(*kakaologin.Config)) *kakaologin.Provider {
	t.Helper()
	cfg := config(base, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	if edit != nil {
		edit(&cfg)
	}
	p, err := kakaologin.New(cfg)
	require.NoError(t, err)
	return p
}

func begin(t *testing.T, p login.Provider, q login.Request) (login.Challenge, url.Values) {
	t.Helper()
	c, err := p.Begin(t.Context(), q)
	require.NoError(t, err)
	u, err := url.Parse(c.URL)
	require.NoError(t, err)
	return c, u.Query()
}

func finish(t *testing.T, p login.Provider) (login.Identity, error) {
	t.Helper()
	c, _ := begin(t, p, login.Request{})
	return p.Finish(t.Context(), login.Reply{Code: providers.NewSecret(codeCanary), State: c.State.Reveal(), Challenge: c})
}

func TestBeginSpeaksKakao(t *testing.T) {
	p := provider(t, "https://kauth.kakao.com", func(c *kakaologin.Config) {
		c.AuthBase, c.APIBase = "", ""
		c.Scopes = []string{"openid", "account_email"}
	})
	c, v := begin(t, p, login.Request{ReturnTo: "/apply?step=2", Scopes: []string{"account_email", "name"}, Prompt: "login select_account", Hint: "someone"})
	assert.True(t, strings.HasPrefix(c.URL, "https://kauth.kakao.com/oauth/authorize?"))
	assert.Equal(t, "openid,account_email,name", v.Get("scope"), "commas, each once")
	assert.Equal(t, "login,select_account", v.Get("prompt"))
	assert.Equal(t, "someone", v.Get("login_hint"))
	assert.Equal(t, "rest-key", v.Get("client_id"))
	assert.Equal(t, "https://site.example/back/kakao", v.Get("redirect_uri"))

	_, v = begin(t, p, login.Request{Expect: login.Subject{Issuer: kakaologin.Issuer, ID: "1"}})
	assert.Equal(t, "login", v.Get("prompt"), "re-authentication asks again")
	_, v = begin(t, provider(t, "https://kauth.kakao.com", nil), login.Request{})
	assert.False(t, v.Has("prompt"))
	assert.False(t, v.Has("scope"))
}

func TestFinishSendsExactlyThis(t *testing.T) {
	v := serve(t, tokenBody, meBody)
	p := provider(t, v.URL, nil)
	before := time.Now()
	c, _ := begin(t, p, login.Request{})
	id, err := p.Finish(t.Context(), login.Reply{Code: providers.NewSecret(codeCanary), State: c.State.Reveal(), Challenge: c})
	require.NoError(t, err)
	require.Len(t, v.asked, 2)

	token := v.asked[0]
	assert.Equal(t, "application/x-www-form-urlencoded;charset=utf-8", token.Header.Get("Content-Type"))
	assert.Empty(t, token.Header.Get("Authorization"), "kakao takes the secret in the body only")
	assert.Empty(t, token.URL.RawQuery)
	assert.Equal(t, url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"rest-key"}, "client_secret": {secretCanary},
		"redirect_uri": {"https://site.example/back/kakao"}, "code": {codeCanary}, "code_verifier": {c.Verifier.Reveal()},
	}, token.PostForm)
	me := v.asked[1]
	assert.Equal(t, "GET", me.Method)
	assert.Equal(t, "Bearer "+tokenCanary, me.Header.Get("Authorization"))
	assert.Empty(t, me.URL.RawQuery)

	assert.Equal(t, "https://kauth.kakao.com", id.Issuer)
	assert.Equal(t, "3912345678", id.Subject)
	assert.Equal(t, []string{"홍길동", "demo", mailCanary, "+82 10-1234-5678"}, []string{id.Name, id.Nickname, id.Email, id.Phone})
	assert.True(t, id.EmailVerified)
	assert.True(t, id.AuthTime.IsZero())
	assert.Equal(t, tokenCanary, id.Token.Access.Reveal())
	assert.Equal(t, refreshCanary, id.Token.Refresh.Reveal())
	assert.WithinDuration(t, before.Add(21599*time.Second), id.Token.Expiry, time.Minute)
	assert.WithinDuration(t, before.Add(5183999*time.Second), id.Token.RefreshExpiry, time.Minute)
	assert.Equal(t, []string{"account_email", "profile_nickname"}, id.Token.Scopes)
}

func TestMemberNumberIsExact(t *testing.T) {
	v := serve(t, tokenBody, "")
	p := provider(t, v.URL, nil)
	for _, number := range []string{"1", "9007199254740991", "9007199254740992", "9007199254740993", "3141592653589793238", "9223372036854775807"} {
		v.me = `{"id":` + number + `}`
		id, err := finish(t, p)
		require.NoError(t, err)
		assert.Equal(t, number, id.Subject)
	}
}

// T1: verified only when both flags are the JSON literal true.
func TestEmailVerified(t *testing.T) {
	v := serve(t, tokenBody, "")
	p := provider(t, v.URL, nil)
	for _, valid := range []string{"true", "false", `"true"`, "1", "null", ""} {
		for _, verified := range []string{"true", "false", `"true"`, "1", "null", ""} {
			for _, mail := range []string{`"a@example.test"`, `""`, "null", ""} {
				var fields []string
				for key, value := range map[string]string{"is_email_valid": valid, "is_email_verified": verified, "email": mail} {
					if value != "" {
						fields = append(fields, fmt.Sprintf("%q:%s", key, value))
					}
				}
				v.me = `{"id":1,"kakao_account":{` + strings.Join(fields, ",") + `}}`
				id, err := finish(t, p)
				require.NoError(t, err)
				want := valid == "true" && verified == "true" && mail == `"a@example.test"`
				assert.Equal(t, want, id.EmailVerified, v.me)
			}
		}
	}
}

func TestRefreshKeepsWhatIsLeftOut(t *testing.T) {
	v := serve(t, `{"token_type":"bearer","access_token":"fresh","expires_in":43199}`, "")
	p := provider(t, v.URL, nil)
	old := login.Token{Access: providers.NewSecret("old"), Refresh: providers.NewSecret(refreshCanary), ID: providers.NewSecret("old.id.token"), RefreshExpiry: time.Now().Add(40 * 24 * time.Hour), Scopes: []string{"openid"}}
	got, err := p.Refresh(t.Context(), old)
	require.NoError(t, err)
	assert.Equal(t, "fresh", got.Access.Reveal())
	assert.Equal(t, old.Refresh.Reveal(), got.Refresh.Reveal(), "more than a month left: kakao sends none")
	assert.Equal(t, old.RefreshExpiry, got.RefreshExpiry)
	assert.Equal(t, old.ID.Reveal(), got.ID.Reveal())
	assert.Equal(t, old.Scopes, got.Scopes)
	assert.Equal(t, url.Values{"grant_type": {"refresh_token"}, "client_id": {"rest-key"}, "client_secret": {secretCanary}, "refresh_token": {refreshCanary}}, v.asked[0].PostForm)

	v.token = `{"token_type":"bearer","access_token":"fresh","expires_in":43199,"refresh_token":"rotated","refresh_token_expires_in":5184000}`
	got, err = p.Refresh(t.Context(), old)
	require.NoError(t, err)
	assert.Equal(t, "rotated", got.Refresh.Reveal())
	assert.WithinDuration(t, time.Now().Add(60*24*time.Hour), got.RefreshExpiry, time.Hour)

	asked := len(v.asked)
	_, err = p.Refresh(t.Context(), login.Token{})
	assert.ErrorIs(t, err, providers.Invalid)
	assert.Len(t, v.asked, asked, "nobody is asked without a token")
}

func TestConfigReportsEveryMistake(t *testing.T) {
	_, err := kakaologin.New(kakaologin.Config{
		ClientSecret: providers.NewSecret("bad\nsecret"), RedirectURI: "http://site.example/back", AuthBase: "http://kauth.kakao.com", APIBase: "https://u:p@kapi.kakao.com",
		Scopes: []string{"a,b"}, UserAgent: "a\r\nb", Timeout: -1,
	})
	require.Error(t, err)
	for _, want := range []string{"kakaologin: ", "client id", "client secret", "redirect uri: base url is http", "token endpoint: ", "authorise page: ", "api: ", "scope", "user agent", "timeout"} {
		assert.Contains(t, err.Error(), want)
	}
	for _, cfg := range []kakaologin.Config{
		{ClientID: "k", RedirectURI: "https://site.example/back"}, // a secret is left out by declaration only
		{ClientID: "k", ClientSecret: providers.NewSecret("s"), WithoutClientSecret: true, RedirectURI: "https://site.example/back"},
		{ClientID: "k", ClientSecret: providers.NewSecret("s")},
		{ClientID: "k", ClientSecret: providers.NewSecret("s"), RedirectURI: "https://site.example/back#x"},
		{ClientID: "k", ClientSecret: providers.NewSecret("s"), RedirectURI: "/back"},
	} {
		_, err := kakaologin.New(cfg)
		assert.Error(t, err)
	}
	_, err = kakaologin.New(kakaologin.Config{ClientID: "k", WithoutClientSecret: true, RedirectURI: "https://site.example/back?via=kakao"})
	assert.NoError(t, err)
}

func TestT17ProviderPrintsNoSecret(t *testing.T) {
	cfg := config("https://kakaologin.example", nil)
	p, err := kakaologin.New(cfg)
	require.NoError(t, err)
	holder := struct{ P *kakaologin.Provider }{p}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text := fmt.Sprintf(verb+verb+verb+verb+verb, p, holder, &holder, cfg, &cfg)
		assert.NotContains(t, text, secretCanary)
		assert.NotContains(t, text, fmt.Sprintf("%x", secretCanary))
	}
}
