package oidclogin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/detour-go/detour/internal/rest"
)

// endpoint is one URL that is asked with GET and answers with a JSON object.
type endpoint struct {
	client *rest.Client
	slash  string // rest drops the one at the end of a base
}

func newEndpoint(cfg Config, raw string, maxBytes int64, timeout time.Duration) (*endpoint, error) {
	if cfg.Timeout > 0 && (timeout == 0 || cfg.Timeout < timeout) {
		timeout = cfg.Timeout
	}
	c, err := rest.New(rest.Config{
		Provider: cfg.Name, Base: raw, AllowLoopbackHTTP: cfg.AllowLoopbackHTTP,
		HTTP: cfg.HTTP, UserAgent: cfg.UserAgent, MaxBytes: maxBytes, Timeout: timeout,
	})
	if err != nil {
		return nil, err
	}
	e := &endpoint{client: c}
	if strings.HasSuffix(raw, "/") {
		e.slash = "/"
	}
	return e, nil
}

// read asks once and decodes a 200; anything else is an error by its status.
func (e *endpoint) read(ctx context.Context, op string, header http.Header, v any) (status int, err error) {
	a, err := e.client.Do(ctx, rest.Ask{Op: op, Path: e.slash, Header: header})
	if err != nil {
		return 0, err
	}
	if a.Status != http.StatusOK {
		return a.Status, e.client.Status(op, a)
	}
	return a.Status, e.client.Object(op, a, v)
}
