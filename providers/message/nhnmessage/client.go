package nhnmessage

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message/internal/loose"
)

// Endpoint is how to reach one service of NHN Cloud. The zero value is the public one.
type Endpoint struct {
	// Base is https://sms.api.nhncloudservice.com or
	// https://kakaotalk-bizmessage.api.nhncloudservice.com when empty.
	Base string
	// AllowLoopbackHTTP permits http to a loopback address, for tests and rehearsals.
	AllowLoopbackHTTP bool
	// HTTP is the client to ask through; nil: one that dials public addresses only, or loopback only where that is permitted.
	HTTP *http.Client
	// UserAgent is sent to NHN; empty: "detour/nhnsms" or "detour/nhnalimtalk".
	UserAgent string
	// Timeout bounds one ask; zero: 10 s. A context that ends earlier wins.
	Timeout time.Duration
}

const (
	opSend   = "send"
	opStatus = "status"
	opFind   = "find"
	opWatch  = "watch"

	digits    = "0123456789"
	idLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

	lookBack = 24 * time.Hour // for a message whose answer got lost
	skew     = time.Hour      // between the vendor's clock and ours, generously

	// watchKey is a senderGroupingKey that no message has: a colon is not in a message's key.
	watchKey = "detour:watch"
)

// caller asks one service. Its fields are closures, because fmt prints the
// unexported text of a struct, and the app key sits in the path.
type caller struct {
	client *rest.Client
	path   func(string) string
	header func() http.Header
	kindOf table
}

// table is a service's list of refusals, of a whole request or of one recipient.
// in tells that the message may be under way all the same; known is false for a
// code that is not in the documents.
type table func(code string) (kind providers.Kind, in, known bool)

func newCaller(name string, e Endpoint, base, prefix string, appKey, secret providers.Secret, kindOf table) (*caller, []error) {
	if e.Base == "" {
		e.Base = base
	}
	var wrong []error
	if !spelled(appKey.Reveal(), idLetters, 64) { // it becomes a part of a path
		wrong = append(wrong, errors.New("app key is missing or has characters that no key has"))
	}
	if !spelled(secret.Reveal(), idLetters, 128) {
		wrong = append(wrong, errors.New("secret key is missing or has characters that no key has"))
	}
	client, err := rest.New(rest.Config{
		Provider: name, Base: e.Base, AllowLoopbackHTTP: e.AllowLoopbackHTTP, HTTP: e.HTTP, UserAgent: e.UserAgent, Timeout: e.Timeout,
	})
	if err != nil {
		wrong = append(wrong, err)
	}
	return &caller{
		client: client, kindOf: kindOf,
		path: func(rest string) string { return prefix + appKey.Reveal() + rest },
		header: func() http.Header {
			return http.Header{"X-Secret-Key": {secret.Reveal()}, "Accept": {"application/json"}}
		},
	}, wrong
}

// spelled reports a text of at most longest of the letters.
func spelled(s, letters string, longest int) bool {
	return s != "" && len(s) <= longest && strings.Trim(s, letters) == ""
}

// head is what every answer begins with. resultMessage is not read, so it cannot be repeated.
type head struct {
	Header struct {
		Successful *bool      `json:"isSuccessful"`
		Code       loose.Word `json:"resultCode"`
	} `json:"header"`
}

func (h head) heading() head { return h }

// headed is an answer of any shape.
type headed interface{ heading() head }

// ask asks and reads an answer into v, which has a head that says yes.
func (c *caller) ask(ctx context.Context, q rest.Ask, v headed) error {
	h := c.header()
	for k, values := range q.Header {
		h[k] = values
	}
	q.Header, q.Path = h, c.path(q.Path)
	a, err := c.client.Do(ctx, q)
	if err != nil {
		return err
	}
	if err := c.client.Object(q.Op, a, v); err != nil {
		if a.Status == http.StatusOK {
			return err
		}
		return c.client.Status(q.Op, a)
	}
	return c.verdict(q.Op, a, v.heading())
}

// verdict classifies by the header of the body and then by the status; nil: it
// says yes. NHN does not document with which status it says no.
func (c *caller) verdict(op string, a *rest.Answer, h head) error {
	yes, code := h.Header.Successful, string(h.Header.Code)
	if a.Status == http.StatusOK && yes != nil && *yes && code == "0" {
		return nil
	}
	if a.Status >= 500 || yes == nil || *yes || code == "0" || code == "" {
		e := c.client.Status(op, a)
		if a.Status == http.StatusOK {
			e.Err = errUnclear
		}
		return e
	}
	return c.saidNo(op, a, code)
}

// saidNo is the error of a code, of the header or of a recipient.
func (c *caller) saidNo(op string, a *rest.Answer, code string) error {
	kind, in, known := c.kindOf(code)
	var e *providers.Error
	if a == nil {
		e = c.client.Fail(op, kind, "", errRefused)
	} else {
		e = c.client.Status(op, a)
		if known || a.Status == http.StatusOK {
			e.Kind, e.Err = kind, errRefused
		}
	}
	if known {
		e.Code = code
		e.Unsent = op == opSend && !in
	}
	return e
}

// kst is the zone of all times of NHN, which print none.
func kst() *time.Location { return time.FixedZone("KST", 9*60*60) }

// window is the last day as a query, in the layout of the service.
func window(q url.Values, layout string) url.Values {
	now := time.Now().In(kst())
	q.Set("startRequestDate", now.Add(-lookBack).Format(layout))
	q.Set("endRequestDate", now.Add(skew).Format(layout))
	return q
}

// when reads a time of NHN, such as 2026-02-01 12:00:00.0; zero: it is none.
func when(s loose.Word) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", strings.TrimSpace(string(s)), kst()) // fractions of a second are read as well
	if err != nil {
		return time.Time{}
	}
	return t
}

var (
	errRefused   = errors.New("nhn said no")
	errUnclear   = errors.New("the answer does not say whether it is one")
	errUntaken   = errors.New("the answer does not say whether the message was taken")
	errForeign   = errors.New("receipt of another vendor")
	errNoMessage = errors.New("no such message")
	errOther     = errors.New("answer about another message")
	errState     = errors.New("status is not understood")
	errNoList    = errors.New("the answer has no list")
	errTemplate  = errors.New("an alimtalk needs a template")
)
