package naverlogin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/internal/code"
)

// Issuer is the issuer of every identity of this package.
const Issuer = "https://nid.naver.com"

// Config of a Provider. ClientID, ClientSecret and RedirectURI are required.
type Config struct {
	ClientID     string
	ClientSecret providers.Secret
	// RedirectURI is registered in the console, and the callback of this provider alone.
	RedirectURI string

	// AuthBase and APIBase are "https://nid.naver.com" and "https://openapi.naver.com" when empty.
	AuthBase, APIBase string
	// AllowLoopbackHTTP permits http to a loopback address, for tests and rehearsals.
	AllowLoopbackHTTP bool
	// HTTP is the client to ask through; nil: one that dials public addresses only, or loopback only where that is permitted.
	HTTP *http.Client
	// UserAgent is sent to Naver; empty: "detour/naver".
	UserAgent string
	// Timeout bounds each of the two requests of Finish; zero: 10s.
	Timeout time.Duration
}

// Provider is Naver Login. It is safe for concurrent use.
type Provider struct {
	grant *code.Grant
	api   *rest.Client
}

// New reports all mistakes of the configuration at once. It asks nobody.
func New(cfg Config) (*Provider, error) {
	if cfg.AuthBase == "" {
		cfg.AuthBase = Issuer
	}
	if cfg.APIBase == "" {
		cfg.APIBase = "https://openapi.naver.com"
	}
	auth := strings.TrimSuffix(cfg.AuthBase, "/")
	grant, errGrant := code.New(code.Config{
		Provider: "naver", Issuer: Issuer,
		ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, RedirectURI: cfg.RedirectURI,
		AuthURL: auth + "/oauth2.0/authorize", TokenURL: auth + "/oauth2.0/token",
		SendState: true, Ask: ask, Errors: tokenErrors,
		AllowLoopbackHTTP: cfg.AllowLoopbackHTTP, HTTP: cfg.HTTP, UserAgent: cfg.UserAgent, Timeout: cfg.Timeout,
	})
	api, errAPI := rest.New(rest.Config{
		Provider: "naver", Base: cfg.APIBase, AllowLoopbackHTTP: cfg.AllowLoopbackHTTP,
		HTTP: cfg.HTTP, UserAgent: cfg.UserAgent, Timeout: cfg.Timeout,
	})
	if errAPI != nil {
		errAPI = fmt.Errorf("api: %w", errAPI)
	}
	if err := errors.Join(errGrant, errAPI); err != nil {
		return nil, fmt.Errorf("naverlogin: %w", err)
	}
	return &Provider{grant: grant, api: api}, nil
}

// ask: Naver has auth_type in place of prompt, and no hint.
func ask(prompt, _ string, again bool) url.Values {
	words := strings.Fields(prompt)
	has := func(want ...string) bool {
		for _, have := range words {
			for _, w := range want {
				if have == w {
					return true
				}
			}
		}
		return false
	}
	switch {
	case again, has("login", "select_account"):
		return url.Values{"auth_type": {"reauthenticate"}}
	case has("consent"):
		return url.Values{"auth_type": {"reprompt"}}
	}
	return nil
}

// tokenErrors is what Naver's token endpoint says beyond, and unlike, RFC 6749.
// It says unauthorized_client and invalid_request to a code that is unknown,
// spent or foreign; both prove it alive.
//
// Naver does not document what it says to a wrong secret on this path. If it is
// one of these two, Watch cannot tell it from a healthy answer.
func tokenErrors(word string) (code.Meaning, bool) {
	switch word {
	case "invalid_request", "unauthorized_client":
		return code.Meaning{Finish: providers.Denied, Own: providers.Denied, Alive: true}, true
	}
	return code.Meaning{}, false
}

// Begin implements login.Provider. Naver has no scopes and takes no hint: both are ignored.
func (p *Provider) Begin(_ context.Context, q login.Request) (login.Challenge, error) {
	if err := q.Validate(); err != nil {
		return login.Challenge{}, err
	}
	q.Scopes = nil
	return p.grant.Begin(q)
}

// Finish implements login.Provider: one request to the token endpoint, one to /v1/nid/me.
func (p *Provider) Finish(ctx context.Context, r login.Reply) (login.Identity, error) {
	if err := p.grant.Check(r); err != nil {
		return login.Identity{}, err
	}
	token, err := p.grant.Exchange(ctx, r)
	if err != nil {
		return login.Identity{}, err
	}
	return p.me(ctx, token)
}

// Refresh implements login.Refresher. Naver never sends a new refresh token:
// the old one stays.
func (p *Provider) Refresh(ctx context.Context, t login.Token) (login.Token, error) {
	return p.grant.Refresh(ctx, t)
}

// Watch implements login.Watcher: the authorise page, and the token endpoint
// with a code that cannot exist, which Naver refuses by name. Two requests each
// time: ask every second at most.
func (p *Provider) Watch(ctx context.Context) error { return p.grant.Watch(ctx) }

// Format prints the package alone: a provider holds secrets.
func (p *Provider) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "naverlogin.Provider") }

var (
	_ login.Provider  = (*Provider)(nil)
	_ login.Refresher = (*Provider)(nil)
	_ login.Watcher   = (*Provider)(nil)
)
