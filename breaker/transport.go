package breaker

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Transport guards an http.RoundTripper, for users who keep their own client. The age of a call ends when the headers are there; the
// body is the caller's, untouched: one that stalls or breaks off is not seen here, tell it with Report. 5xx is a fault and 429 is "limited", both with their Retry-After (at most 10 min); a failed TLS
// verification is "security"; every other status is an answer. The response of a counted fault is returned as it came. A refused request
// returns an *OpenError (inside the client's *url.Error), its body closed. A base of nil is a new http.Transport with the environment's proxy.
func Transport(b *Breaker, base http.RoundTripper) http.RoundTripper {
	t := newTransport(base)
	t.pick = func(*http.Request) *Breaker { return b }
	return t
}

func newTransport(base http.RoundTripper) *transport {
	if base == nil {
		base = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			MaxIdleConns:        100,
			IdleConnTimeout:     90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second,
		}
	}
	return &transport{base: base}
}

type transport struct {
	pick func(*http.Request) *Breaker
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	pass, err := t.pick(req).Enter(req.Context())
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // a RoundTripper always closes it
		}
		return nil, err
	}
	outcome := errAborted
	defer func() { pass.Exit(outcome) }()
	resp, err := t.base.RoundTrip(req)
	outcome = answerError(resp, err)
	return resp, err
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// answerError is what a response says about the upstream.
func answerError(resp *http.Response, err error) error {
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &cert):
		return &statusError{class: classSecurity, cause: err}
	case err != nil:
		return err
	case resp == nil:
		return errNoReply
	case resp.StatusCode == http.StatusTooManyRequests:
		return &statusError{class: classLimited, status: resp.StatusCode, wait: retryAfter(resp.Header)}
	case resp.StatusCode >= 500:
		return &statusError{class: classUnavailable, status: resp.StatusCode, wait: retryAfter(resp.Header)}
	default:
		return nil
	}
}

// statusError is the outcome of an exchange that was an error only to the breaker.
type statusError struct {
	class  string
	status int
	wait   time.Duration
	cause  error
}

func (e *statusError) Error() string {
	if e.cause != nil {
		return e.class + ": certificate not verified"
	}
	return e.class + ": status " + strconv.Itoa(e.status)
}
func (e *statusError) Class() string       { return e.class }
func (e *statusError) Wait() time.Duration { return e.wait }
func (e *statusError) Unwrap() error       { return e.cause }

var _ http.RoundTripper = (*transport)(nil)
