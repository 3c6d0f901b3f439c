package breaker_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// tried makes one call by Trial and reports whether it was let through.
func tried(b *breaker.Breaker, call func(context.Context) error) bool {
	p, err := b.Trial(bg)
	if err == nil {
		p.Exit(call(bg))
	}
	return err == nil
}

func TestTrialPassesWhatIsOnlyDown(t *testing.T) {
	bubble(t, breaker.Config{OpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		refused(t, b)
		until := b.Snapshot().Until
		require.True(t, tried(b, callFail))
		s := b.Snapshot()
		require.Equal(t, breaker.Open, s.State)
		require.Equal(t, until, s.Until, "a failed one changes nothing")
		require.False(t, tried(b, callFail), "ten begin a second")
		time.Sleep(100 * time.Millisecond)
		require.True(t, tried(b, ended(3*time.Second, nil)), "slow is no answer")
		require.Equal(t, until, b.Snapshot().Until)
		require.True(t, tried(b, callOK))
		require.Equal(t, breaker.Open, b.Snapshot().State, "closes nothing by itself")
		times(3, b, callOK)
		require.Equal(t, breaker.Closed, b.Snapshot().State, "but trials are due")
		require.EqualValues(t, 1, b.Snapshot().Openings)
	})
}

func TestTrialRousesTheProbe(t *testing.T) {
	var up atomic.Bool
	bubble(t, breaker.Config{OpenFor: time.Minute, Probe: func(context.Context) error {
		if up.Load() {
			return nil
		}
		return errVendor
	}}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		time.Sleep(5 * time.Second)
		up.Store(true)
		require.True(t, tried(b, callOK))
		synctest.Wait()
		require.Equal(t, breaker.Closed, b.Snapshot().State)
	})
}

// Three at once, also when they hang: their leases end, and what comes after that is late.
func TestTrialsAreLeased(t *testing.T) {
	bubble(t, breaker.Config{OpenFor: time.Hour, Lease: 10 * time.Second}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		var out []breaker.Pass
		for range 100 {
			if p, err := b.Trial(bg); err == nil {
				out = append(out, p)
			}
			time.Sleep(50 * time.Millisecond)
		}
		require.Len(t, out, 3)
		before := b.Snapshot()
		time.Sleep(10 * time.Second)
		p, err := b.Trial(bg)
		require.NoError(t, err)
		for _, o := range out {
			o.Exit(nil)
		}
		after := b.Snapshot()
		require.EqualValues(t, 3, after.Late-before.Late)
		require.Equal(t, before.Until, after.Until)
		p.Exit(nil)
		p.Exit(nil)
		require.Equal(t, after.Late, b.Snapshot().Late)
		require.Less(t, time.Until(b.Snapshot().Until), time.Second)
	})
}

func TestTrialRespects(t *testing.T) {
	for _, class := range []string{"limited", "refused", "security"} {
		bubble(t, breaker.Config{OpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
			times(1, b, ended(0, classed{class: class}))
			require.False(t, tried(b, callOK), class)
			require.EqualValues(t, 1, b.Snapshot().Rejected)
		})
		bubble(t, breaker.Config{OpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
			trip(t, b)
			require.True(t, tried(b, ended(0, classed{class: class})))
			require.Equal(t, class, b.Snapshot().Why.String(), "learned by a trial")
			time.Sleep(time.Second)
			require.False(t, tried(b, callOK), class)
		})
	}
	bubble(t, breaker.Config{OpenFor: time.Second, Consecutive: 1}, func(t *testing.T, b *breaker.Breaker) {
		times(1, b, ended(0, classed{"unavailable", 30 * time.Second}))
		time.Sleep(29 * time.Second)
		require.False(t, tried(b, callOK), "it asked to be left alone")
		time.Sleep(5 * time.Second)
		require.True(t, tried(b, callOK), "due")
	})
	bubble(t, breaker.Config{OpenFor: time.Second}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		require.True(t, tried(b, ended(0, classed{"", 30 * time.Second})))
		time.Sleep(29 * time.Second)
		require.False(t, tried(b, callOK))
		refused(t, b)
	})
	bubble(t, breaker.Config{Probe: callFail}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		require.True(t, tried(b, ended(0, classed{"", 30 * time.Second})))
		require.Greater(t, time.Until(b.Snapshot().Until), 29*time.Second)
	})
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
		require.False(t, tried(b, callOK))
		trip(t, mustNew(t, breaker.Config{}))
		require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "drill", time.Minute))
		require.True(t, tried(b, callOK))
	})
}

func TestTrialWhileClosedAndHalfOpen(t *testing.T) {
	var none *breaker.Breaker
	p, err := none.Trial(bg)
	require.NoError(t, err)
	p.Exit(nil)
	bubble(t, breaker.Config{Ramp: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
		require.True(t, tried(b, callOK))
		require.EqualValues(t, 1, b.Snapshot().Calls, "an ordinary call")
		trip(t, b)
		untilDue(b)
		for range 3 {
			require.True(t, tried(b, callOK), "an ordinary trial")
		}
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		for range 20 {
			require.True(t, tried(b, callOK), "the ramp is no reason to refuse the last resort")
		}
	})
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) { // beside the trial that is out
		trip(t, b)
		untilDue(b)
		first, err := b.Enter(bg)
		require.NoError(t, err)
		require.True(t, tried(b, callOK))
		require.Equal(t, breaker.HalfOpen, b.Snapshot().State)
		time.Sleep(time.Second)
		require.True(t, tried(b, ended(0, classed{class: "security"})))
		require.Equal(t, breaker.ReasonSecurity, b.Snapshot().Why)
		require.Equal(t, breaker.Open, b.Snapshot().State)
		first.Exit(nil)
		require.EqualValues(t, 1, b.Snapshot().Late)
	})
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) { // an extra one that returns in another generation
		trip(t, b)
		p, err := b.Trial(bg)
		require.NoError(t, err)
		recovered(t, b)
		before := b.Snapshot()
		p.Exit(errVendor)
		require.Equal(t, before.Late+1, b.Snapshot().Late)
		require.Zero(t, b.Snapshot().Faults)
	})
}

// What an extra trial is told counts only where it is news.
func TestTrialIsNoNews(t *testing.T) {
	bubble(t, breaker.Config{OpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		before := b.Snapshot()
		require.True(t, tried(b, ended(0, classed{"", 5 * time.Second})))
		require.Equal(t, before.Until, b.Snapshot().Until, "a wait shortens nothing")
		time.Sleep(6 * time.Second)
		require.True(t, tried(b, callFail))
	})
	bubble(t, breaker.Config{OpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		before := b.Snapshot()
		for range 10 {
			require.True(t, tried(b, ended(0, errors.New("another fault"))), "one that has reported makes room")
			time.Sleep(100 * time.Millisecond)
		}
		s := b.Snapshot()
		require.Equal(t, []any{before.Cause, before.Until, before.Why}, []any{s.Cause, s.Until, s.Why})
	})
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		untilDue(b)
		_, err := b.Enter(bg) // a trial that hangs
		require.NoError(t, err)
		before := refused(t, b)
		for _, outcome := range []func(context.Context) error{callOK, callFail} {
			require.True(t, tried(b, outcome))
			require.Equal(t, before, refused(t, b), "half-open until the trial has told, or its lease has ended")
			time.Sleep(100 * time.Millisecond)
		}
	})
}

// A wait that an extra trial was told holds the Probe as well, and trials after Close.
func TestTrialIsToldToWait(t *testing.T) {
	var asks atomic.Int32
	bubble(t, breaker.Config{Probe: func(context.Context) error { asks.Add(1); return errVendor }}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		require.True(t, tried(b, ended(0, classed{"", 30 * time.Second})))
		time.Sleep(30 * time.Second)
		require.Zero(t, asks.Load())
		time.Sleep(10 * time.Second)
		require.Positive(t, asks.Load())
	})
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		require.NoError(t, b.Close())
		trip(t, b)
		require.True(t, tried(b, ended(0, classed{"", 30 * time.Second})))
		time.Sleep(10 * time.Second)
		refused(t, b)
		require.Equal(t, breaker.Open, b.Snapshot().State)
	})
}
