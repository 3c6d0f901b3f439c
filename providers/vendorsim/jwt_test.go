package vendorsim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func unb64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	require.NoError(t, err)
	return b
}

type testKey struct{ Kid, Kty, Alg, Use, N, E, Crv, X, Y string }

func fetchKeys(t *testing.T, c *http.Client, jwks string) []testKey {
	t.Helper()
	var set struct{ Keys []testKey }
	require.NoError(t, json.Unmarshal([]byte(ask(t, c, "GET", jwks, nil).body), &set))
	return set.Keys
}

// split takes a compact JWS apart.
func split(t *testing.T, jwt string) (header, claims map[string]any, signed string, sig []byte) {
	t.Helper()
	part := strings.Split(jwt, ".")
	require.Len(t, part, 3)
	require.NoError(t, json.Unmarshal(unb64(t, part[0]), &header))
	require.NoError(t, json.Unmarshal(unb64(t, part[1]), &claims))
	return header, claims, part[0] + "." + part[1], unb64(t, part[2])
}

// checkRSA verifies with the keys of a JWKS, written from RFC 7515 and 7518 and not from the simulator.
func checkRSA(t *testing.T, keys []testKey, jwt string) (map[string]any, error) {
	t.Helper()
	header, claims, signed, sig := split(t, jwt)
	if header["alg"] != "RS256" {
		return nil, errors.New("alg")
	}
	for _, k := range keys {
		if k.Kid == header["kid"] {
			pub := &rsa.PublicKey{N: new(big.Int).SetBytes(unb64(t, k.N)), E: int(new(big.Int).SetBytes(unb64(t, k.E)).Int64())}
			sum := sha256.Sum256([]byte(signed))
			return claims, rsa.VerifyPKCS1v15(pub, crypto.SHA256, sum[:], sig)
		}
	}
	return nil, errors.New("kid")
}

func verifyRS256(t *testing.T, c *http.Client, jwks, jwt string) map[string]any {
	t.Helper()
	keys := fetchKeys(t, c, jwks)
	require.Len(t, keys, 2)
	for _, k := range keys {
		require.Equal(t, "RSA RS256 sig", k.Kty+" "+k.Alg+" "+k.Use)
	}
	claims, err := checkRSA(t, keys, jwt)
	require.NoError(t, err)
	return claims
}

func TestTamper(t *testing.T) {
	o, c := startOIDC(t, OIDCConfig{IssParam: true})
	keys := fetchKeys(t, c, o.URL()+"/jwks")
	now := float64(time.Now().Unix())
	right := func(claims map[string]any, err error) bool {
		return err == nil && claims["iss"] == o.URL() && claims["aud"] == "app" && claims["exp"].(float64) > now && claims["nonce"] == "n-1" &&
			claims["sub"] == "3912345678" && claims["nbf"] == nil
	}
	issue := func(t *testing.T) (string, string) {
		q := consent(t, c, o.authorizeURL(), "3912345678")
		m := ask(t, c, "POST", o.URL()+"/token", oidcForm(q.Get("code"))).json(t)
		jwt, _ := m["id_token"].(string)
		return jwt, q.Get("iss")
	}
	jwt, iss := issue(t)
	require.True(t, right(checkRSA(t, keys, jwt)))
	require.Equal(t, o.URL(), iss)

	cases := map[Tamper]func(t *testing.T, claims map[string]any, err error, jwt string){
		TamperIssuer: func(t *testing.T, claims map[string]any, err error, _ string) {
			require.Equal(t, "https://issuer.invalid", claims["iss"])
		},
		TamperIssuerSlash: func(t *testing.T, claims map[string]any, err error, _ string) {
			require.Equal(t, o.URL()+"/", claims["iss"])
		},
		TamperAudience: func(t *testing.T, claims map[string]any, err error, _ string) {
			require.NotEqual(t, "app", claims["aud"])
		},
		TamperExpired: func(t *testing.T, claims map[string]any, err error, _ string) { require.Less(t, claims["exp"], now) },
		TamperFuture:  func(t *testing.T, claims map[string]any, err error, _ string) { require.Greater(t, claims["nbf"], now) },
		TamperAlgNone: func(t *testing.T, _ map[string]any, err error, jwt string) {
			header, _, _, sig := split(t, jwt)
			require.Equal(t, "none", header["alg"])
			require.Empty(t, sig)
		},
		TamperHS256PublicKey: func(t *testing.T, _ map[string]any, err error, jwt string) {
			header, _, signed, sig := split(t, jwt)
			require.Equal(t, "HS256", header["alg"])
			der, _ := x509.MarshalPKIXPublicKey(keysOf()[0].Public())
			mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
			mac.Write([]byte(signed))
			require.Equal(t, mac.Sum(nil), sig)
		},
		TamperSignature: func(t *testing.T, _ map[string]any, err error, _ string) {
			require.ErrorIs(t, err, rsa.ErrVerification)
		},
		TamperKeyID: func(t *testing.T, _ map[string]any, err error, _ string) { require.EqualError(t, err, "kid") },
		TamperNoNonce: func(t *testing.T, claims map[string]any, err error, _ string) {
			require.NotContains(t, claims, "nonce")
		},
		TamperNonce: func(t *testing.T, claims map[string]any, err error, _ string) {
			require.NotEqual(t, "n-1", claims["nonce"])
		},
		TamperNoSubject: func(t *testing.T, claims map[string]any, err error, _ string) { require.Equal(t, "", claims["sub"]) },
	}
	for _, tamper := range Tampers() {
		t.Run(string(tamper), func(t *testing.T) {
			require.NoError(t, o.Tamper(tamper))
			jwt, iss := issue(t)
			switch tamper {
			case TamperNoToken:
				require.Empty(t, jwt)
				return
			case TamperIssParam:
				require.Equal(t, "https://issuer.invalid", iss)
				return
			case TamperNoIssParam:
				require.Empty(t, iss)
				return
			}
			claims, err := checkRSA(t, keys, jwt)
			require.False(t, right(claims, err))
			cases[tamper](t, claims, err, jwt)
		})
	}
	require.NoError(t, o.Tamper(TamperNone))
	jwt, _ = issue(t)
	require.True(t, right(checkRSA(t, keys, jwt)))
	require.ErrorContains(t, o.Tamper("x"), "hs256-public-key")
}

// F72: a key that is unknown at once, and one that stays unknown for a while.
func TestRotation(t *testing.T) {
	o, c := startOIDC(t, OIDCConfig{})
	jwks := o.URL() + "/jwks"
	issue := func() string {
		return ask(t, c, "POST", o.URL()+"/token", oidcForm(consent(t, c, o.authorizeURL(), "3912345678").Get("code"))).json(t)["id_token"].(string)
	}
	first := issue()
	before := fetchKeys(t, c, jwks)
	require.NoError(t, o.Rotate())
	second := issue()
	_, err := checkRSA(t, before, second)
	require.EqualError(t, err, "kid")
	verifyRS256(t, c, jwks, second)
	verifyRS256(t, c, jwks, first)

	require.NoError(t, o.RotateUnpublished())
	third := issue()
	_, err = checkRSA(t, fetchKeys(t, c, jwks), third)
	require.EqualError(t, err, "kid")
	verifyRS256(t, c, jwks, second)
	o.Publish()
	o.Publish()
	verifyRS256(t, c, jwks, third)
	verifyRS256(t, c, jwks, second)
	_, err = checkRSA(t, fetchKeys(t, c, jwks), first)
	require.EqualError(t, err, "kid", "two keys, no more")
	header, _, _, _ := split(t, third)
	require.Equal(t, o.KeyID(), header["kid"])
}

func TestOtherAlgorithms(t *testing.T) {
	o, err := StartOIDC(OIDCConfig{Alg: "ES256", Clients: []Client{app()}})
	require.NoError(t, err)
	defer o.Close()
	c := browser(t)
	jwt := ask(t, c, "POST", o.URL()+"/token", oidcForm(consent(t, c, o.authorizeURL(), "3912345678").Get("code"))).json(t)["id_token"].(string)
	header, _, signed, sig := split(t, jwt)
	require.Equal(t, "ES256", header["alg"])
	require.Len(t, sig, 64)
	k := fetchKeys(t, c, o.URL()+"/jwks")[0]
	require.Equal(t, header["kid"], k.Kid)
	pub := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(unb64(t, k.X)), Y: new(big.Int).SetBytes(unb64(t, k.Y))}
	sum := sha256.Sum256([]byte(signed))
	require.True(t, ecdsa.Verify(pub, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])))

	// LINE: web logins are signed with the secret although ES256 is advertised.
	line, c := startOIDC(t, OIDCConfig{Alg: "HS256", AdvertisedAlgs: []string{"ES256"}})
	jwt = ask(t, c, "POST", line.URL()+"/token", oidcForm(consent(t, c, line.authorizeURL(), "3912345678").Get("code"))).json(t)["id_token"].(string)
	header, _, signed, sig = split(t, jwt)
	require.Equal(t, "HS256", header["alg"])
	mac := hmac.New(sha256.New, []byte("app-secret"))
	mac.Write([]byte(signed))
	require.Equal(t, mac.Sum(nil), sig)
	require.Contains(t, ask(t, c, "GET", line.URL()+"/.well-known/openid-configuration", nil).body, `"id_token_signing_alg_values_supported":["ES256"]`)
}
