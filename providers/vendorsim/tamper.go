package vendorsim

import (
	"fmt"
	"slices"
	"time"
)

// Tamper names a way in which ID tokens are wrong, for testing who verifies them. It holds for tokens issued after
// [Signer.Tamper].
type Tamper string

// The ways to be wrong.
const (
	TamperNone           Tamper = ""                 // tokens are right
	TamperIssuer         Tamper = "issuer"           // iss of another vendor
	TamperIssuerSlash    Tamper = "issuer-slash"     // iss with a slash at the end
	TamperAudience       Tamper = "audience"         // aud of another client
	TamperExpired        Tamper = "expired"          // exp an hour ago
	TamperFuture         Tamper = "future"           // nbf and iat in an hour
	TamperAlgNone        Tamper = "alg-none"         // unsigned
	TamperHS256PublicKey Tamper = "hs256-public-key" // HMAC with the public key's PEM as secret
	TamperSignature      Tamper = "signature"        // one bit of the signature flipped
	TamperKeyID          Tamper = "kid"              // kid that the JWKS does not have
	TamperNoNonce        Tamper = "no-nonce"         // nonce missing although sent
	TamperNonce          Tamper = "nonce"            // nonce of another request
	TamperNoSubject      Tamper = "no-subject"       // sub empty
	TamperNoToken        Tamper = "no-token"         // no id_token in the answer
	TamperIssParam       Tamper = "iss-param"        // RFC 9207 iss parameter of another vendor; OIDC only
	TamperNoIssParam     Tamper = "no-iss-param"     // RFC 9207 iss parameter missing although advertised; OIDC only
)

// Tampers lists every way to be wrong.
func Tampers() []Tamper {
	return []Tamper{TamperIssuer, TamperIssuerSlash, TamperAudience, TamperExpired, TamperFuture, TamperAlgNone, TamperHS256PublicKey,
		TamperSignature, TamperKeyID, TamperNoNonce, TamperNonce, TamperNoSubject, TamperNoToken, TamperIssParam, TamperNoIssParam}
}

// Tamper makes ID tokens wrong from now on; TamperNone makes them right again. An unknown way is an error that lists the known.
func (s *Signer) Tamper(t Tamper) error {
	if t != TamperNone && !slices.Contains(Tampers(), t) {
		return fmt.Errorf("vendorsim: unknown tamper %q; known: %s", t, join(Tampers()))
	}
	s.tampering.Store(&t)
	return nil
}

func (s *Signer) tamper() Tamper {
	if t := s.tampering.Load(); t != nil {
		return *t
	}
	return TamperNone
}

const strangerIssuer = "https://issuer.invalid"

// idToken is the signed token of the claims, wrong as ordered; empty when none is to be sent.
func (s *Signer) idToken(claims map[string]any, now time.Time, secret string) string {
	switch s.tamper() {
	case TamperIssuer:
		claims["iss"] = strangerIssuer
	case TamperIssuerSlash:
		claims["iss"] = claims["iss"].(string) + "/"
	case TamperAudience:
		claims["aud"] = "another-client"
	case TamperExpired:
		claims["iat"], claims["exp"] = now.Add(-2*time.Hour).Unix(), now.Add(-time.Hour).Unix()
	case TamperFuture:
		claims["iat"], claims["nbf"] = now.Add(time.Hour).Unix(), now.Add(time.Hour).Unix()
		claims["exp"] = now.Add(2 * time.Hour).Unix()
	case TamperNoNonce:
		delete(claims, "nonce")
	case TamperNonce:
		claims["nonce"] = "nonce-of-another-request"
	case TamperNoSubject:
		claims["sub"] = ""
	case TamperNoToken:
		return ""
	}
	return s.sign(claims, secret)
}
