package breaker_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

const hour = time.Hour // a call that does not come back

func fine(time.Duration, int) (time.Duration, error) { return 10 * time.Millisecond, nil }
func hung(time.Duration, int) (time.Duration, error) { return hour, nil }

// mixed gives a share of calls to bad and the rest to good, the same ones in every run.
func mixed(share float64, bad, good func(time.Duration, int) (time.Duration, error)) func(time.Duration, int) (time.Duration, error) {
	r := rand.New(rand.NewPCG(1, 2))
	return func(at time.Duration, n int) (time.Duration, error) {
		if r.Float64() < share {
			return bad(at, n)
		}
		return good(at, n)
	}
}

func lasting(d time.Duration, err error) func(time.Duration, int) (time.Duration, error) {
	return func(time.Duration, int) (time.Duration, error) { return d, err }
}

// A healthy upstream never opens, however it is healthy.
func TestNoFalseOpen(t *testing.T) {
	for _, c := range []struct {
		name   string
		rate   float64
		cancel func(int) time.Duration
		vendor func(time.Duration, int) (time.Duration, error)
	}{
		{"steady 600ms from cold", 200, nil, lasting(600*time.Millisecond, nil)},
		{"bimodal 5% 1.5s", 200, nil, mixed(0.05, lasting(1500*time.Millisecond, nil), lasting(50*time.Millisecond, nil))},
		{"slow ramp 50 to 800ms", 200, nil, func(at time.Duration, _ int) (time.Duration, error) {
			return 50*time.Millisecond + time.Duration(750*float64(time.Millisecond)*float64(at)/float64(longRun)), nil
		}},
		{"pauses of 400ms", 200, nil, pauses(5*time.Second, 400*time.Millisecond)},
		{"pauses of 600ms", 200, nil, pauses(5*time.Second, 600*time.Millisecond)},
		{"F30 1% faults", 200, nil, mixed(0.01, lasting(10*time.Millisecond, errVendor), fine)},
		{"5 calls a minute", 1. / 12, nil, fine},
		{"F59 bursts of cancels", 200, func(n int) time.Duration {
			if n%200 < 100 {
				return 20 * time.Millisecond
			}
			return 0
		}, lasting(100*time.Millisecond, nil)},
		{"F59 all cancel", 200, func(int) time.Duration { return 50 * time.Millisecond }, lasting(100*time.Millisecond, nil)},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
				got := traffic{rate: c.rate, deadline: 5 * time.Second, cancel: c.cancel}.play(b, longRun, c.vendor)
				require.Empty(t, got.openedAt, "%v", b.Snapshot())
			})
		})
	}
}

// pauses holds every call that arrives in the first part of a period until that part is over.
func pauses(period, pause time.Duration) func(time.Duration, int) (time.Duration, error) {
	return func(at time.Duration, _ int) (time.Duration, error) {
		return max(pause-at%period, 0) + 10*time.Millisecond, nil
	}
}

// An upstream that is down is seen in time.
func TestTrueOpen(t *testing.T) {
	for _, c := range []struct {
		name     string
		rate     float64
		warm     time.Duration
		deadline time.Duration
		vendor   func(time.Duration, int) (time.Duration, error)
		within   time.Duration
		why      breaker.Reason
	}{
		{"F13 hang 200/s", 200, 12 * time.Second, 2 * time.Second, hung, time.Second, breaker.ReasonHang},
		{"F13 hang 200/s cold", 200, 0, 2 * time.Second, hung, time.Second, breaker.ReasonHang},
		{"F13 hang 2000/s", 2000, 2 * time.Second, 2 * time.Second, hung, time.Second, breaker.ReasonHang},
		{"F13 hang 2/s", 2, 30 * time.Second, 2 * time.Second, hung, 5 * time.Second, breaker.ReasonHang},
		{"F13 hang 2/s without deadline", 2, 30 * time.Second, 0, func(time.Duration, int) (time.Duration, error) { return 20 * time.Second, nil }, 5 * time.Second, breaker.ReasonHang},
		{"F13 hang 5 a minute", 1. / 12, time.Minute, 2 * time.Second, hung, 62 * time.Second, breaker.ReasonFaults},
		{"F13 hang, callers with 300ms", 200, 12 * time.Second, 300 * time.Millisecond, hung, 500 * time.Millisecond, breaker.ReasonFaults},
		{"F29 30% faults", 50, 20 * time.Second, 2 * time.Second, mixed(0.3, lasting(10*time.Millisecond, errVendor), fine), 10 * time.Second, breaker.ReasonFaults},
		{"F35 60% slow", 50, 20 * time.Second, 2 * time.Second, mixed(0.6, lasting(1500*time.Millisecond, nil), fine), 10 * time.Second, breaker.ReasonSlow},
		{"F05 all fail", 200, 20 * time.Second, 2 * time.Second, lasting(time.Millisecond, errVendor), 50 * time.Millisecond, breaker.ReasonFaults},
	} {
		t.Run(c.name, func(t *testing.T) {
			for phase := range 5 { // where in a slot the outage begins
				warm := c.warm + time.Duration(phase)*23*time.Millisecond
				bubble(t, breaker.Config{MaxOpenFor: time.Hour, OpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
					tr := traffic{rate: c.rate, deadline: c.deadline}
					tr.play(b, warm, fine)
					require.Equal(t, breaker.Closed, b.Snapshot().State)
					got := tr.play(b, c.within+c.within/2, c.vendor)
					require.Len(t, got.openedAt, 1)
					require.LessOrEqual(t, got.openedAt[0], c.within)
					require.Equal(t, c.why, b.Snapshot().Why)
				})
			}
		})
	}
}

// A slow upstream must not teach that slow is normal (F35).
func TestSlowIsNeverLearned(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		tr := traffic{rate: 50, deadline: 5 * time.Second}
		tr.play(b, 20*time.Second, fine)
		require.Equal(t, 500*time.Millisecond, b.Snapshot().SlowAfter)
		tr.play(b, 5*time.Minute, mixed(0.6, lasting(1500*time.Millisecond, nil), fine))
		require.Equal(t, 500*time.Millisecond, b.Snapshot().SlowAfter)
	})
}

func TestLearnedBound(t *testing.T) {
	for _, c := range []struct{ took, want time.Duration }{
		{10 * time.Millisecond, 500 * time.Millisecond},
		{300 * time.Millisecond, 900 * time.Millisecond},
		{600 * time.Millisecond, 1800 * time.Millisecond},
	} {
		t.Run(c.took.String(), func(t *testing.T) {
			bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
				times(19, b, ended(c.took, nil))
				require.Equal(t, 800*time.Millisecond, b.Snapshot().SlowAfter, "cold")
				times(100, b, ended(c.took, nil))
				require.InEpsilon(t, float64(c.want), float64(b.Snapshot().SlowAfter), 0.1)
			})
		})
	}
	bubble(t, breaker.Config{SlowAfter: 3 * time.Second}, func(t *testing.T, b *breaker.Breaker) {
		times(100, b, ended(600*time.Millisecond, nil))
		require.Equal(t, 3*time.Second, b.Snapshot().SlowAfter, "set by the user")
	})
}

// The main scenario: 200/s, the vendor hangs for 30 s, callers wait 2 s at most, a probe recovers.
func TestHangOf30Seconds(t *testing.T) {
	for phase := range 10 {
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

// Flapping 30 s / 30 s opens at most 10 times in 10 minutes, by faults and by hangs, with and without a Probe (F34).
func TestFlapping(t *testing.T) {
	for name, bad := range map[string]func(time.Duration, int) (time.Duration, error){
		"faults": lasting(10*time.Millisecond, errVendor),
		"hangs":  hung,
	} {
		for _, probed := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " probed ", probed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					down := func() bool { return time.Since(start)%time.Minute >= 30*time.Second }
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
					got := traffic{rate: 50, deadline: 2 * time.Second}.play(b, 10*time.Minute, func(at time.Duration, n int) (time.Duration, error) {
						if down() {
							return bad(at, n)
						}
						return fine(at, n)
					})
					require.LessOrEqual(t, len(got.openedAt), 10)
					require.NotEmpty(t, got.openedAt) // without a Probe the grown interval may sleep over several flaps
				})
			})
		}
	}
}

// A pause of our own process must not look like a hang of the upstream: the answers are there, they are only not read yet (F39).
func TestOwnPause(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		traffic{rate: 200}.play(b, 10*time.Second, lasting(300*time.Millisecond, nil))
		got := traffic{rate: 200}.play(b, 300*time.Millisecond, func(at time.Duration, _ int) (time.Duration, error) {
			return 3*time.Second - at, nil // what was out when we stopped is read when we go on
		})
		require.Empty(t, got.openedAt)
		got = traffic{rate: 200}.play(b, 10*time.Second, lasting(300*time.Millisecond, nil))
		require.Empty(t, got.openedAt)
	})
}

// One pause of the upstream a little longer than the slow bound is over before it can be judged: what came after was answered.
func TestOnePause(t *testing.T) {
	for phase := range 10 {
		bubble(t, breaker.Config{SlowAfter: 500 * time.Millisecond}, func(t *testing.T, b *breaker.Breaker) {
			traffic{rate: 200}.play(b, 20*time.Second+time.Duration(phase)*11*time.Millisecond, fine)
			got := traffic{rate: 200}.play(b, 20*time.Second, func(at time.Duration, _ int) (time.Duration, error) {
				return max(580*time.Millisecond-at, 0) + 10*time.Millisecond, nil
			})
			require.Empty(t, got.openedAt)
		})
	}
}
