package kakaocert_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/certtest"
	"github.com/detour-go/detour/providers/cert/internal/barofake"
	"github.com/detour-go/detour/providers/cert/kakaocert"
	"github.com/detour-go/detour/providers/providertest"
)

func config(base string, client *http.Client) kakaocert.Config {
	return kakaocert.Config{
		LinkID: barofake.LinkID, SecretKey: providers.NewSecret(barofake.SecretKey), ClientCode: barofake.ClientCode,
		Base: base, AuthBase: base, AllowLoopbackHTTP: true, HTTP: client,
	}
}

func people() []cert.Proof {
	return []cert.Proof{
		{Name: "홍길동", Birthday: "19900101", Gender: "M", Phone: "01012345678", CI: providers.NewSecret(strings.Repeat("A", 86) + "==")},
		{Name: "김서울", Birthday: "19851231", Gender: "F", Phone: "01087654321", CI: providers.NewSecret(strings.Repeat("B", 86) + "==")},
	}
}

func person(p cert.Proof) barofake.Person {
	return barofake.Person{Name: p.Name, Birthday: p.Birthday, Gender: p.Gender, Phone: p.Phone, CI: p.CI.Reveal()}
}

func subject() cert.Subject {
	return cert.Subject{Name: "홍길동", Birthday: "19900101", Gender: "M", Phone: "01012345678", Title: "CANARY-title", Purpose: "CANARY-purpose"}
}

// start serves a fake and builds the provider against it.
func start(fake *barofake.Server, edit func(*kakaocert.Config)) (*kakaocert.Provider, func(), error) {
	fake.Service = "KAKAO"
	s := httptest.NewServer(fake)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	cfg := config(s.URL, client)
	if edit != nil {
		edit(&cfg)
	}
	p, err := kakaocert.New(cfg)
	return p, s.Close, err
}

func dead(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

func TestSuiteAgainstTheFake(t *testing.T) {
	jws := func(token string) string {
		return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(`{"token":"`+token+`"}`)) + ".c2ln"
	}
	for name, r := range map[string]struct {
		fake func() *barofake.Server
		edit func(*kakaocert.Config)
	}{
		"as the SDKs of 2025-09":      {func() *barofake.Server { return &barofake.Server{} }, nil},
		"as older SDKs":               {func() *barofake.Server { return &barofake.Server{OldVerify: true} }, func(c *kakaocert.Config) { c.OldVerifyPath = true }},
		"a structure around the text": {func() *barofake.Server { return &barofake.Server{Wrap: jws} }, nil},
		"a vendor that verifies again, behind a forwarded address": {
			func() *barofake.Server { return &barofake.Server{VerifyMay: true} }, func(c *kakaocert.Config) { c.Forwarded = "*" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certtest.Run(t, certtest.Harness{Open: func() (*certtest.Site, error) {
				fake := r.fake()
				p, stop, err := start(fake, r.edit)
				if err != nil {
					return nil, err
				}
				return site(fake, p, stop), nil
			}})
		})
	}
}

func site(fake *barofake.Server, p cert.Provider, stop func()) *certtest.Site {
	who := people()
	steps := []string{"request", "status", "verify"}
	return &certtest.Site{
		Provider: p, People: who, Close: stop,
		Asked: func() int {
			return fake.Hits("token") + fake.Hits("request") + fake.Hits("status") + fake.Hits("verify")
		},
		Created: func() int { return fake.Hits("request") },
		Confirm: func(_ context.Context, t cert.Ticket, i int) error { return fake.Confirm(t.ID, person(who[i])) },
		Refuse: func(_ context.Context, t cert.Ticket) error {
			return fake.Touch(t.ID, func(q *barofake.Request) { q.State = 3 })
		},
		Expire: func(_ context.Context, t cert.Ticket) error {
			return fake.Touch(t.ID, func(q *barofake.Request) { q.State = 2 })
		},
		Forge: func(_ context.Context, t cert.Ticket) error {
			return fake.Touch(t.ID, func(q *barofake.Request) { q.Token = "another text" })
		},
		Withhold: func(f certtest.Field) error {
			fake.Hide(map[certtest.Field]string{certtest.CI: "ci", certtest.Name: "receiverName", certtest.Birthday: "receiverDay", certtest.Gender: "receiverGender"}[f])
			return nil
		},
		Break: func(part certtest.Part) error { fake.Break(string(part), dead); return nil },
		Heal: func() {
			for _, op := range steps {
				fake.Break(op, nil)
			}
		},
	}
}

var secrets = []string{
	barofake.SecretKey, barofake.Bearer, "01012345678", "홍길동", "19900101", "CANARY-title", "CANARY-purpose", strings.Repeat("A", 86) + "==",
}

// rows are what Barocert says to any of its calls.
func rows(op string) []providertest.Row {
	session := providers.Refused
	if op == "verify" { // status has just used the token, so it is not our key that is wrong
		session = providers.Unavailable
	}
	const js = "application/json;charset=UTF-8"
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

// ask gives one ask of an operation. Each has a provider of its own: the session
// token that asks of one provider share would spoil the arithmetic.
func ask(op string) func(string, *http.Client) (func(context.Context) error, error) {
	return func(base string, client *http.Client) (func(context.Context) error, error) {
		cfg := config(base, client)
		cfg.Codes = map[int]providers.Kind{-77: providers.Unavailable}
		return func(ctx context.Context) error {
			p, err := kakaocert.New(cfg)
			if err != nil {
				return err
			}
			if op == "request" {
				_, err := p.Request(ctx, subject())
				return err
			}
			_, err = p.Collect(ctx, cert.Reply{Ticket: cert.Ticket{Provider: "kakao", ID: known, Token: providers.NewSecret("CANARY-signed-token")}})
			return err
		}, nil
	}
}

// known is a request that is there from the beginning.
const known = "00000000000000000000000000007777"

func TestAdapterContract(t *testing.T) {
	for _, op := range []string{"request", "status", "verify"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			fake := &barofake.Server{Service: "KAKAO", VerifyMay: true}
			fake.Put(&barofake.Request{ID: known, Token: "CANARY-signed-token", State: 1, Who: person(people()[0])})
			asks := map[string]int{"request": 2, "status": 3, "verify": 3}[op]
			providertest.Run(t, providertest.Subject{
				Name: "kakaocert " + op, New: ask(op), Healthy: fake, Asks: asks, Rows: rows(op),
				Secrets: append([]string{"CANARY-signed-token"}, secrets...),
				Fault:   func(r *http.Request) bool { return fake.Op(r) == op },
			})
		})
	}
}

func TestTokenContract(t *testing.T) {
	fake := &barofake.Server{Service: "KAKAO"}
	const js = "application/json;charset=UTF-8"
	providertest.Run(t, providertest.Subject{
		Name: "kakaocert token", New: ask("request"), Healthy: fake, Asks: 2, Secrets: secrets,
		Fault: func(r *http.Request) bool { return fake.Op(r) == "token" },
		Rows: []providertest.Row{
			{Name: "F23 400 with a code", Status: 400, ContentType: js, Body: `{"code":-99010001,"message":"x"}`, Want: providers.Refused, Code: "-99010001"},
			{Name: "F23 401 with a code", Status: 401, ContentType: js, Body: `{"code":-99010001,"message":"x"}`, Want: providers.Refused},
			{Name: "F27 503 with a code", Status: 503, ContentType: js, Body: `{"code":-99010001,"message":"x"}`},
			{Name: "F20 200 without a token", ContentType: js, Body: `{"session_token":"","expiration":"2099-01-01T00:00:00.000Z"}`},
			{Name: "F20 200 without an end", ContentType: js, Body: `{"session_token":"abc"}`},
			{Name: "F20 200 with a token of two lines", ContentType: js, Body: `{"session_token":"a\r\nb","expiration":"2099-01-01T00:00:00.000Z"}`},
		},
	})
}

func mustStart(t *testing.T, fake *barofake.Server, edit func(*kakaocert.Config)) *kakaocert.Provider {
	t.Helper()
	p, stop, err := start(fake, edit)
	require.NoError(t, err)
	t.Cleanup(stop)
	return p
}
