package main

import (
	"context"
	"errors"
)

// The parts of the table.
const (
	closedOK    = "closed, ok"
	closedFault = "closed, all fail"
	open        = "open, refused"
	fullChain   = "full chain, ok"
	obeyedChain = "full chain, waits"
	fromMemory  = "15 KiB from memory"
	oneInstance = "memory of one"
)

// call is one call of a user.
type call func(context.Context) error

// row is one library doing one thing.
type row struct {
	part, name string
	// base marks the row that the others of its part are compared with.
	base bool
	// vendor is what stands behind it.
	vendor call
	// build makes a fresh one, in the state that part says. Not part of what is measured.
	build func(vendor call) (*subject, error)
}

// subject is what is measured.
type subject struct {
	// worker returns the call that one goroutine makes again and again.
	worker func() func() error
	// refused reports whether an error says that the vendor was not asked.
	refused func(error) bool
	// counted returns how many calls and faults it knows of now. Nil: it cannot be asked.
	counted func() (calls, faults int)
	// stop ends what it started. Nil: nothing.
	stop func()
}

// each is the worker of those whose goroutines need nothing of their own.
func each(f func() error) func() func() error {
	return func() func() error { return f }
}

var (
	errVendor  = errors.New("vendor")
	errNotOpen = errors.New("it does not open")
)

func answers(context.Context) error { return nil }
func fails(context.Context) error   { return errVendor }

// obeys is a vendor behind a network: whoever asks it also waits for the end of its context.
func obeys(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	default:
		return nil
	}
}

// rows are all of them, in the order of the table.
func rows() []row {
	var all []row
	for _, p := range []struct {
		part   string
		vendor call
	}{{closedOK, answers}, {closedFault, fails}, {open, fails}} {
		for _, l := range libraries() {
			if build := l.build[p.part]; build != nil {
				all = append(all, row{p.part, l.name, l.name == gobreakerName, p.vendor, build})
			}
		}
	}
	return append(all, chainRows()...)
}
