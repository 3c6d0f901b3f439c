package vworldtiles

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
)

// Attribution is the text that VWorld wants beside its map.
const Attribution = "공간정보 오픈플랫폼 브이월드"

// Retention is what we advise to keep at most, for the Retention of a source: an
// hour, to spare the vendor within one visit. UNCONFIRMED by its terms; whoever
// has an agreement in writing sets his own. Each tile's own MaxAge and NoStore
// hold besides.
const Retention = time.Hour

// Layer is a map of VWorld.
type Layer string

// The layers. Hybrid is transparent, for use above Satellite.
const (
	Base      Layer = "Base"
	White     Layer = "white"
	Midnight  Layer = "midnight"
	Hybrid    Layer = "Hybrid"
	Satellite Layer = "Satellite"
)

// extension of a layer's tiles; empty: no such layer.
func (l Layer) extension() string {
	switch l {
	case Base, White, Midnight, Hybrid:
		return "png"
	case Satellite:
		return "jpeg"
	}
	return ""
}

// Config of a Provider. Key is required, and either Referer or Domain in practice.
type Config struct {
	// Key is the service key, as issued. Required.
	Key providers.Secret
	// Layer is the map; empty: Base.
	Layer Layer
	// Referer is the registered site as a URL, sent as the Referer header; empty: none.
	Referer string
	// Domain is the registered site as the domain parameter; empty: none.
	Domain string
	// BaseURL is https, without a path; empty: https://api.vworld.kr.
	BaseURL string
	// AllowLoopbackHTTP permits http to a loopback address, for tests and rehearsals.
	AllowLoopbackHTTP bool
	// HTTP is the client to ask through; nil: one that dials public addresses only, or loopback only where that is permitted.
	HTTP *http.Client
	// MinZoom and MaxZoom are what the layer covers; outside of it nobody is
	// asked. Zero: 6 and 18. Within 6 and 19.
	MinZoom, MaxZoom int
	// Timeout of a whole ask; zero: 10 s. A context that ends earlier wins.
	Timeout time.Duration
}

const (
	defaultBase              = "https://api.vworld.kr"
	lowestZoom, highestZoom  = 6, 19
	defaultMaxZoom           = 18
	keyLetters               = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	domainLetters            = keyLetters + ".:"
	op                       = "tile"
	provider                 = "vworld"
	maxKeyBytes, maxDomBytes = 128, 260
)

// Provider asks for the tiles of one layer. It is safe for concurrent use.
type Provider struct {
	client           *rest.Client
	path             func(tiles.ID) string // a closure, because fmt prints the unexported text of a struct
	query            url.Values
	header           http.Header
	minZoom, maxZoom int
}

// New checks the configuration and reports all its mistakes at once. It asks nobody.
func New(cfg Config) (*Provider, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = defaultBase
	}
	if cfg.Layer == "" {
		cfg.Layer = Base
	}
	if cfg.MinZoom == 0 {
		cfg.MinZoom = lowestZoom
	}
	if cfg.MaxZoom == 0 {
		cfg.MaxZoom = defaultMaxZoom
	}
	mistakes := cfg.mistakes()
	client, err := rest.New(rest.Config{
		Provider: provider, Base: cfg.BaseURL, AllowLoopbackHTTP: cfg.AllowLoopbackHTTP, HTTP: cfg.HTTP, MaxBytes: tiles.MaxBytes, Timeout: cfg.Timeout,
	})
	if err != nil {
		mistakes = append(mistakes, fmt.Errorf("vworld: %w", err))
	}
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	p := &Provider{client: client, minZoom: cfg.MinZoom, maxZoom: cfg.MaxZoom, header: http.Header{}}
	prefix, suffix := "/req/wmts/1.0.0/"+cfg.Key.Reveal()+"/"+string(cfg.Layer)+"/", "."+cfg.Layer.extension()
	p.path = func(id tiles.ID) string {
		return prefix + strconv.Itoa(id.Z) + "/" + strconv.Itoa(id.Y) + "/" + strconv.Itoa(id.X) + suffix
	}
	if cfg.Domain != "" {
		p.query = url.Values{"domain": {cfg.Domain}}
	}
	if cfg.Referer != "" {
		p.header.Set("Referer", cfg.Referer)
	}
	return p, nil
}

func (cfg Config) mistakes() []error {
	var all []error
	wrong := func(is bool, what string) {
		if is {
			all = append(all, errors.New("vworld: "+what))
		}
	}
	key := cfg.Key.Reveal()
	wrong(key == "", "key is missing")
	// It becomes a part of a path: nothing in it may end a segment or need escaping.
	wrong(strings.Trim(key, keyLetters) != "" || len(key) > maxKeyBytes, "key has characters that no key of vworld has")
	wrong(cfg.Layer.extension() == "", "layer is unknown")
	wrong(cfg.MinZoom < lowestZoom || cfg.MaxZoom > highestZoom || cfg.MinZoom > cfg.MaxZoom, "zoom range is not within 6 and 19")
	wrong(strings.Trim(cfg.Domain, domainLetters) != "" || len(cfg.Domain) > maxDomBytes, "domain is no host name")
	u, err := url.Parse(cfg.Referer)
	wrong(cfg.Referer != "" && (err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http"), "referer is no web address")
	return all
}

// Tile asks for one tile.
func (p *Provider) Tile(ctx context.Context, id tiles.ID) (tiles.Tile, error) {
	if err := id.Validate(); err != nil {
		return tiles.Tile{}, err
	}
	if id.Z < p.minZoom || id.Z > p.maxZoom {
		e := p.client.Fail(op, providers.NotFound, "", errZoom)
		e.Unsent = true
		return tiles.Tile{}, e
	}
	a, err := p.client.Do(ctx, rest.Ask{Op: op, Path: p.path(id), Query: p.query, Header: p.header})
	if err != nil {
		return tiles.Tile{}, err
	}
	t := tiles.FromHTTP(id, a.Header, a.Body)
	t.Attribution = Attribution
	if err := p.judge(a, t); err != nil {
		return tiles.Tile{}, err
	}
	if !tiles.ParseCaching(a.Header).Said {
		t.MaxAge = Retention
	}
	return t, nil
}

var errZoom = errors.New("zoom is outside the layer")

var _ tiles.Provider = (*Provider)(nil)
