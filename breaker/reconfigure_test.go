package breaker_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// changed reconfigures b by f.
func changed(t *testing.T, b *breaker.Breaker, f func(*breaker.Config)) {
	t.Helper()
	c := b.Settings()
	f(&c)
	require.NoError(t, b.Reconfigure(c))
}

func TestSettings(t *testing.T) {
	b := mustNew(t, breaker.Config{Name: "kakao", FaultRate: 0.4})
	require.Equal(t, breaker.Config{
		Name: "kakao", Window: 10 * time.Second, MinCalls: 20, FaultRate: 0.4, SlowRate: 0.5, Consecutive: 5,
		OpenFor: time.Second, MaxOpenFor: time.Minute, Ramp: time.Second, Trials: 3, TrialRate: 1,
	}, b.Settings())
	require.NoError(t, b.Reconfigure(b.Settings()))
	changed(t, b, func(c *breaker.Config) { c.Lease = time.Minute })
	require.Equal(t, time.Minute, b.Settings().Lease)
	require.Equal(t, 0.4, b.Settings().FaultRate)
}

// F67: a bad Config is refused whole, and the old one stays.
func TestReconfigureMistakesAllAtOnce(t *testing.T) {
	b := mustNew(t, breaker.Config{Name: "kakao", MinCalls: 7})
	err := b.Reconfigure(breaker.Config{Name: "naver", MinCalls: 8, OpenFor: -1, FaultRate: 2})
	for _, part := range []string{"OpenFor", "FaultRate", `Name must stay "kakao": "naver"`} {
		require.ErrorContains(t, err, part)
	}
	require.Equal(t, 7, b.Settings().MinCalls)
	var none *breaker.Breaker
	require.ErrorContains(t, none.Reconfigure(breaker.Config{}), "no breaker")
	require.Zero(t, none.Settings())
}

// F66: what was counted before the change decides after it.
func TestReconfigureKeepsHistory(t *testing.T) {
	for name, window := range map[string]time.Duration{"same": 10 * time.Second, "longer": 60 * time.Second, "shorter": 5 * time.Second} {
		t.Run(name+" window", func(t *testing.T) {
			bubble(t, breaker.Config{Window: 10 * time.Second, FaultRate: 1}, func(t *testing.T, b *breaker.Breaker) {
				time.Sleep(time.Second)
				times(4, b, callFail)
				times(1, b, ended(900*time.Millisecond, nil)) // slow
				times(15, b, callOK)
				time.Sleep(2 * time.Second)
				before := b.Snapshot()
				require.EqualValues(t, 20, before.Calls)
				require.EqualValues(t, 1, before.Slow)
				changed(t, b, func(c *breaker.Config) { c.Window = window; c.FaultRate = 0.25 })
				after := b.Snapshot()
				require.Equal(t, before, after)
				times(1, b, callFail)
				require.Equal(t, breaker.Closed, b.Snapshot().State, "5 of 21")
				times(1, b, callFail)
				require.Equal(t, breaker.Open, b.Snapshot().State, "6 of 22 by the new rate")
			})
		})
	}
	bubble(t, breaker.Config{Window: time.Minute}, func(t *testing.T, b *breaker.Breaker) {
		times(3, b, callFail)
		time.Sleep(20 * time.Second)
		times(2, b, callOK)
		changed(t, b, func(c *breaker.Config) { c.Window = 10 * time.Second })
		require.EqualValues(t, 2, b.Snapshot().Calls, "too old for the shorter window")
		time.Sleep(11 * time.Second)
		require.Zero(t, b.Snapshot().Calls, "and it rolls")
		times(1, b, callOK)
		changed(t, b, func(c *breaker.Config) { c.Window = time.Minute })
		time.Sleep(50 * time.Second)
		require.EqualValues(t, 1, b.Snapshot().Calls)
		time.Sleep(11 * time.Second)
		require.Zero(t, b.Snapshot().Calls)
	})
}

// What is out ends on the old window: it harms nothing, and what comes after is counted.
func TestReconfigureWithCallsOut(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		var out []breaker.Pass
		for range 10 {
			p, err := b.Enter(bg)
			require.NoError(t, err)
			out = append(out, p)
		}
		changed(t, b, func(c *breaker.Config) { c.Window = 20 * time.Second })
		require.Zero(t, b.Snapshot().Calls)
		for _, p := range out {
			p.Exit(nil)
		}
		times(3, b, callOK)
		s := b.Snapshot()
		require.EqualValues(t, 3, s.Calls)
		require.Zero(t, s.Late)
	})
}

func TestReconfigureSlowBound(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		times(100, b, ended(300*time.Millisecond, nil))
		learned := b.Snapshot().SlowAfter
		require.Greater(t, learned, 850*time.Millisecond)
		changed(t, b, func(c *breaker.Config) { c.SlowAfter = 2 * time.Second })
		require.Equal(t, 2*time.Second, b.Snapshot().SlowAfter)
		changed(t, b, func(c *breaker.Config) { c.SlowAfter = 0 })
		require.Equal(t, learned, b.Snapshot().SlowAfter, "what was learned is not forgotten")
		changed(t, b, func(c *breaker.Config) { c.Window = time.Second })
		require.Equal(t, 500*time.Millisecond, b.Snapshot().SlowAfter, "half of the window")
	})
}

func TestReconfigureInterval(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		for range 5 {
			untilDue(b)
			times(1, b, callFail)
		}
		until := b.Snapshot().Until
		require.Greater(t, time.Until(until), 20*time.Second)
		changed(t, b, func(c *breaker.Config) { c.MaxOpenFor = 2 * time.Second })
		require.Equal(t, until, b.Snapshot().Until, "the one under way goes on")
		untilDue(b)
		times(1, b, callFail)
		require.LessOrEqual(t, time.Until(b.Snapshot().Until), 2*time.Second)
		require.EqualValues(t, 1, b.Snapshot().Openings)
	})
}

// A Probe may come and go in any state.
func TestReconfigureProbe(t *testing.T) {
	var up atomic.Bool
	probe := func(context.Context) error {
		if up.Load() {
			return nil
		}
		return errVendor
	}
	bubble(t, breaker.Config{OpenFor: time.Minute}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		up.Store(true)
		changed(t, b, func(c *breaker.Config) { c.Probe = probe })
		time.Sleep(2 * time.Minute)
		require.Equal(t, breaker.Closed, b.Snapshot().State, "recovered by the probe that came while open")
		up.Store(false)
		trip(t, b)
		time.Sleep(5 * time.Second)
		changed(t, b, func(c *breaker.Config) { c.Probe, c.OpenFor = nil, time.Second })
		refused(t, b)
		time.Sleep(2 * time.Minute)
		times(3, b, callOK)
		require.Equal(t, breaker.Closed, b.Snapshot().State, "recovered by trials after it went")
	})
	bubble(t, breaker.Config{Probe: ended(700*time.Millisecond, nil)}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		time.Sleep(1100 * time.Millisecond) // an ask is under way
		changed(t, b, func(c *breaker.Config) { c.Probe = nil })
		time.Sleep(5 * time.Second)
		require.Equal(t, breaker.Open, b.Snapshot().State, "what the old one found does not count")
		times(3, b, callOK)
		require.Equal(t, breaker.Closed, b.Snapshot().State)
	})
	bubble(t, breaker.Config{Probe: callOK}, func(t *testing.T, b *breaker.Breaker) {
		require.NoError(t, b.Close())
		changed(t, b, func(c *breaker.Config) { c.Watch = callFail })
		time.Sleep(time.Minute)
		require.Equal(t, breaker.Closed, b.Snapshot().State, "after Close nothing is asked")
	})
}

func TestReconfigureWatch(t *testing.T) {
	w := &watched{}
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		changed(t, b, func(c *breaker.Config) { c.Watch = w.ask })
		require.Equal(t, 5*time.Second, b.Settings().WatchEvery)
		time.Sleep(time.Minute)
		require.GreaterOrEqual(t, len(w.asks()), 12)
		changed(t, b, func(c *breaker.Config) { c.WatchEvery = time.Second })
		n := len(w.asks())
		time.Sleep(10 * time.Second)
		require.GreaterOrEqual(t, len(w.asks()), n+10)
		changed(t, b, func(c *breaker.Config) { c.Watch, c.WatchEvery = nil, 0 })
		n = len(w.asks())
		synctest.Wait()
		time.Sleep(time.Minute)
		require.Len(t, w.asks(), n)
		w.answer(errVendor)
		changed(t, b, func(c *breaker.Config) { c.Watch = w.ask })
		time.Sleep(6 * time.Second)
		require.Equal(t, breaker.ReasonWatch, b.Snapshot().Why)
		changed(t, b, func(c *breaker.Config) { c.Watch, c.WatchEvery = nil, 0 })
		w.answer(nil)
		recovered(t, b)
	})
}

// F66: settings change in the middle of traffic; nothing is refused for it, and no race.
func TestReconfigureBesideTraffic(t *testing.T) {
	b := mustNew(t, breaker.Config{Probe: callOK})
	defer b.Close()
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for i := range 2000 {
				if i%50 == 0 {
					b.Report(time.Now(), nil)
					_ = b.Snapshot()
				}
				if err := b.Do(bg, callOK); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 200 {
		changed(t, b, func(c *breaker.Config) {
			c.Window = time.Duration(1+i%7) * time.Second
			c.Watch, c.WatchEvery = nil, 0
			if i%3 == 0 {
				c.Watch = callOK
			}
		})
	}
	callers.Wait()
	require.Equal(t, breaker.Closed, b.Snapshot().State)
}
