package breaker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// At 200 calls a second a hang is seen within a second, wherever in a slot it begins, however the calls come, and however little is known yet.
func TestHangIsSeenWithinASecond(t *testing.T) {
	for _, c := range []struct {
		name   string
		warm   time.Duration
		phases int
	}{
		{"cold", 0, 200},
		{"after a few answers", 100 * time.Millisecond, 200},
		{"warm", 12 * time.Second, 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			for phase := range shorter(c.phases) {
				tr := traffic{rate: 200, deadline: 2 * time.Second, seed: uint64(phase)}
				bubble(t, breaker.Config{OpenFor: time.Hour, MaxOpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
					time.Sleep(time.Duration(phase) * 1511 * time.Microsecond)
					tr.play(b, c.warm*time.Duration(phase+1)/time.Duration(c.phases), fine)
					require.Equal(t, breaker.Closed, b.Snapshot().State)
					tr.seed += 1 << 32
					got := tr.play(b, 1100*time.Millisecond, hung)
					require.Len(t, got.openedAt, 1, "phase %d", phase)
					require.LessOrEqual(t, got.openedAt[0], time.Second, "phase %d", phase)
					require.Equal(t, breaker.ReasonHang, b.Snapshot().Why)
				})
			}
		})
	}
}

// A new breaker believes in silence only when all is silent: an upstream just within the cold bound, the first calls to which took longer, is well.
func TestColdIsNotSilent(t *testing.T) {
	for name, c := range map[string]struct {
		rate   float64
		vendor vendor
	}{
		"790 ms":                        {200, lasting(790*time.Millisecond, nil)},
		"790 ms, few calls":             {25, lasting(790*time.Millisecond, nil)},
		"the first calls were too late": {200, after(4, lasting(900*time.Millisecond, nil), lasting(700*time.Millisecond, nil))},
		"the first failed late":         {200, after(4, lasting(900*time.Millisecond, errVendor), lasting(700*time.Millisecond, nil))},
		"the first never came back":     {200, after(4, hung, lasting(720*time.Millisecond, nil))},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(shorter(50)) {
				bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
					time.Sleep(time.Duration(seed) * 1511 * time.Microsecond)
					got := traffic{rate: c.rate, deadline: 5 * time.Second, seed: seed}.play(b, 3*time.Second, c.vendor)
					require.Empty(t, got.openedAt, "seed %d: %v", seed, b.Snapshot())
				})
			}
		})
	}
}

// arrival is when a call comes, how long it takes and how it ends.
type arrival struct {
	at, took time.Duration
	err      error
}

// arrives plays single calls and ends when the last has come.
func arrives(b *breaker.Breaker, calls []arrival) (openedAt time.Duration) {
	start := time.Now()
	for _, c := range calls {
		time.Sleep(c.at - time.Since(start))
		p, err := b.Enter(bg)
		if err != nil {
			return c.at
		}
		time.AfterFunc(c.took, func() { p.Exit(c.err) })
	}
	return 0
}

const slotLength = 10 * time.Second / 96 // of the default window

// What a new breaker takes for silence, call by call.
func TestColdSilence(t *testing.T) {
	every := func(calls []arrival, from, gap time.Duration, burst int, took time.Duration) []arrival {
		for at := from; at < 1500*time.Millisecond; at += gap {
			for range burst {
				calls = append(calls, arrival{at, took, nil})
			}
		}
		return calls
	}
	first := func(n int, took time.Duration) (calls []arrival) {
		for range n {
			calls = append(calls, arrival{0, took, nil})
		}
		return calls
	}
	then := func(calls []arrival, n int) []arrival {
		for range n {
			calls = append(calls, arrival{2*slotLength - 5*time.Millisecond, 790 * time.Millisecond, nil})
		}
		return append(calls, arrival{9*slotLength + time.Millisecond, 0, nil})
	}
	const late = slotLength + 60*time.Millisecond // in a slot, and in every slot after
	for name, c := range map[string]struct {
		calls []arrival
		opens bool
	}{
		"three were silent, then many more":          {every(first(3, hour), slotLength, 5*time.Millisecond, 1, hour), true},
		"ten were lost, and then it answers":         {every(first(10, hour), slotLength, 65*time.Millisecond, 1, 10*time.Millisecond), false},
		"one was lost, the others are too young":     {every(first(1, hour), late, slotLength, 6, 790*time.Millisecond), false},
		"one was lost, there are few others":         {every(first(1, hour), late, slotLength, 1, 790*time.Millisecond), false},
		"one of eleven was lost, then young ones":    {every(append(first(1, hour), first(10, 10*time.Millisecond)...), late, slotLength, 13, 790*time.Millisecond), false},
		"nobody was lost, and then there is silence": {every(first(10, 10*time.Millisecond), late, slotLength, 13, 790*time.Millisecond), false},
		// A third of the next slot, in which nobody is late yet, is old enough by then.
		"three were lost, and one of four":    {then(first(3, hour), 4), false},
		"four were lost, and one of four":     {then(first(4, hour), 4), true},
		"one of ten was lost, and four":       {then(append(first(1, hour), first(9, 10*time.Millisecond)...), 14), false},
		"four were lost, one of four is told": {then(append(first(4, hour), arrival{2*slotLength - 6*time.Millisecond, 0, errVendor}), 3), false},
		"one of four was lost, and four":      {then(append(first(1, hour), first(3, 10*time.Millisecond)...), 14), true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
				at := arrives(b, c.calls)
				require.Equal(t, c.opens, at != 0, "at %v: %v", at, b.Snapshot())
				require.Less(t, at, time.Second)
				time.Sleep(2 * hour)
			})
		})
	}
	// A pause of our own is none of the upstream's, also before it was known.
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		arrives(b, first(9, 6*time.Second-1))
		time.Sleep(6 * time.Second)
		got := traffic{rate: 200}.play(b, 5*time.Second, lasting(600*time.Millisecond, nil))
		require.Empty(t, got.openedAt)
	})
}

// after gives the first n calls to how and the others to then.
func after(n int, how, then vendor) vendor {
	return func(at time.Duration, i int) (time.Duration, error) {
		if i < n {
			return how(at, i)
		}
		return then(at, i)
	}
}

// What opens for missing answers says whether answers come late, or do not come: also where there are so few calls that a while passes
// between two late answers.
func TestSlowIsToldFromHang(t *testing.T) {
	for name, c := range map[string]struct {
		bad vendor
		why breaker.Reason
	}{
		"slow":  {lasting(1500*time.Millisecond, nil), breaker.ReasonSlow},
		"hangs": {hung, breaker.ReasonHang},
	} {
		for _, rate := range []float64{2, 20} {
			t.Run(fmt.Sprint(name, " ", rate, "/s"), func(t *testing.T) {
				for phase := range shorter(10) {
					bubble(t, breaker.Config{Consecutive: 1000, MinCalls: 15, OpenFor: time.Hour, MaxOpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
						half := func(at time.Duration, n int) (time.Duration, error) {
							if n%8 < 5 {
								return c.bad(at, n)
							}
							return fine(at, n)
						}
						tr := traffic{rate: rate, seed: uint64(phase)}
						tr.play(b, 30*time.Second+time.Duration(phase)*37*time.Millisecond, fine)
						tr.play(b, 11*time.Second, after(1, lasting(time.Second, nil), fine)) // a late answer of before says nothing
						got := tr.play(b, 2*time.Minute, half)
						require.Len(t, got.openedAt, 1)
						require.Equal(t, c.why, b.Snapshot().Why)
					})
				}
			})
		}
	}
}
