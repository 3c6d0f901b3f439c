package oidclogin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/internal/code"
)

// Provider is the login of one issuer. It is safe for concurrent use.
type Provider struct {
	cfg      Config
	grant    *code.Grant
	keys     *keys
	checks   *oidc.Config // read only
	userinfo *endpoint
}

// New reports all mistakes of the configuration at once. It asks nobody.
func New(cfg Config) (*Provider, error) {
	if cfg.Name == "" {
		cfg.Name = "oidc"
	}
	var wrong []error
	if _, err := rest.ParseBase(cfg.Issuer, cfg.AllowLoopbackHTTP); err != nil {
		wrong = append(wrong, fmt.Errorf("issuer: %w", err))
	}
	algs, err := algorithms(cfg.Algorithms)
	wrong = append(wrong, err)
	if cfg.PublicClient && cfg.WithoutPKCE {
		wrong = append(wrong, errors.New("a public client needs pkce"))
	}
	if cfg.PublicClient && cfg.BasicAuth {
		wrong = append(wrong, errors.New("a public client has no secret for basic auth"))
	}
	cfg, err = ages(cfg)
	wrong = append(wrong, err)
	grant, err := code.New(code.Config{
		Provider: cfg.Name, Issuer: cfg.Issuer,
		ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, NoSecret: cfg.PublicClient, Basic: cfg.BasicAuth, RedirectURI: cfg.RedirectURI,
		AuthURL: cfg.AuthURL, TokenURL: cfg.TokenURL, Scopes: withOpenID(cfg.Scopes),
		Nonce: true, PKCE: !cfg.WithoutPKCE, RequireIssuer: cfg.RequireIssuer, Ask: ask,
		AllowLoopbackHTTP: cfg.AllowLoopbackHTTP, HTTP: cfg.HTTP, UserAgent: cfg.UserAgent, Timeout: cfg.Timeout,
	})
	wrong = append(wrong, err)
	set, err := newEndpoint(cfg, cfg.JWKSURL, maxKeySet, keysTimeout)
	if err != nil {
		wrong = append(wrong, fmt.Errorf("key set: %w", err))
	}
	p := &Provider{cfg: cfg, grant: grant}
	if cfg.UserinfoURL != "" {
		if p.userinfo, err = newEndpoint(cfg, cfg.UserinfoURL, 0, 0); err != nil {
			wrong = append(wrong, fmt.Errorf("userinfo: %w", err))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("oidclogin: %w", err)
	}
	p.keys = newKeys(set, cfg, algs)
	p.checks = &oidc.Config{ClientID: cfg.ClientID, SupportedSigningAlgs: names(algs)}
	return p, nil
}

// ask adds to prompt and hint that a re-authentication must be a fresh one
// (OpenID Connect Core section 3.1.2.1): max_age also makes auth_time mandatory.
func ask(prompt, hint string, again bool) url.Values {
	v := code.OpenID(prompt, hint, again)
	if again {
		v.Set("max_age", "0")
	}
	return v
}

// Begin implements login.Provider.
func (p *Provider) Begin(_ context.Context, q login.Request) (login.Challenge, error) {
	return p.grant.Begin(q)
}

// Finish implements login.Provider: one request to the token endpoint, one for
// keys when they are due, one to the userinfo endpoint if there is one.
func (p *Provider) Finish(ctx context.Context, r login.Reply) (login.Identity, error) {
	if err := p.grant.Check(r); err != nil {
		return login.Identity{}, err
	}
	token, err := p.grant.Exchange(ctx, r)
	if err != nil {
		return login.Identity{}, err
	}
	c, err := p.verify(ctx, token)
	if err != nil {
		return login.Identity{}, err
	}
	if !code.Same(c.Nonce, r.Challenge.Nonce.Reveal()) {
		return login.Identity{}, p.grant.Denied(opIDToken, errNonce)
	}
	labels := c.labels
	if p.userinfo != nil {
		if labels, err = p.ask(ctx, token, c.Subject); err != nil {
			return login.Identity{}, err
		}
	}
	return p.identity(c, labels, token), nil
}

// Refresh implements login.Refresher. An id token that comes along is verified
// and must name the same account (OpenID Connect Core section 12.2).
func (p *Provider) Refresh(ctx context.Context, t login.Token) (login.Token, error) {
	fresh, err := p.grant.Refresh(ctx, t)
	if err != nil || fresh.ID.Equal(t.ID) {
		return fresh, err
	}
	c, err := p.verify(ctx, fresh)
	if err != nil {
		return login.Token{}, err
	}
	if !t.ID.IsZero() && c.Subject != subjectOf(t.ID.Reveal()) {
		return login.Token{}, p.fail(opIDToken, providers.Security, errSubject)
	}
	return fresh, nil
}

// Watch implements login.Watcher: the authorise page, the token endpoint with a
// code that cannot exist, and the keys when they are due. Two requests each
// time: ask every second at most. While last good keys serve, a dead key set is
// no reason to send anybody elsewhere.
func (p *Provider) Watch(ctx context.Context) error {
	if err := p.grant.Watch(ctx); err != nil {
		return err
	}
	return p.keys.ready(ctx)
}

func (p *Provider) fail(op string, kind providers.Kind, cause error) error {
	return &providers.Error{Provider: p.cfg.Name, Op: op, Kind: kind, Err: cause}
}

// Format prints the package alone: a provider holds secrets.
func (p *Provider) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "oidclogin.Provider") }

var (
	_ login.Provider  = (*Provider)(nil)
	_ login.Refresher = (*Provider)(nil)
	_ login.Watcher   = (*Provider)(nil)
)
