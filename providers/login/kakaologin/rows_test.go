package kakaologin_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/kakaologin"
	"github.com/detour-go/detour/providers/providertest"
)

const (
	tokenCanary   = "CANARY-access-token"
	refreshCanary = "CANARY-refresh-token"
	codeCanary    = "CANARY-code-from-browser"
	secretCanary  = "CANARY-client-secret"
	mailCanary    = "canary.citizen@example.test"

	js = "application/json;charset=UTF-8"

	tokenBody = `{"token_type":"bearer","access_token":"` + tokenCanary + `","expires_in":21599,"refresh_token":"` + refreshCanary + `","refresh_token_expires_in":5183999,"scope":"account_email profile_nickname"}`
	meBody    = `{"id":3912345678,"connected_at":"2026-02-01T03:04:05Z","synched_at":"2026-02-01T03:04:05Z","properties":{"nickname":"demo"},` +
		`"kakao_account":{"profile_nickname_needs_agreement":false,"profile_image_needs_agreement":true,"profile":{"nickname":"demo","is_default_image":true},` +
		`"name_needs_agreement":false,"name":"홍길동","email_needs_agreement":false,"is_email_valid":true,"is_email_verified":true,"email":"` + mailCanary + `",` +
		`"age_range_needs_agreement":false,"age_range":"30~39","phone_number_needs_agreement":false,"phone_number":"+82 10-1234-5678"}}`
)

// kakao is the vendor when all is well.
func kakao() http.Handler {
	mux := http.NewServeMux()
	say := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", js)
			_, _ = w.Write([]byte(body))
		}
	}
	mux.HandleFunc("POST /oauth/token", say(tokenBody))
	mux.HandleFunc("GET /v2/user/me", say(meBody))
	return mux
}

func config(base string, c *http.Client) kakaologin.Config {
	return kakaologin.Config{
		ClientID: "rest-key", ClientSecret: providers.NewSecret(secretCanary), RedirectURI: "https://site.example/back/kakao",
		AuthBase: base, APIBase: base, AllowLoopbackHTTP: true, HTTP: c,
	}
}

func path(p string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Path == p }
}

func subject(name, at string, rows []providertest.Row) providertest.Subject {
	return providertest.Subject{
		Name: name, Healthy: kakao(), Fault: path(at), Asks: 2, Rows: rows,
		Secrets: []string{tokenCanary, refreshCanary, codeCanary, secretCanary, mailCanary},
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			p, err := kakaologin.New(config(base, c))
			if err != nil {
				return nil, err
			}
			return func(ctx context.Context) error {
				ch, err := p.Begin(ctx, login.Request{})
				if err != nil {
					return err
				}
				_, err = p.Finish(ctx, login.Reply{Code: providers.NewSecret(codeCanary), State: ch.State.Reveal(), Challenge: ch})
				return err
			}, nil
		},
	}
}

func kauth(status int, word, text, koe string, want providers.Kind) providertest.Row {
	return providertest.Row{
		Name: fmt.Sprintf("A.1.5 %d %s", status, koe), Status: status, ContentType: js, Want: want, Code: koe,
		Body: fmt.Sprintf(`{"error":"%s","error_description":"%s","error_code":"%s"}`, word, text, koe),
	}
}

func TestToken(t *testing.T) {
	const (
		denied, refused, limited, down = providers.Denied, providers.Refused, providers.Limited, providers.Unavailable
	)
	rows := []providertest.Row{
		kauth(400, "invalid_grant", "authorization code not found for code="+codeCanary, "KOE320", denied),
		kauth(200, "invalid_grant", "authorization code not found for code="+codeCanary, "KOE320", denied),
		kauth(400, "invalid_grant", "redirect_uri mismatch", "KOE303", denied),
		kauth(400, "invalid_grant", "expired_or_invalid_refresh_token", "KOE322", denied),
		kauth(400, "invalid_request", "bad request", "KOE001", denied),     // a browser's code may be the cause: T5
		kauth(400, "invalid_request", "too many", "KOE237", denied),        // 20 tokens in 10 minutes of one citizen: T5
		kauth(429, "invalid_request", "too many", "KOE237", denied),        // the same, if Kakao says it so
		kauth(400, "misconfigured", "not a team member", "KOE005", denied), // of this citizen
		kauth(401, "invalid_client", "Bad client credentials", "KOE010", refused),
		kauth(400, "invalid_client", "Bad client credentials", "KOE010", refused),
		kauth(401, "invalid_client", "Not exist client_id", "KOE101", refused),
		kauth(400, "invalid_client", "Not exist client_id", "KOE101", refused),
		kauth(404, "invalid_request", "wrong url", "KOE002", refused),
		kauth(400, "misconfigured", "login not activated", "KOE004", refused),
		kauth(400, "misconfigured", "redirect uri not registered", "KOE006", refused),
		kauth(400, "misconfigured", "logout redirect uri not registered", "KOE007", refused),
		kauth(400, "misconfigured", "wrong kind of key", "KOE008", refused),
		kauth(400, "misconfigured", "platform not registered", "KOE009", refused),
		kauth(400, "invalid_request", "no channel", "KOE102", refused),
		kauth(400, "unsupported_response_type", "response type", "KOE201", refused),
		kauth(400, "unsupported_response_type", "implicit", "KOE202", refused),
		kauth(400, "invalid_request", "grant parameters", "KOE310", refused),
		kauth(400, "invalid_grant", "refresh_token missing", "KOE319", refused),
		kauth(400, "invalid_token", "id token is not valid", "KOE400", denied),
		kauth(400, "server_error", "try again", "KOE003", down),
		kauth(500, "server_error", "try again", "KOE003", down),
		kauth(503, "invalid_grant", "a server that is down is not believed", "KOE320", down),
		{Name: "an unknown KOE goes by its word", Status: 400, ContentType: js, Body: `{"error":"invalid_grant","error_description":"x","error_code":"KOE999"}`, Want: denied, Code: "invalid_grant"},
		{Name: "an unknown word is a fault", Status: 400, ContentType: js, Body: `{"error":"BODY-CANARY","error_code":"KOE998"}`, Want: down},
		{Name: "an unknown 401 is our key", Status: 401, ContentType: js, Body: `{"error":"BODY-CANARY"}`, Want: refused},
		{Name: "an unknown 429 is a limit", Status: 429, ContentType: js, Body: `{"error":"BODY-CANARY"}`, Want: limited},
		{Name: "F19 a token together with an error is no token", ContentType: js, Body: `{"access_token":"x","token_type":"bearer","error":"invalid_grant","error_code":"KOE320"}`, Want: denied},
		{Name: "F20 an empty token", ContentType: js, Body: `{"access_token":"","token_type":"bearer"}`, Want: down},
		{Name: "F20 a token with a line break", ContentType: js, Body: `{"access_token":"a\r\nX-Evil: 1","token_type":"bearer"}`, Want: down},
		{Name: "a token of another type", ContentType: js, Body: `{"access_token":"x","token_type":"mac"}`, Want: down},
		{Name: "a token that is a number", ContentType: js, Body: `{"access_token":1,"token_type":"bearer"}`, Want: down},
		{Name: "T1 a token twice", ContentType: js, Body: `{"access_token":"x","ACCESS_TOKEN":"y","token_type":"bearer"}`, Want: down},
		{Name: "a token as a form, which x/oauth2 would take", ContentType: "application/x-www-form-urlencoded", Body: "access_token=x&token_type=bearer", Want: down},
		{Name: "a token as html, which x/oauth2 would take", ContentType: "text/html", Body: tokenBody, Want: down},
		{Name: "expires_in as text", ContentType: js, Body: `{"access_token":"x","token_type":"bearer","expires_in":"21599"}`, OK: true},
		{Name: "expires_in negative", ContentType: js, Body: `{"access_token":"x","token_type":"Bearer","expires_in":-1}`, OK: true},
		{Name: "expires_in broken", ContentType: js, Body: `{"access_token":"x","token_type":"bearer","expires_in":1.5}`, Want: down},
		{Name: "nothing but the token", ContentType: js, Body: `{"access_token":"x"}`, OK: true},
	}
	providertest.Run(t, subject("kakao token", "/oauth/token", rows))
}

func kapi(status, number int, msg string, want providers.Kind) providertest.Row {
	return providertest.Row{
		Name: fmt.Sprintf("A.1.7 %d %d %s", status, number, msg), Status: status, ContentType: js, Want: want, Code: fmt.Sprint(number),
		Body: fmt.Sprintf(`{"msg":"%s","code":%d}`, msg, number),
	}
}

func TestMe(t *testing.T) {
	const (
		denied, refused, limited, down = providers.Denied, providers.Refused, providers.Limited, providers.Unavailable
	)
	rows := []providertest.Row{
		kapi(400, -1, "F21 internal", down),
		kapi(200, -1, "F19 internal in a 200", down),
		kapi(400, -7, "F21 maintenance", down),
		kapi(400, -603, "F21 internal timeout", down),
		kapi(503, -9798, "F27 maintenance", down),
		kapi(500, -10, "F27 a server that is down is not believed", down),
		kapi(401, -401, "this access token does not exist", down), // it was given a moment ago
		kapi(400, -10, "F22 API limit has been exceeded.", limited),
		kapi(400, -11, "F22 paid quota", limited),
		kapi(400, -2, "bad parameter", refused),
		kapi(403, -3, "feature not enabled", refused),
		kapi(403, -5, "app lacks permission", refused),
		kapi(403, -6, "refused", refused),
		kapi(400, -8, "header problem", refused),
		kapi(400, -9, "F80 api retired", refused),
		kapi(403, -12, "refused", refused),
		kapi(400, -201, "unknown property", refused),
		kapi(400, -903, "unknown app key", refused),
		kapi(403, -4, "blocked account or forbidden act", denied), // of this citizen: T5
		kapi(400, -101, "not linked", denied),
		kapi(400, -102, "already linked", denied),
		kapi(400, -103, "dormant account", denied),
		kapi(403, -402, "insufficient scopes", denied),
		kapi(401, -406, "under 14", denied),
		kapi(400, -501, "not a KakaoTalk user", denied),
		{Name: "a code as text", Status: 400, ContentType: js, Body: `{"msg":"x","code":"-10"}`, Want: limited, Code: "-10"},
		{Name: "an unknown code in a 400", Status: 400, ContentType: js, Body: `{"msg":"x","code":-31337}`, Want: down},
		{Name: "an unknown code in a 200", ContentType: js, Body: `{"id":3912345678,"code":-31337}`, Want: down},
		{Name: "an unknown code in a 403", Status: 403, ContentType: js, Body: `{"msg":"x","code":-31337}`, Want: refused},
		{Name: "F22 with Retry-After", Status: 400, ContentType: js, Header: http.Header{"Retry-After": {"30"}}, Body: `{"msg":"x","code":-10}`, Want: limited},
		{Name: "F20 no id", ContentType: js, Body: `{"kakao_account":{"email":"` + mailCanary + `"}}`, Want: down},
		{Name: "F20 id null", ContentType: js, Body: `{"id":null}`, Want: down},
		{Name: "T1 id 0", ContentType: js, Body: `{"id":0}`, Want: down},
		{Name: "T1 id negative", ContentType: js, Body: `{"id":-3912345678}`, Want: down},
		{Name: "T1 id as text", ContentType: js, Body: `{"id":"3912345678"}`, Want: down},
		{Name: "T1 id as float", ContentType: js, Body: `{"id":3.9e9}`, Want: down},
		{Name: "T1 id beyond 64 bits", ContentType: js, Body: `{"id":9223372036854775808}`, Want: down},
		{Name: "T1 id twice", ContentType: js, Body: `{"id":1,"ID":2}`, Want: down},
		{Name: "only the id", ContentType: js, Body: `{"id":1}`, OK: true},
		{Name: "labels of odd types", ContentType: js, Body: `{"id":1,"kakao_account":{"email":7,"name":null,"profile":{"nickname":["x"]},"is_email_valid":"true","phone_number":{}},"for_partner":{"uuid":"u"}}`, OK: true},
	}
	providertest.Run(t, subject("kakao me", "/v2/user/me", rows))
}

func TestRefreshIsAnAdapterToo(t *testing.T) {
	providertest.Run(t, providertest.Subject{
		Name: "kakao refresh", Healthy: kakao(), Secrets: []string{tokenCanary, refreshCanary, secretCanary},
		Rows: []providertest.Row{
			kauth(400, "invalid_grant", "expired_or_invalid_refresh_token", "KOE322", providers.Denied),
			kauth(400, "invalid_request", "too many", "KOE237", providers.Limited),
			kauth(400, "invalid_request", "bad request", "KOE001", providers.Refused),
			kauth(400, "invalid_grant", "refresh_token missing", "KOE319", providers.Refused),
			kauth(401, "invalid_client", "Bad client credentials", "KOE010", providers.Refused),
			kauth(500, "server_error", "try again", "KOE003", providers.Unavailable),
		},
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			p, err := kakaologin.New(config(base, c))
			if err != nil {
				return nil, err
			}
			return func(ctx context.Context) error {
				_, err := p.Refresh(ctx, login.Token{Refresh: providers.NewSecret(refreshCanary)})
				return err
			}, nil
		},
	})
}
