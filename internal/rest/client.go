package rest

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Bounds that hold when a Config says nothing.
const (
	DefaultMaxBytes = 1 << 20          // of a decompressed body
	DefaultTimeout  = 10 * time.Second // of a whole ask, body included
)

// Config describes one vendor endpoint. Base is the only required field.
type Config struct {
	// Provider is the name that errors carry.
	Provider string
	// Base is the scheme, host and optional path prefix, e.g. "https://kapi.kakao.com".
	Base string
	// AllowLoopbackHTTP permits an http Base whose host is a loopback address:
	// for tests and rehearsals against vendorsim.
	AllowLoopbackHTTP bool
	// HTTP is the client to ask through; its redirect policy and cookie jar are
	// not used. Nil: a client of our own that dials public addresses only, or, with
	// AllowLoopbackHTTP and an http Base, loopback addresses only.
	HTTP *http.Client
	// UserAgent is sent with each request; empty: "detour/<provider>".
	UserAgent string
	// MaxBytes caps the decompressed body; zero: DefaultMaxBytes.
	MaxBytes int64
	// Timeout caps a whole ask; zero: DefaultTimeout. A context that ends earlier wins.
	Timeout time.Duration
}

// Client asks one vendor endpoint. It is safe for concurrent use.
type Client struct {
	provider string
	base     *url.URL
	http     *http.Client
	agent    string
	max      int64
	timeout  time.Duration
}

// New checks the configuration and reports all its mistakes at once. It opens no connection.
func New(cfg Config) (*Client, error) {
	var wrong []error
	base, err := ParseBase(cfg.Base, cfg.AllowLoopbackHTTP)
	if err != nil {
		wrong = append(wrong, err)
	}
	if cfg.MaxBytes < 0 {
		wrong = append(wrong, errors.New("max bytes is negative"))
	}
	if cfg.Timeout < 0 {
		wrong = append(wrong, errors.New("timeout is negative"))
	}
	if strings.ContainsAny(cfg.UserAgent, "\r\n") {
		wrong = append(wrong, errors.New("user agent has a line break"))
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	c := &Client{provider: cfg.Provider, base: base, agent: cfg.UserAgent, max: cfg.MaxBytes, timeout: cfg.Timeout}
	if c.max == 0 {
		c.max = DefaultMaxBytes
	}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	if c.agent == "" {
		c.agent = "detour/" + cfg.Provider
	}
	given := cfg.HTTP
	if given == nil {
		given = &http.Client{}
	}
	// A copy: the caller's client keeps its own redirect policy and jar.
	c.http = &http.Client{
		Transport:     given.Transport,
		Timeout:       given.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if c.http.Transport == nil {
		c.http.Transport = newTransport(base.Scheme == "http") // http is loopback: ParseBase has seen to it
	}
	return c, nil
}

// ParseBase checks a base URL: https, a host, no user info, query or fragment;
// http only for a loopback host and only when allowed. Its errors do not print the URL.
func ParseBase(base string, allowLoopbackHTTP bool) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, errors.New("base url does not parse")
	}
	switch {
	case base == "":
		return nil, errors.New("base url is missing")
	case u.User != nil:
		return nil, errors.New("base url has user info")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, errors.New("base url has a query or fragment")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("base url has no host")
	case u.Scheme == "https":
	case u.Scheme == "http" && allowLoopbackHTTP && isLoopback(u.Hostname()):
	case u.Scheme == "http":
		return nil, errors.New("base url is http: only loopback may be, and only with AllowLoopbackHTTP")
	default:
		return nil, errors.New("base url scheme is not https")
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// newTransport has bounds for every phase of a call, and dials public addresses
// only; in a rehearsal, loopback addresses only.
func newTransport(rehearsal bool) *http.Transport {
	dialer := &net.Dialer{Timeout: 2 * time.Second, Control: publicOnly}
	if rehearsal {
		dialer.Control = loopbackOnly
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    2 * time.Second,
		ResponseHeaderTimeout:  DefaultTimeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    32,
		MaxConnsPerHost:        256,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
