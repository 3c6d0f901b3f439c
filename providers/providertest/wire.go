package providertest

import (
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
)

// wire is the transport of the client that the adapter is given. It counts
// what the adapter asks, reads and closes, and keeps no connection: a
// transport's own retry on a stale connection must not be taken for the adapter's.
type wire struct {
	stage *stage
	base  *http.Transport

	trips  atomic.Int64 // requests asked
	struck atomic.Int64 // those among them that the fault hits
	opened atomic.Int64 // bodies handed out
	closed atomic.Int64 // bodies closed
	read   atomic.Int64 // decompressed bytes read
}

func newWire(st *stage) *wire {
	return &wire{stage: st, base: &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10}}
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.trips.Add(1)
	resp, err := w.through(r)
	if err != nil {
		return nil, err
	}
	w.opened.Add(1)
	resp.Body = &body{ReadCloser: resp.Body, wire: w}
	return resp, nil
}

func (w *wire) through(r *http.Request) (*http.Response, error) {
	f := w.stage.fault
	if f == nil || !f.all && !w.stage.hitBy(r) {
		return w.base.RoundTrip(r)
	}
	w.struck.Add(1)
	if f.trip == nil {
		return w.base.RoundTrip(r)
	}
	resp, err := f.trip(r)
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return resp, err
}

func (w *wire) close() { w.base.CloseIdleConnections() }

// body is a response body that is watched.
type body struct {
	io.ReadCloser
	wire *wire
	shut atomic.Bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.wire.read.Add(int64(n))
	return n, err
}

func (b *body) Close() error {
	if b.shut.CompareAndSwap(false, true) {
		b.wire.closed.Add(1)
	}
	return b.ReadCloser.Close()
}

// jar counts who looks into it.
type jar struct{ used atomic.Int64 }

// Cookies implements http.CookieJar.
func (j *jar) Cookies(*url.URL) []*http.Cookie { j.used.Add(1); return nil }

// SetCookies implements http.CookieJar.
func (j *jar) SetCookies(*url.URL, []*http.Cookie) { j.used.Add(1) }
