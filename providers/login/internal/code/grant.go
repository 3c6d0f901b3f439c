package code

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
)

// Config describes one issuer and our registration there.
type Config struct {
	Provider string // name in errors
	Issuer   string

	ClientID     string
	ClientSecret providers.Secret
	// NoSecret: the vendor has no secret of ours, and ClientSecret must be empty.
	NoSecret bool
	// Basic sends the secret in the Authorization header, not in the body.
	Basic       bool
	RedirectURI string

	AuthURL, TokenURL string
	Scopes            []string
	Separator         string // of scopes; empty: a space

	Nonce, PKCE bool
	// SendState repeats the state to the token endpoint.
	SendState bool
	// RequireIssuer refuses a reply without the iss parameter of RFC 9207.
	RequireIssuer bool
	// Ask gives the parameters of the authorise URL for prompt, hint and
	// re-authentication, in the vendor's words; nil: those of OpenID Connect.
	Ask func(prompt, hint string, again bool) url.Values
	// Errors adds to, and overrides, the table of RFC 6749 section 5.2; it is
	// asked for the error_code first, then for the error. Nil: nothing to add.
	Errors func(name string) (Meaning, bool)

	AllowLoopbackHTTP bool
	HTTP              *http.Client
	UserAgent         string
	Timeout           time.Duration
}

// Grant speaks the grant with one issuer. It is safe for concurrent use.
type Grant struct {
	cfg   Config
	token *rest.Client
	page  *rest.Client
}

// New reports all mistakes at once and opens no connection. The options of a
// Config that name endpoints are checked under the names given there.
func New(cfg Config) (*Grant, error) {
	var wrong []error
	add := func(what string, err error) {
		if err != nil {
			wrong = append(wrong, errors.New(what+": "+err.Error()))
		}
	}
	if cfg.ClientID == "" || !plain(cfg.ClientID) {
		wrong = append(wrong, errors.New("client id is missing or has a forbidden character"))
	}
	if secret := cfg.ClientSecret.Reveal(); cfg.NoSecret == (secret != "") {
		wrong = append(wrong, errors.New("client secret is missing, or given although declared absent"))
	} else if !plain(secret) {
		wrong = append(wrong, errors.New("client secret has a forbidden character"))
	}
	add("redirect uri", checkRedirect(cfg.RedirectURI, cfg.AllowLoopbackHTTP))
	for _, s := range cfg.Scopes {
		if s == "" || !plain(s) || strings.ContainsAny(s, " ,") {
			wrong = append(wrong, errors.New("a scope is malformed"))
		}
	}
	g := &Grant{cfg: cfg}
	var err error
	g.token, err = g.client(cfg.TokenURL)
	add("token endpoint", err)
	g.page, err = g.client(cfg.AuthURL)
	add("authorise page", err)
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return g, nil
}

// oauth is made for each use: it holds the secret in the clear.
func (g *Grant) oauth() *oauth2.Config {
	style := oauth2.AuthStyleInParams // never auto-detect: it redeems a code twice
	if g.cfg.Basic {
		style = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID: g.cfg.ClientID, ClientSecret: g.cfg.ClientSecret.Reveal(), RedirectURL: g.cfg.RedirectURI,
		Endpoint: oauth2.Endpoint{AuthURL: g.cfg.AuthURL, TokenURL: g.cfg.TokenURL, AuthStyle: style},
	}
}

func (g *Grant) client(base string) (*rest.Client, error) {
	return rest.New(rest.Config{
		Provider: g.cfg.Provider, Base: base, AllowLoopbackHTTP: g.cfg.AllowLoopbackHTTP,
		HTTP: g.cfg.HTTP, UserAgent: g.cfg.UserAgent, Timeout: g.cfg.Timeout,
	})
}

// checkRedirect: absolute, without a fragment (RFC 6749 section 3.1.2), https
// but for a loopback address in rehearsals.
func checkRedirect(raw string, loopback bool) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("does not parse")
	}
	if u.RawQuery != "" || u.ForceQuery {
		u.RawQuery, u.ForceQuery = "", false // RFC 6749 section 3.1.2 lets it have a query
	}
	if strings.Contains(raw, "#") {
		return errors.New("has a fragment")
	}
	_, err = rest.ParseBase(u.String(), loopback)
	return err
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
