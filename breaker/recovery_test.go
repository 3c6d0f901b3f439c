package breaker_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

func TestTrialsClose(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		open := refused(t, b)
		time.Sleep(open.RetryAfter() - 1)
		refused(t, b)
		time.Sleep(time.Nanosecond)

		first, err := b.Enter(bg)
		require.NoError(t, err)
		require.Equal(t, breaker.HalfOpen, refused(t, b).State, "the first goes alone")
		first.Exit(nil)
		second, err := b.Enter(bg)
		require.NoError(t, err)
		third, err := b.Enter(bg)
		require.NoError(t, err)
		refused(t, b)
		second.Exit(nil)
		require.Equal(t, breaker.HalfOpen, b.Snapshot().State)
		third.Exit(classed{class: "notfound"}) // an answer
		s := b.Snapshot()
		require.Equal(t, breaker.Closed, s.State)
		require.EqualValues(t, 1, s.Openings)
		require.EqualValues(t, 3, s.Generation)
	})
}

func TestTrialFails(t *testing.T) {
	for _, c := range []struct {
		name string
		call func(context.Context) error
		ctx  time.Duration
		why  breaker.Reason
	}{
		{"fault", callFail, 0, breaker.ReasonFaults},
		{"refused", func(context.Context) error { return classed{class: "refused"} }, 0, breaker.ReasonRefused},
		{"slow", ended(900*time.Millisecond, nil), 0, breaker.ReasonSlow},
		{"deadline", ended(hour, nil), 10 * time.Millisecond, breaker.ReasonFaults},
		{"goexit", goexit, 0, breaker.ReasonFaults},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
				trip(t, b)
				since := b.Snapshot().Since
				untilDue(b)
				ctx, cancel := bg, context.CancelFunc(func() {})
				if c.ctx > 0 {
					ctx, cancel = context.WithTimeout(bg, c.ctx)
				}
				defer cancel()
				go b.Do(ctx, c.call)
				time.Sleep(time.Second)
				s := b.Snapshot()
				require.Equal(t, breaker.Open, s.State)
				require.Equal(t, c.why, s.Why)
				require.Equal(t, since, s.Since, "still the same outage")
			})
		})
	}
	t.Run("left when slow", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			trip(t, b)
			untilDue(b)
			ctx, cancel := context.WithCancel(bg)
			time.AfterFunc(time.Second, cancel)
			require.Error(t, b.Do(ctx, ended(hour, nil)))
			require.Equal(t, breaker.Open, b.Snapshot().State)
			require.Equal(t, breaker.ReasonHang, b.Snapshot().Why)
		})
	})
}

// The lease frees what hangs or was forgotten; what it says later counts nowhere.
func TestLease(t *testing.T) {
	bubble(t, breaker.Config{Lease: 3 * time.Second}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		untilDue(b)
		hung, err := b.Enter(bg)
		require.NoError(t, err)
		time.Sleep(3*time.Second - 1)
		require.Equal(t, time.Duration(1), refused(t, b).RetryAfter())
		time.Sleep(time.Nanosecond)
		refused(t, b) // the verdict: failed, from the end of the lease on
		s := b.Snapshot()
		require.Equal(t, breaker.Open, s.State)
		require.Equal(t, breaker.ReasonHang, s.Why)
		require.ErrorContains(t, s.Cause, "lease")
		hung.Exit(nil)
		require.EqualValues(t, 1, b.Snapshot().Late)
		recovered(t, b)
	})
	bubble(t, breaker.Config{SlowAfter: 3 * time.Second, Trials: 1}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		untilDue(b)
		require.NoError(t, b.Do(bg, ended(2900*time.Millisecond, nil)))
		require.Equal(t, breaker.Closed, b.Snapshot().State, "twice the slow bound by itself")
	})
	t.Run("reported after its end", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			trip(t, b)
			untilDue(b)
			hung, err := b.Enter(bg)
			require.NoError(t, err)
			time.Sleep(5 * time.Second)
			hung.Exit(nil)
			require.Equal(t, breaker.Open, b.Snapshot().State)
			require.EqualValues(t, 1, b.Snapshot().Late)
			require.True(t, b.Snapshot().Until.Before(time.Now()), "counted from the end of the lease")
		})
	})
	t.Run("of another trial", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			trip(t, b)
			untilDue(b)
			require.NoError(t, b.Do(bg, callOK))
			_, err := b.Enter(bg) // forgotten
			require.NoError(t, err)
			time.Sleep(1500 * time.Millisecond)
			p, err := b.Enter(bg)
			require.NoError(t, err)
			time.Sleep(700 * time.Millisecond)
			p.Exit(nil)
			require.Equal(t, breaker.Open, b.Snapshot().State)
			require.Zero(t, b.Snapshot().Late)
		})
	})
}

func TestIntervalGrows(t *testing.T) {
	bubble(t, breaker.Config{OpenFor: time.Second, MaxOpenFor: 10 * time.Second}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		for _, want := range []time.Duration{1, 2, 4, 8, 10, 10} {
			wait := refused(t, b).RetryAfter()
			require.LessOrEqual(t, wait, want*time.Second)
			require.GreaterOrEqual(t, wait, want*time.Second*4/5)
			untilDue(b)
			require.Equal(t, errVendor, b.Do(bg, callFail))
		}
		recovered(t, b)
		time.Sleep(20 * time.Second)
		trip(t, b)
		require.LessOrEqual(t, refused(t, b).RetryAfter(), time.Second, "it stayed well: from the start")
		untilDue(b)
		times(3, b, callOK)
		for b.Snapshot().State == breaker.Closed { // the ramp refuses some
			_ = b.Do(bg, callFail)
		}
		require.Greater(t, refused(t, b).RetryAfter(), time.Second, "F37 open again at once: twice as long")
	})
}

func TestIntervalsAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := map[time.Duration]bool{}
		for range 50 {
			b := mustNew(t, breaker.Config{})
			trip(t, b)
			seen[refused(t, b).RetryAfter()] = true
		}
		require.Greater(t, len(seen), 40, "F55")
	})
}

func TestWaitIsObeyed(t *testing.T) {
	for _, c := range []struct {
		name     string
		config   breaker.Config
		err      error
		min, max time.Duration
	}{
		{"F24 limited", breaker.Config{}, classed{"limited", 2 * time.Minute}, 2 * time.Minute, 132 * time.Second},
		{"limited, no wait", breaker.Config{}, classed{"limited", 0}, 800 * time.Millisecond, time.Second},
		{"F26 negative", breaker.Config{}, classed{"limited", -5}, 800 * time.Millisecond, time.Second},
		{"F26 absurd", breaker.Config{}, classed{"limited", 1 << 62}, 10 * time.Minute, 11 * time.Minute},
		{"absurd, longer cap", breaker.Config{MaxOpenFor: time.Hour}, classed{"limited", 1 << 62}, time.Hour, 66 * time.Minute},
		{"F27 maintenance", breaker.Config{Consecutive: 1}, classed{"unavailable", time.Minute}, time.Minute, 66 * time.Second},
		{"limited, with probe", breaker.Config{Probe: callFail}, classed{"limited", time.Minute}, time.Minute, 66 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, c.config, func(t *testing.T, b *breaker.Breaker) {
				_ = b.Do(bg, func(context.Context) error { return c.err })
				wait := refused(t, b).RetryAfter()
				require.GreaterOrEqual(t, wait, c.min)
				require.LessOrEqual(t, wait, c.max)
			})
		})
	}
}

// No probe before the Wait has passed, and one soon after.
func TestProbeObeysWait(t *testing.T) {
	var asked []time.Duration
	start := time.Now()
	synctest.Test(t, func(t *testing.T) {
		start = time.Now()
		b := mustNew(t, breaker.Config{Probe: func(context.Context) error {
			asked = append(asked, time.Since(start))
			if len(asked) == 1 {
				return classed{"limited", 30 * time.Second}
			}
			return nil
		}})
		defer b.Close()
		_ = b.Do(bg, func(context.Context) error { return classed{"limited", time.Minute} })
		time.Sleep(2 * time.Minute)
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		require.Len(t, asked, 3)
		require.GreaterOrEqual(t, asked[0], time.Minute)
		require.GreaterOrEqual(t, asked[1], asked[0]+30*time.Second)
	})
}

func TestRamp(t *testing.T) {
	bubble(t, breaker.Config{Ramp: 10 * time.Second}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		untilDue(b)
		times(3, b, callOK)
		require.NoError(t, b.Do(bg, callOK), "the very first is let through")
		var admitted [10]int
		for second := range admitted {
			for range 1000 {
				if err := b.Do(bg, callOK); err == nil {
					admitted[second]++
				} else {
					var open *breaker.OpenError
					require.ErrorAs(t, err, &open)
					require.Equal(t, breaker.Closed, open.State)
					require.LessOrEqual(t, open.RetryAfter(), 10*time.Second)
				}
				time.Sleep(time.Millisecond)
			}
			s := b.Snapshot()
			require.InDelta(t, min(1, 0.1+0.9*float64(second+1)/10), s.Admit, 0.01)
			require.InDelta(t, 1000*(0.1+0.9*(float64(second)+0.5)/10), admitted[second], 30)
		}
		require.NoError(t, b.Do(bg, callOK))
		s := b.Snapshot()
		require.Equal(t, 1.0, s.Admit)
		require.Zero(t, s.Until)
	})
	bubble(t, breaker.Config{Ramp: 1}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		untilDue(b)
		times(3, b, callOK)
		time.Sleep(time.Nanosecond)
		for range 100 {
			require.NoError(t, b.Do(bg, callOK))
		}
	})
}
