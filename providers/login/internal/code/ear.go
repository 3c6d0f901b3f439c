package code

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/detour-go/detour/internal/rest"
)

// ear is the transport of one exchange: it asks through rest, and keeps the
// answer as it came so that it can be judged before it is believed. It is for
// one goroutine and one request; a second is not sent.
type ear struct {
	next  http.RoundTripper
	heard *rest.Answer
}

func (g *Grant) listen() *ear { return &ear{next: g.token.Through(OpToken).Transport} }

// into tells x/oauth2 to ask through this ear, never http.DefaultClient.
func (e *ear) into(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: e})
}

// RoundTrip implements http.RoundTripper.
func (e *ear) RoundTrip(req *http.Request) (*http.Response, error) {
	if e.heard != nil {
		return nil, errTokenAnswer
	}
	req = req.Clone(req.Context())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	req.Header.Set("Accept", "application/json")
	resp, err := e.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body) // in memory and bounded: rest has read it
	if err != nil {
		return nil, err
	}
	e.heard = &rest.Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}
