package vendorsim

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// OIDCConfig is an OpenID Connect provider such as Google (the zero value) or LINE.
type OIDCConfig struct {
	Clients []Client
	Users   []User // empty: two demo citizens
	Issuer  string // empty: URL of the server
	// Alg signs ID tokens: RS256 (empty), ES256, or HS256 with the client secret, as LINE does for web logins.
	Alg string
	// AdvertisedAlgs of the discovery document; empty: Alg. LINE advertises ES256 only and signs web logins with HS256.
	AdvertisedAlgs []string
	// AuthMethods of the token endpoint; empty: client_secret_post and client_secret_basic.
	AuthMethods []string
	// RequirePKCE refuses authorise requests without a challenge. Zero: a challenge that was sent must be met.
	RequirePKCE bool
	// IssParam sends the iss parameter of RFC 9207 with every authorisation response, also errors, and advertises it.
	IssParam bool

	CodeTTL    time.Duration // 0: 10 minutes
	AccessTTL  time.Duration // 0: 3599 s; ID tokens live as long
	RefreshTTL time.Duration // 0: 180 days
	JWKSMaxAge time.Duration // Cache-Control of the JWKS; 0: 1 hour

	Keys []*rsa.PrivateKey // to share over servers, 2048 bits or more; missing ones of two are made at start
}

// OIDC is a simulated OpenID Connect provider.
//
//	GET  /.well-known/openid-configuration  discovery
//	GET  /authorize                         authorize  page with a form, which is sent to /authorize/allow
//	POST /token                             token
//	GET  /jwks                              jwks
//	GET  /userinfo                          userinfo   also POST
//
// Source: OpenID Connect Core 1.0, Discovery 1.0; RFC 6749, 6750, 7636, 9207.
type OIDC struct {
	Server
	Signer
	desk *desk
	cfg  OIDCConfig
}

// StartOIDC starts the server. All mistakes of the Config are reported at once.
func StartOIDC(cfg OIDCConfig) (*OIDC, error) {
	o := &OIDC{cfg: cfg}
	var errs []error
	if cfg.Alg == "" {
		o.cfg.Alg = "RS256"
	}
	if !slices.Contains([]string{"RS256", "ES256", "HS256"}, o.cfg.Alg) {
		errs = append(errs, fmt.Errorf("unknown algorithm %q; known: RS256, ES256, HS256", cfg.Alg))
	}
	if len(cfg.AdvertisedAlgs) == 0 {
		o.cfg.AdvertisedAlgs = []string{o.cfg.Alg}
	}
	known := []string{"client_secret_post", "client_secret_basic"}
	if len(cfg.AuthMethods) == 0 {
		o.cfg.AuthMethods = known
	}
	for _, m := range cfg.AuthMethods {
		if !slices.Contains(known, m) {
			errs = append(errs, fmt.Errorf("unknown auth method %q; known: %s", m, strings.Join(known, ", ")))
		}
	}
	var err error
	o.desk, err = newDesk(&o.Server, cfg.Clients, o.cfg.Alg == "HS256", cfg.Users, oidcID, lifetimes{
		code: orDefault(cfg.CodeTTL, 10*time.Minute), access: orDefault(cfg.AccessTTL, 3599*time.Second), refresh: orDefault(cfg.RefreshTTL, 180*24*time.Hour),
	}, &page{vendor: "OpenID", action: "/authorize/allow"})
	errs = append(errs, err)
	if errors.Join(errs...) == nil { // keys cost time
		errs = append(errs, o.Signer.start(o.cfg.Alg, cfg.Keys))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("vendorsim: oidc: start: %w", err)
	}
	if err := o.Server.start("oidc", o.operations()...); err != nil {
		return nil, err
	}
	return o, nil
}

// Register adds a client or replaces the one with the same ID.
func (o *OIDC) Register(c Client) error { return o.desk.register(c) }

// Issuer is the iss of ID tokens and of the authorisation response.
func (o *OIDC) Issuer() string {
	if o.cfg.Issuer != "" {
		return o.cfg.Issuer
	}
	return o.URL()
}

func oidcID(id string) error { // OpenID Connect Core section 2: at most 255 ASCII characters
	if len(id) > 255 || strings.ContainsFunc(id, func(r rune) bool { return r > 126 || r < 32 }) {
		return errors.New("ID is longer than 255 bytes or not ASCII")
	}
	return nil
}

func (o *OIDC) operations() []*operation {
	tokenCodes := []string{"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "server_error", "temporarily_unavailable"}
	plain := func(name string, do func() answer, path string) *operation {
		return &operation{name: name, paths: []string{path}, do: func(r *http.Request) answer { return get(r, do) },
			failed: func(*http.Request) answer { return oidcError("server_error") },
			codes:  []string{"server_error", "temporarily_unavailable"},
			vendor: func(_ *http.Request, code string) answer { return oidcError(code) }}
	}
	return []*operation{
		{name: "authorize", paths: []string{"/authorize", "/authorize/allow"}, do: o.authorize,
			failed: func(*http.Request) answer { return o.problem("server_error") },
			codes: []string{"access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope",
				"login_required", "consent_required", "interaction_required", "account_selection_required", "server_error", "temporarily_unavailable"},
			vendor: o.authorizeError},
		{name: "token", paths: []string{"/token"}, do: o.token,
			failed: func(*http.Request) answer { return oidcError("server_error") },
			codes:  tokenCodes,
			vendor: func(_ *http.Request, code string) answer { return oidcError(code) }},
		plain("jwks", o.keys, "/jwks"),
		{name: "userinfo", paths: []string{"/userinfo"}, do: o.userinfo,
			failed: func(*http.Request) answer { return oidcError("server_error") },
			codes:  []string{"invalid_request", "invalid_token", "insufficient_scope", "server_error", "temporarily_unavailable"},
			vendor: func(_ *http.Request, code string) answer { return bearerError(code) }},
		plain("discovery", o.discovery, "/.well-known/openid-configuration"),
	}
}

func (o *OIDC) keys() answer {
	age := orDefault(o.cfg.JWKSMaxAge, time.Hour)
	return o.jwks().with("Cache-Control", fmt.Sprintf("public, max-age=%d, must-revalidate", seconds(age)))
}

func (o *OIDC) discovery() answer {
	base := o.URL()
	doc := map[string]any{
		"issuer":                                o.Issuer(),
		"authorization_endpoint":                base + "/authorize",
		"token_endpoint":                        base + "/token",
		"userinfo_endpoint":                     base + "/userinfo",
		"jwks_uri":                              base + "/jwks",
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": o.cfg.AdvertisedAlgs,
		"scopes_supported":                      []string{"openid", "email", "profile", "phone", "offline_access"},
		"token_endpoint_auth_methods_supported": o.cfg.AuthMethods,
		"grant_types_supported":                 []string{"authorization_code", "refresh_token"},
		"code_challenge_methods_supported":      []string{"S256"},
		"claims_supported":                      []string{"aud", "email", "email_verified", "exp", "iat", "iss", "name", "nickname", "nonce", "phone_number", "phone_number_verified", "sub"},
	}
	if o.cfg.IssParam {
		doc["authorization_response_iss_parameter_supported"] = true
	}
	return jsonAnswer(http.StatusOK, doc)
}
