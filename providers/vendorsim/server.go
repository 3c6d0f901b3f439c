package vendorsim

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxBody = 64 << 10 // bytes of a request that are read
	logSize = 1024     // hits that Log remembers
)

// Server is the part that all simulated vendors share: one HTTP listener on loopback, faults per operation, a record of
// what was asked. It is embedded in the vendors and started by their Start functions; the zero value is not usable.
// All methods are safe for concurrent use, also during traffic.
type Server struct {
	vendor string
	ops    []*operation
	paths  map[string]*operation
	rest   *operation // for paths that are no operation's own
	all    atomic.Pointer[script]
	total  atomic.Int64
	skew   atomic.Int64 // of the vendor's clock, nanoseconds
	gate   *gate
	http   *http.Server
	served chan struct{}
	done   chan struct{}
	once   sync.Once
	conns  sync.WaitGroup
	calls  sync.WaitGroup
	mu     sync.Mutex // orders Break, Heal and Close; guards ring
	ring   []Hit
	next   int
}

// operation is one thing that a vendor does.
type operation struct {
	name   string
	paths  []string                               // exact; empty, and no match: every path that no other operation has
	match  func(*http.Request) bool               // for paths with a variable part; asked in order when no path is exact
	inner  bool                                   // no request reaches it: the vendor's own work, such as a delivery; "*" leaves it alone
	limit  int64                                  // bytes of a request that are read; 0: maxBody
	do     func(*http.Request) answer             // the work
	failed func(*http.Request) answer             // the vendor's error body, for ErrorBody
	codes  []string                               // that vendor knows
	vendor func(r *http.Request, c string) answer // answer to one of codes
	script atomic.Pointer[script]
	hits   atomic.Int64
}

// Hit is one request that reached the server. It holds no part of the request that could be secret.
type Hit struct {
	At     time.Time // on the wall clock
	Op     string    // operation; empty for a path that the vendor does not have
	Method string    // HTTP method, at most 16 bytes
	Status int       // HTTP status; 0 when none is sent
	Mode   Mode      // fault that was applied; empty: none
}

// start listens and serves; nothing is left behind when it fails.
func (s *Server) start(vendor string, ops ...*operation) error {
	s.vendor, s.paths = vendor, map[string]*operation{}
	s.rest = &operation{do: s.noSuchPath, failed: s.noSuchPath}
	for _, op := range ops {
		s.ops = append(s.ops, op)
		for _, p := range op.paths {
			s.paths[p] = op
		}
		if len(op.paths) == 0 && op.match == nil && !op.inner {
			s.rest = op
		}
	}
	g, err := newGate()
	if err != nil {
		return fmt.Errorf("vendorsim: %s: start: %w", vendor, err)
	}
	s.gate, s.done, s.served = g, make(chan struct{}), make(chan struct{})
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState:         s.connState,
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(g)
	}()
	return nil
}

// connState counts connections, so that Close can wait for their goroutines.
func (s *Server) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Done()
	}
}

// URL is the base address, "http://127.0.0.1:port", without a slash at the end. It stays the same over Refuse and Heal.
func (s *Server) URL() string { return "http://" + s.gate.addr }

// Close ends the server: hanging calls are cut, and it returns when no goroutine of the server is left. Closing again does nothing.
func (s *Server) Close() {
	s.once.Do(func() {
		s.mu.Lock()
		close(s.done)
		s.mu.Unlock()
		_ = s.gate.Close()
		_ = s.http.Close()
		<-s.served
		s.conns.Wait() // before calls: a hijacked connection is no longer in conns, but its call is in calls
		s.calls.Wait()
	})
}

// Operations lists what Break and Hits know, in a fixed order.
func (s *Server) Operations() []string {
	names := make([]string, 0, len(s.ops))
	for _, op := range s.ops {
		names = append(names, op.name)
	}
	return names
}

// Hits is the number of requests that reached the operation, also those that were answered by a fault; "*" counts all,
// also those to paths the vendor does not have. An unknown operation has none. Citizens make two requests of an authorise
// page: seeing it and sending its form.
func (s *Server) Hits(op string) int {
	if op == "*" {
		return int(s.total.Load())
	}
	if o := s.find(op); o != nil {
		return int(o.hits.Load())
	}
	return 0
}

// Log returns the last 1024 hits, oldest first.
func (s *Server) Log() []Hit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(slices.Clone(s.ring[s.next:]), s.ring[:s.next]...)
}

// Advance moves the vendor's clock by d, forwards or backwards: codes, tokens and quotas run out by this clock, and ID
// tokens are dated by it.
func (s *Server) Advance(d time.Duration) { s.skew.Add(int64(d)) }

// route finds the operation of a request.
func (s *Server) route(r *http.Request) *operation {
	if op := s.paths[r.URL.Path]; op != nil {
		return op
	}
	for _, op := range s.ops {
		if op.match != nil && op.match(r) {
			return op
		}
	}
	return s.rest
}

func (s *Server) now() time.Time { return time.Now().Add(time.Duration(s.skew.Load())) }

func (s *Server) closed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func (s *Server) note(op *operation, method string, status int, mode Mode) {
	h := Hit{Op: op.name, Method: method[:min(len(method), 16)], Status: status, Mode: mode}
	s.mu.Lock()
	defer s.mu.Unlock()
	h.At = time.Now()
	if len(s.ring) < logSize {
		s.ring = append(s.ring, h)
		return
	}
	s.ring[s.next] = h
	s.next = (s.next + 1) % logSize
}

func (s *Server) noSuchPath(*http.Request) answer {
	return textAnswer(http.StatusNotFound, kindHTML, "<!doctype html><html lang=\"ko\"><title>404</title><p>페이지를 찾을 수 없습니다.</p></html>")
}
