package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/detour-go/detour/providers"
)

// Ask is one question.
type Ask struct {
	// Op names the operation in errors.
	Op string
	// Method is GET when empty, or POST when Form or JSON is set.
	Method string
	// Path is appended to the base's path, unescaped: Do escapes it. The adapter has checked what it puts in.
	Path string
	// Query and Form are encoded as UTF-8; Form makes an x-www-form-urlencoded body.
	Query, Form url.Values
	// JSON, when not nil, is encoded as the body, with its content type; Form is not looked at then.
	JSON any
	// Header is sent besides User-Agent and Content-Type.
	Header http.Header
}

// Do asks once. Every status is an Answer; an error is always a *providers.Error.
func (c *Client) Do(ctx context.Context, ask Ask) (*Answer, error) {
	u := *c.base
	u.Path += ask.Path
	u.RawQuery = ask.Query.Encode()
	method := ask.Method
	body, media, err := ask.body()
	if err != nil {
		return nil, c.Fail(ask.Op, providers.Invalid, "", errRequest)
	}
	if body != nil && method == "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, c.Fail(ask.Op, providers.Invalid, "", errRequest)
	}
	for k, v := range ask.Header {
		req.Header[k] = v
	}
	if body != nil {
		req.Header.Set("Content-Type", media)
	}
	return c.send(req, ask.Op, false)
}

// Browse gets a page as a browser would, to see whether it is there. A redirect
// is an Answer here, with its Location, and still not followed.
func (c *Client) Browse(ctx context.Context, op, page string) (*Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return nil, c.Fail(op, providers.Invalid, "", errRequest)
	}
	req.Header.Set("Accept", "text/html")
	req.Header.Set("User-Agent", "Mozilla/5.0 (compatible; "+c.agent+")")
	return c.send(req, op, true)
}

// body is what is sent, with its type; nil: nothing. What cannot be encoded is
// not asked: the error of encoding/json would print values.
func (a Ask) body() (body io.Reader, media string, err error) {
	switch {
	case a.JSON != nil:
		b, err := json.Marshal(a.JSON)
		if err != nil {
			return nil, "", errRequest
		}
		return bytes.NewReader(b), "application/json;charset=UTF-8", nil
	case a.Form != nil:
		return strings.NewReader(a.Form.Encode()), "application/x-www-form-urlencoded;charset=utf-8", nil
	}
	return nil, "", nil
}

// Through returns an http.Client for a library that wants one (x/oauth2): the
// same rules hold for whatever it asks, and its error chain ends in a *providers.Error.
func (c *Client) Through(op string) *http.Client {
	return &http.Client{
		Transport:     through{c, op},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type through struct {
	client *Client
	op     string
}

func (t through) RoundTrip(req *http.Request) (*http.Response, error) {
	a, err := t.client.send(req.Clone(req.Context()), t.op, false)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(a.Status), StatusCode: a.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.Header, Body: io.NopCloser(strings.NewReader(string(a.Body))), ContentLength: int64(len(a.Body)), Request: req,
	}, nil
}

// send keeps the rules: one request, bounded in time and bytes, body closed.
func (c *Client) send(req *http.Request, op string, mayMove bool) (*Answer, error) {
	ctx, cancel := context.WithTimeout(req.Context(), c.timeout)
	defer cancel()
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", c.agent)
	}
	resp, err := c.http.Do(req.WithContext(ctx))
	if err != nil {
		return nil, c.transportError(op, err, false)
	}
	defer resp.Body.Close()
	if moved := resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.StatusCode != http.StatusNotModified; moved && !mayMove {
		return nil, c.redirected(op, req.URL, resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.max+1))
	if err != nil {
		return nil, c.transportError(op, err, true)
	}
	if int64(len(body)) > c.max {
		return nil, c.Fail(op, providers.Unavailable, "", errTooLarge)
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// redirected: an API has no reason to send us elsewhere. Elsewhere on another
// host or without TLS is what an attack looks like.
func (c *Client) redirected(op string, from *url.URL, resp *http.Response) error {
	to, err := resp.Location()
	if err != nil {
		return c.Fail(op, providers.Unavailable, "", errRedirect)
	}
	if to.Host != from.Host || to.Scheme != from.Scheme {
		return c.Fail(op, providers.Security, "", errRedirectAway)
	}
	return c.Fail(op, providers.Unavailable, "", errRedirect)
}
