package kakaologin

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
const Issuer = "https://kauth.kakao.com"

// Config of a Provider. ClientID, ClientSecret and RedirectURI are required.
type Config struct {
	// ClientID is the REST API key.
	ClientID string
	// ClientSecret is that of the console, where its switch must be on.
	ClientSecret providers.Secret
	// WithoutClientSecret is for an old app whose switch is off.
	WithoutClientSecret bool
	// RedirectURI is registered in the console, and the callback of this provider alone.
	RedirectURI string
	// Scopes are consent ids, such as "account_email"; with "openid" Kakao sends
	// an id token if the app has OpenID Connect switched on. Empty: those of the console.
	Scopes []string
	// WithoutPKCE sends no code_challenge. Kakao's metadata lists S256, its tables
	// of parameters do not mention it.
	WithoutPKCE bool

	// AuthBase and APIBase are "https://kauth.kakao.com" and "https://kapi.kakao.com" when empty.
	AuthBase, APIBase string
	// AllowLoopbackHTTP permits http to a loopback address, for tests and rehearsals.
	AllowLoopbackHTTP bool
	// HTTP is the client to ask through; nil: one that dials public addresses only, or loopback only where that is permitted.
	HTTP *http.Client
	// UserAgent is sent to Kakao; empty: "detour/kakao".
	UserAgent string
	// Timeout bounds each of the two requests of Finish; zero: 10s.
	Timeout time.Duration
}

// Provider is Kakao Login. It is safe for concurrent use.
type Provider struct {
	grant    *code.Grant
	api      *rest.Client
	clientID string
	issuers  [2]string // of the id token: Kakao's, and the server's own in a rehearsal
}

// New reports all mistakes of the configuration at once. It asks nobody.
func New(cfg Config) (*Provider, error) {
	if cfg.AuthBase == "" {
		cfg.AuthBase = Issuer
	}
	if cfg.APIBase == "" {
		cfg.APIBase = "https://kapi.kakao.com"
	}
	cfg.AuthBase = strings.TrimSuffix(cfg.AuthBase, "/")
	grant, errGrant := code.New(code.Config{
		Provider: "kakao", Issuer: Issuer,
		ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, NoSecret: cfg.WithoutClientSecret, RedirectURI: cfg.RedirectURI,
		AuthURL: cfg.AuthBase + "/oauth/authorize", TokenURL: cfg.AuthBase + "/oauth/token",
		Scopes: cfg.Scopes, Separator: ",", Nonce: true, PKCE: !cfg.WithoutPKCE, Ask: ask, Errors: tokenErrors,
		AllowLoopbackHTTP: cfg.AllowLoopbackHTTP, HTTP: cfg.HTTP, UserAgent: cfg.UserAgent, Timeout: cfg.Timeout,
	})
	api, errAPI := rest.New(rest.Config{
		Provider: "kakao", Base: cfg.APIBase, AllowLoopbackHTTP: cfg.AllowLoopbackHTTP,
		HTTP: cfg.HTTP, UserAgent: cfg.UserAgent, Timeout: cfg.Timeout,
	})
	if errAPI != nil {
		errAPI = fmt.Errorf("api: %w", errAPI)
	}
	if err := errors.Join(errGrant, errAPI); err != nil {
		return nil, fmt.Errorf("kakaologin: %w", err)
	}
	return &Provider{grant: grant, api: api, clientID: cfg.ClientID, issuers: [2]string{Issuer, cfg.AuthBase}}, nil
}

// ask: Kakao separates prompts by commas.
func ask(prompt, hint string, again bool) url.Values {
	v := url.Values{}
	if again && prompt == "" {
		prompt = "login"
	}
	if prompt != "" {
		v.Set("prompt", strings.ReplaceAll(prompt, " ", ","))
	}
	if hint != "" {
		v.Set("login_hint", hint)
	}
	return v
}

// Begin implements login.Provider.
func (p *Provider) Begin(_ context.Context, q login.Request) (login.Challenge, error) {
	return p.grant.Begin(q)
}

// Finish implements login.Provider: one request to the token endpoint, one to /v2/user/me.
func (p *Provider) Finish(ctx context.Context, r login.Reply) (login.Identity, error) {
	if err := p.grant.Check(r); err != nil {
		return login.Identity{}, err
	}
	token, err := p.grant.Exchange(ctx, r)
	if err != nil {
		return login.Identity{}, err
	}
	id, err := p.me(ctx, token)
	if err != nil {
		return login.Identity{}, err
	}
	if id.AuthTime, err = p.consistent(token.ID.Reveal(), id.Subject, r.Challenge); err != nil {
		return login.Identity{}, err
	}
	return id, nil
}

// Refresh implements login.Refresher. Kakao rotates the refresh token in its
// last month: it then sends a new one and the old one is dead.
func (p *Provider) Refresh(ctx context.Context, t login.Token) (login.Token, error) {
	return p.grant.Refresh(ctx, t)
}

// Watch implements login.Watcher: the authorise page, and the token endpoint
// with a code that cannot exist, which Kakao answers with KOE320. Two requests
// each time: ask every second at most, and every five or more if you can. Should
// Kakao count them into the 3,000,000 calls a month of an app, which it does not
// say, one process asking every 5s would use a sixth of that for the token endpoint.
func (p *Provider) Watch(ctx context.Context) error { return p.grant.Watch(ctx) }

// Format prints the package alone: a provider holds secrets.
func (p *Provider) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "kakaologin.Provider") }

var (
	_ login.Provider  = (*Provider)(nil)
	_ login.Refresher = (*Provider)(nil)
	_ login.Watcher   = (*Provider)(nil)
)
