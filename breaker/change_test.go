package breaker_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// One mistake does not hide another.
func TestConfigMistakesHideNothing(t *testing.T) {
	err := breaker.Config{Window: time.Hour, SlowAfter: 20 * time.Minute, OpenFor: -1, MaxOpenFor: time.Millisecond}.Check()
	for _, part := range []string{"Window must be", "SlowAfter 20m0s is more than half", "OpenFor is negative", "MaxOpenFor 1ms is shorter"} {
		require.ErrorContains(t, err, part)
	}
}

// An interval that has grown is kept within new bounds, from both sides, for what comes after them as well.
func TestReconfigureBoundsWhatHasGrown(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		for range 5 {
			untilDue(b)
			times(1, b, callFail)
		}
		changed(t, b, func(c *breaker.Config) { c.MaxOpenFor = 2 * time.Second })
		changed(t, b, func(c *breaker.Config) { c.MaxOpenFor = time.Minute })
		untilDue(b)
		times(1, b, callFail)
		require.LessOrEqual(t, time.Until(b.Snapshot().Until), 4*time.Second)
		changed(t, b, func(c *breaker.Config) { c.OpenFor = 20 * time.Second })
		untilDue(b)
		times(1, b, callFail)
		require.Greater(t, time.Until(b.Snapshot().Until), 30*time.Second)
	})
}

// A Probe that comes while open is asked at once, and one that goes makes room for trials at once; not before a wait that the upstream asked for has passed.
func TestReconfiguredProbeIsAskedAtOnce(t *testing.T) {
	var asks atomic.Int32
	fails := func(context.Context) error { asks.Add(1); return errVendor }
	bubble(t, breaker.Config{OpenFor: time.Minute, Probe: callFail}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		time.Sleep(10*time.Second + time.Millisecond)
		changed(t, b, func(c *breaker.Config) { c.Probe = fails })
		synctest.Wait()
		require.EqualValues(t, 1, asks.Load())
	})
	bubble(t, breaker.Config{Probe: callFail}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		time.Sleep(time.Millisecond)
		require.True(t, refused(t, b).Until.After(time.Now()), "the next ask")
		changed(t, b, func(c *breaker.Config) { c.Probe = nil })
		require.False(t, b.Snapshot().Until.After(time.Now()), "a trial is due")
		require.NoError(t, b.Do(bg, callOK))
	})
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		times(1, b, ended(0, classed{"limited", time.Minute}))
		asks.Store(0)
		changed(t, b, func(c *breaker.Config) { c.Probe = fails })
		time.Sleep(59 * time.Second)
		require.Zero(t, asks.Load())
		time.Sleep(10 * time.Second)
		require.Positive(t, asks.Load())
	})
}

// Calls are trials only while the Probe cannot be asked: not any more when its asks return, or another takes its place.
func TestStuckProbeThatComesBack(t *testing.T) {
	for name, change := range map[string]func(*breaker.Config){"its asks return": nil, "another Probe": func(c *breaker.Config) { c.Probe = callFail }} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			synctest.Test(t, func(t *testing.T) {
				release = make(chan struct{})
				b := mustNew(t, breaker.Config{MaxOpenFor: time.Second, Probe: func(context.Context) error { <-release; return errVendor }})
				defer b.Close()
				trip(t, b)
				time.Sleep(70 * time.Second)
				require.ErrorIs(t, b.Do(bg, callFail), errVendor, "a trial after all")
				close(release)
				if change != nil {
					changed(t, b, change)
				}
				time.Sleep(10 * time.Second)
				for range 10 {
					refused(t, b)
					time.Sleep(time.Second)
				}
			})
		})
	}
}

// A Watch that is taken away leaves nothing running.
func TestReconfiguredWatchEnds(t *testing.T) {
	bubble(t, breaker.Config{Watch: callOK, WatchEvery: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
		synctest.Wait()
		before := runtime.NumGoroutine()
		changed(t, b, func(c *breaker.Config) { c.Watch, c.WatchEvery = nil, 0 })
		synctest.Wait()
		require.Less(t, runtime.NumGoroutine(), before)
	})
}
