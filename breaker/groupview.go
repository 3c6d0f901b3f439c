package breaker

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// GroupSnapshot is a group at one moment.
type GroupSnapshot struct {
	Parent, Overflow Snapshot
	Keys, Open       int    // tracked; of these not closed, as callers meet them
	Evicted          uint64 // keys that had to go
	Overflowed       uint64 // times that a call was given the overflow breaker
}

// Snapshot tells how things stand, and changes nothing. It looks at every member: not for every call. The zero value for nil.
func (g *Group) Snapshot() GroupSnapshot {
	if g == nil {
		return GroupSnapshot{}
	}
	s := GroupSnapshot{
		Parent: g.parent.Snapshot(), Overflow: g.over.Snapshot(), Evicted: g.evicted.Load(), Overflowed: g.overflowed.Load(),
	}
	for _, m := range g.all() {
		s.Keys++
		if m.b.Snapshot().State != Closed {
			s.Open++
		}
	}
	return s
}

// Close closes all members and waits for their asks, as Breaker.Close does. The group stays usable.
func (g *Group) Close() error {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	var closing sync.WaitGroup
	for _, m := range g.all() {
		if m.b.halt() {
			closing.Go(func() { _ = m.b.Close() })
		}
	}
	err := errors.Join(g.parent.Close(), g.over.Close())
	closing.Wait()
	g.leaving.Wait()
	return err
}

// Reconfigure is Breaker.Reconfigure for all members, the parent and the rules of the group, as a whole: all mistakes at once, and then
// nothing has changed. The Name must stay, and Max must leave room for the keys that are tracked. It takes every member's lock in turn.
func (g *Group) Reconfigure(c GroupConfig) error {
	if g == nil {
		return errors.New("breaker: reconfigure: no group")
	}
	err := c.check()
	c = c.filled()
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.Name != g.conf.Name {
		err = errors.Join(err, fmt.Errorf("breaker: reconfigure: Name must stay %q: %q", g.conf.Name, c.Name))
	}
	if c.Max < len(g.clock) {
		err = errors.Join(err, fmt.Errorf("breaker: reconfigure: Max %d is less than the %d keys tracked", c.Max, len(g.clock)))
	}
	if err != nil {
		return err
	}
	g.conf = c
	errs := []error{g.parent.Reconfigure(c.whole()), g.over.Reconfigure(c.rest())}
	for _, m := range g.clock {
		own := c.of(m.key)
		own.Name = m.b.Name() // Label may say otherwise now
		errs = append(errs, m.b.Reconfigure(own))
	}
	return errors.Join(errs...) // checked above: there are none
}

// Transport is the function Transport with a breaker per key of the request; key nil: its host and port.
func (g *Group) Transport(key func(*http.Request) string, base http.RoundTripper) http.RoundTripper {
	if key == nil {
		key = func(r *http.Request) string { return r.URL.Host }
	}
	t := newTransport(base)
	t.pick = func(r *http.Request) *Breaker { return g.Of(key(r)) }
	return t
}
