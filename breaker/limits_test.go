package breaker_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// Every limit that a document names is itself allowed, and what lies just beyond is not.
func TestLimitsOfSettings(t *testing.T) {
	for name, c := range map[string]struct{ within, beyond breaker.Config }{
		"MinCalls":        {breaker.Config{MinCalls: math.MaxInt32}, breaker.Config{MinCalls: math.MaxInt32 + 1}},
		"Consecutive":     {breaker.Config{Consecutive: math.MaxInt32}, breaker.Config{Consecutive: math.MaxInt32 + 1}},
		"Trials":          {breaker.Config{Trials: 100}, breaker.Config{Trials: 101}},
		"TrialRate":       {breaker.Config{TrialRate: 1}, breaker.Config{TrialRate: 1.01}},
		"long Window":     {breaker.Config{Window: 10 * time.Minute}, breaker.Config{Window: 10*time.Minute + 1}},
		"short Window":    {breaker.Config{Window: 100 * time.Millisecond}, breaker.Config{Window: 100*time.Millisecond - 1}},
		"SlowAfter":       {breaker.Config{Window: 4 * time.Second, SlowAfter: 2 * time.Second}, breaker.Config{Window: 4 * time.Second, SlowAfter: 2*time.Second + 1}},
		"MaxOpenFor":      {breaker.Config{OpenFor: 3 * time.Second, MaxOpenFor: 3 * time.Second}, breaker.Config{OpenFor: 3 * time.Second, MaxOpenFor: 3*time.Second - 1}},
		"default OpenFor": {breaker.Config{MaxOpenFor: time.Second}, breaker.Config{MaxOpenFor: time.Second - 1}},
		"WatchEvery":      {breaker.Config{Watch: callOK, WatchEvery: 10 * time.Millisecond}, breaker.Config{Watch: callOK, WatchEvery: 10*time.Millisecond - 1}},
	} {
		require.NoError(t, c.within.Check(), name)
		require.Error(t, c.beyond.Check(), name)
	}
	require.NoError(t, breaker.Config{SlowAfter: 5 * time.Minute}.Check(), "the window grows with it")
	require.Error(t, breaker.Config{SlowAfter: 5*time.Minute + 1}.Check(), "up to its own limit")
}

func TestLimitsOfGroupsAndFleets(t *testing.T) {
	for _, c := range []struct{ within, beyond breaker.GroupConfig }{
		{breaker.GroupConfig{Max: 1 << 20}, breaker.GroupConfig{Max: 1<<20 + 1}},
		{breaker.GroupConfig{Quorum: 1, Least: 1}, breaker.GroupConfig{Quorum: 1.01, Least: 1}},
	} {
		_, err := breaker.NewGroup(c.within)
		require.NoError(t, err)
		_, err = breaker.NewGroup(c.beyond)
		require.Error(t, err)
	}
	for _, c := range []struct{ within, beyond breaker.FleetConfig }{
		{breaker.FleetConfig{Max: 4096}, breaker.FleetConfig{Max: 4097}},
		{breaker.FleetConfig{Least: 2}, breaker.FleetConfig{Least: -1}},
		{breaker.FleetConfig{Least: math.MaxInt32}, breaker.FleetConfig{Least: math.MaxInt32 + 1}},
		{breaker.FleetConfig{Share: 1}, breaker.FleetConfig{Share: 1.01}},
	} {
		_, err := breaker.NewFleet(c.within)
		require.NoError(t, err)
		_, err = breaker.NewFleet(c.beyond)
		require.Error(t, err)
	}
	group(t, breaker.GroupConfig{Config: breaker.Config{Name: "t"}}, func(t *testing.T, g *breaker.Group) {
		longest := strings.Repeat("k", 256)
		require.Equal(t, "t/"+longest, g.Of(longest).Name())
		require.Equal(t, "t/*", g.Of(longest+"k").Name())
	})
}

func TestLimitsOfForce(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		text := strings.Repeat("x", 256)
		require.NoError(t, b.Force(breaker.ForcedOpen, text, text, breaker.MaxForce))
		time.Sleep(breaker.MaxForce - 1)
		refused(t, b)
		time.Sleep(time.Nanosecond)
		require.NoError(t, b.Do(bg, callOK))
		require.Error(t, b.Release(text+"x", "over"))
		require.Error(t, b.Release("kim", text+"x"))
	})
}
