package code

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

// Begin builds the challenge. Nothing is asked.
func (g *Grant) Begin(q login.Request) (login.Challenge, error) {
	if err := q.Validate(); err != nil {
		return login.Challenge{}, err
	}
	// 130 bits of rand.Text each; RFC 9700 section 4.7 wants them transaction-specific.
	c := login.Challenge{RedirectURI: g.cfg.RedirectURI, State: providers.NewSecret(rand.Text())}
	opts := []oauth2.AuthCodeOption{}
	if g.cfg.Nonce {
		c.Nonce = providers.NewSecret(rand.Text())
		opts = append(opts, oauth2.SetAuthURLParam("nonce", c.Nonce.Reveal()))
	}
	if g.cfg.PKCE {
		verifier := oauth2.GenerateVerifier()
		c.Verifier = providers.NewSecret(verifier)
		opts = append(opts, oauth2.S256ChallengeOption(verifier))
	}
	if scopes := g.scopes(q.Scopes); scopes != "" {
		opts = append(opts, oauth2.SetAuthURLParam("scope", scopes))
	}
	ask := g.cfg.Ask
	if ask == nil {
		ask = OpenID
	}
	for key, values := range ask(q.Prompt, q.Hint, q.Expect != (login.Subject{})) {
		opts = append(opts, oauth2.SetAuthURLParam(key, values[0]))
	}
	c.URL = g.oauth().AuthCodeURL(c.State.Reveal(), opts...)
	return c, nil
}

func (g *Grant) scopes(more []string) string {
	all := slices.Clone(g.cfg.Scopes)
	for _, s := range more {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	sep := g.cfg.Separator
	if sep == "" {
		sep = " "
	}
	return strings.Join(all, sep)
}

// OpenID gives the parameters of OpenID Connect Core section 3.1.2.1.
func OpenID(prompt, hint string, again bool) url.Values {
	v := url.Values{}
	if again && prompt == "" {
		prompt = "login"
	}
	if prompt != "" {
		v.Set("prompt", prompt)
	}
	if hint != "" {
		v.Set("login_hint", hint)
	}
	return v
}
