package breaker_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

const hour = time.Hour // a call that does not come back

func fine(time.Duration, int) (time.Duration, error) { return 10 * time.Millisecond, nil }
func hung(time.Duration, int) (time.Duration, error) { return hour, nil }

// mixed gives a share of calls to bad and the rest to good, the same ones for the same seed.
func mixed(seed uint64, share float64, bad, good vendor) vendor {
	r := rand.New(rand.NewPCG(seed, 2))
	return func(at time.Duration, n int) (time.Duration, error) {
		if r.Float64() < share {
			return bad(at, n)
		}
		return good(at, n)
	}
}

func lasting(d time.Duration, err error) vendor {
	return func(time.Duration, int) (time.Duration, error) { return d, err }
}

// always is a vendor that needs no seed.
func always(how vendor) func(uint64) vendor { return func(uint64) vendor { return how } }

// A healthy upstream never opens, however it is healthy: ten minutes each, with calls evenly spaced and at random.
func TestNoFalseOpen(t *testing.T) {
	for _, c := range []struct {
		name   string
		rate   float64
		cancel func(int) time.Duration
		vendor func(seed uint64) vendor
	}{
		{"steady 600ms from cold", 200, nil, always(lasting(600*time.Millisecond, nil))},
		{"bimodal 5% 1.5s", 200, nil, func(seed uint64) vendor {
			return mixed(seed, 0.05, lasting(1500*time.Millisecond, nil), lasting(50*time.Millisecond, nil))
		}},
		{"slow ramp 50 to 800ms", 200, nil, always(func(at time.Duration, _ int) (time.Duration, error) {
			return 50*time.Millisecond + time.Duration(750*float64(time.Millisecond)*float64(at)/float64(longRun)), nil
		})},
		{"pauses of 400ms", 200, nil, always(pauses(5*time.Second, 400*time.Millisecond))},
		{"pauses of 600ms", 200, nil, always(pauses(5*time.Second, 600*time.Millisecond))},
		{"F30 1% faults", 200, nil, func(seed uint64) vendor { return mixed(seed, 0.01, lasting(10*time.Millisecond, errVendor), fine) }},
		{"5 calls a minute", 1. / 12, nil, always(fine)},
		{"F59 bursts of cancels", 200, func(n int) time.Duration {
			if n%200 < 100 {
				return 20 * time.Millisecond
			}
			return 0
		}, always(lasting(100*time.Millisecond, nil))},
		{"F59 all cancel", 200, func(int) time.Duration { return 50 * time.Millisecond }, always(lasting(100*time.Millisecond, nil))},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(shorter(healthyRuns)) {
				bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
					time.Sleep(time.Duration(seed) * 37 * time.Millisecond) // where in a slot it begins
					got := traffic{rate: c.rate, deadline: 5 * time.Second, cancel: c.cancel, seed: seed}.play(b, longRun, c.vendor(seed))
					require.Empty(t, got.openedAt, "seed %d: %v", seed, b.Snapshot())
					require.Zero(t, got.refused)
				})
			}
		})
	}
}

// pauses holds every call that arrives in the first part of a period until that part is over.
func pauses(period, pause time.Duration) vendor {
	return func(at time.Duration, _ int) (time.Duration, error) {
		return max(pause-at%period, 0) + 10*time.Millisecond, nil
	}
}

// A slow upstream must not teach that slow is normal (F35).
func TestSlowIsNeverLearned(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		tr := traffic{rate: 50, deadline: 5 * time.Second}
		tr.play(b, 20*time.Second, fine)
		require.Equal(t, 500*time.Millisecond, b.Snapshot().SlowAfter)
		tr.play(b, 5*time.Minute, mixed(1, 0.6, lasting(1500*time.Millisecond, nil), fine))
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
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		for range 20 {
			times(1, b, ended(time.Millisecond, nil))
			time.Sleep(slotLength)
		}
		require.Equal(t, 500*time.Millisecond, b.Snapshot().SlowAfter)
		times(400, b, ended(300*time.Millisecond, nil))
		require.InEpsilon(t, float64(900*time.Millisecond), float64(b.Snapshot().SlowAfter), 0.1, "what began quick is followed as well")
	})
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		times(30, b, ended(300*time.Millisecond, classed{class: "denied"}))
		require.Equal(t, 900*time.Millisecond, b.Snapshot().SlowAfter, "an answer that is a refusal teaches as well")
	})
	bubble(t, breaker.Config{Window: time.Second}, func(t *testing.T, b *breaker.Breaker) {
		require.Equal(t, 500*time.Millisecond, b.Snapshot().SlowAfter, "at most half of Window, also cold")
	})
	bubble(t, breaker.Config{SlowAfter: 3 * time.Second}, func(t *testing.T, b *breaker.Breaker) {
		times(100, b, ended(600*time.Millisecond, nil))
		require.Equal(t, 3*time.Second, b.Snapshot().SlowAfter, "set by the user")
	})
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
