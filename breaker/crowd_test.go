package breaker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// Forced keys have no vote, also when all their calls go well.
func TestGroupForcedKeysDoNotStand(t *testing.T) {
	group(t, breaker.GroupConfig{}, func(t *testing.T, g *breaker.Group) {
		for i := range 3 {
			b := g.Of(fmt.Sprint("forced", i))
			require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "drill", time.Hour))
			times(5, b, callOK)
		}
		tripKeys(t, g, 3)
		time.Sleep(100 * time.Millisecond)
		refused(t, g.Of("new"))
		require.True(t, tried(g.Of("new"), callOK), "the last resort passes a parent that is only down, at once")
	})
}

// The parent waits as long as the key that waits least: then one of them may be asked.
func TestGroupWaitsTheShortestWait(t *testing.T) {
	group(t, breaker.GroupConfig{}, func(t *testing.T, g *breaker.Group) {
		for i, wait := range []time.Duration{5, 20, 60} {
			times(1, g.Of(fmt.Sprint(i)), ended(0, classed{"limited", wait * time.Second}))
		}
		time.Sleep(100 * time.Millisecond)
		wait := refused(t, g.Of("new")).RetryAfter()
		require.Greater(t, wait, 4*time.Second)
		require.Less(t, wait, 7*time.Second)
		require.NoError(t, g.Parent().Force(breaker.ForcedClosed, "kim", "we know better", time.Minute))
		require.True(t, tried(g.Of("new"), callOK), "an operator wins over what binds the parent")
	})
}

// The parent is judged by its members alone, and at most ten times a second.
func TestGroupParentCountsNothing(t *testing.T) {
	group(t, breaker.GroupConfig{}, func(t *testing.T, g *breaker.Group) {
		require.NoError(t, g.Parent().Force(breaker.ForcedClosed, "kim", "drill", time.Minute))
		for i := range 300 {
			times(1, g.Of(fmt.Sprint(i%100)), callFail)
			time.Sleep(100 * time.Millisecond)
		}
		s := g.Parent().Snapshot()
		require.Zero(t, s.Calls)
		require.Zero(t, s.Openings)
	})
	group(t, breaker.GroupConfig{}, func(t *testing.T, g *breaker.Group) {
		tripKeys(t, g, 2)
		time.Sleep(time.Second)
		require.NoError(t, g.Of("new").Do(bg, callOK), "judged: two are not enough")
		trip(t, g.Of("2"))
		trip(t, g.Of("3"))
		trip(t, g.Of("4"))
		require.NoError(t, g.Of("new").Do(bg, callOK), "judged a moment ago")
		time.Sleep(100 * time.Millisecond)
		refused(t, g.Of("new"))
	})
}

// Keys that refuse their own calls close no parent, however many they are.
func TestGroupRefusalsCloseNothing(t *testing.T) {
	group(t, breaker.GroupConfig{}, func(t *testing.T, g *breaker.Group) {
		tripKeys(t, g, 3)
		time.Sleep(100 * time.Millisecond)
		refused(t, g.Of("new"))
		require.NoError(t, g.Of("0").Force(breaker.ForcedOpen, "kim", "drill", time.Hour))
		untilDue(g.Parent())
		for range 10 {
			refused(t, g.Of("0"))
		}
		require.Equal(t, breaker.HalfOpen, g.Parent().Snapshot().State)
	})
}

// Forced upstreams, and those whose last call failed, do not stand for our own network.
func TestFleetWhoDoesNotStand(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T, *breaker.Breaker){
		"forced": func(t *testing.T, b *breaker.Breaker) {
			require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "drill", time.Hour))
			times(1, b, callOK)
		},
		"failing": func(_ *testing.T, b *breaker.Breaker) { times(1, b, callFail) },
	} {
		t.Run(name, func(t *testing.T) {
			fleet(t, 6, breaker.FleetConfig{}, breaker.Config{}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
				for _, b := range all[3:] {
					prepare(t, b)
				}
				for _, b := range all[:3] {
					trip(t, b)
				}
				require.True(t, down(fl))
				require.Zero(t, fl.Snapshot().Standing)
			})
		})
	}
}

// A long interval is cut in deed, not only in what is said; afterwards it grows from there.
func TestFleetCutIsRealAndStays(t *testing.T) {
	fleet(t, 3, breaker.FleetConfig{Least: 2}, breaker.Config{}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		old := all[0]
		trip(t, old)
		for range 8 {
			untilDue(old)
			times(1, old, callFail)
		}
		require.Greater(t, time.Until(old.Snapshot().Until), 40*time.Second)
		trip(t, all[1])
		trip(t, all[2])
		require.True(t, down(fl))
		time.Sleep(2 * time.Second)
		require.ErrorIs(t, old.Do(bg, callFail), errVendor, "a trial, within two seconds")
		require.NoError(t, fl.Close())
		untilDue(old)
		times(1, old, callFail)
		require.LessOrEqual(t, time.Until(old.Snapshot().Until), 4*time.Second)
	})
	fleet(t, 3, breaker.FleetConfig{Least: 2}, breaker.Config{Consecutive: 1}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		times(1, all[0], ended(0, classed{"unavailable", 30 * time.Second}))
		trip2(all[1])
		trip2(all[2])
		require.True(t, down(fl))
		require.Greater(t, refused(t, all[0]).RetryAfter(), 29*time.Second, "it asked to be left alone")
		time.Sleep(20 * time.Second)
		refused(t, all[0])
	})
	fleet(t, 3, breaker.FleetConfig{Least: 2}, breaker.Config{OpenFor: 10 * time.Second}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		for _, b := range all {
			trip(t, b)
		}
		require.True(t, down(fl))
		untilDue(all[0])
		times(1, all[0], callFail)
		require.Greater(t, time.Until(all[0].Snapshot().Until), 7*time.Second, "never shorter than its own OpenFor")
	})
}

// While everything is down, whatever a trial finds is told as that; and who leaves changes the vote.
func TestFleetReasonsAndLeavers(t *testing.T) {
	fleet(t, 3, breaker.FleetConfig{Least: 2}, breaker.Config{}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		for _, b := range all {
			trip(t, b)
		}
		require.True(t, down(fl))
		untilDue(all[0])
		times(1, all[0], ended(900*time.Millisecond, nil)) // slow
		require.Equal(t, breaker.ReasonFleet, refused(t, all[0]).Why)
		untilDue(all[1])
		_, err := all[1].Enter(bg) // hangs
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		require.Equal(t, breaker.ReasonFleet, refused(t, all[1]).Why)
	})
	fleet(t, 3, breaker.FleetConfig{}, breaker.Config{Watch: callFail}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		time.Sleep(6 * time.Second)
		require.True(t, down(fl))
		require.Equal(t, breaker.ReasonFleet, refused(t, all[0]).Why)
	})
	fleet(t, 2, breaker.FleetConfig{Least: 2}, breaker.Config{}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		well := mustNew(t, breaker.Config{})
		leave, err := fl.Join(well, "")
		require.NoError(t, err)
		times(1, well, callOK)
		for _, b := range all {
			trip(t, b)
		}
		require.False(t, down(fl), "two of three")
		leave()
		require.True(t, down(fl), "two of two")
	})
}
