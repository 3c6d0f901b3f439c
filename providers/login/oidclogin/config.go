package oidclogin

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"

	"github.com/detour-go/detour/providers"
)

// Config of a Provider. Issuer, the three URLs, ClientID, ClientSecret and
// RedirectURI are required.
type Config struct {
	// Name is the provider's name in errors, e.g. "google"; empty: "oidc".
	Name string
	// Issuer is compared byte by byte with the iss of id tokens and replies.
	Issuer string
	// AuthURL, TokenURL and JWKSURL are https and without a query.
	AuthURL, TokenURL, JWKSURL string
	// UserinfoURL is asked for the labels of an identity; empty: those of the id
	// token serve. Its sub must be that of the id token, its answer plain JSON.
	UserinfoURL string

	ClientID     string
	ClientSecret providers.Secret
	// PublicClient has no secret; PKCE alone proves who redeems a code.
	PublicClient bool
	// BasicAuth sends the secret by client_secret_basic; otherwise client_secret_post.
	BasicAuth bool
	// RedirectURI is registered at the issuer, and the callback of this provider alone.
	RedirectURI string
	// Scopes are asked for besides "openid".
	Scopes []string
	// WithoutPKCE is for an issuer that refuses code_challenge. Not for a PublicClient.
	WithoutPKCE bool
	// RequireIssuer is for an issuer that advertises
	// authorization_response_iss_parameter_supported (RFC 9207): a reply without
	// iss is then refused. A wrong one always is.
	RequireIssuer bool
	// Algorithms are those an id token may be signed with; empty: RS256 and ES256.
	// "none" and the HS family are mistakes.
	Algorithms []string
	// StringBooleans takes "true" for true in email_verified, as Apple writes it.
	StringBooleans bool

	// KeysMaxAge is how long keys serve before they are fetched again; zero: 1h.
	KeysMaxAge time.Duration
	// KeysMaxStale is how long keys serve in all while the key set is down; zero: 24h.
	KeysMaxStale time.Duration
	// KeysFloor is the shortest time between two fetches for an unknown kid; zero: 10s.
	// While the key set does not answer, it is asked once a second at most.
	KeysFloor time.Duration

	// AllowLoopbackHTTP permits http to a loopback address, for tests and rehearsals.
	AllowLoopbackHTTP bool
	// HTTP is the client to ask through; nil: one that dials public addresses only, or loopback only where that is permitted.
	HTTP *http.Client
	// UserAgent is sent to the issuer; empty: "detour/<name>".
	UserAgent string
	// Timeout bounds each request; zero: 10s, and 3s for keys.
	Timeout time.Duration
}

// algorithms allows asymmetric signatures only: with the HS family, whoever
// knows the public key could sign.
func algorithms(given []string) ([]jose.SignatureAlgorithm, error) {
	if len(given) == 0 {
		return []jose.SignatureAlgorithm{jose.RS256, jose.ES256}, nil
	}
	may := []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA}
	var algs []jose.SignatureAlgorithm
	for _, name := range given {
		if !slices.Contains(may, jose.SignatureAlgorithm(name)) {
			return nil, errors.New("an algorithm is unknown, none, or symmetric")
		}
		algs = append(algs, jose.SignatureAlgorithm(name))
	}
	return algs, nil
}

func names(algs []jose.SignatureAlgorithm) []string {
	out := make([]string, len(algs))
	for i, a := range algs {
		out[i] = string(a)
	}
	return out
}

func ages(cfg Config) (Config, error) {
	if cfg.KeysMaxAge < 0 || cfg.KeysMaxStale < 0 || cfg.KeysFloor < 0 {
		return cfg, errors.New("an age of keys is negative")
	}
	if cfg.KeysMaxAge == 0 {
		cfg.KeysMaxAge = time.Hour
	}
	if cfg.KeysMaxStale == 0 {
		cfg.KeysMaxStale = max(24*time.Hour, cfg.KeysMaxAge)
	}
	if cfg.KeysFloor == 0 {
		cfg.KeysFloor = 10 * time.Second
	}
	if cfg.KeysMaxStale < cfg.KeysMaxAge {
		return cfg, errors.New("keys max stale is shorter than keys max age")
	}
	return cfg, nil
}

func withOpenID(scopes []string) []string {
	if slices.Contains(scopes, oidc.ScopeOpenID) {
		return slices.Clone(scopes)
	}
	return append([]string{oidc.ScopeOpenID}, scopes...)
}
