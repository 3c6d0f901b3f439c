package providertest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/detour-go/detour/providers"
)

const testSecret = "CANARY+key/한글&1234567"

// adapter is a small adapter that keeps the law, as a stranger might write it
// with the standard library alone. Its hooks are where the bad ones differ.
type adapter struct {
	base   string
	client *http.Client
	limit  int64

	send    func(*http.Request) (*http.Response, error)
	shut    func(io.Closer)
	judge   func(resp *http.Response, body []byte) error
	failure func(kind providers.Kind, err error) error
}

func newAdapter(base string, client *http.Client) *adapter {
	own := *client // the given one keeps its policy
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	own.Jar = nil
	a := &adapter{base: base, client: &own, limit: 1 << 20}
	a.send = a.client.Do
	a.shut = func(c io.Closer) { _ = c.Close() }
	a.judge = a.answer
	a.failure = func(kind providers.Kind, err error) error {
		return &providers.Error{Provider: "vendor", Op: "lookup", Kind: kind, Err: err}
	}
	return a
}

func (a *adapter) ask(ctx context.Context) error {
	form := url.Values{"client_secret": {testSecret}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+"/v1/lookup?key="+url.QueryEscape(testSecret), strings.NewReader(form.Encode()))
	if err != nil {
		return a.failure(providers.Invalid, errors.New("request"))
	}
	req.Header.Set("X-Api-Key", url.QueryEscape(testSecret))
	resp, err := a.send(req)
	if err != nil {
		return a.failure(transportKind(err), providers.Cause(err))
	}
	defer a.shut(resp.Body)
	body, err := io.ReadAll(io.LimitReader(resp.Body, a.limit+1))
	if err != nil {
		return a.failure(providers.Unavailable, providers.Cause(err))
	}
	if int64(len(body)) > a.limit {
		return a.failure(providers.Unavailable, errors.New("too large"))
	}
	return a.judge(resp, body)
}

func (a *adapter) answer(resp *http.Response, body []byte) error {
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		err := a.failure(providers.Limited, nil)
		if e, ok := err.(*providers.Error); ok {
			e.After = retryAfter(resp.Header)
		}
		return err
	case resp.StatusCode/100 == 3 && resp.StatusCode != http.StatusNotModified:
		if to, err := resp.Location(); err == nil && to.Host != resp.Request.URL.Host {
			return a.failure(providers.Security, errors.New("moved away"))
		}
		return a.failure(providers.Unavailable, errors.New("moved"))
	case resp.StatusCode != http.StatusOK:
		return a.failure(providers.Unavailable, fmt.Errorf("status %d", resp.StatusCode))
	case !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json"):
		return a.failure(providers.Unavailable, errors.New("not json"))
	}
	var v struct {
		ID   string `json:"id"`
		Code int    `json:"code"`
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return a.failure(providers.Unavailable, errors.New("not json"))
	}
	if v.Code == -401 {
		e := a.failure(providers.Refused, nil)
		if own, ok := e.(*providers.Error); ok {
			own.Code = "-401"
		}
		return e
	}
	if v.ID == "" {
		return a.failure(providers.Unavailable, errors.New("no id"))
	}
	return nil
}

func transportKind(err error) providers.Kind {
	var badCert *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	if errors.As(err, &badCert) || errors.As(err, &notTLS) || errors.Is(err, http.ErrSchemeMismatch) {
		return providers.Security
	}
	return providers.Unavailable
}

func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if secs, err := strconv.ParseInt(v, 10, 32); err == nil {
		return min(max(time.Duration(secs)*time.Second, 0), 24*time.Hour)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	return min(max(time.Until(at), 0), 24*time.Hour)
}

// vendor is the healthy vendor of these adapters.
func vendor(w http.ResponseWriter, r *http.Request) {
	if body, _ := io.ReadAll(r.Body); !bytes.Contains(body, []byte("client_secret=")) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_, _ = io.WriteString(w, `{"id":"4711","nested":{"list":[1,2,3]}}`+"\n")
}

// subject wraps an adapter for the suite.
func subject(build func(base string, client *http.Client) (func(context.Context) error, error)) Subject {
	return Subject{
		Name:    "vendor lookup",
		New:     build,
		Healthy: http.HandlerFunc(vendor),
		Secrets: []string{testSecret},
		Rows: []Row{
			{Name: "F23 401 -401 wrong key", Status: 401, ContentType: jsonType, Body: `{"code":-401}`, Want: providers.Unavailable},
			{Name: "F23 200 -401 wrong key", ContentType: jsonType, Body: `{"code":-401}`, Want: providers.Refused, Code: "-401"},
			{Name: "without the optional part", ContentType: jsonType, Body: `{"id":"1"}`, OK: true},
		},
	}
}

// bad builds an adapter that the edit spoils.
func bad(edit func(*adapter, *http.Client)) Subject {
	return subject(func(base string, client *http.Client) (func(context.Context) error, error) {
		a := newAdapter(base, client)
		edit(a, client)
		return a.ask, nil
	})
}

// spoilAsk builds an adapter whose ask is replaced.
func spoilAsk(ask func(context.Context, *adapter, *http.Client) error) Subject {
	return subject(func(base string, client *http.Client) (func(context.Context) error, error) {
		a := newAdapter(base, client)
		return func(ctx context.Context) error { return ask(ctx, a, client) }, nil
	})
}
