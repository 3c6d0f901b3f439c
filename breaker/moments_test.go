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

// What ends with the slow bound is in time, a nanosecond later it is late; the same for the patience that a caller's deadline must leave.
func TestMomentOfTheSlowBound(t *testing.T) {
	const bound = 500 * time.Millisecond
	for name, call := range map[string]error{"a success": nil, "an answer": classed{class: "denied"}} {
		for after, slow := range map[time.Duration]uint64{bound: 0, bound + 1: 1} {
			t.Run(fmt.Sprint(name, " after ", after), func(t *testing.T) {
				bubble(t, breaker.Config{SlowAfter: bound}, func(t *testing.T, b *breaker.Breaker) {
					_ = b.Do(bg, ended(after, call))
					time.Sleep(2 * time.Second)
					s := b.Snapshot()
					require.Equal(t, []uint64{1, slow}, []uint64{s.Calls, s.Slow})
				})
				bubble(t, breaker.Config{SlowAfter: bound, Trials: 1}, func(t *testing.T, b *breaker.Breaker) {
					trip(t, b)
					untilDue(b)
					_ = b.Do(bg, ended(after, call))
					require.Equal(t, slow == 0, b.Snapshot().State == breaker.Closed, "as a trial")
				})
			})
		}
	}
	for after, faults := range map[time.Duration]uint64{bound: 0, bound + 1: 1} {
		bubble(t, breaker.Config{SlowAfter: bound}, func(t *testing.T, b *breaker.Breaker) {
			ctx, cancel := context.WithTimeout(bg, after)
			defer cancel()
			_ = b.Do(ctx, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
			require.Equal(t, faults, b.Snapshot().Faults, "a deadline after %v", after)
		})
	}
}

// Extra trials: from one to the next exactly a tenth of a second; one that reports when its lease ends is late.
func TestMomentsOfExtraTrials(t *testing.T) {
	bubble(t, breaker.Config{OpenFor: time.Hour, Lease: 3 * time.Second}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		first, err := b.Trial(bg)
		require.NoError(t, err)
		time.Sleep(100*time.Millisecond - 1)
		require.False(t, tried(b, callFail))
		time.Sleep(time.Nanosecond)
		second, err := b.Trial(bg)
		require.NoError(t, err)
		time.Sleep(2900 * time.Millisecond)
		until := b.Snapshot().Until
		first.Exit(nil) // 3 s old
		require.EqualValues(t, 1, b.Snapshot().Late)
		require.Equal(t, until, b.Snapshot().Until, "it says nothing")
		time.Sleep(100*time.Millisecond - 1)
		third, err := b.Trial(bg)
		require.NoError(t, err)
		second.Exit(errVendor) // a nanosecond before
		require.EqualValues(t, 1, b.Snapshot().Late)
		third.Exit(classed{"", 5 * time.Second})
		time.Sleep(5*time.Second - 1)
		require.False(t, tried(b, callFail), "it asked to be left alone")
		time.Sleep(500*time.Millisecond + 1)
		require.True(t, tried(b, callFail), "for at most a tenth more than it said, however long the interval is")
	})
	bubble(t, breaker.Config{OpenFor: time.Second, Consecutive: 1}, func(t *testing.T, b *breaker.Breaker) {
		times(1, b, ended(0, classed{"unavailable", 30 * time.Second}))
		time.Sleep(time.Until(b.Snapshot().Until) - 1)
		require.False(t, tried(b, callOK), "it asked to be left alone")
		time.Sleep(time.Nanosecond)
		require.True(t, tried(b, callOK))
	})
}

// It opens again within twice OpenFor of its closing, where that is longer than two windows: the interval grows. Later: it begins anew.
func TestMomentOfOpeningAgain(t *testing.T) {
	for after, again := range map[time.Duration]bool{30 * time.Second: true, 30*time.Second + 1: false} {
		bubble(t, breaker.Config{OpenFor: 15 * time.Second}, func(t *testing.T, b *breaker.Breaker) {
			trip(t, b)
			untilDue(b)
			times(3, b, callOK)
			require.Equal(t, breaker.Closed, b.Snapshot().State)
			time.Sleep(after)
			trip(t, b)
			require.Equal(t, again, refused(t, b).RetryAfter() > 15*time.Second, "%v after it closed", after)
		})
	}
}

// A report counts from the moment the breaker closed, and for as long as Window.
func TestMomentsOfReports(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		untilDue(b)
		times(3, b, callOK)
		closed := b.Snapshot()
		require.Equal(t, breaker.Closed, closed.State)
		b.Report(closed.Since, nil)
		require.EqualValues(t, 1, b.Snapshot().Calls)
		b.Report(closed.Since.Add(-1), nil)
		require.EqualValues(t, 1, b.Snapshot().Late)
		time.Sleep(10 * time.Second)
		b.Report(closed.Since, errVendor)
		require.EqualValues(t, 1, b.Snapshot().Late)
		time.Sleep(time.Nanosecond)
		b.Report(closed.Since, errVendor)
		require.EqualValues(t, 2, b.Snapshot().Late)
	})
}

// What an extra trial is told while the probe is asked for the last time stands: the probe no longer closes.
func TestProbeIsOvertaken(t *testing.T) {
	asked := 0
	bubble(t, breaker.Config{Probe: func(ctx context.Context) error {
		if asked++; asked == 2 {
			return ended(200*time.Millisecond, nil)(ctx)
		}
		return nil
	}}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		untilDue(b)
		synctest.Wait()
		require.Equal(t, breaker.HalfOpen, b.Snapshot().State)
		require.True(t, tried(b, ended(0, classed{"limited", time.Minute})))
		time.Sleep(time.Second)
		s := b.Snapshot()
		require.Equal(t, []any{breaker.Open, breaker.ReasonLimited}, []any{s.State, s.Why})
		require.Equal(t, 2, asked, "it is left alone for a minute")
	})
}

// ErrOpen alone, however wrapped, is a refusal of another breaker: it says nothing about this upstream.
func TestBareErrOpenIsNotCounted(t *testing.T) {
	bubble(t, breaker.Config{Consecutive: 1}, func(t *testing.T, b *breaker.Breaker) {
		for _, err := range []error{breaker.ErrOpen, fmt.Errorf("ask: %w", breaker.ErrOpen)} {
			require.Equal(t, err, b.Do(bg, ended(0, err)))
			require.Zero(t, b.Snapshot().Calls)
		}
		require.Equal(t, breaker.Closed, b.Snapshot().State)
	})
}

// A pause of our own is still known for one after the window has another length.
func TestReconfigureAfterOwnPause(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		traffic{rate: 200}.play(b, 10*time.Second, lasting(300*time.Millisecond, nil))
		got := traffic{rate: 200}.play(b, 300*time.Millisecond, func(at time.Duration, _ int) (time.Duration, error) {
			return 3*time.Second - at, nil // what was out when we stopped is read when we go on
		})
		require.Empty(t, got.openedAt)
		require.NoError(t, b.Do(bg, callOK)) // sees the pause
		changed(t, b, func(c *breaker.Config) { c.Window = 11 * time.Second })
		got = traffic{rate: 200}.play(b, 10*time.Second, lasting(300*time.Millisecond, nil))
		require.Empty(t, got.openedAt)
	})
}
