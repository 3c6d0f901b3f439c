// Package web is what both sides of the example stand on: a small site on loopback, and a citizen's browser.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Site is one web site on a free port of 127.0.0.1. Its address is known before it serves, because vendors must know where to send
// citizens back to.
type Site struct {
	Name string

	mux    *http.ServeMux
	listen net.Listener
	server *http.Server
	served chan error
}

// Listen returns a site that has an address and answers nothing yet.
func Listen(name string) (*Site, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("web: site %s: %w", name, err)
	}
	s := &Site{Name: name, mux: http.NewServeMux(), listen: l, served: make(chan error, 1)}
	s.server = &http.Server{
		Handler:           s.mux,
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	return s, nil
}

// URL is the address of the site without a slash at the end.
func (s *Site) URL() string { return "http://" + s.listen.Addr().String() }

// Handle adds a page; call it before Serve.
func (s *Site) Handle(pattern string, h http.HandlerFunc) { s.mux.Handle(pattern, h) }

// Serve starts answering.
func (s *Site) Serve() {
	go func() { s.served <- s.server.Serve(s.listen) }()
}

// Close ends the site; what is under way has a second to end. A site that never served can be closed too.
func (s *Site) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	_ = s.listen.Close() // Shutdown closes it only if the site served
	return err
}
