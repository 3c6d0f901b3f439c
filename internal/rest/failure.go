package rest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/detour-go/detour/providers"
)

// What can be wrong with an exchange, in words that print nothing of it.
var (
	errRequest      = errors.New("request could not be built")
	errTooLarge     = errors.New("body too large")
	errRedirect     = errors.New("unexpected redirect")
	errRedirectAway = errors.New("redirect to another host")
	errCertificate  = errors.New("certificate verification failed")
	errNotTLS       = errors.New("peer does not speak tls")
	errStatus       = errors.New("unexpected status")
	errMedia        = errors.New("unexpected content type")
)

// Fail builds the error of an operation of this provider.
func (c *Client) Fail(op string, kind providers.Kind, code string, cause error) *providers.Error {
	return &providers.Error{Provider: c.provider, Op: op, Kind: kind, Code: code, Err: cause}
}

// transportError says what a failed exchange means. Before the answer's
// headers, a failed dial or lookup is certain to have had no effect.
func (c *Client) transportError(op string, err error, answered bool) error {
	var ours *providers.Error
	if errors.As(err, &ours) {
		return ours
	}
	e := c.Fail(op, providers.Unavailable, "", nil)
	var badCert *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	var dial *net.OpError
	var dns *net.DNSError
	switch {
	case errors.As(err, &badCert):
		e.Kind, e.Err, e.Unsent = providers.Security, errCertificate, true
	case errors.As(err, &notTLS), errors.Is(err, http.ErrSchemeMismatch):
		e.Kind, e.Err, e.Unsent = providers.Security, errNotTLS, true
	case errors.Is(err, errPrivate):
		e.Kind, e.Err, e.Unsent = providers.Security, errPrivate, true
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Err = io.ErrUnexpectedEOF
	default:
		e.Err = providers.Cause(err)
		e.Unsent = !answered && (errors.As(err, &dns) || errors.As(err, &dial) && dial.Op == "dial")
	}
	return e
}

// Status classifies an answer by its status alone, for when the body said
// nothing: 429 is a limit; 401, 403 and an endpoint that is not there are our
// configuration; everything else is the vendor's fault, also a 2xx that was not
// understood and a 400: adapters check questions before they ask. An HTML page
// comes from a proxy or a firewall in between, and proves nothing about our key.
func (c *Client) Status(op string, a *Answer) *providers.Error {
	e := c.Fail(op, providers.Unavailable, "", errStatus)
	switch a.Status {
	case http.StatusTooManyRequests:
		e.Kind = providers.Limited
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		if a.Media() != "text/html" {
			e.Kind = providers.Refused
		}
	}
	e.After = Wait(a.Header)
	return e
}

// Object reads an answer that must be one JSON object, whatever its status. The
// error is a fault: content type and body are part of what makes an answer.
func (c *Client) Object(op string, a *Answer, v any) error {
	if !a.IsJSON() {
		return c.Fail(op, providers.Unavailable, "", errMedia)
	}
	if err := Decode(a.Body, v); err != nil {
		return c.Fail(op, providers.Unavailable, "", err)
	}
	return nil
}
