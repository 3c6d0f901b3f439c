package web

import (
	"errors"
	"net/http"
	"time"
)

// DirectTimeout is the client timeout that most sites have.
const DirectTimeout = 10 * time.Second

// Closers are what is to be ended, the last first. The zero value has nothing to end. Not safe for concurrent use.
type Closers struct{ all []func() error }

// Add adds something.
func (c *Closers) Add(end func() error) { c.all = append(c.all, end) }

// AddQuiet adds something that ends without a word.
func (c *Closers) AddQuiet(end func()) {
	c.Add(func() error { end(); return nil })
}

// Transport returns connections of their own.
func (c *Closers) Transport() *http.Transport {
	t := NewTransport()
	c.AddQuiet(t.CloseIdleConnections)
	return t
}

// Client returns a client with connections of its own. Zero: whoever calls says how long.
func (c *Closers) Client(timeout time.Duration) *http.Client {
	return &http.Client{Transport: c.Transport(), Timeout: timeout}
}

// Close ends everything, once.
func (c *Closers) Close() error {
	var errs []error
	for i := len(c.all) - 1; i >= 0; i-- {
		errs = append(errs, c.all[i]())
	}
	c.all = nil
	return errors.Join(errs...)
}
