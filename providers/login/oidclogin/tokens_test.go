package oidclogin_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login/oidclogin"
)

func with(edits map[string]any) func(*issuer) {
	return func(i *issuer) {
		i.claims = func(nonce string) map[string]any {
			c := honest(nonce)
			for k, v := range edits {
				if v == nil {
					delete(c, k)
				} else {
					c[k] = v
				}
			}
			return c
		}
	}
}

func signed(sign func([]byte) string) func(*issuer) { return func(i *issuer) { i.sign = sign } }

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return b64(sum[:16])
}

// T4: the ways to be wrong that go-oidc tests, and ours.
func TestT4BadTokens(t *testing.T) {
	rsaKey, other := rsaKeys()[0], rsaKeys()[1]
	der, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	require.NoError(t, err)
	pemKey := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	const security, denied, down = providers.Security, providers.Denied, providers.Unavailable
	later, earlier := time.Now().Add(time.Hour).Unix(), time.Now().Add(-time.Hour).Unix()
	rows := map[string]struct {
		edit func(*issuer)
		want providers.Kind
	}{
		"alg none": {signed(func(p []byte) string { return b64([]byte(`{"alg":"none"}`)) + "." + b64(p) + "." }), security},
		"alg None, signed": {signed(func(p []byte) string {
			return b64([]byte(`{"alg":"None","kid":"one"}`)) + "." + b64(p) + "." + b64([]byte("x"))
		}), security},
		"HS256 by the public PEM": {signed(func(p []byte) string { return compact(jose.HS256, pemKey, "one", p, nil) }), security},
		"HS256 by the public DER": {signed(func(p []byte) string { return compact(jose.HS256, der, "one", p, nil) }), security},
		"HS256 by our secret": {signed(func(p []byte) string {
			return compact(jose.HS256, []byte(strings.Repeat(secretCanary, 2)), "one", p, nil)
		}), security},
		"HS256 by a key of the set": {func(i *issuer) {
			key := []byte(strings.Repeat("k", 32))
			i.sign = func(p []byte) string { return compact(jose.HS256, key, "one", p, nil) }
			i.keys = func() any { return keySet(jose.JSONWebKey{Key: key, KeyID: "one", Algorithm: "HS256"}) }
		}, security},
		"RS384, not in the list": {signed(func(p []byte) string { return compact(jose.RS384, rsaKey, "one", p, nil) }), security},
		"another key, same kid":  {signed(func(p []byte) string { return compact(jose.RS256, other, "one", p, nil) }), security},
		"another key in its own header": {signed(func(p []byte) string {
			return compact(jose.RS256, other, "one", p, map[jose.HeaderKey]any{"jwk": jose.JSONWebKey{Key: other.Public()}})
		}), security},
		"another key, no kid":         {signed(func(p []byte) string { return compact(jose.RS256, other, "", p, nil) }), down},
		"an unknown kid":              {signed(func(p []byte) string { return compact(jose.RS256, other, "two", p, nil) }), down},
		"a key for encryption":        {func(i *issuer) { i.keys = func() any { return keySet(public("one", rsaKey.Public(), "RS256", "enc")) } }, down},
		"a key for another algorithm": {func(i *issuer) { i.keys = func() any { return keySet(public("one", rsaKey.Public(), "PS256", "sig")) } }, down},
		"a private key in the set":    {func(i *issuer) { i.keys = func() any { return keySet(jose.JSONWebKey{Key: rsaKey, KeyID: "one"}) } }, down},
		"a key of 1024 bits": {func(i *issuer) {
			i.keys = func() any { return keySet(public("one", weakKey().Public(), "", "")) }
			i.sign = func(p []byte) string { return compact(jose.RS256, weakKey(), "one", p, nil) }
		}, down},
		"an unknown critical header": {signed(func(p []byte) string {
			return compact(jose.RS256, rsaKey, "one", p, map[jose.HeaderKey]any{"crit": []string{"x"}, "x": 1})
		}), security},
		"two signatures": {signed(func(p []byte) string {
			s, err := jose.NewMultiSigner([]jose.SigningKey{{Algorithm: jose.RS256, Key: rsaKey}, {Algorithm: jose.RS256, Key: other}}, nil)
			require.NoError(t, err)
			jws, err := s.Sign(p)
			require.NoError(t, err)
			return jws.FullSerialize()
		}), security},
		"a bit of the signature": {signed(func(p []byte) string {
			s := compact(jose.RS256, rsaKey, "one", p, nil)
			return s[:len(s)-10] + flip(s[len(s)-10]) + s[len(s)-9:]
		}), security},
		"a claim changed": {signed(func(p []byte) string {
			parts := strings.Split(compact(jose.RS256, rsaKey, "one", p, nil), ".")
			return parts[0] + "." + b64([]byte(strings.Replace(string(p), someone, "1", 1))) + "." + parts[2]
		}), security},
		"garbage":  {signed(func([]byte) string { return "garbage" }), security},
		"100 KB":   {signed(func(p []byte) string { return strings.Repeat("a", 100<<10) }), security},
		"1 MB":     {signed(func(p []byte) string { return strings.Repeat("a", 1<<20) }), down},
		"none":     {signed(func([]byte) string { return "" }), down},
		"not json": {signed(func([]byte) string { return compact(jose.RS256, rsaKey, "one", []byte("<html>"), nil) }), security},
		"T1 a claim twice": {signed(func(p []byte) string {
			return compact(jose.RS256, rsaKey, "one", []byte(strings.Replace(string(p), "{", `{"SUB":"`+someone+`",`, 1)), nil)
		}), security},

		"iss of another":        {with(map[string]any{"iss": "https://evil.example"}), security},
		"iss with a slash":      {with(map[string]any{"iss": issuerName + "/"}), security},
		"iss in upper case":     {with(map[string]any{"iss": strings.ToUpper(issuerName)}), security},
		"iss without scheme":    {with(map[string]any{"iss": "issuer.example"}), security},
		"iss missing":           {with(map[string]any{"iss": nil}), security},
		"aud of another":        {with(map[string]any{"aud": "other"}), security},
		"aud missing":           {with(map[string]any{"aud": nil}), security},
		"aud empty list":        {with(map[string]any{"aud": []string{}}), security},
		"two aud without azp":   {with(map[string]any{"aud": []string{clientID, "other"}}), security},
		"two aud, azp of other": {with(map[string]any{"aud": []string{clientID, "other"}, "azp": "other"}), security},
		"one aud, azp of other": {with(map[string]any{"azp": "other"}), security},
		"expired":               {with(map[string]any{"exp": earlier}), security},
		"expired, as a float":   {with(map[string]any{"exp": float64(earlier) + 0.5}), security},
		"exp missing":           {with(map[string]any{"exp": nil}), security},
		"exp a word":            {with(map[string]any{"exp": "soon"}), security},
		"nbf in an hour":        {with(map[string]any{"nbf": later}), security},
		"nonce of another":      {with(map[string]any{"nonce": "other"}), denied},
		"nonce missing":         {with(map[string]any{"nonce": nil}), denied},
		"nonce empty":           {with(map[string]any{"nonce": ""}), denied},
		"sub empty":             {with(map[string]any{"sub": ""}), security},
		"sub missing":           {with(map[string]any{"sub": nil}), security},
		"sub a number":          {with(map[string]any{"sub": 1}), security},
		"sub of 4 KB":           {with(map[string]any{"sub": strings.Repeat("s", 4096)}), security},
		"at_hash of another":    {with(map[string]any{"at_hash": hash("other")}), security},
		"claims elsewhere":      {with(map[string]any{"_claim_names": map[string]string{"sub": "src"}}), security},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			i := newIssuer()
			r.edit(i)
			id, err := finish(t, provider(t, i, nil))
			require.Error(t, err)
			assert.ErrorIs(t, err, r.want, "%v", err)
			assert.Empty(t, id.Subject)
			for _, canary := range []string{mailCanary, someone, tokenCanary, "://"} {
				assert.NotContains(t, err.Error(), canary)
			}
		})
	}
}

func flip(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

func TestGoodTokens(t *testing.T) {
	ec := ecKeys()[0]
	rows := map[string]func(*issuer){
		"plain": func(*issuer) {},
		"ES256": func(i *issuer) {
			i.keys = func() any { return keySet(public("e", ec.Public(), "", "")) }
			i.sign = func(p []byte) string { return compact(jose.ES256, ec, "e", p, nil) }
		},
		"no kid":               signed(func(p []byte) string { return compact(jose.RS256, rsaKeys()[0], "", p, nil) }),
		"two aud with our azp": with(map[string]any{"aud": []string{"other", clientID}, "azp": clientID}),
		"nbf within the skew":  with(map[string]any{"nbf": time.Now().Add(2 * time.Minute).Unix()}),
		"exp as a float":       with(map[string]any{"exp": float64(time.Now().Add(time.Hour).Unix()) + 0.5}),
		"the right at_hash":    with(map[string]any{"at_hash": hash(tokenCanary)}),
		"labels of odd types":  with(map[string]any{"name": 1, "nickname": []int{}, "phone_number": map[string]int{}}),
		"among keys of other kinds": func(i *issuer) {
			i.keys = func() any {
				return keySet(
					json.RawMessage(`{"kty":"OKP","crv":"X448","x":"AA","kid":"a"}`), json.RawMessage(`{"kty":"oct","k":"c2VjcmV0","kid":"one"}`),
					json.RawMessage(`{"kty":"RSA"}`), json.RawMessage(`7`), json.RawMessage(`{"kty":"new","kid":"b"}`),
					public("one", rsaKeys()[1].Public(), "RS256", "sig"), // the same kid twice
					public("one", rsaKeys()[0].Public(), "RS256", "sig"))
			}
		},
	}
	for name, edit := range rows {
		t.Run(name, func(t *testing.T) {
			i := newIssuer()
			edit(i)
			id, err := finish(t, provider(t, i, nil))
			require.NoError(t, err)
			assert.Equal(t, issuerName, id.Issuer)
			assert.Equal(t, someone, id.Subject)
			assert.WithinDuration(t, time.Now(), id.AuthTime, time.Minute)
			assert.Equal(t, mailCanary, id.Email)
			assert.True(t, id.EmailVerified)
		})
	}
}

// T1: the zero value takes the JSON literal only.
func TestEmailVerified(t *testing.T) {
	for value, want := range map[any][2]bool{true: {true, true}, "true": {false, true}, false: {}, "false": {}, 1: {}, "yes": {}} {
		for n, loose := range []bool{false, true} {
			i := newIssuer()
			with(map[string]any{"email_verified": value})(i)
			id, err := finish(t, provider(t, i, func(c *oidclogin.Config) { c.StringBooleans = loose }))
			require.NoError(t, err)
			assert.Equal(t, want[n], id.EmailVerified, "%v, loose %v", value, loose)
		}
	}
	i := newIssuer()
	with(map[string]any{"email": nil})(i)
	id, err := finish(t, provider(t, i, nil))
	require.NoError(t, err)
	assert.False(t, id.EmailVerified, "there is no address")
}
