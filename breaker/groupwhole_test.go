package breaker_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

var longKey = strings.Repeat("k", 257)

// The Probe of a Group asks whether all of it is back: while one key is out, or those that are not tracked, nobody asks it. Close ends it.
func TestGroupProbeIsOfTheWhole(t *testing.T) {
	var asks atomic.Int32
	c := breaker.Config{Probe: func(context.Context) error { asks.Add(1); return errVendor }}
	group(t, breaker.GroupConfig{Config: c, Least: 2}, func(t *testing.T, g *breaker.Group) {
		trip(t, g.Of("x"))
		trip(t, g.Of(longKey))
		time.Sleep(10 * time.Second)
		require.Zero(t, asks.Load())
		trip(t, g.Of("y"))
		trip(t, g.Of("x"))
		time.Sleep(time.Second)
		refused(t, g.Of("z"))
		time.Sleep(10 * time.Second)
		require.Greater(t, asks.Load(), int32(8))
		require.NoError(t, g.Close())
		before := asks.Load()
		time.Sleep(10 * time.Second)
		require.Equal(t, before, asks.Load())
	})
}

// After Close a new key is guarded, but nothing is asked for it.
func TestGroupNewKeyAfterClose(t *testing.T) {
	var asks atomic.Int32
	ask := func(context.Context, string) error { asks.Add(1); return nil }
	group(t, breaker.GroupConfig{WatchKey: ask, ProbeKey: ask}, func(t *testing.T, g *breaker.Group) {
		require.NoError(t, g.Close())
		trip(t, g.Of("x"))
		time.Sleep(time.Minute)
		require.Zero(t, asks.Load())
	})
}

// What is not tracked obeys the parent as well, is counted, and has the settings of all; so has the parent.
func TestGroupRestIsPartOfIt(t *testing.T) {
	c := breaker.GroupConfig{Config: breaker.Config{WatchEvery: time.Second}, WatchKey: func(context.Context, string) error { return nil }}
	group(t, c, func(t *testing.T, g *breaker.Group) {
		c.OpenFor = 3 * time.Second
		require.NoError(t, g.Reconfigure(c))
		for _, b := range []*breaker.Breaker{g.Of("x"), g.Of(longKey), g.Parent()} {
			require.Equal(t, 3*time.Second, b.Settings().OpenFor)
		}
		require.EqualValues(t, 1, g.Snapshot().Overflowed)
		require.NoError(t, g.Of("x").Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
		require.Equal(t, 1, g.Snapshot().Open, "as callers meet it")
		require.NoError(t, g.Parent().Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
		refused(t, g.Of(longKey))
	})
}

// The last resort does not pass a parent that was closed off for a reason of the upstream's, or that was told to wait.
func TestGroupLastResortIsBarred(t *testing.T) {
	group(t, breaker.GroupConfig{}, func(t *testing.T, g *breaker.Group) {
		for _, key := range []string{"a", "b", "c"} {
			times(1, g.Of(key), ended(0, classed{class: "refused"}))
		}
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, breaker.ReasonRefused, refused(t, g.Of("x")).Why)
		before := g.Parent().Snapshot().Rejected
		require.False(t, tried(g.Of("x"), callOK))
		require.Equal(t, before+1, g.Parent().Snapshot().Rejected)
	})
	group(t, breaker.GroupConfig{Config: breaker.Config{OpenFor: time.Second}}, func(t *testing.T, g *breaker.Group) {
		tripKeys(t, g, 3)
		time.Sleep(100 * time.Millisecond)
		refused(t, g.Of("x"))
		untilDue(g.Parent())
		times(1, g.Of("x"), ended(0, classed{"unavailable", 10 * time.Second}))
		require.Equal(t, breaker.ReasonFaults, g.Parent().Snapshot().Why)
		require.False(t, tried(g.Of("y"), callOK), "it was told to wait")
		time.Sleep(12 * time.Second)
		require.True(t, tried(g.Of("y"), callOK))
	})
}
