package naverlogin_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/naverlogin"
	"github.com/detour-go/detour/providers/providertest"
)

const (
	tokenCanary   = "AAAACANARY+/tokenWith=="
	refreshCanary = "c8CANARYrefresh"
	codeCanary    = "CANARY-code-from-browser"
	secretCanary  = "CANARY-client-secret"
	mailCanary    = "canary.citizen@example.test"

	js = "application/json;charset=utf-8"

	tokenBody = `{"access_token":"` + tokenCanary + `","refresh_token":"` + refreshCanary + `","token_type":"bearer","expires_in":"3600"}`
	meBody    = `{"resultcode":"00","message":"success","response":{"id":"uQ3demoUniquePerApp","enc_id":"x","nickname":"demo","name":"홍길동",` +
		`"email":"` + mailCanary + `","gender":"F","age":"30-39","birthday":"01-31","birthyear":"1990","profile_image":"https://example.test/p.png",` +
		`"mobile":"010-1234-5678","mobile_e164":"+821012345678"}}`
)

// naver is the vendor when all is well.
func naver() http.Handler {
	mux := http.NewServeMux()
	say := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", js)
			_, _ = w.Write([]byte(body))
		}
	}
	mux.HandleFunc("POST /oauth2.0/token", say(tokenBody))
	mux.HandleFunc("GET /v1/nid/me", say(meBody))
	return mux
}

func config(base string, c *http.Client) naverlogin.Config {
	return naverlogin.Config{
		ClientID: "naver-id", ClientSecret: providers.NewSecret(secretCanary), RedirectURI: "https://site.example/back/naver",
		AuthBase: base, APIBase: base, AllowLoopbackHTTP: true, HTTP: c,
	}
}

func subject(name, at string, rows []providertest.Row) providertest.Subject {
	return providertest.Subject{
		Name: name, Healthy: naver(), Asks: 2, Rows: rows,
		Fault:   func(r *http.Request) bool { return r.URL.Path == at },
		Secrets: []string{tokenCanary, refreshCanary, codeCanary, secretCanary, mailCanary},
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			p, err := naverlogin.New(config(base, c))
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

// said is an error of the token endpoint, under each status that Naver may send it with.
func said(word string, want providers.Kind) []providertest.Row {
	var rows []providertest.Row
	for _, status := range []int{200, 400, 401} {
		rows = append(rows, providertest.Row{
			Name: fmt.Sprintf("A.2.1 %d %s", status, word), Status: status, ContentType: js, Want: want, Code: word,
			Body: fmt.Sprintf(`{"error":"%s","error_description":"code %s"}`, word, codeCanary),
		})
	}
	return rows
}

func TestToken(t *testing.T) {
	rows := []providertest.Row{
		{Name: "F27 server_error in a 503", Status: 503, ContentType: js, Body: `{"error":"invalid_request"}`, Want: providers.Unavailable},
		{Name: "an unknown word in a 200", ContentType: js, Body: `{"error":"BODY-CANARY"}`, Want: providers.Unavailable},
		{Name: "an unknown word in a 400", Status: 400, ContentType: js, Body: `{"error":"BODY-CANARY"}`, Want: providers.Unavailable},
		{Name: "an unknown word in a 403", Status: 403, ContentType: js, Body: `{"error":"BODY-CANARY"}`, Want: providers.Refused},
		{Name: "F20 no token", ContentType: js, Body: `{"refresh_token":"x","token_type":"bearer","expires_in":"3600"}`, Want: providers.Unavailable},
		{Name: "F19 a token together with an error", ContentType: js, Body: `{"access_token":"x","error":"invalid_request"}`, Want: providers.Denied},
		{Name: "an error that is an object", ContentType: js, Body: `{"access_token":"x","error":{"a":1}}`, Want: providers.Unavailable},
		{Name: "error null", ContentType: js, Body: `{"access_token":"x","token_type":"bearer","error":null}`, OK: true},
		{Name: "expires_in a number", ContentType: js, Body: `{"access_token":"x","token_type":"bearer","expires_in":3600}`, OK: true},
	}
	rows = append(rows, said("unauthorized_client", providers.Denied)...) // its word for an unknown code
	rows = append(rows, said("invalid_request", providers.Denied)...)     // or this one
	rows = append(rows, said("invalid_grant", providers.Denied)...)
	rows = append(rows, said("invalid_client", providers.Refused)...)
	rows = append(rows, said("unsupported_response_type", providers.Refused)...)
	rows = append(rows, said("server_error", providers.Unavailable)...)
	providertest.Run(t, subject("naver token", "/oauth2.0/token", rows))
}

// shapes are the ways in which the profile tells a code.
func shapes(status int, number string, want providers.Kind, code string) []providertest.Row {
	bare := number
	for len(bare) > 1 && bare[0] == '0' {
		bare = bare[1:]
	}
	var rows []providertest.Row
	for i, body := range []string{
		`{"resultcode":"` + number + `","message":"failed"}`, `{"errorMessage":"failed","errorCode":"` + number + `"}`,
		`{"resultcode":` + bare + `,"message":"failed"}`, `{"errorMessage":"failed","errorCode":` + bare + `}`,
	} {
		want := providertest.Row{Name: fmt.Sprintf("A.2.2 %d %s shape %d", status, number, i), Status: status, ContentType: js, Body: body, Want: want}
		if i < 2 {
			want.Code = code
		}
		rows = append(rows, want)
	}
	return rows
}

func TestMe(t *testing.T) {
	rows := []providertest.Row{
		{Name: "F20 no id", ContentType: js, Body: `{"resultcode":"00","message":"success","response":{"email":"` + mailCanary + `"}}`, Want: providers.Unavailable},
		{Name: "F20 no response", ContentType: js, Body: `{"resultcode":"00","message":"success"}`, Want: providers.Unavailable},
		{Name: "T1 id empty", ContentType: js, Body: `{"resultcode":"00","response":{"id":""}}`, Want: providers.Unavailable},
		{Name: "T1 id a number", ContentType: js, Body: `{"resultcode":"00","response":{"id":9007199254740993}}`, Want: providers.Unavailable},
		{Name: "T1 id of 4 KB", ContentType: js, Body: `{"resultcode":"00","response":{"id":"` + fmt.Sprintf("%04096d", 1) + `"}}`, Want: providers.Unavailable},
		{Name: "T1 id twice", ContentType: js, Body: `{"resultcode":"00","response":{"id":"victim","ID":"attacker"}}`, Want: providers.Unavailable},
		{Name: "F19 no resultcode", ContentType: js, Body: `{"response":{"id":"x"}}`, Want: providers.Unavailable},
		{Name: "F19 another resultcode", ContentType: js, Body: `{"resultcode":"01","response":{"id":"x"}}`, Want: providers.Unavailable},
		{Name: "F19 both shapes at once", ContentType: js, Body: `{"resultcode":"00","errorCode":"028","response":{"id":"x"}}`, Want: providers.Refused},
		{Name: "only the id", ContentType: js, Body: `{"resultcode":"00","response":{"id":"x"}}`, OK: true},
		{Name: "labels of odd types", ContentType: js, Body: `{"resultcode":"00","response":{"id":"x","email":1,"name":null,"nickname":{},"mobile":[]}}`, OK: true},
	}
	rows = append(rows, shapes(401, "024", providers.Unavailable, "024")...) // it gave that token a moment ago
	rows = append(rows, shapes(200, "024", providers.Unavailable, "024")...)
	rows = append(rows, shapes(401, "028", providers.Refused, "028")...) // something drops our header
	rows = append(rows, shapes(403, "403", providers.Refused, "")...)    // profile not enabled for the app
	rows = append(rows, shapes(404, "404", providers.Refused, "")...)
	rows = append(rows, shapes(429, "429", providers.Limited, "")...)
	rows = append(rows, shapes(500, "500", providers.Unavailable, "")...)
	rows = append(rows, shapes(500, "024", providers.Unavailable, "024")...)
	providertest.Run(t, subject("naver me", "/v1/nid/me", rows))
}
