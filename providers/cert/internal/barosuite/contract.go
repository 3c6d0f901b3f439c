package barosuite

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/internal/barofake"
	"github.com/detour-go/detour/providers/providertest"
)

const (
	js = "application/json;charset=UTF-8"
	// known is a request that is there from the beginning, with this token.
	known      = "00000000000000000000000000007777"
	knownToken = "CANARY-signed-token"
)

func secrets() []string {
	return []string{
		barofake.SecretKey, barofake.Bearer, knownToken, "01012345678", "홍길동", "19900101", "CANARY-title", "CANARY-purpose", strings.Repeat("A", 86) + "==",
	}
}

// rows are what Barocert says to any of its calls.
func rows(op string) []providertest.Row {
	session := providers.Refused
	if op == "verify" { // status has just used the token, so it is not our key that is wrong
		session = providers.Unavailable
	}
	return []providertest.Row{
		{Name: "F28 400 with a code", Status: 400, ContentType: js, Body: `{"code":-11010028,"message":"CANARY-title"}`, Want: providers.Denied, Code: "-11010028"},
		{Name: "F28 400 with a code that is none", Status: 400, ContentType: js, Body: `{"code":400,"message":"x"}`},
		{Name: "F28 400 with a code of text", Status: 400, ContentType: js, Body: `{"code":"-1","message":"x"}`},
		{Name: "F28 400 without a message", Status: 400, ContentType: js, Body: `{"code":-1}`},
		{Name: "F28 404 with a code", Status: 404, ContentType: js, Body: `{"code":-11000001,"message":"x"}`, Want: providers.Denied},
		{Name: "F23 401 with a code", Status: 401, ContentType: js, Body: `{"code":-99010000,"message":"x"}`, Want: session, Code: "-99010000"},
		{Name: "F23 403 with a code", Status: 403, ContentType: js, Body: `{"code":-99010000,"message":"x"}`, Want: session},
		{Name: "F24 429 with a code", Status: 429, ContentType: js, Body: `{"code":-1,"message":"x"}`, Want: providers.Limited, Code: "-1"},
		{Name: "F27 500 with a code", Status: 500, ContentType: js, Body: `{"code":-99999999,"message":"x"}`, Code: "-99999999"},
		{Name: "F21 400 with a code the site knows", Status: 400, ContentType: js, Body: `{"code":-77,"message":"x"}`, Code: "-77"},
		{Name: "F19 200 with a code", ContentType: js, Body: `{"code":-1,"message":"x"}`},
	}
}

func tokenRows() []providertest.Row {
	return []providertest.Row{
		{Name: "F23 400 with a code", Status: 400, ContentType: js, Body: `{"code":-99010001,"message":"x"}`, Want: providers.Refused, Code: "-99010001"},
		{Name: "F23 401 with a code", Status: 401, ContentType: js, Body: `{"code":-99010001,"message":"x"}`, Want: providers.Refused},
		{Name: "F27 503 with a code", Status: 503, ContentType: js, Body: `{"code":-99010001,"message":"x"}`},
		{Name: "F20 200 without a token", ContentType: js, Body: `{"session_token":"","expiration":"2099-01-01T00:00:00.000Z"}`},
		{Name: "F20 200 without an end", ContentType: js, Body: `{"session_token":"abc"}`},
		{Name: "F20 200 with a token of two lines", ContentType: js, Body: `{"session_token":"a\r\nb","expiration":"2099-01-01T00:00:00.000Z"}`},
	}
}

// ask gives one ask of an operation. Each has an adapter of its own: the session
// token that asks of one adapter share would spoil the arithmetic.
func (v Vendor) ask(op string) func(string, *http.Client) (func(context.Context) error, error) {
	return func(base string, client *http.Client) (func(context.Context) error, error) {
		w := wiring(base, client)
		w.Codes = map[int]providers.Kind{-77: providers.Unavailable}
		return func(ctx context.Context) error {
			p, err := v.New(w)
			if err != nil {
				return err
			}
			if op == "request" {
				_, err := p.Request(ctx, Subject())
				return err
			}
			t := cert.Ticket{Provider: v.Name, ID: known, Token: providers.NewSecret(knownToken)}
			if v.Who {
				t.Phone, t.Name = "01012345678", "홍길동"
			}
			_, err = p.Collect(ctx, cert.Reply{Ticket: t})
			return err
		}, nil
	}
}

func (v Vendor) contract(t *testing.T) {
	run := func(step, op string, asks int, rows []providertest.Row) {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			fake := &barofake.Server{Service: v.Service, VerifyMay: true}
			fake.Put(&barofake.Request{ID: known, Token: knownToken, Phone: "01012345678", Name: "홍길동", State: 1, Who: Person(People()[0])})
			providertest.Run(t, providertest.Subject{
				Name: v.Name + " " + step, New: v.ask(op), Healthy: fake, Asks: asks, Rows: rows, Secrets: secrets(),
				Fault: func(r *http.Request) bool { return fake.Op(r) == step },
			})
		})
	}
	run("token", "request", 2, tokenRows())
	for step, asks := range map[string]int{"request": 2, "status": 3, "verify": 3} {
		run(step, step, asks, rows(step))
	}
}
