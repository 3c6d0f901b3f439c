package jusoaddress

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
	"github.com/detour-go/detour/providers/address"
)

// Retention is what we advise to keep at most, for the Retention of a source.
// The data is public and may be kept for good; but it changes daily, and the
// whole of it is published monthly.
const Retention = 31 * 24 * time.Hour

// Fills are the fields that an answer can have; FieldPoint only with Config.Coordinates.
const Fills = address.AllFields

// MaxCoordinates is the most items of a page that are located.
const MaxCoordinates = 5

// Config of a Provider. Key is required.
type Config struct {
	// Key is the approved key of the search service. Required.
	Key providers.Secret
	// Coordinates is how many items of a page are located when a question
	// requires FieldPoint: as many more requests. At most MaxCoordinates; zero:
	// none, and such a question is answered by notfound without asking.
	Coordinates int
	// CoordinateKey is the approved key of the coordinate service, which is
	// another one. Required with Coordinates.
	CoordinateKey providers.Secret
	// BaseURL is https, without a path; empty: https://business.juso.go.kr.
	BaseURL string
	// AllowLoopbackHTTP permits http to a loopback address, for tests and rehearsals.
	AllowLoopbackHTTP bool
	// HTTP is the client to ask through; nil: one that dials public addresses only, or loopback only where that is permitted.
	HTTP *http.Client
	// Timeout of one request; zero: 10 s. A context that ends earlier wins.
	Timeout time.Duration
}

const (
	defaultBase = "https://business.juso.go.kr"
	provider    = "juso"
	opSearch    = "search"
	opLocate    = "coordinates"
	maxKeyBytes = 256
)

// Provider asks juso. It is safe for concurrent use.
type Provider struct {
	client *rest.Client
	keys   func() (search, locate string) // a closure, because fmt prints the unexported text of a struct
	locate int
}

// New checks the configuration and reports all its mistakes at once. It asks nobody.
func New(cfg Config) (*Provider, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = defaultBase
	}
	mistakes := cfg.mistakes()
	client, err := rest.New(rest.Config{
		Provider: provider, Base: cfg.BaseURL, AllowLoopbackHTTP: cfg.AllowLoopbackHTTP, HTTP: cfg.HTTP, Timeout: cfg.Timeout,
	})
	if err != nil {
		mistakes = append(mistakes, fmt.Errorf("juso: %w", err))
	}
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	search, locate := cfg.Key.Reveal(), cfg.CoordinateKey.Reveal()
	return &Provider{client: client, locate: cfg.Coordinates, keys: func() (string, string) { return search, locate }}, nil
}

func (cfg Config) mistakes() []error {
	var all []error
	wrong := func(is bool, what string) {
		if is {
			all = append(all, errors.New("juso: "+what))
		}
	}
	odd := func(key string) bool {
		return len(key) > maxKeyBytes || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f })
	}
	wrong(cfg.Key.IsZero(), "key is missing")
	wrong(odd(cfg.Key.Reveal()), "key has characters that no key has")
	wrong(odd(cfg.CoordinateKey.Reveal()), "coordinate key has characters that no key has")
	wrong(cfg.Coordinates < 0 || cfg.Coordinates > MaxCoordinates, fmt.Sprintf("coordinates is not within 0 and %d", MaxCoordinates))
	wrong(cfg.Coordinates > 0 && cfg.CoordinateKey.IsZero(), "coordinate key is missing: the service has keys of its own")
	return all
}

// Search finds addresses by text.
func (p *Provider) Search(ctx context.Context, q address.Query) (address.Page, error) {
	if err := q.Validate(); err != nil {
		return address.Page{}, err
	}
	q = q.Tidy()
	word := keyword(q.Text)
	if word == "" {
		e := p.client.Fail(opSearch, providers.Invalid, "", errNoKeyword)
		e.Unsent = true
		return address.Page{}, e
	}
	point := q.Require.Has(address.FieldPoint)
	if point && p.locate == 0 {
		e := p.client.Fail(opSearch, providers.NotFound, "", address.ErrLacking)
		e.Unsent = true
		return address.Page{}, e
	}
	key, _ := p.keys()
	b, err := p.ask(ctx, opSearch, "/addrlink/addrLinkApi.do", searchCodes, url.Values{
		"confmKey": {key}, "currentPage": {strconv.Itoa(q.Page)}, "countPerPage": {strconv.Itoa(q.Size)}, "keyword": {word}, "resultType": {"json"},
	})
	if err != nil {
		return address.Page{}, err
	}
	if b.page != 0 && b.page != q.Page {
		return address.Page{}, p.client.Fail(opSearch, providers.Unavailable, "", errOtherPage)
	}
	if len(b.rows) == 0 {
		if b.total > 0 && q.Page == 1 {
			return address.Page{}, p.client.Fail(opSearch, providers.Unavailable, "", errContradicts)
		}
		return address.Page{}, p.client.Fail(opSearch, providers.NotFound, "", errNone)
	}
	page := address.Page{Total: max(b.total, len(b.rows)), Page: q.Page, Last: q.Page*q.Size >= b.total}
	if page.Items, err = p.items(ctx, b.rows, q.Require, point); err != nil {
		return address.Page{}, err
	}
	return address.Settle(provider, opSearch, q, page)
}

// items are the rows in the common form, the first ones located if need be.
func (p *Provider) items(ctx context.Context, rows []row, require address.Fields, point bool) ([]address.Address, error) {
	all := make([]address.Address, 0, len(rows))
	located := 0
	for _, r := range rows {
		a := r.address()
		if point && located < p.locate && a.Filled().Has(require&^address.FieldPoint) {
			located++
			var err error
			if a.Point, err = p.entrance(ctx, r); err != nil {
				return nil, err
			}
		}
		all = append(all, a)
	}
	return all, nil
}

var (
	errNoKeyword   = errors.New("nothing is left of the text that may be sent")
	errOtherPage   = errors.New("another page than the one asked for")
	errContradicts = errors.New("nothing on the first page, though something was found")
	errNone        = errors.New("no such address")
)

var _ address.Searcher = (*Provider)(nil)
