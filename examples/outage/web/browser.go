package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

const maxPage = 1 << 20

// NewTransport returns connections for many browsers or for one site: kept alive in numbers that fit the load of a replay, never through
// a proxy, everything on loopback.
func NewTransport() *http.Transport {
	return &http.Transport{
		MaxIdleConns:        1024,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     30 * time.Second,
		DisableCompression:  true,
	}
}

// Browser is one citizen's browser for one visit: it keeps cookies and goes where it is told, one step at a time. Not safe for
// concurrent use, but for Get of things that set no cookies.
type Browser struct {
	client *http.Client
	jars   map[string]http.CookieJar // by host and port: on loopback the port stands for the host
}

// NewBrowser returns a browser without any cookies.
func NewBrowser(t http.RoundTripper) *Browser {
	return &Browser{
		client: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		jars:   make(map[string]http.CookieJar),
	}
}

// Page is what came back.
type Page struct {
	Status int
	Header http.Header
	Body   []byte
	// Location is where a redirect leads; nil: it is none.
	Location *url.URL
}

// Get fetches one address.
func (b *Browser) Get(ctx context.Context, address string) (Page, error) {
	return b.do(ctx, http.MethodGet, address, nil)
}

// Post sends one form.
func (b *Browser) Post(ctx context.Context, address string, form url.Values) (Page, error) {
	return b.do(ctx, http.MethodPost, address, form)
}

func (b *Browser) do(ctx context.Context, method, address string, form url.Values) (Page, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return Page{}, errors.New("web: not an address")
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "http://"+req.URL.Host)
	}
	if jar := b.jars[req.URL.Host]; jar != nil {
		for _, c := range jar.Cookies(req.URL) {
			req.AddCookie(c)
		}
	}
	resp, err := b.client.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) { // its text holds the address
			err = wrapped.Err
		}
		return Page{}, fmt.Errorf("web: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return Page{}, fmt.Errorf("web: body: %w", err)
	}
	if err := b.keep(req.URL, resp.Cookies()); err != nil {
		return Page{}, err
	}
	p := Page{Status: resp.StatusCode, Header: resp.Header, Body: data}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		p.Location, _ = resp.Location()
	}
	return p, nil
}

func (b *Browser) keep(from *url.URL, cookies []*http.Cookie) error {
	if len(cookies) == 0 {
		return nil
	}
	jar := b.jars[from.Host]
	if jar == nil {
		fresh, err := cookiejar.New(nil)
		if err != nil {
			return fmt.Errorf("web: cookies: %w", err)
		}
		jar, b.jars[from.Host] = fresh, fresh
	}
	jar.SetCookies(from, cookies)
	return nil
}
