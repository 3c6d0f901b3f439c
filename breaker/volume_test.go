package breaker_test

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// never opens by itself.
var patient = breaker.Config{MinCalls: math.MaxInt32, Consecutive: math.MaxInt32}

// Ten million calls a second are counted, every one: a million in one slot.
func TestHeavyTrafficIsCounted(t *testing.T) {
	bubble(t, patient, func(t *testing.T, b *breaker.Breaker) {
		const workers, each = 8, 125_000
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for i := range each {
					if i%10 == 0 {
						_ = b.Do(bg, callFail)
					} else {
						_ = b.Do(bg, callOK)
					}
				}
			})
		}
		all.Wait()
		s := b.Snapshot()
		require.EqualValues(t, workers*each, s.Calls)
		require.EqualValues(t, workers*each/10, s.Faults)
		require.Zero(t, s.Slow)
		time.Sleep(9 * time.Second)
		require.EqualValues(t, workers*each, b.Snapshot().Calls)
		require.Zero(t, b.Snapshot().Slow, "all were answered")
		time.Sleep(2 * time.Second)
		require.Zero(t, b.Snapshot().Calls)
	})
}

// What heavy traffic tells opens as that of others does, by one call in a hundred thousand too.
func TestHeavyTrafficIsJudged(t *testing.T) {
	bubble(t, breaker.Config{Consecutive: math.MaxInt32}, func(t *testing.T, b *breaker.Breaker) {
		times(300_000, b, callOK)
		times(99_999, b, callFail)
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		times(1, b, callFail)
		s := b.Snapshot()
		require.Equal(t, breaker.Open, s.State)
		require.Equal(t, breaker.ReasonFaults, s.Why)
		require.EqualValues(t, 400_000, s.Calls)
		require.EqualValues(t, 100_000, s.Faults)
	})
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) { // in a row
		times(100_000, b, callOK)
		times(4, b, callFail)
		times(1, b, callOK)
		times(4, b, callFail)
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		times(1, b, callFail)
		require.Equal(t, breaker.Open, b.Snapshot().State)
	})
}

// Where there are many calls most of them end without a look at the clock. Those that took long are seen all the same, but for a few.
func TestManySlowAtOnce(t *testing.T) {
	const n, few = 4000, 150 // of which (7/8)^150 is the chance
	slowly := func(t *testing.T, b *breaker.Breaker, call func(context.Context) error) uint64 {
		var all sync.WaitGroup
		for range n {
			all.Go(func() { _ = b.Do(bg, call) })
		}
		all.Wait()
		time.Sleep(time.Second) // nothing is young any more
		require.EqualValues(t, n, b.Snapshot().Calls)
		return b.Snapshot().Slow
	}
	t.Run("answers", func(t *testing.T) {
		bubble(t, patient, func(t *testing.T, b *breaker.Breaker) {
			slow := slowly(t, b, ended(2*time.Second, nil))
			require.Greater(t, slow, uint64(n-few))
			require.LessOrEqual(t, slow, uint64(n))
		})
	})
	t.Run("faults", func(t *testing.T) {
		bubble(t, patient, func(t *testing.T, b *breaker.Breaker) {
			require.Greater(t, slowly(t, b, ended(2*time.Second, errVendor)), uint64(n-few))
			require.EqualValues(t, n, b.Snapshot().Faults)
		})
	})
	t.Run("a bound shorter than a slot", func(t *testing.T) {
		c := patient
		c.SlowAfter = 20 * time.Millisecond
		bubble(t, c, func(t *testing.T, b *breaker.Breaker) {
			require.EqualValues(t, n, slowly(t, b, ended(30*time.Millisecond, nil)), "none")
		})
	})
	for name, enter := range map[string]func(*breaker.Breaker, context.Context) (breaker.Pass, error){"Enter": (*breaker.Breaker).Enter, "Trial": (*breaker.Breaker).Trial} {
		t.Run(name, func(t *testing.T) {
			bubble(t, patient, func(t *testing.T, b *breaker.Breaker) {
				var out []breaker.Pass
				for range n {
					p, err := enter(b, bg)
					require.NoError(t, err)
					out = append(out, p)
				}
				time.Sleep(2 * time.Second)
				for i := range out {
					out[(2*n-2-i)%n].Exit(nil) // the last but one first: it need not look
				}
				require.EqualValues(t, n, b.Snapshot().Slow, "none")
			})
		})
	}
	t.Run("callers who left in a crowd", func(t *testing.T) {
		bubble(t, patient, func(t *testing.T, b *breaker.Breaker) {
			times(300, b, callOK)
			left, leave := context.WithCancel(bg)
			leave()
			for range 100 {
				require.ErrorIs(t, b.Do(left, ended(time.Second, nil)), context.Canceled)
			}
			s := b.Snapshot()
			require.Equal(t, []uint64{300, 0}, []uint64{s.Calls, s.Faults}, "they say nothing")
		})
	})
	t.Run("faults in a crowd", func(t *testing.T) {
		bubble(t, patient, func(t *testing.T, b *breaker.Breaker) {
			times(10_000, b, callOK)
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() { times(1, b, ended(2*time.Second, errVendor)) })
				time.Sleep(time.Second)
			}
			all.Wait()
			s := b.Snapshot()
			require.Equal(t, []uint64{10_008, 8, 8}, []uint64{s.Calls, s.Faults, s.Slow})
		})
	})
	t.Run("callers whose time was over", func(t *testing.T) {
		bubble(t, patient, func(t *testing.T, b *breaker.Breaker) {
			ctx, cancel := context.WithTimeout(bg, 2*time.Second)
			defer cancel()
			var all sync.WaitGroup
			for range n {
				all.Go(func() { _ = b.Do(ctx, ended(time.Hour, nil)) })
			}
			all.Wait()
			require.EqualValues(t, n, b.Snapshot().Faults, "none")
			require.EqualValues(t, n, b.Snapshot().Slow, "none")
		})
	})
}

// A hang among heavy traffic is seen as soon as any.
func TestHeavyTrafficHangs(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		for range 50 {
			times(10_000, b, callOK)
			time.Sleep(100 * time.Millisecond)
		}
		var all sync.WaitGroup
		began := time.Now()
		for b.Snapshot().State == breaker.Closed && time.Since(began) < 2*time.Second {
			for range 200 {
				all.Go(func() { _ = b.Do(bg, ended(3*time.Second, nil)) })
			}
			time.Sleep(20 * time.Millisecond)
		}
		require.Equal(t, breaker.ReasonHang, b.Snapshot().Why)
		require.LessOrEqual(t, time.Since(began), time.Second)
		all.Wait()
	})
}

// Another window keeps what was counted, however much it is.
func TestReconfigureAmongHeavyTraffic(t *testing.T) {
	for _, perSlot := range []int{500, 3000, 20_000} {
		bubble(t, patient, func(t *testing.T, b *breaker.Breaker) {
			for range 6 {
				times(perSlot-1, b, callOK)
				times(1, b, callFail)
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(time.Second) // aged
			c := b.Settings()
			for _, c.Window = range []time.Duration{40 * time.Second, 10 * time.Second, 12 * time.Second} {
				require.NoError(t, b.Reconfigure(c))
				s := b.Snapshot()
				require.EqualValues(t, 6*perSlot, s.Calls)
				require.EqualValues(t, 6, s.Faults)
				require.Zero(t, s.Slow)
			}
			times(perSlot, b, callOK)
			b.Report(time.Now(), errVendor)
			require.EqualValues(t, 7*perSlot+1, b.Snapshot().Calls)
			require.EqualValues(t, 7, b.Snapshot().Faults)
		})
	}
}
