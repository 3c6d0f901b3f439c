package oidclogin_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/oidclogin"
)

const (
	clientID     = "client-id"
	secretCanary = "CANARY-client-secret"
	tokenCanary  = "CANARY-access-token"
	mailCanary   = "canary.citizen@example.test"
	js           = "application/json"
	issuerName   = "https://issuer.example"
	someone      = "248289761001"
)

// ecKeys are made once.
var ecKeys = sync.OnceValue(func() [2]*ecdsa.PrivateKey {
	var pair [2]*ecdsa.PrivateKey
	for i := range pair {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		pair[i] = k
	}
	return pair
})

var weakKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return k
})

// issuer is a vendor written by hand, with go-jose and without the simulator.
// The code of a request is taken for its nonce.
type issuer struct {
	claims   func(nonce string) map[string]any
	sign     func(payload []byte) string
	keys     func() any
	userinfo string
	fetches  atomic.Int32
}

func newIssuer() *issuer {
	i := &issuer{userinfo: `{"sub":"` + someone + `","name":"홍길동","email":"` + mailCanary + `","email_verified":true}`}
	i.claims = honest
	i.sign = func(p []byte) string { return compact(jose.RS256, rsaKeys()[0], "one", p, nil) }
	i.keys = func() any { return keySet(public("one", rsaKeys()[0].Public(), "RS256", "sig")) }
	return i
}

func honest(nonce string) map[string]any {
	now := time.Now()
	return map[string]any{
		"iss": issuerName, "aud": clientID, "sub": someone, "nonce": nonce, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"auth_time": now.Unix(), "email": mailCanary, "email_verified": true, "name": "홍길동", "nickname": "demo", "phone_number": "+82 10-1234-5678",
	}
}

func compact(alg jose.SignatureAlgorithm, key any, kid string, payload []byte, extra map[jose.HeaderKey]any) string {
	opts := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{}}
	if kid != "" {
		opts.ExtraHeaders["kid"] = kid
	}
	for k, v := range extra {
		opts.ExtraHeaders[k] = v
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, opts)
	if err != nil {
		panic(err)
	}
	jws, err := s.Sign(payload)
	if err != nil {
		panic(err)
	}
	out, err := jws.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return out
}

func public(kid string, key crypto.PublicKey, alg, use string) any {
	return jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: alg, Use: use}
}

func keySet(keys ...any) any { return map[string]any{"keys": keys} }

func say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", js)
	_ = json.NewEncoder(w).Encode(v)
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/token":
		payload, err := json.Marshal(i.claims(r.FormValue("code")))
		if err != nil {
			panic(err)
		}
		say(w, map[string]any{"access_token": tokenCanary, "token_type": "Bearer", "expires_in": 3600, "id_token": i.sign(payload)})
	case "/jwks":
		i.fetches.Add(1)
		say(w, i.keys())
	case "/userinfo":
		w.Header().Set("Content-Type", js)
		_, _ = w.Write([]byte(i.userinfo))
	default:
		http.NotFound(w, r)
	}
}

func config(base string, c *http.Client) oidclogin.Config {
	return oidclogin.Config{
		Name: "issuer", Issuer: issuerName, AuthURL: base + "/authorize", TokenURL: base + "/token", JWKSURL: base + "/jwks",
		ClientID: clientID, ClientSecret: providers.NewSecret(secretCanary), RedirectURI: "https://site.example/back/oidc", AllowLoopbackHTTP: true, HTTP: c,
	}
}

func provider(t *testing.T, h http.Handler, edit func(*oidclogin.Config)) *oidclogin.Provider {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	cfg := config(s.URL, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	if edit != nil {
		edit(&cfg)
	}
	p, err := oidclogin.New(cfg)
	require.NoError(t, err)
	return p
}

// finish is one login whose code is its nonce.
func finish(t *testing.T, p login.Provider) (login.Identity, error) {
	t.Helper()
	c, err := p.Begin(t.Context(), login.Request{})
	require.NoError(t, err)
	return p.Finish(t.Context(), login.Reply{Code: providers.NewSecret(c.Nonce.Reveal()), State: c.State.Reveal(), Challenge: c})
}
