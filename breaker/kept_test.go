package breaker_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// Another window does not forget how many were refused.
func TestReconfiguredWindowKeeps(t *testing.T) {
	bubble(t, breaker.Config{OpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		for range 7 {
			refused(t, b)
		}
		changed(t, b, func(c *breaker.Config) { c.Window = 20 * time.Second })
		require.EqualValues(t, 7, b.Snapshot().Rejected)
	})
}

// A longer window keeps all calls, also where many slots of before make one; a shorter one only those that are young enough for it.
func TestReconfiguredWindowKeepsCalls(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		for range 12_000 {
			require.NoError(t, b.Do(bg, callOK))
			time.Sleep(500 * time.Microsecond)
		}
		times(3, b, callFail)
		changed(t, b, func(c *breaker.Config) { c.Window = 10 * time.Minute })
		s := b.Snapshot()
		require.Equal(t, []uint64{12_003, 3}, []uint64{s.Calls, s.Faults})
	})
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		times(3, b, ended(2*time.Second, errVendor)) // late as well
		changed(t, b, func(c *breaker.Config) { c.Window = 20 * time.Second })
		s := b.Snapshot()
		require.Equal(t, []uint64{3, 3, 3}, []uint64{s.Calls, s.Faults, s.Slow})
	})
	for after, calls := range map[time.Duration]uint64{200 * time.Millisecond: 0, 0: 4} {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			time.Sleep(5 * time.Second)
			times(4, b, callFail)
			time.Sleep(after)
			changed(t, b, func(c *breaker.Config) { c.Window = 100 * time.Millisecond })
			require.Equal(t, calls, b.Snapshot().Calls, "%v ago", after)
		})
	}
}

// What is reported later teaches nothing about how long an answer takes.
func TestReportTeachesNoBound(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		time.Sleep(5 * time.Second)
		for range 100 {
			b.Report(time.Now().Add(-3*time.Second), nil)
			time.Sleep(100 * time.Millisecond)
		}
		require.Equal(t, 800*time.Millisecond, b.Snapshot().SlowAfter)
		require.Zero(t, b.Snapshot().Slow)
	})
}

// A Watch that is told to wait waits, and what it closed off once it does not hold for ever.
func TestWatchIsToldToWait(t *testing.T) {
	var asks atomic.Int32
	var dead atomic.Bool
	dead.Store(true)
	bubble(t, breaker.Config{WatchEvery: time.Second, Watch: func(context.Context) error {
		asks.Add(1)
		if dead.Load() {
			return classed{"limited", 30 * time.Second}
		}
		return nil
	}}, func(t *testing.T, b *breaker.Breaker) {
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, breaker.ReasonLimited, b.Snapshot().Why)
		n := asks.Load()
		dead.Store(false)
		time.Sleep(29 * time.Second)
		require.Equal(t, n, asks.Load())
		time.Sleep(10 * time.Second)
		require.Equal(t, breaker.Closed, b.Snapshot().State)
	})
}

func TestWatchReleasesOnlyItsOwn(t *testing.T) {
	var dead atomic.Bool
	dead.Store(true)
	bubble(t, breaker.Config{Probe: callOK, WatchEvery: 20 * time.Second, Watch: func(context.Context) error {
		if dead.Load() {
			return errVendor
		}
		return nil
	}}, func(t *testing.T, b *breaker.Breaker) {
		time.Sleep(20 * time.Second)
		require.Equal(t, breaker.ReasonWatch, b.Snapshot().Why)
		time.Sleep(10 * time.Second)
		require.Equal(t, breaker.Open, b.Snapshot().State, "the Probe alone does not release it")
		dead.Store(false)
		time.Sleep(2 * time.Minute)
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		trip(t, b)
		dead.Store(true)
		time.Sleep(3 * time.Second)
		require.Equal(t, breaker.Closed, b.Snapshot().State, "what calls closed off, the Probe releases")
	})
}
