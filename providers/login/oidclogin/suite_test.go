package oidclogin_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/logintest"
	"github.com/detour-go/detour/providers/login/oidclogin"
	"github.com/detour-go/detour/providers/vendorsim"
)

// rsaKeys are made once: it takes a while.
var rsaKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	a, errA := rsa.GenerateKey(rand.Reader, 2048)
	b, errB := rsa.GenerateKey(rand.Reader, 2048)
	if err := errors.Join(errA, errB); err != nil {
		panic(err)
	}
	return []*rsa.PrivateKey{a, b}
})

// rehearsal is a simulated issuer and the adapter against it.
func rehearsal(back string, console func(*vendorsim.OIDCConfig), edit func(*oidclogin.Config)) (*vendorsim.OIDC, *oidclogin.Provider, *http.Client, error) {
	sc := vendorsim.OIDCConfig{
		Clients: []vendorsim.Client{{ID: "client-id", Secret: "client secret/+", RedirectURIs: []string{back}}},
		Users: []vendorsim.User{
			{ID: "9007199254740992", Name: "홍길동", Nickname: "demo", Email: "demo@example.test", EmailVerified: true},
			{ID: "9007199254740993", Email: "seoul@example.test"},
		},
	}
	if console != nil {
		console(&sc)
	}
	if sc.Alg == "" {
		sc.Keys = rsaKeys()
	}
	sim, err := vendorsim.StartOIDC(sc)
	if err != nil {
		return nil, nil, nil, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	cfg := oidclogin.Config{
		Issuer: sim.Issuer(), AuthURL: sim.URL() + "/authorize", TokenURL: sim.URL() + "/token", JWKSURL: sim.URL() + "/jwks",
		ClientID: "client-id", ClientSecret: providers.NewSecret("client secret/+"), RedirectURI: back, Scopes: []string{"email", "profile", "offline_access"},
		AllowLoopbackHTTP: true, HTTP: client,
	}
	if edit != nil {
		edit(&cfg)
	}
	p, err := oidclogin.New(cfg)
	if err != nil {
		sim.Close()
		return nil, nil, nil, err
	}
	return sim, p, client, nil
}

func TestSuiteAgainstTheSimulatedIssuer(t *testing.T) {
	for name, row := range map[string]struct {
		console func(*vendorsim.OIDCConfig)
		edit    func(*oidclogin.Config)
		plain   bool // no PKCE
	}{
		"RS256, secret in the body": {},
		"ES256, basic auth": {
			console: func(c *vendorsim.OIDCConfig) { c.Alg, c.AuthMethods = "ES256", []string{"client_secret_basic"} },
			edit:    func(c *oidclogin.Config) { c.BasicAuth = true },
		},
		"public client": {
			console: func(c *vendorsim.OIDCConfig) { c.Clients[0].Secret, c.RequirePKCE = "", true },
			edit:    func(c *oidclogin.Config) { c.ClientSecret, c.PublicClient = providers.Secret{}, true },
		},
		"iss in replies": {
			console: func(c *vendorsim.OIDCConfig) { c.IssParam = true },
			edit:    func(c *oidclogin.Config) { c.RequireIssuer = true },
		},
		"userinfo":     {edit: func(c *oidclogin.Config) { c.UserinfoURL = c.Issuer + "/userinfo" }},
		"without pkce": {edit: func(c *oidclogin.Config) { c.WithoutPKCE = true }, plain: true},
	} {
		t.Run(name, func(t *testing.T) {
			var opened atomic.Int32
			logintest.Run(t, logintest.Harness{Nonce: true, PKCE: !row.plain, Open: func() (*logintest.Site, error) {
				sim, p, client, err := rehearsal(fmt.Sprintf("https://site.example/back/%d", opened.Add(1)), row.console, row.edit)
				if err != nil {
					return nil, err
				}
				users := []login.Identity{
					{Issuer: sim.URL(), Subject: "9007199254740992", Name: "홍길동", Nickname: "demo", Email: "demo@example.test", EmailVerified: true},
					{Issuer: sim.URL(), Subject: "9007199254740993", Email: "seoul@example.test"},
				}
				browse := func(ctx context.Context, c login.Challenge, user int, agree bool) (url.Values, error) {
					to, err := vendorsim.Consent(ctx, client, c.URL, users[user].Subject, agree)
					if err != nil {
						return nil, err
					}
					return to.Query(), nil
				}
				return &logintest.Site{
					Provider: p, Users: users, Close: sim.Close, Heal: sim.HealAll,
					Agree: func(ctx context.Context, c login.Challenge, user int) (url.Values, error) {
						return browse(ctx, c, user, true)
					},
					Cancel: func(ctx context.Context, c login.Challenge) (url.Values, error) { return browse(ctx, c, 0, false) },
					Asked:  func() int { return sim.Hits("*") },
					Break: func(part logintest.Part) error {
						if part == logintest.AuthorisePage {
							return sim.Break("authorize", vendorsim.Fault{Mode: vendorsim.HTML})
						}
						return sim.Break("token", vendorsim.Fault{Mode: vendorsim.Status})
					},
				}, nil
			}})
		})
	}
}

// signIn is one whole login of the first user.
func signIn(t *testing.T, p login.Provider, client *http.Client) (login.Identity, error) {
	t.Helper()
	c, err := p.Begin(t.Context(), login.Request{})
	require.NoError(t, err)
	to, err := vendorsim.Consent(t.Context(), client, c.URL, "9007199254740992", true)
	require.NoError(t, err)
	r, err := login.ParseReply(to.Query())
	require.NoError(t, err)
	return p.Finish(t.Context(), r.Resume(c))
}

// T4: whatever is wrong with a token, nobody is let in.
func TestT4TamperedTokensAreRefused(t *testing.T) {
	want := map[vendorsim.Tamper]providers.Kind{
		vendorsim.TamperIssuer: providers.Security, vendorsim.TamperIssuerSlash: providers.Security, vendorsim.TamperAudience: providers.Security,
		vendorsim.TamperExpired: providers.Security, vendorsim.TamperFuture: providers.Security, vendorsim.TamperAlgNone: providers.Security,
		vendorsim.TamperHS256PublicKey: providers.Security, vendorsim.TamperSignature: providers.Security, vendorsim.TamperNoSubject: providers.Security,
		vendorsim.TamperNonce: providers.Denied, vendorsim.TamperNoNonce: providers.Denied,
		vendorsim.TamperIssParam: providers.Denied, vendorsim.TamperNoIssParam: providers.Denied,
		vendorsim.TamperKeyID: providers.Unavailable, vendorsim.TamperNoToken: providers.Unavailable,
	}
	sim, p, client, err := rehearsal("https://site.example/back",
		func(c *vendorsim.OIDCConfig) { c.IssParam = true }, func(c *oidclogin.Config) { c.RequireIssuer = true })
	require.NoError(t, err)
	defer sim.Close()
	for _, tamper := range vendorsim.Tampers() {
		t.Run(string(tamper), func(t *testing.T) {
			require.NoError(t, sim.Tamper(tamper))
			_, err := signIn(t, p, client)
			require.Error(t, err)
			kind, listed := want[tamper]
			require.True(t, listed, "a new way to be wrong needs its row")
			assert.ErrorIs(t, err, kind, "%v", err)
			assert.NotContains(t, err.Error(), "://")
		})
	}
	require.NoError(t, sim.Tamper(vendorsim.TamperNone))
	_, err = signIn(t, p, client)
	require.NoError(t, err)
}

func TestDiscoverFillsInWhatIsEmpty(t *testing.T) {
	sim, _, client, err := rehearsal("https://site.example/back", func(c *vendorsim.OIDCConfig) { c.IssParam = true }, nil)
	require.NoError(t, err)
	defer sim.Close()
	cfg := oidclogin.Config{Issuer: sim.Issuer(), TokenURL: "https://kept.example/token", AllowLoopbackHTTP: true, HTTP: client}
	got, err := oidclogin.Discover(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, sim.URL()+"/authorize", got.AuthURL)
	assert.Equal(t, "https://kept.example/token", got.TokenURL)
	assert.Equal(t, sim.URL()+"/jwks", got.JWKSURL)
	assert.Equal(t, sim.URL()+"/userinfo", got.UserinfoURL)
	assert.True(t, got.RequireIssuer)

	cfg.Issuer += "/"
	same, err := oidclogin.Discover(t.Context(), cfg)
	assert.ErrorIs(t, err, providers.Security, "another issuer by one slash")
	assert.Equal(t, cfg, same)
	cfg.Issuer = "http://public.example"
	_, err = oidclogin.Discover(t.Context(), cfg)
	assert.ErrorIs(t, err, providers.Invalid)
}
