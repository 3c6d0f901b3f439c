package vendorsim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"sync/atomic"
)

// Signer signs ID tokens and publishes its keys (JWKS). Two keys are published at any time. It is embedded in the vendors
// that issue ID tokens; its methods are safe for concurrent use.
type Signer struct {
	alg       string // RS256, ES256, HS256
	mu        sync.RWMutex
	signing   *signingKey
	published []*signingKey
	tampering atomic.Pointer[Tamper]
}

type signingKey struct {
	id  string
	key crypto.Signer
}

// start makes the keys: given ones first, then new ones until there are two. It does not copy private keys.
func (s *Signer) start(alg string, given []*rsa.PrivateKey) error {
	s.alg = alg
	if alg == "ES256" && len(given) > 0 {
		return errors.New("keys are RSA keys, and the algorithm is ES256")
	}
	var keys []*signingKey
	for _, k := range given {
		if k == nil || k.N.BitLen() < 2048 {
			return errors.New("a key is missing or shorter than 2048 bits")
		}
		keys = append(keys, named(k))
	}
	for len(keys) < 2 {
		k, err := newKey(alg)
		if err != nil {
			return err
		}
		keys = append(keys, k)
	}
	s.signing, s.published = keys[0], keys[:2]
	return nil
}

func newKey(alg string) (*signingKey, error) {
	if alg == "ES256" {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		return named(k), nil
	}
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return named(k), nil
}

// named derives the key id from the public key, so that a key keeps its id over servers.
func named(k crypto.Signer) *signingKey {
	der, _ := x509.MarshalPKIXPublicKey(k.Public())
	sum := sha256.Sum256(der)
	return &signingKey{id: b64(sum[:12]), key: k}
}

// Rotate signs with a new key from now on and publishes it beside the one that signed before.
func (s *Signer) Rotate() error {
	if err := s.RotateUnpublished(); err != nil {
		return err
	}
	s.Publish()
	return nil
}

// RotateUnpublished signs with a new key that the JWKS does not show until Publish is called: its kid is unknown meanwhile.
func (s *Signer) RotateUnpublished() error {
	k, err := newKey(s.alg)
	if err != nil {
		return fmt.Errorf("vendorsim: rotate: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signing = k
	return nil
}

// Publish shows the signing key in the JWKS, beside the newest one shown before. It does nothing when it is shown already.
func (s *Signer) Publish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.published[0] != s.signing {
		s.published = []*signingKey{s.signing, s.published[0]}
	}
}

// KeyID is the kid of the key that signs now.
func (s *Signer) KeyID() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.signing.id
}

func (s *Signer) current() *signingKey {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.signing
}

type jwk struct {
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	Alg string `json:"alg"`
	Use string `json:"use"`
	N   string `json:"n,omitempty"`
	E   string `json:"e,omitempty"`
	Crv string `json:"crv,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
}

func (s *Signer) jwks() answer {
	s.mu.RLock()
	keys := s.published
	s.mu.RUnlock()
	list := make([]jwk, 0, len(keys))
	for _, k := range keys {
		switch pub := k.key.Public().(type) {
		case *rsa.PublicKey: // RFC 7518 section 6.3: big endian, no leading zeros
			e := big.NewInt(int64(pub.E)).Bytes()
			list = append(list, jwk{Kid: k.id, Kty: "RSA", Alg: "RS256", Use: "sig", N: b64(pub.N.Bytes()), E: b64(e)})
		case *ecdsa.PublicKey:
			if point, err := pub.Bytes(); err == nil { // 4, x, y
				list = append(list, jwk{Kid: k.id, Kty: "EC", Alg: "ES256", Use: "sig", Crv: "P-256", X: b64(point[1:33]), Y: b64(point[33:])})
			}
		}
	}
	return jsonAnswer(200, map[string]any{"keys": list})
}

// sign makes a compact JWS (RFC 7515) of the claims. secret is used by HS256 only.
func (s *Signer) sign(claims map[string]any, secret string) string {
	t := s.tamper()
	k := s.current()
	alg, kid := s.alg, k.id
	switch t {
	case TamperAlgNone:
		alg = "none"
	case TamperHS256PublicKey:
		alg = "HS256"
		der, _ := x509.MarshalPKIXPublicKey(k.key.Public())
		secret = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	case TamperKeyID:
		kid = "no-such-key"
	}
	header := map[string]string{"alg": alg, "typ": "JWT", "kid": kid}
	if s.alg == "HS256" {
		delete(header, "kid")
	}
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	signed := b64(h) + "." + b64(c)
	var sig []byte
	sum := sha256.Sum256([]byte(signed))
	switch {
	case alg == "none":
	case alg == "HS256":
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(signed))
		sig = mac.Sum(nil)
	case alg == "RS256":
		sig, _ = k.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	case alg == "ES256": // RFC 7518 section 3.4: r and s, 32 bytes each
		r, t, err := ecdsa.Sign(rand.Reader, k.key.(*ecdsa.PrivateKey), sum[:])
		if err == nil {
			sig = make([]byte, 64)
			r.FillBytes(sig[:32])
			t.FillBytes(sig[32:])
		}
	}
	if t == TamperSignature && len(sig) > 0 {
		sig[len(sig)/2] ^= 1
	}
	return signed + "." + b64(sig)
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
