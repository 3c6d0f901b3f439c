package vendorsim

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
)

// Client is an application registered in the vendor's console.
type Client struct {
	ID string // Kakao: REST API key
	// Secret is the client secret. Empty: Kakao, the console switch is off; OIDC, a public client, which must use PKCE.
	// Naver has no client without one.
	Secret string
	// RedirectURIs are compared as strings, character by character.
	RedirectURIs []string
	// Name is shown to the citizen; empty: ID.
	Name string
}

func (c Client) label() string {
	if c.Name != "" {
		return c.Name
	}
	return c.ID
}

func (c Client) allows(redirectURI string) bool { return slices.Contains(c.RedirectURIs, redirectURI) }

func (c Client) proves(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) == 1
}

func (c Client) check(needsSecret bool) error {
	var errs []error
	if c.ID == "" {
		errs = append(errs, errors.New("client has no ID"))
	}
	if needsSecret && c.Secret == "" {
		errs = append(errs, fmt.Errorf("client %q has no secret", c.ID))
	}
	for _, raw := range c.RedirectURIs {
		if u, err := url.Parse(raw); err != nil || u.Scheme == "" || u.Host == "" || u.Fragment != "" {
			errs = append(errs, fmt.Errorf("client %q: a redirect URI is not absolute or has a fragment", c.ID))
		}
	}
	return errors.Join(errs...)
}

// registry is the vendor's console.
type registry struct {
	needsSecret bool
	mu          sync.RWMutex
	byID        map[string]Client
}

func newRegistry(clients []Client, needsSecret bool) (*registry, error) {
	g := &registry{needsSecret: needsSecret, byID: map[string]Client{}}
	var errs []error
	for _, c := range clients {
		if _, twice := g.byID[c.ID]; twice {
			errs = append(errs, fmt.Errorf("client %q is there twice", c.ID))
		}
		errs = append(errs, g.put(c))
	}
	return g, errors.Join(errs...)
}

func (g *registry) put(c Client) error {
	if err := c.check(g.needsSecret); err != nil {
		return err
	}
	c.RedirectURIs = slices.Clone(c.RedirectURIs)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.byID[c.ID] = c
	return nil
}

func (g *registry) find(id string) (Client, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	c, ok := g.byID[id]
	return c, ok
}
