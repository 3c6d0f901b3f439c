package breaker_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// An upstream that is down is seen in time.
func TestTrueOpen(t *testing.T) {
	faults := func(seed uint64) vendor { return mixed(seed, 0.3, lasting(10*time.Millisecond, errVendor), fine) }
	late := func(seed uint64) vendor { return mixed(seed, 0.6, lasting(1500*time.Millisecond, nil), fine) }
	twenty := always(lasting(20*time.Second, nil))
	for _, c := range []struct {
		name     string
		rate     float64
		warm     time.Duration
		deadline time.Duration
		vendor   func(seed uint64) vendor
		within   time.Duration
		why      breaker.Reason
	}{
		{"F13 hang 200/s", 200, 12 * time.Second, 2 * time.Second, always(hung), time.Second, breaker.ReasonHang},
		{"F13 hang 200/s cold", 200, 0, 2 * time.Second, always(hung), time.Second, breaker.ReasonHang},
		{"F13 hang 2000/s", 2000, 2 * time.Second, 2 * time.Second, always(hung), time.Second, breaker.ReasonHang},
		{"F13 hang 2/s", 2, 30 * time.Second, 2 * time.Second, always(hung), 5 * time.Second, breaker.ReasonHang},
		{"F13 hang 2/s without deadline", 2, 30 * time.Second, 0, twenty, 5 * time.Second, breaker.ReasonHang},
		{"F13 nine in ten hang", 200, 12 * time.Second, 2 * time.Second, func(seed uint64) vendor { return mixed(seed, 0.9, hung, fine) }, 1200 * time.Millisecond, breaker.ReasonHang},
		{"F13 hang 5 a minute", 1. / 12, time.Minute, 2 * time.Second, always(hung), 62 * time.Second, breaker.ReasonFaults},
		{"F13 hang, callers with 300ms", 200, 12 * time.Second, 300 * time.Millisecond, always(hung), 500 * time.Millisecond, breaker.ReasonFaults},
		{"F29 30% faults", 200, 20 * time.Second, 2 * time.Second, faults, 10 * time.Second, breaker.ReasonFaults},
		{"F29 30% faults 20/s", 20, 20 * time.Second, 2 * time.Second, faults, 15 * time.Second, breaker.ReasonFaults},
		{"F29 30% faults cold", 200, 0, 2 * time.Second, faults, 10 * time.Second, breaker.ReasonFaults},
		{"F35 60% slow", 200, 20 * time.Second, 2 * time.Second, late, 10 * time.Second, breaker.ReasonSlow},
		{"F35 60% slow 20/s", 20, 20 * time.Second, 2 * time.Second, late, 10 * time.Second, breaker.ReasonSlow},
		{"F35 60% slow cold", 200, 0, 2 * time.Second, late, 10 * time.Second, breaker.ReasonSlow},
		{"F05 all fail", 200, 20 * time.Second, 2 * time.Second, always(lasting(time.Millisecond, errVendor)), 50 * time.Millisecond, breaker.ReasonFaults},
	} {
		t.Run(c.name, func(t *testing.T) {
			for phase := range uint64(shorter(10)) { // where in a slot the outage begins; the second half comes at random
				tr := traffic{rate: c.rate, deadline: c.deadline}
				if c.rate >= 20 && phase >= 5 {
					tr.seed = phase
				}
				warm := c.warm + time.Duration(phase)*11*time.Millisecond
				bubble(t, breaker.Config{MaxOpenFor: time.Hour, OpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
					tr.play(b, warm, fine)
					require.Equal(t, breaker.Closed, b.Snapshot().State)
					got := tr.play(b, c.within+c.within/2, c.vendor(phase))
					require.Len(t, got.openedAt, 1)
					require.LessOrEqual(t, got.openedAt[0], c.within, "phase %d", phase)
					why := b.Snapshot().Why
					if why == breaker.ReasonHang && c.why == breaker.ReasonSlow {
						require.Less(t, got.openedAt[0], 1600*time.Millisecond, "no late answer had come yet")
						why = c.why
					}
					require.Equal(t, c.why, why)
				})
			}
		})
	}
}

// Callers' deadlines that end the trials of a dead upstream never close it, whatever they look like.
func TestDeadlineEndedTrialsNeverClose(t *testing.T) {
	for name, c := range map[string]struct {
		deadline, dies time.Duration
		vendor         vendor
	}{
		"short":                {30 * time.Millisecond, time.Minute, hung},
		"longer":               {2 * time.Second, time.Minute, hung},
		"of a slow upstream":   {300 * time.Millisecond, time.Minute, lasting(310*time.Millisecond, nil)},
		"a little before that": {700 * time.Millisecond, time.Minute, lasting(710*time.Millisecond, nil)},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
				trip(t, b)
				kinds := kindsOf(b)
				got := traffic{rate: 50, deadline: c.deadline}.play(b, 10*time.Minute, c.vendor)
				require.NotContains(t, *kinds, breaker.EventClosed)
				require.Contains(t, *kinds, breaker.EventHalfOpened)
				require.Zero(t, got.ok)
				require.LessOrEqual(t, got.failed, 20, "one call in a growing interval finds out")
			})
		})
	}
}

// The main scenario: 200/s, the vendor hangs for 30 s, callers wait 2 s at most, a probe recovers.
func TestHangOf30Seconds(t *testing.T) {
	for phase := range shorter(10) {
		t.Run(fmt.Sprint("phase ", phase), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				warm := 12*time.Second + time.Duration(phase)*137*time.Millisecond
				down := func() bool { at := time.Since(start); return at >= warm && at < warm+30*time.Second }
				b := mustNew(t, breaker.Config{Probe: func(ctx context.Context) error {
					if down() {
						<-ctx.Done()
						return ctx.Err()
					}
					return nil
				}})
				defer b.Close()
				var closed []time.Duration
				b.Events(func(e breaker.Event) {
					if e.Kind == breaker.EventClosed {
						closed = append(closed, e.At.Sub(start))
					}
				})
				got := traffic{rate: 200, deadline: 2 * time.Second}.play(b, warm+60*time.Second, func(time.Duration, int) (time.Duration, error) {
					if down() {
						return hour, nil
					}
					return 10 * time.Millisecond, nil
				})
				require.Len(t, got.openedAt, 1)
				require.Less(t, got.openedAt[0], warm+time.Second)
				require.LessOrEqual(t, got.failed, 200, "lost before it opened, and nobody after")
				require.Len(t, closed, 1)
				require.Less(t, closed[0], warm+31500*time.Millisecond)
			})
		})
	}
}

// Flapping 30 s / 30 s opens at most 10 times in 10 minutes, by whatever it shows, with and without a Probe (F34).
func TestFlapping(t *testing.T) {
	for name, bad := range map[string]vendor{
		"faults": lasting(10*time.Millisecond, errVendor),
		"hangs":  hung,
		"slow":   lasting(1500*time.Millisecond, nil),
	} {
		for _, probed := range []bool{false, true} {
			for _, phase := range []time.Duration{0, 7 * time.Second, 15 * time.Second, 23 * time.Second, 29 * time.Second}[:shorter(5)] {
				t.Run(fmt.Sprint(name, " probed ", probed, " from ", phase), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						start := time.Now()
						down := func() bool { return (time.Since(start)+phase)%time.Minute >= 30*time.Second }
						c := breaker.Config{}
						if probed {
							c.Probe = func(context.Context) error {
								if down() {
									return errVendor
								}
								return nil
							}
						}
						b := mustNew(t, c)
						defer b.Close()
						got := traffic{rate: 50, deadline: 2 * time.Second, seed: uint64(phase)}.play(b, 10*time.Minute, func(at time.Duration, n int) (time.Duration, error) {
							if down() {
								return bad(at, n)
							}
							return fine(at, n)
						})
						require.LessOrEqual(t, len(got.openedAt), 10)
						least := 1 // without a Probe the grown interval may sleep over several flaps
						if probed {
							least = 9
						}
						require.GreaterOrEqual(t, len(got.openedAt), least)
					})
				})
			}
		}
	}
}
