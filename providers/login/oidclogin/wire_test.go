package oidclogin_test

import (
	"context"
	"crypto/ecdsa"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers/login/oidclogin"
)

// wire carries requests to an issuer in memory, so that time can be virtual.
type wire struct {
	*issuer
	hang, dead atomic.Bool // of the key set
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.URL.Path == "/jwks" {
		switch {
		case w.hang.Load():
			w.fetches.Add(1)
			<-r.Context().Done()
			return nil, r.Context().Err()
		case w.dead.Load():
			w.fetches.Add(1)
			return &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
		}
	}
	if r.URL.Path == "/authorize" {
		return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"https://accounts.example/"}}, Body: http.NoBody, Request: r}, nil
	}
	if r.URL.Path == "/token" && strings.HasPrefix(formValue(r, "code"), "detour-watch-") {
		return &http.Response{StatusCode: 400, Header: http.Header{"Content-Type": {js}}, Body: io.NopCloser(strings.NewReader(`{"error":"invalid_grant"}`)), Request: r}, nil
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// formValue reads a form and puts the body back.
func formValue(r *http.Request, key string) string {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	c := r.Clone(context.Background())
	c.Body = io.NopCloser(strings.NewReader(string(body)))
	return c.FormValue(key)
}

func virtual(t *testing.T, edit func(*oidclogin.Config)) (*wire, *oidclogin.Provider) {
	t.Helper()
	w := &wire{issuer: newIssuer()}
	w.use("one", ecKeys()[0])
	cfg := config("https://issuer.example", &http.Client{Transport: w})
	if edit != nil {
		edit(&cfg)
	}
	p, err := oidclogin.New(cfg)
	require.NoError(t, err)
	return w, p
}

// use signs with a key and publishes it.
func (w *wire) use(kid string, key *ecdsa.PrivateKey) {
	w.signAs(kid, key)
	w.keys = func() any { return keySet(public(kid, key.Public(), "ES256", "sig")) }
}

func (w *wire) signAs(kid string, key *ecdsa.PrivateKey) {
	w.sign = func(p []byte) string { return compact(jose.ES256, key, kid, p, nil) }
}
