package vendorsim

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// KakaoConfig is what Kakao's console holds, and the open questions of its documents. The zero value is a strict server
// without any client; see [Kakao.Register].
type KakaoConfig struct {
	Clients []Client
	Users   []User // empty: two demo citizens, one with an id beyond 2^53
	// Consents are the items the app uses; empty: all of account_email, name, gender, birthday, birthyear,
	// phone_number, profile_nickname. A request without scope asks for all of them, and for openid.
	Consents []string
	AdminKey string // enables "Authorization: KakaoAK ..."; empty: refused
	AppID    int64  // in token_info; 0: 1234
	Issuer   string // of ID tokens and discovery; empty: URL of the server
	NoOIDC   bool   // the console switch: no ID tokens

	// TokenLimits enforces what Kakao allows one citizen at one app: 20 exchanges of a code in 10 minutes and 30 refreshes
	// in an hour, then KOE237. Zero: a rehearsal compresses hours and may sign the same citizen in more often.
	TokenLimits bool

	// IgnorePKCE accepts any code_verifier. UNCONFIRMED whether Kakao enforces the challenge it was sent; zero: it does.
	IgnorePKCE bool
	// PageStatus is the HTTP status of error pages (KOE006 and the like). UNCONFIRMED; 0: 400.
	PageStatus int
	// UnknownKeyStatus is the HTTP status of KOE101 at the token endpoint. UNCONFIRMED; 0: 401.
	UnknownKeyStatus int

	CodeTTL    time.Duration // UNCONFIRMED; 0: 10 minutes
	AccessTTL  time.Duration // 0: 21599 s
	RefreshTTL time.Duration // 0: 5183999 s. A refresh within the last 30 days of it hands out a new refresh token.

	Keys []*rsa.PrivateKey // to share over servers, 2048 bits or more; missing ones of two are made at start (about 0.1 s each)
}

// Kakao is a simulated Kakao Login: kauth.kakao.com and kapi.kakao.com on one address.
//
//	GET  /oauth/authorize           authorize   page with a form, which is sent to /oauth/authorize/allow
//	POST /oauth/token               token
//	GET  /v2/user/me                me          also POST
//	GET  /v1/user/access_token_info token_info
//	GET  /v1/oidc/userinfo          userinfo
//	POST /v1/user/logout            logout
//	POST /v1/user/unlink            unlink
//	GET  /.well-known/jwks.json                jwks
//	GET  /.well-known/openid-configuration     discovery
//
// Source: developers.kakao.com, REST API reference of Kakao Login.
type Kakao struct {
	Server
	Signer
	desk *desk
	cfg  KakaoConfig

	limits    sync.Mutex // of the two below, by app and citizen: their number is bounded by the console's
	exchanges map[string]*limiter
	refreshes map[string]*limiter
}

// kakaoConsent is a documented consent item: its id, the item of User it reveals, and the field that says consent is missing.
type kakaoConsent struct{ id, reveals, needs string }

func kakaoConsents() []kakaoConsent {
	return []kakaoConsent{
		{"profile_nickname", "nickname", "profile_nickname_needs_agreement"},
		{"account_email", "email", "email_needs_agreement"},
		{"name", "name", "name_needs_agreement"},
		{"phone_number", "phone", "phone_number_needs_agreement"},
		{"gender", "gender", "gender_needs_agreement"},
		{"birthday", "birthdate", "birthday_needs_agreement"},
		{"birthyear", "birthdate", "birthyear_needs_agreement"},
	}
}

// StartKakao starts the server. All mistakes of the Config are reported at once.
func StartKakao(cfg KakaoConfig) (*Kakao, error) {
	k := &Kakao{cfg: cfg, exchanges: map[string]*limiter{}, refreshes: map[string]*limiter{}}
	var errs []error
	var known []string
	for _, c := range kakaoConsents() {
		known = append(known, c.id)
	}
	if len(cfg.Consents) == 0 {
		k.cfg.Consents = known
	}
	for _, c := range cfg.Consents {
		if !slices.Contains(known, c) {
			errs = append(errs, fmt.Errorf("unknown consent %q; known: %s", c, strings.Join(known, ", ")))
		}
	}
	errs = append(errs, checkStatus(cfg.PageStatus), checkStatus(cfg.UnknownKeyStatus))
	if cfg.PageStatus == 0 {
		k.cfg.PageStatus = http.StatusBadRequest
	}
	if cfg.UnknownKeyStatus == 0 {
		k.cfg.UnknownKeyStatus = http.StatusUnauthorized
	}
	if cfg.AppID == 0 {
		k.cfg.AppID = 1234
	}
	var err error
	k.desk, err = newDesk(&k.Server, cfg.Clients, false, cfg.Users, kakaoID, lifetimes{
		code: orDefault(cfg.CodeTTL, 10*time.Minute), access: orDefault(cfg.AccessTTL, 21599*time.Second), refresh: orDefault(cfg.RefreshTTL, 5183999*time.Second),
	}, &page{vendor: "카카오", action: "/oauth/authorize/allow"})
	errs = append(errs, err, k.Signer.start("RS256", cfg.Keys))
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("vendorsim: kakao: start: %w", err)
	}
	if err := k.Server.start("kakao", k.operations()...); err != nil {
		return nil, err
	}
	return k, nil
}

// Register adds a client or replaces the one with the same ID.
func (k *Kakao) Register(c Client) error { return k.desk.register(c) }

// Issuer is the iss of ID tokens.
func (k *Kakao) Issuer() string {
	if k.cfg.Issuer != "" {
		return k.cfg.Issuer
	}
	return k.URL()
}

func (k *Kakao) operations() []*operation {
	pages, auth, api := kauthCodes(true), kauthCodes(false), kapiCodes()
	kauth := func(name string, codes []string, do func(*http.Request) answer, paths ...string) *operation {
		return &operation{name: name, paths: paths, do: do, codes: codes,
			failed: func(*http.Request) answer { return k.kauthError("KOE003", "") },
			vendor: func(_ *http.Request, code string) answer { return k.kauthError(code, "") }}
	}
	kapi := func(name string, do func(*http.Request) answer, path string) *operation {
		return &operation{name: name, paths: []string{path}, do: do, codes: api,
			failed: func(*http.Request) answer { return kapiError(-1) },
			vendor: func(_ *http.Request, code string) answer { n, _ := strconv.Atoi(code); return kapiError(n) }}
	}
	authorize := kauth("authorize", pages, k.authorize, "/oauth/authorize", "/oauth/authorize/allow")
	authorize.failed = func(*http.Request) answer { return k.kauthPage("KOE003") }
	authorize.vendor = func(_ *http.Request, code string) answer { return k.kauthPage(code) }
	return []*operation{
		authorize,
		kauth("token", auth, k.token, "/oauth/token"),
		kapi("me", k.me, "/v2/user/me"),
		kapi("token_info", k.tokenInfo, "/v1/user/access_token_info"),
		kapi("userinfo", k.userinfo, "/v1/oidc/userinfo"),
		kapi("logout", k.logout, "/v1/user/logout"),
		kapi("unlink", k.unlink, "/v1/user/unlink"),
		kauth("jwks", auth, func(r *http.Request) answer { return get(r, k.jwks) }, "/.well-known/jwks.json"),
		kauth("discovery", auth, func(r *http.Request) answer { return get(r, k.discovery) }, "/.well-known/openid-configuration"),
	}
}

func (k *Kakao) discovery() answer {
	base := k.URL()
	return jsonAnswer(http.StatusOK, map[string]any{
		"issuer":                                k.Issuer(),
		"authorization_endpoint":                base + "/oauth/authorize",
		"token_endpoint":                        base + "/oauth/token",
		"userinfo_endpoint":                     base + "/v1/oidc/userinfo",
		"jwks_uri":                              base + "/.well-known/jwks.json",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"request_uri_parameter_supported":       false,
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token"},
		"code_challenge_methods_supported":      []string{"S256"},
		"claims_supported":                      []string{"iss", "aud", "sub", "auth_time", "exp", "iat", "nonce", "nickname", "picture", "email"},
	})
}

func kakaoID(id string) error {
	if n, err := strconv.ParseInt(id, 10, 64); err != nil || n <= 0 || strconv.FormatInt(n, 10) != id {
		return errors.New("ID is no positive 64-bit integer")
	}
	return nil
}

func checkStatus(n int) error {
	if n != 0 && (n < 200 || n > 599) {
		return fmt.Errorf("status %d is not within 200 and 599", n)
	}
	return nil
}

// get answers GET and HEAD only.
func get(r *http.Request, do func() answer) answer {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return methodNotAllowed("GET")
	}
	return do()
}
