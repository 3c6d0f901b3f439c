package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

func keys(g *breaker.Group) (all []string) {
	g.Range(func(key string, _ *breaker.Breaker) bool { all = append(all, key); return true })
	return all
}

// Where every key was used since the last one went, the first goes, and nobody is sent to the overflow breaker for that; then who was not used
// again. Who comes back is new.
func TestGroupAllUsedAlike(t *testing.T) {
	group(t, breaker.GroupConfig{Max: 3}, func(t *testing.T, g *breaker.Group) {
		for range 2 {
			for _, key := range []string{"a", "b", "c"} {
				times(1, g.Of(key), callOK)
			}
		}
		a := g.Of("a")
		require.Equal(t, "/d", g.Of("d").Name())
		require.ElementsMatch(t, []string{"d", "b", "c"}, keys(g))
		times(1, g.Of("d"), callOK)
		times(1, g.Of("b"), callOK)
		require.Equal(t, "/e", g.Of("e").Name())
		require.ElementsMatch(t, []string{"d", "b", "e"}, keys(g))
		require.NotSame(t, a, g.Of("a"))
		require.Contains(t, keys(g), "a")
	})
}

// Who come at once with a new key get the same breaker.
func TestGroupOneBreakerForAKey(t *testing.T) {
	g, err := breaker.NewGroup(breaker.GroupConfig{})
	require.NoError(t, err)
	for key := range 300 {
		var got [8]*breaker.Breaker
		var all sync.WaitGroup
		begin := make(chan struct{})
		for i := range got {
			all.Go(func() {
				<-begin
				got[i] = g.Of(fmt.Sprint(key))
			})
		}
		close(begin)
		all.Wait()
		for _, b := range got {
			require.Same(t, got[0], b)
		}
	}
}

// A key that failed within Window is kept, to its last nanosecond, though nobody asked it since.
func TestGroupKeepsWhatFailedInWindow(t *testing.T) {
	group(t, breaker.GroupConfig{Max: 1}, func(t *testing.T, g *breaker.Group) {
		time.Sleep(slotLength / 2)
		times(1, g.Of("a"), callFail)
		time.Sleep(10*time.Second - 1)
		require.Equal(t, "/*", g.Of("b").Name())
		time.Sleep(2 * slotLength)
		require.Equal(t, "/b", g.Of("b").Name())
	})
}

// Close waits for the asks of all members and of those that had to go, whichever takes longest to obey, and however often it is called.
func TestGroupCloseWaits(t *testing.T) {
	for _, last := range []string{"gone", "there"} {
		t.Run(last, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out atomic.Int32
				g, err := breaker.NewGroup(breaker.GroupConfig{
					Max:    2,
					Config: breaker.Config{WatchEvery: 10 * time.Second, SlowAfter: 4 * time.Second},
					WatchKey: func(ctx context.Context, key string) error {
						out.Add(1)
						defer out.Add(-1)
						<-ctx.Done()
						if time.Sleep(time.Second); key == last {
							time.Sleep(time.Second)
						}
						return errVendor
					},
				})
				require.NoError(t, err)
				g.Of("gone")
				g.Of("there")
				time.Sleep(11 * time.Second)
				g.Of("new")
				synctest.Wait()
				require.EqualValues(t, 2, out.Load(), "who goes is not asked again")
				require.ElementsMatch(t, []string{"new", "there"}, keys(g))
				go func() { _ = g.Close() }()
				synctest.Wait()
				require.NoError(t, g.Close())
				require.Zero(t, out.Load())
			})
		})
	}
}

// The keys of a group may be in a Fleet, whose reason then counts like any other.
func TestGroupInFleet(t *testing.T) {
	group(t, breaker.GroupConfig{}, func(t *testing.T, g *breaker.Group) {
		fl, err := breaker.NewFleet(breaker.FleetConfig{})
		require.NoError(t, err)
		defer fl.Close()
		for i := range 3 {
			_, err := fl.Join(g.Of(fmt.Sprint(i)), "")
			require.NoError(t, err)
		}
		tripKeys(t, g, 3)
		require.True(t, down(fl))
		time.Sleep(100 * time.Millisecond)
		var open *breaker.OpenError
		require.True(t, errors.As(g.Of("new").Do(bg, callOK), &open))
		require.Equal(t, breaker.ReasonFleet, open.Why)
	})
}
