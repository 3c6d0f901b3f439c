package diskstore

import (
	"fmt"
	"sync"
	"time"
)

const (
	faultsInARow = 3
	offFor       = time.Second
)

// gate leaves the disk alone after faults in a row, one for reading and one
// for writing: a full or read-only disk can still be read.
type gate struct {
	mu     sync.Mutex
	row    int
	until  time.Time // not asked before, zero: on
	reason error     // what is told meanwhile
}

// enter says whether the disk is asked. While it is off, one caller is let
// through each second.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.until.IsZero() {
		return nil
	}
	now := time.Now()
	if now.Before(g.until) {
		return g.reason
	}
	g.until = now.Add(offFor)
	return nil
}

// well: the disk did what it was asked.
func (g *gate) well() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.row, g.until, g.reason = 0, time.Time{}, nil
}

// fault counts one, and shuts after enough of them.
func (g *gate) fault(cause error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.row++; g.row >= faultsInARow || !g.until.IsZero() {
		g.until = time.Now().Add(offFor)
		g.reason = fmt.Errorf("%w: %w", ErrOff, cause)
	}
}

// cause returns why the gate is shut, or nil.
func (g *gate) cause() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reason
}
