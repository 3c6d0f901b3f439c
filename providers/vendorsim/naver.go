package vendorsim

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// NaverConfig is what Naver's console holds, and the open questions of its documents.
type NaverConfig struct {
	Clients []Client // each needs a secret
	Users   []User   // empty: two demo citizens; User.ID is the id that the application sees

	// TokenErrorStatus is the HTTP status of errors at the token endpoint. UNCONFIRMED; 0: 200. Seen elsewhere: 400, 401.
	TokenErrorStatus int
	// CodeError is the error word of a bad code. 0: "unauthorized_client", as documented; seen: "invalid_request".
	CodeError string
	// ClientError is the error word of a wrong client or secret. UNCONFIRMED on this path; empty: "invalid_client".
	ClientError string
	// NumericExpires sends expires_in as a number, as the field table says; zero: as a quoted string, as the samples do.
	NumericExpires bool
	// LooseState accepts any state at the token endpoint. UNCONFIRMED whether Naver compares it; zero: it must be the one
	// of the authorise call.
	LooseState bool
	// OpenAPIErrors gives errors of the profile as {"errorMessage","errorCode"}; zero: {"resultcode","message"}. UNCONFIRMED which.
	OpenAPIErrors bool
	// PageStatus is the HTTP status of error pages. UNCONFIRMED; 0: 400.
	PageStatus int

	CodeTTL    time.Duration // UNCONFIRMED; 0: 10 minutes
	AccessTTL  time.Duration // 0: 3600 s
	RefreshTTL time.Duration // UNCONFIRMED; 0: 365 days
}

// Naver is a simulated Naver Login, plain OAuth 2.0: nid.naver.com and openapi.naver.com on one address.
//
//	GET|POST /oauth2.0/authorize  authorize  page with a form, which is sent to /oauth2.0/authorize/allow
//	GET|POST /oauth2.0/token      token
//	POST     /oauth2.0/revoke     revoke
//	GET      /v1/nid/me           me
//
// Source: developers.naver.com, Naver Login API specification.
type Naver struct {
	Server
	desk *desk
	cfg  NaverConfig
}

// StartNaver starts the server. All mistakes of the Config are reported at once.
func StartNaver(cfg NaverConfig) (*Naver, error) {
	n := &Naver{cfg: cfg}
	errs := []error{checkStatus(cfg.TokenErrorStatus), checkStatus(cfg.PageStatus)}
	if cfg.TokenErrorStatus == 0 {
		n.cfg.TokenErrorStatus = http.StatusOK
	}
	if cfg.PageStatus == 0 {
		n.cfg.PageStatus = http.StatusBadRequest
	}
	if cfg.CodeError == "" {
		n.cfg.CodeError = "unauthorized_client"
	}
	if cfg.ClientError == "" {
		n.cfg.ClientError = "invalid_client"
	}
	var err error
	n.desk, err = newDesk(&n.Server, cfg.Clients, true, cfg.Users, naverID, lifetimes{
		code: orDefault(cfg.CodeTTL, 10*time.Minute), access: orDefault(cfg.AccessTTL, time.Hour), refresh: orDefault(cfg.RefreshTTL, 365*24*time.Hour),
	}, &page{vendor: "네이버", action: "/oauth2.0/authorize/allow"})
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("vendorsim: naver: start: %w", err)
	}
	if err := n.Server.start("naver", n.operations()...); err != nil {
		return nil, err
	}
	return n, nil
}

// Register adds a client or replaces the one with the same ID.
func (n *Naver) Register(c Client) error { return n.desk.register(c) }

func naverID(id string) error {
	if len(id) > 64 {
		return errors.New("ID is longer than 64 bytes")
	}
	return nil
}

func (n *Naver) operations() []*operation {
	return []*operation{
		{name: "authorize", paths: []string{"/oauth2.0/authorize", "/oauth2.0/authorize/allow"}, do: n.authorize,
			failed: func(*http.Request) answer { return n.problem("server_error") },
			codes:  []string{"access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type", "server_error"},
			vendor: n.authorizeError},
		{name: "token", paths: []string{"/oauth2.0/token"}, do: n.token,
			failed: func(*http.Request) answer { return n.tokenError("server_error") },
			codes:  []string{"invalid_request", "unauthorized_client", "invalid_client", "unsupported_response_type", "server_error"},
			vendor: func(_ *http.Request, code string) answer { return n.tokenError(code) }},
		{name: "revoke", paths: []string{"/oauth2.0/revoke"}, do: n.revoke,
			failed: func(*http.Request) answer { return revokeError("temporarily_unavailable") },
			codes:  []string{"invalid_request", "unauthorized_client", "temporarily_unavailable"},
			vendor: func(_ *http.Request, code string) answer { return revokeError(code) }},
		{name: "me", paths: []string{"/v1/nid/me"}, do: n.me,
			failed: func(*http.Request) answer { return n.apiError("500") },
			codes:  []string{"024", "028", "403", "404", "429", "500"},
			vendor: func(_ *http.Request, code string) answer { return n.apiError(code) }},
	}
}

// parameters reads address and form together: Naver takes GET and POST.
func parameters(r *http.Request) (url.Values, bool) {
	if r.Method == http.MethodPost && r.ContentLength != 0 && !isForm(r) {
		return nil, false
	}
	if r.ParseForm() != nil || repeated(r.Form) {
		return nil, false
	}
	return r.Form, true
}

func (n *Naver) authorize(r *http.Request) answer {
	if r.URL.Path != "/oauth2.0/authorize" {
		return n.desk.decide(r,
			func(code string, q request) answer {
				return redirectTo(callback(q.redirect, "code", code, "state", q.state))
			},
			func(q request) answer {
				return redirectTo(callback(q.redirect, "state", q.state, "error", "access_denied", "error_description", "Canceled By User"))
			})
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodHead {
		return methodNotAllowed("GET, POST")
	}
	v, ok := parameters(r)
	if !ok || v.Get("state") == "" {
		return n.problem("invalid_request")
	}
	c, known := n.desk.clients.find(v.Get("client_id"))
	switch a := v.Get("auth_type"); {
	case !known:
		return n.problem("unauthorized_client")
	case !c.allows(v.Get("redirect_uri")):
		return n.problem("invalid_request")
	case v.Get("response_type") != "code":
		return n.problem("unsupported_response_type")
	case a != "" && a != "reprompt" && a != "reauthenticate":
		return n.problem("invalid_request")
	}
	return n.desk.show(r, request{client: c, redirect: v.Get("redirect_uri"), state: v.Get("state")})
}

// problem is an error page. UNCONFIRMED: which mistakes Naver tells the citizen and which the application; here all are
// told to the citizen, because a wrong redirect URI must be.
func (n *Naver) problem(code string) answer {
	return n.desk.page.problem(n.cfg.PageStatus, "요청하신 페이지를 표시할 수 없습니다.", code)
}

// authorizeError sends the browser back with the error when the request names a client, else shows a page.
func (n *Naver) authorizeError(r *http.Request, code string) answer {
	v, ok := parameters(r)
	if ok {
		if q, there := n.desk.pending.get(v.Get("request")); there {
			return redirectTo(callback(q.redirect, "state", q.state, "error", code, "error_description", "error"))
		}
		if c, known := n.desk.clients.find(v.Get("client_id")); known && c.allows(v.Get("redirect_uri")) {
			return redirectTo(callback(v.Get("redirect_uri"), "state", v.Get("state"), "error", code, "error_description", "error"))
		}
	}
	return n.problem(code)
}

// naverToken makes an access token with the characters that break careless clients.
func naverToken() string {
	var raw [36]byte
	_, _ = rand.Read(raw[:])
	return "AAAA+/" + base64.StdEncoding.EncodeToString(raw[:]) + "="
}

type naverTokens struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	TokenType    string `json:"token_type"`
	ExpiresIn    any    `json:"expires_in"`
}

func (n *Naver) issue(t token) naverTokens {
	out := naverTokens{AccessToken: naverToken(), TokenType: "bearer", ExpiresIn: seconds(n.desk.accessTTL)}
	if !n.cfg.NumericExpires {
		out.ExpiresIn = strconv.FormatInt(seconds(n.desk.accessTTL), 10)
	}
	t.expires = n.now().Add(n.desk.accessTTL)
	n.desk.access.put(out.AccessToken, t)
	return out
}
