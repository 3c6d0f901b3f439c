package kakaoaddress

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

// Retention is what the terms allow to keep, for the Retention of a source: nothing.
const Retention time.Duration = 0

// Fills are the fields that an answer can have.
const Fills = address.FieldRoad | address.FieldJibun | address.FieldPostcode | address.FieldLegalDong | address.FieldBuildingName |
	address.FieldSido | address.FieldSigungu | address.FieldDong | address.FieldPoint

// Config of a Provider. Key is required.
type Config struct {
	// Key is the REST API key of the app. Required.
	Key providers.Secret
	// BaseURL is https, without a path; empty: https://dapi.kakao.com.
	BaseURL string
	// AllowLoopbackHTTP permits http to a loopback address, for tests and rehearsals.
	AllowLoopbackHTTP bool
	// HTTP is the client to ask through; nil: one that dials public addresses only, or loopback only where that is permitted.
	HTTP *http.Client
	// Timeout of a whole ask; zero: 10 s. A context that ends earlier wins.
	Timeout time.Duration
}

const (
	defaultBase = "https://dapi.kakao.com"
	provider    = "kakao"
	opSearch    = "search"
	opReverse   = "reverse"
	maxKeyBytes = 256
)

// Provider asks Kakao Local. It is safe for concurrent use.
type Provider struct {
	client *rest.Client
	header func() http.Header // a closure, because fmt prints the unexported text of a struct
}

// New checks the configuration and reports all its mistakes at once. It asks nobody.
func New(cfg Config) (*Provider, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = defaultBase
	}
	var mistakes []error
	key := cfg.Key.Reveal()
	switch {
	case key == "":
		mistakes = append(mistakes, errors.New("kakao: key is missing"))
	case len(key) > maxKeyBytes || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		mistakes = append(mistakes, errors.New("kakao: key has characters that no key has"))
	}
	client, err := rest.New(rest.Config{
		Provider: provider, Base: cfg.BaseURL, AllowLoopbackHTTP: cfg.AllowLoopbackHTTP, HTTP: cfg.HTTP, Timeout: cfg.Timeout,
	})
	if err != nil {
		mistakes = append(mistakes, fmt.Errorf("kakao: %w", err))
	}
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	return &Provider{client: client, header: func() http.Header {
		return http.Header{"Authorization": {"KakaoAK " + key}, "Accept": {"application/json"}}
	}}, nil
}

// Search finds addresses by text.
func (p *Provider) Search(ctx context.Context, q address.Query) (address.Page, error) {
	if err := q.Validate(); err != nil {
		return address.Page{}, err
	}
	q = q.Tidy()
	if !Fills.Has(q.Require) {
		return address.Page{}, p.lacking(opSearch)
	}
	found, err := p.ask(ctx, opSearch, "/v2/local/search/address.json", url.Values{
		"query": {q.Text}, "page": {strconv.Itoa(q.Page)}, "size": {strconv.Itoa(q.Size)},
	})
	if err != nil {
		return address.Page{}, err
	}
	page := address.Page{Total: found.total, Page: q.Page, Last: found.last}
	if page.Items, err = addresses(found.documents); err != nil {
		return address.Page{}, p.client.Fail(opSearch, providers.Unavailable, "", err)
	}
	if len(page.Items) == 0 {
		return address.Page{}, p.nothing(opSearch, found.total > 0 && q.Page == 1)
	}
	return address.Settle(provider, opSearch, q, page)
}

// Reverse tells the address of a place.
func (p *Provider) Reverse(ctx context.Context, at address.Point) (address.Page, error) {
	if err := at.Validate(); err != nil {
		return address.Page{}, err
	}
	if !at.InKorea() {
		e := p.nothing(opReverse, false)
		e.Unsent = true
		return address.Page{}, e
	}
	found, err := p.ask(ctx, opReverse, "/v2/local/geo/coord2address.json", url.Values{
		"x": {degrees(at.Lon)}, "y": {degrees(at.Lat)},
	})
	if err != nil {
		return address.Page{}, err
	}
	page := address.Page{Total: found.total, Page: 1, Last: true}
	if page.Items, err = addresses(found.documents); err != nil {
		return address.Page{}, p.client.Fail(opReverse, providers.Unavailable, "", err)
	}
	if len(page.Items) == 0 {
		return address.Page{}, p.nothing(opReverse, found.total > 0)
	}
	return address.SettleAt(provider, opReverse, at, page)
}

// degrees has seven decimals: a centimetre.
func degrees(v float64) string { return strconv.FormatFloat(v, 'f', 7, 64) }

// lacking: Kakao has no such field, so nobody need be asked.
func (p *Provider) lacking(op string) *providers.Error {
	e := p.client.Fail(op, providers.NotFound, "", address.ErrLacking)
	e.Unsent = true
	return e
}

// nothing found; or, when the total says otherwise, nothing understood.
func (p *Provider) nothing(op string, contradicts bool) *providers.Error {
	if contradicts {
		return p.client.Fail(op, providers.Unavailable, "", errContradicts)
	}
	return p.client.Fail(op, providers.NotFound, "", errNone)
}

var (
	errNone        = errors.New("no such address")
	errContradicts = errors.New("nothing on the first page, though something was found")
)

var (
	_ address.Searcher = (*Provider)(nil)
	_ address.Reverser = (*Provider)(nil)
)
