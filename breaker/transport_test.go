package breaker_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// closable notes that it was read and closed.
type closable struct {
	io.Reader
	closed bool
}

func (c *closable) Close() error { c.closed = true; return nil }

func respond(status int, header http.Header) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		if header == nil {
			header = http.Header{}
		}
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader("body"))}, nil
	}
}

func ask(t *testing.T, b *breaker.Breaker, base http.RoundTripper) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(bg, http.MethodGet, "http://vendor.invalid/key", nil)
	require.NoError(t, err)
	return breaker.Transport(b, base).RoundTrip(req)
}

func TestTransportStatus(t *testing.T) {
	for _, c := range []struct {
		status int
		n      int // answers that open; 0: never
		why    breaker.Reason
	}{
		{200, 0, 0}, {301, 0, 0}, {400, 0, 0}, {401, 0, 0}, {403, 0, 0}, {404, 0, 0}, {499, 0, 0},
		{429, 1, breaker.ReasonLimited}, {500, 5, breaker.ReasonFaults}, {502, 5, breaker.ReasonFaults}, {503, 5, breaker.ReasonFaults},
	} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
				n := c.n
				if n == 0 {
					n = 100
				}
				for range n {
					resp, err := ask(t, b, respond(c.status, nil))
					require.NoError(t, err)
					require.Equal(t, c.status, resp.StatusCode)
					body, err := io.ReadAll(resp.Body)
					require.NoError(t, err)
					require.Equal(t, "body", string(body), "the body is the caller's")
				}
				if c.n == 0 {
					require.Equal(t, breaker.Closed, b.Snapshot().State)
					return
				}
				open := refused(t, b)
				require.Equal(t, c.why, open.Why)
				require.NotContains(t, open.Error(), "key")
				require.ErrorContains(t, open, fmt.Sprint("status ", c.status))
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	const at = "Sat, 01 Jan 2000 00:02:00 GMT" // two minutes after the start of a bubble
	for _, c := range []struct {
		name, value, date string
		want              time.Duration // 0: OpenFor
	}{
		{"F24 seconds", "120", "", 2 * time.Minute},
		{"spaces", " 120 ", "", 2 * time.Minute},
		{"F25 IMF-fixdate", at, "", 2 * time.Minute},
		{"F25 RFC 850", "Saturday, 01-Jan-00 00:02:00 GMT", "", 2 * time.Minute},
		{"F25 asctime", "Sat Jan  1 00:02:00 2000", "", 2 * time.Minute},
		{"F26 measured against the answer's own clock", at, "Sat, 01 Jan 2000 00:01:00 GMT", time.Minute},
		{"F26 past date", "Fri, 31 Dec 1999 00:00:00 GMT", "", 0},
		{"F26 far date", "Fri, 31 Dec 2099 00:00:00 GMT", "", 10 * time.Minute},
		{"F26 zero", "0", "", 0},
		{"F26 negative", "-5", "", 0},
		{"F26 1e9", "1e9", "", 0},
		{"F26 a thousand million", "1000000000", "", 10 * time.Minute},
		{"F26 20 digits", "99999999999999999999", "", 10 * time.Minute},
		{"F25 RFC 3339", "2000-01-01T00:02:00Z", "", 0},
		{"absent", "", "", 0},
		{"words", "soon", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
				h := http.Header{}
				if c.value != "" {
					h.Set("Retry-After", c.value)
				}
				if c.date != "" {
					h.Set("Date", c.date)
				}
				_, err := ask(t, b, respond(429, h))
				require.NoError(t, err)
				wait := refused(t, b).RetryAfter()
				if c.want == 0 {
					require.LessOrEqual(t, wait, time.Second)
					return
				}
				require.GreaterOrEqual(t, wait, c.want)
				require.LessOrEqual(t, wait, c.want*11/10)
			})
		})
	}
}

// Whatever a vendor writes there: never negative, never longer than the cap, and what RFC 9110 allows is obeyed.
func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{
		"120", "0", "00600", "601", " 5\t", "-5", "+5", "1.5", "99999999999999999999", "Sat, 01 Jan 2000 00:02:00 GMT",
		"Saturday, 01-Jan-00 00:02:00 GMT", "Sat Jan  1 00:02:00 2000", "2000-01-01T00:02:00Z", "Fri, 31 Dec 9999 23:59:59 GMT", "",
	} {
		f.Add(s, s)
		f.Add(s, "Sat, 01 Jan 2000 00:01:00 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		b := mustNew(t, breaker.Config{OpenFor: time.Nanosecond})
		_, err := ask(t, b, respond(429, http.Header{"Retry-After": {value}, "Date": {date}}))
		require.NoError(t, err)
		s := b.Snapshot()
		require.Positive(t, s.Openings)
		wait := s.Until.Sub(s.Since)
		least := time.Duration(0)
		trimmed := strings.TrimSpace(value)
		if trimmed != "" && strings.Trim(trimmed, "0123456789") == "" {
			n, err := strconv.ParseUint(trimmed, 10, 64)
			if err != nil { // more than that
				n = 600
			}
			least = time.Duration(min(n, 600)) * time.Second
		} else if at, err := http.ParseTime(trimmed); err == nil {
			if from, err := http.ParseTime(date); err == nil {
				least = min(max(at.Sub(from), 0), 10*time.Minute)
			} else {
				least = min(max(time.Until(at), 0), 10*time.Minute)
			}
		}
		require.GreaterOrEqual(t, wait, least)
		require.LessOrEqual(t, wait, min(least+least/10+2*time.Second, 11*time.Minute), "%q %q", value, date)
	})
}

// A wait that comes with a 5xx is obeyed once it has opened.
func TestTransportUnavailableWaits(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		for range 5 {
			_, err := ask(t, b, respond(503, http.Header{"Retry-After": {"120"}}))
			require.NoError(t, err)
		}
		require.GreaterOrEqual(t, refused(t, b).RetryAfter(), 2*time.Minute)
	})
}

// pool is a base that has idle connections.
type pool struct {
	http.RoundTripper
	closed bool
}

func (p *pool) CloseIdleConnections() { p.closed = true }

func TestTransportClosesIdleConnections(t *testing.T) {
	base := &pool{}
	(&http.Client{Transport: breaker.Transport(nil, base)}).CloseIdleConnections()
	require.True(t, base.closed)
	(&http.Client{Transport: breaker.Transport(nil, respond(200, nil))}).CloseIdleConnections() // a base that cannot
}

func TestTransportFailures(t *testing.T) {
	t.Run("refusal closes the request's body", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			trip(t, b)
			body := &closable{Reader: strings.NewReader("q")}
			req, err := http.NewRequestWithContext(bg, http.MethodPost, "http://vendor.invalid/", body)
			require.NoError(t, err)
			client := &http.Client{Transport: breaker.Transport(b, respond(200, nil))}
			_, err = client.Do(req)
			require.ErrorIs(t, err, breaker.ErrOpen)
			require.True(t, body.closed)
		})
	})
	t.Run("F09 certificate", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			bad := &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "secret.example"}}
			_, err := ask(t, b, roundTrip(func(*http.Request) (*http.Response, error) { return nil, bad }))
			require.Equal(t, bad, err)
			open := refused(t, b)
			require.Equal(t, "security", open.Class())
			require.NotContains(t, open.Error(), "secret.example")
			require.ErrorIs(t, open.Cause, bad)
		})
	})
	t.Run("panic", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			require.Panics(t, func() {
				_, _ = ask(t, b, roundTrip(func(*http.Request) (*http.Response, error) { panic("x") }))
			})
			require.EqualValues(t, 1, b.Snapshot().Faults)
		})
	})
	t.Run("neither response nor error", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			_, _ = ask(t, b, roundTrip(func(*http.Request) (*http.Response, error) { return nil, nil })) //nolint:nilnil // the mistake under test
			require.EqualValues(t, 1, b.Snapshot().Faults)
		})
	})
	t.Run("F59 cancelled with a cause", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			left := errors.New("user left")
			for range 100 {
				ctx, cancel := context.WithCancelCause(bg)
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://vendor.invalid/", nil)
				require.NoError(t, err)
				_, err = breaker.Transport(b, roundTrip(func(r *http.Request) (*http.Response, error) {
					cancel(left)
					return nil, context.Cause(r.Context())
				})).RoundTrip(req)
				require.Equal(t, left, err)
			}
			s := b.Snapshot()
			require.Equal(t, breaker.Closed, s.State)
			require.Zero(t, s.Calls)
		})
	})
}

// The age of a call ends when the headers are there: a body that takes long is not slow.
func TestTransportAgeEndsAtHeaders(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		resp, err := ask(t, b, respond(200, nil))
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		_ = resp.Body.Close()
		require.Zero(t, b.Snapshot().Slow)
		require.EqualValues(t, 1, b.Snapshot().Calls)
	})
}

// Over a real server, with the transport that is made when there is none.
func TestTransportReal(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, "later")
	}))
	defer srv.Close()
	b := mustNew(t, breaker.Config{})
	client := &http.Client{Transport: breaker.Transport(b, nil)}
	defer client.CloseIdleConnections()
	resp, err := client.Get(srv.URL)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "later", string(body))
	_, err = client.Get(srv.URL)
	var open *breaker.OpenError
	require.ErrorAs(t, err, &open)
	require.Greater(t, open.RetryAfter(), 59*time.Second)
}
