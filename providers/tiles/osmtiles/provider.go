package osmtiles

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
)

// Attribution is the text that the licence (ODbL) wants on the map.
const Attribution = "© OpenStreetMap contributors"

// Retention is what we advise to keep, for the Retention of a source: the seven
// days that the policy asks for. Each tile's own MaxAge and NoStore hold besides.
const Retention = 7 * 24 * time.Hour

// Config of a Provider. Contact is the only required field.
type Config struct {
	// Contact says who asks and how to reach him, for the User-Agent: the name of
	// the site and an e-mail or web address, e.g. "portal.example.kr;
	// ops@example.kr". Printable ASCII without parentheses. Required by the policy.
	Contact string
	// Referer is the site as a URL, sent as the Referer header; empty: none.
	Referer string
	// BaseURL is https, with an optional path prefix; empty: https://tile.openstreetmap.org.
	BaseURL string
	// AllowLoopbackHTTP permits http to a loopback address, for tests and rehearsals.
	AllowLoopbackHTTP bool
	// HTTP is the client to ask through; nil: one that dials public addresses only, or loopback only where that is permitted.
	HTTP *http.Client
	// MaxZoom is the deepest zoom; deeper ones are notfound without asking. Zero: 19.
	MaxZoom int
	// Timeout of a whole ask; zero: 10 s. A context that ends earlier wins.
	Timeout time.Duration
}

const (
	defaultBase    = "https://tile.openstreetmap.org"
	defaultMaxZoom = 19
	maxContact     = 200
	op             = "tile"
	provider       = "osm"
)

// Provider asks for tiles. It is safe for concurrent use.
type Provider struct {
	client  *rest.Client
	referer string
	maxZoom int
}

// New checks the configuration and reports all its mistakes at once. It asks nobody.
func New(cfg Config) (*Provider, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = defaultBase
	}
	if cfg.MaxZoom == 0 {
		cfg.MaxZoom = defaultMaxZoom
	}
	mistakes := cfg.mistakes()
	client, err := rest.New(rest.Config{
		Provider: provider, Base: cfg.BaseURL, AllowLoopbackHTTP: cfg.AllowLoopbackHTTP, HTTP: cfg.HTTP,
		UserAgent: "detour-osmtiles (" + cfg.Contact + ")", MaxBytes: tiles.MaxBytes, Timeout: cfg.Timeout,
	})
	if err != nil {
		mistakes = append(mistakes, fmt.Errorf("osm: %w", err))
	}
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	return &Provider{client: client, referer: cfg.Referer, maxZoom: cfg.MaxZoom}, nil
}

func (cfg Config) mistakes() []error {
	var all []error
	wrong := func(is bool, what string) {
		if is {
			all = append(all, errors.New("osm: "+what))
		}
	}
	wrong(!strings.Contains(cfg.Contact, "@") && !strings.Contains(cfg.Contact, "://"), "contact names no e-mail or web address: the tile policy requires one")
	odd := func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`()\`, r) }
	wrong(strings.ContainsFunc(cfg.Contact, odd) || len(cfg.Contact) > maxContact, "contact is not printable ascii without parentheses, at most 200 bytes")
	u, err := url.Parse(cfg.Referer)
	wrong(cfg.Referer != "" && (err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http"), "referer is no web address")
	wrong(cfg.MaxZoom < 0 || cfg.MaxZoom > tiles.MaxZoom, "max zoom is not within 0 and 22")
	return all
}

// Tile asks for one tile.
func (p *Provider) Tile(ctx context.Context, id tiles.ID) (tiles.Tile, error) {
	a, err := p.ask(ctx, id, http.Header{})
	if err != nil {
		return tiles.Tile{}, err
	}
	return p.read(id, a)
}

// Revalidate renews a tile that [Provider.Tile] gave. A have that is no whole
// tile, or has no validator, is asked for anew.
func (p *Provider) Revalidate(ctx context.Context, have tiles.Tile) (tiles.Tile, error) {
	condition := http.Header{}
	if have.Answers(have.ID) == nil {
		if printable(have.ETag) {
			condition.Set("If-None-Match", have.ETag)
		}
		if printable(have.LastModified) {
			condition.Set("If-Modified-Since", have.LastModified)
		}
	}
	conditional := len(condition) > 0
	a, err := p.ask(ctx, have.ID, condition)
	if err != nil {
		return tiles.Tile{}, err
	}
	if a.Status == http.StatusNotModified && conditional {
		return fresh(have.Renewed(a.Header), a.Header), nil
	}
	return p.read(have.ID, a)
}

func (p *Provider) ask(ctx context.Context, id tiles.ID, header http.Header) (*rest.Answer, error) {
	if err := id.Validate(); err != nil {
		return nil, err
	}
	if id.Z > p.maxZoom {
		e := p.client.Fail(op, providers.NotFound, "", errZoom)
		e.Unsent = true
		return nil, e
	}
	if p.referer != "" {
		header.Set("Referer", p.referer)
	}
	return p.client.Do(ctx, rest.Ask{Op: op, Path: "/" + tiles.Key(id) + ".png", Header: header})
}

// read judges an answer by everything it has.
func (p *Provider) read(id tiles.ID, a *rest.Answer) (tiles.Tile, error) {
	switch {
	case a.Status == http.StatusForbidden:
		return tiles.Tile{}, p.client.Fail(op, providers.Refused, "", errBlocked)
	case a.Status == http.StatusNotFound && a.Media() != "text/html":
		return tiles.Tile{}, p.client.Fail(op, providers.NotFound, "", errNoTile)
	case a.Status != http.StatusOK:
		return tiles.Tile{}, p.client.Status(op, a)
	}
	t := tiles.FromHTTP(id, a.Header, a.Body)
	t.Attribution = Attribution
	if err := t.Answers(id); err != nil {
		return tiles.Tile{}, p.client.Fail(op, providers.Unavailable, "", errors.Unwrap(err))
	}
	return fresh(t, a.Header), nil
}

// fresh gives the seven days of the policy to an answer whose headers name no lifetime.
func fresh(t tiles.Tile, h http.Header) tiles.Tile {
	if !tiles.ParseCaching(h).Said {
		t.MaxAge = Retention
	}
	return t
}

// printable: validators may come back from a store that others write to, and one
// with a line break would not even leave.
func printable(v string) bool {
	return v != "" && !strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' })
}

var (
	errZoom    = errors.New("zoom is too deep")
	errNoTile  = errors.New("no such tile")
	errBlocked = errors.New("blocked: read the tile usage policy")
)

var (
	_ tiles.Provider    = (*Provider)(nil)
	_ tiles.Revalidator = (*Provider)(nil)
)
