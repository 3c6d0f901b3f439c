package kakaocert_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/internal/barofake"
	"github.com/detour-go/detour/providers/cert/internal/barosuite"
	"github.com/detour-go/detour/providers/cert/kakaocert"
)

func TestWhatIsSent(t *testing.T) {
	var asked []string
	fake := &barofake.Server{Service: "KAKAO"}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.String())
		fake.ServeHTTP(w, r)
	}))
	defer s.Close()
	p, err := kakaocert.New(config(s.URL, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}))
	require.NoError(t, err)
	begun := time.Now()
	ticket, err := p.Request(t.Context(), barosuite.Subject())
	require.NoError(t, err)
	assert.WithinDuration(t, begun.Add(5*time.Minute), ticket.Expires, time.Minute)
	assert.Empty(t, ticket.Phone+ticket.Name, "verify does not need them")

	assert.JSONEq(t, `{"scope":["partner","401","402","403","404","405"]}`, fake.Body("token"))
	var sent map[string]any
	require.NoError(t, json.Unmarshal([]byte(fake.Body("request")), &sent))
	for field, want := range map[string]string{
		"receiverHP": "01012345678", "receiverName": "홍길동", "receiverBirthday": "19900101", "extraMessage": "CANARY-purpose", "token": ticket.Token.Reveal(),
	} {
		text, _ := sent[field].(string)
		got, err := barofake.Open(text)
		require.NoError(t, err, field)
		assert.Equal(t, want, got, field)
		delete(sent, field)
	}
	assert.Equal(t, map[string]any{"reqTitle": "CANARY-title", "expireIn": 300.0, "appUseYN": false}, sent, "and nothing else")

	require.NoError(t, fake.Confirm(ticket.ID, barosuite.Person(barosuite.People()[0])))
	proof, err := p.Collect(t.Context(), cert.Reply{Ticket: ticket})
	require.NoError(t, err)
	assert.Empty(t, fake.Body("verify"))
	assert.Equal(t, "2026-01-02T12:00:30+09:00", proof.At.Format(time.RFC3339))
	assert.Equal(t, []string{
		"POST /BAROCERT/Token", "POST /KAKAO/Identity/000000000001",
		"GET /KAKAO/Identity/000000000001/" + ticket.ID, "POST /KAKAO/Identity/Verify/000000000001/" + ticket.ID,
	}, asked, "one session token for all")
}

func TestStates(t *testing.T) {
	rows := map[string]struct {
		state int
		kind  providers.Kind
		why   error
	}{
		"0 waits": {0, providers.Denied, cert.ErrPending}, "2 expired": {2, providers.Denied, cert.ErrExpired},
		"3 rejected": {3, providers.Denied, cert.ErrRejected}, "4 failed": {4, providers.Denied, cert.ErrFailed},
		"5 nobody knows": {5, providers.Unavailable, nil}, "-1 nobody knows": {-1, providers.Unavailable, nil},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			fake := &barofake.Server{}
			p := mustStart(t, fake)
			ticket, err := p.Request(t.Context(), barosuite.Subject())
			require.NoError(t, err)
			require.NoError(t, fake.Touch(ticket.ID, func(q *barofake.Request) { q.State = r.state }))
			_, err = p.Collect(t.Context(), cert.Reply{Ticket: ticket})
			require.ErrorIs(t, err, r.kind)
			if r.why != nil {
				require.ErrorIs(t, err, r.why)
			}
			assert.Zero(t, fake.Hits("verify"))
		})
	}
}

func TestARequestThatWaitsBeyondItsEndHasExpired(t *testing.T) {
	fake := &barofake.Server{}
	p := mustStart(t, fake)
	ticket, err := p.Request(t.Context(), barosuite.Subject())
	require.NoError(t, err)
	ticket.Expires = time.Now().Add(-time.Hour)
	_, err = p.Collect(t.Context(), cert.Reply{Ticket: ticket})
	require.ErrorIs(t, err, cert.ErrExpired)
	require.NoError(t, fake.Confirm(ticket.ID, barosuite.Person(barosuite.People()[0])))
	_, err = p.Collect(t.Context(), cert.Reply{Ticket: ticket})
	require.NoError(t, err, "who confirmed in time may be fetched late")
}

// F85: two processes; the vendor says when it was verified, so the second asks for nothing that would be refused.
func TestF85WhatAnotherProcessVerifiedIsNotVerifiedAgain(t *testing.T) {
	fake := &barofake.Server{}
	one, other := mustStart(t, fake), mustStart(t, fake)
	ticket, err := one.Request(t.Context(), barosuite.Subject())
	require.NoError(t, err)
	require.NoError(t, fake.Confirm(ticket.ID, barosuite.Person(barosuite.People()[0])))
	_, err = one.Collect(t.Context(), cert.Reply{Ticket: ticket})
	require.NoError(t, err)
	for range 2 {
		_, err = other.Collect(t.Context(), cert.Reply{Ticket: ticket})
		require.ErrorIs(t, err, cert.ErrSpent)
	}
	assert.Equal(t, 1, fake.Hits("verify"))
}

func TestF84AnAnswerAboutAnotherRequestIsNone(t *testing.T) {
	const other = `"receiptID":"99999999999999999999999999999999"`
	say := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		}
	}
	for name, r := range map[string]struct{ op, body string }{
		"status of another":        {"status", `{` + other + `,"clientCode":"000000000001","state":1}`},
		"status of another client": {"status", `{"receiptID":"%s","clientCode":"000000000002","state":1}`},
		"status without a state":   {"status", `{"receiptID":"%s"}`},
		"verify of another":        {"verify", `{` + other + `,"state":1,"signedData":"x","ci":"A","receiverName":"홍길동"}`},
		"verify that waits":        {"verify", `{"receiptID":"%s","state":0,"signedData":"x"}`},
		"verify without signature": {"verify", `{"receiptID":"%s","state":1,"ci":"A","receiverName":"홍길동"}`},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &barofake.Server{}
			p := mustStart(t, fake)
			ticket, err := p.Request(t.Context(), barosuite.Subject())
			require.NoError(t, err)
			require.NoError(t, fake.Confirm(ticket.ID, barosuite.Person(barosuite.People()[0])))
			fake.Break(r.op, say(strings.ReplaceAll(r.body, "%s", ticket.ID)))
			proof, err := p.Collect(t.Context(), cert.Reply{Ticket: ticket})
			require.ErrorIs(t, err, providers.Unavailable)
			assert.Zero(t, proof)
		})
	}
	for name, body := range map[string]string{
		"no receipt": `{"scheme":""}`, "a receipt that is a path": `{"receiptID":"../../PASS/Identity/000000000001"}`, "a short one": `{"receiptID":"1"}`, "a number": `{"receiptID":1}`,
	} {
		t.Run("request with "+name, func(t *testing.T) {
			fake := &barofake.Server{}
			p := mustStart(t, fake)
			fake.Break("request", say(body))
			ticket, err := p.Request(t.Context(), barosuite.Subject())
			require.ErrorIs(t, err, providers.Unavailable)
			assert.Zero(t, ticket)
			assert.Equal(t, 1, fake.Hits("request"))
		})
	}
}

func TestAKeptSessionTokenThatIsNoLongerTaken(t *testing.T) {
	fake := &barofake.Server{}
	p := mustStart(t, fake)
	require.NoError(t, p.Watch(t.Context()))
	fake.Break("request", func(w http.ResponseWriter, _ *http.Request) { barofake.Say(w, 401, -99010000, "expired") })
	_, err := p.Request(t.Context(), barosuite.Subject())
	require.ErrorIs(t, err, providers.Unavailable, "the next one is fresh: nobody has to be woken up")
	_, err = p.Request(t.Context(), barosuite.Subject())
	require.ErrorIs(t, err, providers.Refused, "a fresh one was refused: somebody has to")
	assert.Equal(t, 2, fake.Hits("token"))
	fake.Break("request", nil)
	_, err = p.Request(t.Context(), barosuite.Subject())
	require.NoError(t, err)
}

func TestAnErrorMayBePacked(t *testing.T) {
	fake := &barofake.Server{}
	p := mustStart(t, fake)
	fake.Break("request", func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "gzip", r.Header.Get("Accept-Encoding"))
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusBadRequest)
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, `{"code":-11010028,"message":"x"}`)
		_ = z.Close()
	})
	_, err := p.Request(t.Context(), barosuite.Subject())
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []any{"kakao", "request", providers.Denied, "-11010028", false}, []any{e.Provider, e.Op, e.Kind, e.Code, e.Unsent})
}

func TestUnsentOnlyWhenNothingLeft(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	p, err := kakaocert.New(config(s.URL, nil))
	require.NoError(t, err)
	_, err = p.Request(t.Context(), barosuite.Subject())
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.True(t, e.Unsent)

	fake := &barofake.Server{}
	p = mustStart(t, fake)
	fake.Break("request", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err = p.Request(t.Context(), barosuite.Subject())
	require.ErrorAs(t, err, &e)
	assert.False(t, e.Unsent, "T19 it was read, and may have been done")
}

func TestWatch(t *testing.T) {
	for name, r := range map[string]struct {
		op     string
		status int
		body   string
		ok     bool
		want   providers.Kind
	}{
		"well":                   {"", 0, "", true, 0},
		"a no in another status": {"status", 404, `{"code":-5,"message":"x"}`, true, 0},
		"a state after all":      {"status", 200, `{"state":2}`, true, 0},
		"F27 dead":               {"status", 503, ``, false, providers.Unavailable},
		"F20 nothing":            {"status", 200, `{}`, false, providers.Unavailable},
		"F18 a notice":           {"status", 200, `<html>`, false, providers.Unavailable},
		"no body to a 400":       {"status", 400, ``, false, providers.Unavailable},
		"token dead":             {"token", 503, ``, false, providers.Unavailable},
		"F23 our key":            {"token", 400, `{"code":-5,"message":"x"}`, false, providers.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &barofake.Server{}
			p := mustStart(t, fake)
			if r.op != "" {
				fake.Break(r.op, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(r.status)
					_, _ = io.WriteString(w, r.body)
				})
			}
			err := p.Watch(t.Context())
			assert.Zero(t, fake.Hits("request"))
			if r.ok {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.ErrorIs(t, err, r.want)
		})
	}
}

func TestConfigReportsEveryMistake(t *testing.T) {
	_, err := kakaocert.New(kakaocert.Config{
		SecretKey: providers.NewSecret("CANARY-key"), ClientCode: "12", ExpireIn: time.Hour, Codes: map[int]providers.Kind{5: providers.Denied},
		Base: "http://barocert.linkhub.co.kr", AuthBase: "ftp://x", Timeout: -1,
	})
	require.Error(t, err)
	for _, want := range []string{"kakaocert: ", "link id", "secret key", "client code", "expire in", "codes", "base: base url is http", "auth base: ", "timeout"} {
		assert.Contains(t, err.Error(), want)
	}
	assert.NotContains(t, err.Error(), "CANARY")
	for wait, ok := range map[time.Duration]bool{
		0: true, 10 * time.Second: true, 1000 * time.Second: true,
		time.Second: false, 10500 * time.Millisecond: false, 1001 * time.Second: false, -time.Minute: false,
	} {
		cfg := config("https://barocert.example", nil)
		cfg.ExpireIn = wait
		_, err := kakaocert.New(cfg)
		assert.Equal(t, ok, err == nil, wait)
	}
}

func TestT17ProviderPrintsNoSecret(t *testing.T) {
	cfg := config("https://barocert.example", nil)
	p, err := kakaocert.New(cfg)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text := fmt.Sprintf(verb+verb+verb, p, struct{ P *kakaocert.Provider }{p}, &cfg)
		assert.NotContains(t, text, barofake.SecretKey)
		assert.NotContains(t, text, fmt.Sprintf("%x", barofake.SecretKey))
	}
}

func TestACallerWhoLeftIsToldSo(t *testing.T) {
	p := mustStart(t, &barofake.Server{})
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := p.Request(gone, barosuite.Subject())
	assert.True(t, errors.Is(err, context.Canceled))
}
