package main

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// inBubble runs f under a clock of its own, so that no window slides away; hystrix-go's goroutines never end, which a bubble does not allow.
func inBubble(t *testing.T, name string, f func(*testing.T)) {
	if strings.HasPrefix(name, "hystrix") {
		f(t)
		return
	}
	synctest.Test(t, func(t *testing.T) {
		f(t)
		time.Sleep(2 * forever) // the goroutine of an open eapache breaker sleeps as long as it is open
	})
}

// Each row does what it says, for as many calls as it is asked for.
func TestRows(t *testing.T) {
	const calls = 100
	seen := map[string]int{}
	for _, r := range rows() {
		seen[r.part]++
		t.Run(r.part+"/"+r.name, func(t *testing.T) {
			inBubble(t, r.name, func(t *testing.T) {
				var asked atomic.Int64
				s, err := r.build(func(ctx context.Context) error {
					asked.Add(1)
					return r.vendor(ctx)
				})
				require.NoError(t, err)
				if s.stop != nil {
					defer s.stop()
				}
				before := asked.Load()
				f := s.worker()
				for range calls {
					switch err := f(); r.part {
					case closedFault:
						require.ErrorIs(t, err, errVendor)
					case open:
						require.True(t, s.refused(err), "%v", err)
					default:
						require.NoError(t, err)
					}
				}
				want := int64(calls)
				if r.part == open || r.part == fromMemory {
					want = 0
				}
				require.Equal(t, want, asked.Load()-before, "calls of the vendor")
				if s.counted == nil || want == 0 {
					return
				}
				got, faults := s.counted()
				require.Equal(t, calls, got, "counted calls")
				if r.part == closedFault {
					require.Equal(t, calls, faults, "counted faults")
				} else {
					require.Zero(t, faults)
				}
			})
		})
	}
	require.Equal(t, map[string]int{closedOK: 8, closedFault: 8, open: 9, fullChain: 6, obeyedChain: 6, fromMemory: 2}, seen)
}

// Every chain of the full part bounds each attempt, repeats it, and does not take a substitute for the answer.
func TestChainsAreFull(t *testing.T) {
	attempts := map[string]int64{
		detourName: 1 + retries, secondName: 1 + retries, handmadeName: 1 + retries, handmadeName + ", lazy": 1 + retries,
		failsafeName: 1, "WithTimeout alone": 1, // its default breaker opens after one fault
	}
	for _, r := range chainRows() {
		if r.part != fullChain && r.part != obeyedChain {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int64
				s, err := r.build(func(ctx context.Context) error {
					asked.Add(1)
					began := time.Now()
					<-ctx.Done()
					require.Equal(t, attempt, time.Since(began))
					return ctx.Err()
				})
				require.NoError(t, err)
				if s.stop != nil {
					defer s.stop()
				}
				require.Error(t, s.worker()())
				require.Equal(t, attempts[r.name], asked.Load())
			})
		})
	}
}

// No call of a run goes uncounted, though many fall into one slot.
func TestEveryCallIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := libraries()[0].build[closedOK](answers)
		require.NoError(t, err)
		defer s.stop()
		a, b := s.worker(), s.worker()
		const calls = 100_000 // more than a run makes in a slot, and no time passes here
		for range calls {
			require.NoError(t, a())
			require.NoError(t, b())
		}
		got, _ := s.counted()
		require.Equal(t, 2*calls, got)
	})
}

func TestWeigh(t *testing.T) {
	for _, l := range libraries() {
		if l.one == nil {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			l.many = 200
			w, err := weigh(l)
			require.NoError(t, err)
			require.Greater(t, w.bytes, 50.0)
			if l.name == detourName {
				require.Less(t, w.bytes, 8000.0)
				require.Less(t, w.goroutines, 1.0)
			}
		})
	}
}
