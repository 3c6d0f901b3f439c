package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/detour-go/detour/breaker"
)

// A breaker counts 8191 calls per time slot and shard and lets the rest of a slot go uncounted, which is cheaper. No site comes near that (a
// slot of the default Config is 104 ms), but a benchmark does. So that every call measured is a counted one, Detour is measured on a few
// breakers with the shortest slots, used in turn by all goroutines together. It pays for the turns.
const (
	turns    = 5
	turnLong = 256 // calls
	shortest = 100 * time.Millisecond
)

func detour() library {
	return library{
		name: detourName,
		build: map[string]func(call) (*subject, error){
			closedOK: func(vendor call) (*subject, error) {
				return detourSubject(turns, breaker.Config{Window: shortest}, vendor)
			},
			closedFault: func(vendor call) (*subject, error) {
				return detourSubject(turns, breaker.Config{Window: shortest, Consecutive: manyFaults, MinCalls: manyFaults}, vendor)
			},
			open: func(vendor call) (*subject, error) {
				return opened(detourSubject(1, breaker.Config{OpenFor: forever}, vendor))
			},
		},
		one: func(_ int, vendor call) (any, error) {
			b, err := breaker.New(breaker.Config{})
			if err == nil {
				err = b.Do(context.Background(), vendor)
			}
			return b, err
		},
	}
}

func detourWithProbe() library {
	return library{
		name: probeName,
		build: map[string]func(call) (*subject, error){
			open: func(vendor call) (*subject, error) {
				return opened(detourSubject(1, breaker.Config{Probe: fails}, vendor))
			},
		},
	}
}

func detourSubject(n int, c breaker.Config, vendor call) (*subject, error) {
	all := make([]*breaker.Breaker, n)
	for i := range all {
		var err error
		if all[i], err = breaker.New(c); err != nil {
			return nil, err
		}
	}
	ctx := context.Background()
	s := &subject{
		worker:  each(func() error { return all[0].Do(ctx, vendor) }),
		refused: func(err error) bool { return errors.Is(err, breaker.ErrOpen) },
		counted: func() (calls, faults int) {
			for _, b := range all {
				now := b.Snapshot()
				calls, faults = calls+int(now.Calls), faults+int(now.Faults)
			}
			return calls, faults
		},
		stop: func() {
			for _, b := range all {
				_ = b.Close()
			}
		},
	}
	if n > 1 {
		s.worker = inTurn(all, func(b *breaker.Breaker) error { return b.Do(ctx, vendor) })
	}
	return s, nil
}

// inTurn lets all goroutines use the same breaker at one time, and another a moment later.
func inTurn(all []*breaker.Breaker, do func(*breaker.Breaker) error) func() func() error {
	turn := new(atomic.Uint32)
	return func() func() error {
		calls := 0
		return func() error {
			if calls++; calls == turnLong {
				calls = 0
				turn.Add(1)
			}
			return do(all[turn.Load()%uint32(len(all))])
		}
	}
}
