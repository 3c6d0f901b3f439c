package breaker_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// perTenMinutes plays b for a while and says how often it opened in each ten minutes.
func perTenMinutes(b *breaker.Breaker, tens int) []int {
	var each []int
	for before := uint64(0); len(each) < tens; {
		time.Sleep(10 * time.Minute)
		now := uint64(b.Snapshot().Openings)
		each, before = append(each, int(now-before)), now
	}
	return each
}

// A vendor that never stands ten asks of Watch in a row has not recovered when it is let in, however short the interval is by then.
func TestWatchRelapses(t *testing.T) {
	for _, every := range []time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second} {
		t.Run(every.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var self atomic.Pointer[breaker.Breaker]
				good := 0 // answers while closed
				b := mustNew(t, breaker.Config{WatchEvery: every, Watch: func(context.Context) error {
					if b := self.Load(); b == nil || b.Snapshot().State != breaker.Closed {
						good = 0
						return nil
					}
					if good++; good > 10 {
						return errVendor
					}
					return nil
				}})
				defer b.Close()
				self.Store(b)
				each := perTenMinutes(b, 6)
				require.Greater(t, each[0], 5, "it is closed off")
				for _, n := range each[1:] {
					require.LessOrEqual(t, n, 15, "and let in about once a minute: %v", each)
				}
			})
		})
	}
}

// F29: a vendor that fails three asks in ten, each for itself, goes in and out at most about once a minute once the interval has grown.
func TestF29WatchFailsNowAndThen(t *testing.T) {
	for _, every := range []time.Duration{200 * time.Millisecond, time.Second, 5 * time.Second} {
		for _, share := range []float64{0.2, 0.3, 0.5} {
			t.Run(fmt.Sprint(every, " ", share), func(t *testing.T) {
				sum, tens := 0, 0
				for seed := range uint64(6) {
					synctest.Test(t, func(t *testing.T) {
						dice := rand.New(rand.NewPCG(seed, 29))
						b := mustNew(t, breaker.Config{WatchEvery: every, Watch: func(context.Context) error {
							if dice.Float64() < share {
								return errVendor
							}
							return nil
						}})
						defer b.Close()
						for _, n := range perTenMinutes(b, 9) {
							require.LessOrEqual(t, n, 20)
							sum, tens = sum+n, tens+1
						}
					})
				}
				require.LessOrEqual(t, sum, 10*tens)
			})
		}
	}
}

// The rates need a window to be sure, so an opening within two of them is no news but the same outage.
func TestRatesRelapse(t *testing.T) {
	for _, c := range []struct {
		name   string
		closed time.Duration
		grows  bool
	}{
		{"within two windows", 19 * time.Second, true},
		{"after two windows", 21 * time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, breaker.Config{Ramp: 1}, func(t *testing.T, b *breaker.Breaker) {
				trip(t, b)
				untilDue(b)
				ended := time.Now()
				recovered(t, b)
				time.Sleep(time.Until(ended.Add(c.closed)))
				trip(t, b)
				if wait := refused(t, b).RetryAfter(); c.grows {
					require.Greater(t, wait, time.Second)
				} else {
					require.LessOrEqual(t, wait, time.Second)
				}
			})
		})
	}
}

// What fails for the first time in a long while is asked again after the shortest interval.
func TestWatchForgetsAnOldOutage(t *testing.T) {
	for _, c := range []struct {
		every, closed time.Duration
		grows         bool
	}{
		{time.Second, 50 * time.Second, true}, // a minute at least
		{time.Second, 70 * time.Second, false},
		{5 * time.Second, 90 * time.Second, true}, // twenty asks
		{5 * time.Second, 110 * time.Second, false},
	} {
		t.Run(fmt.Sprint(c.every, " ", c.closed), func(t *testing.T) {
			var fails atomic.Bool
			bubble(t, breaker.Config{WatchEvery: c.every, Watch: func(context.Context) error {
				if fails.Load() {
					return errVendor
				}
				return nil
			}}, func(t *testing.T, b *breaker.Breaker) {
				down := func() time.Time {
					fails.Store(true)
					for b.Snapshot().State == breaker.Closed {
						time.Sleep(10 * time.Millisecond)
					}
					fails.Store(false)
					return time.Now()
				}
				back := func() time.Time {
					for b.Snapshot().State != breaker.Closed {
						time.Sleep(10 * time.Millisecond)
					}
					return time.Now()
				}
				down()
				time.Sleep(c.closed - time.Since(back()))
				opened := down()
				if took := back().Sub(opened); c.grows {
					require.GreaterOrEqual(t, took, 1500*time.Millisecond)
				} else {
					require.Less(t, took, 1500*time.Millisecond)
				}
			})
		})
	}
}
