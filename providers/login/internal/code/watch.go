package code

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

// OpPage names the request for the authorise page in errors.
const OpPage = "authorize"

var (
	errPage  = errors.New("the authorise page is not a login page")
	errGiven = errors.New("the token endpoint redeemed a code that it never gave")
)

// Watch asks, at the same time, for the authorise page as a browser would, and
// for a token with a code that cannot exist. Nil: both answered as a working
// vendor does. One request to each, bounded by the context. Of two errors the
// one that a human must hear of is told: an app that the console does not know
// is refused by name at the token endpoint, and by some page to the browser.
func (g *Grant) Watch(ctx context.Context) error {
	c, err := g.Begin(login.Request{})
	if err != nil {
		return err
	}
	page := make(chan error, 1)
	go func() { page <- g.watchPage(ctx, c.URL) }()
	token := g.watchToken(ctx, c)
	return worse(token, <-page)
}

func worse(a, b error) error {
	for _, k := range []providers.Kind{providers.Security, providers.Refused, providers.Limited} {
		switch {
		case errors.Is(a, k):
			return a
		case errors.Is(b, k):
			return b
		}
	}
	if a != nil {
		return a
	}
	return b
}

// watchPage: a redirect sends the browser on to the vendor's account pages; a
// page must be one on which something can be done, not a notice.
func (g *Grant) watchPage(ctx context.Context, page string) error {
	a, err := g.page.Browse(ctx, OpPage, page)
	if err != nil {
		return err
	}
	switch {
	case a.Status == http.StatusOK && a.Media() == "text/html" && usable(a.Body):
		return nil
	case a.Status == http.StatusFound || a.Status == http.StatusSeeOther || a.Status == http.StatusTemporaryRedirect:
		if sentOn(page, a.Header.Get("Location")) {
			return nil
		}
		return g.page.Fail(OpPage, providers.Unavailable, "", errPage)
	case a.Status == http.StatusOK:
		return g.page.Fail(OpPage, providers.Unavailable, "", errPage)
	}
	return g.page.Status(OpPage, a)
}

// sentOn reports that a redirect leads a browser somewhere sensible: not out of
// TLS, and not straight back with the error of an issuer that is not well (RFC
// 6749, 4.1.2.1). To which host an issuer sends its users is its own affair.
func sentOn(page, location string) bool {
	from, err := url.Parse(page)
	if err != nil || location == "" {
		return false
	}
	to, err := from.Parse(location)
	if err != nil || to.Host == "" || from.Scheme == "https" && to.Scheme != "https" {
		return false
	}
	return to.Query().Get("error") == ""
}

// usable: a citizen can do something on this page. A maintenance notice served
// with status 200 has no form.
func usable(page []byte) bool {
	page = bytes.ToLower(page)
	for _, tag := range []string{"<form", "<input", "<script"} {
		if bytes.Contains(page, []byte(tag)) {
			return true
		}
	}
	return false
}

// watchToken asks with a code that cannot exist. The only good answer is the
// vendor's own typed refusal of that code.
func (g *Grant) watchToken(ctx context.Context, c login.Challenge) error {
	var meant Meaning
	_, err := g.redeem(ctx, "detour-watch-"+rand.Text(), c, func(m Meaning) providers.Kind {
		meant = m
		return m.Own
	})
	switch {
	case err == nil:
		return g.token.Fail(OpToken, providers.Security, "", errGiven)
	case meant.Alive:
		return nil
	}
	return err
}
