package fallback_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestDetachAndACallerWhoLeavesBefore: a source that obeys its context is not
// left behind when it is the caller's time that is over.
func TestDetachAndACallerWhoLeavesBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := new(script)
		a.does(func(ctx context.Context, _ string) (reply, error) {
			<-ctx.Done()
			time.Sleep(slack / 2)
			return reply{}, ctx.Err()
		})
		c := newChain(t, config{Sources: []source{{Name: "a", Do: a.ask, Detach: true, Timeout: time.Second}}})
		began := time.Now()
		r, err := c.Do(within(t, ms(100)), "q")
		failed(t, r, err)
		require.Equal(t, ms(100)+slack/2, time.Since(began))
		require.Equal(t, context.DeadlineExceeded, r.Failed[0].Err)
		require.Zero(t, r.Flags)
	})
}

// TestDetachBesideAHedge: what goes out in a goroutine of its own is counted as
// well, and what is left behind says that its time was up.
func TestDetachBesideAHedge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
			{Name: "a", Do: timed("a", "ok 1s").ask, Detach: true}, {Name: "b", Do: timed("b", "ok 10ms").ask, Detach: true},
		}})
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "b", r.Source)
		require.Equal(t, 2, r.Attempts)
		require.Equal(t, fallback.FlagHedged, r.Flags)
	})
	var late interface {
		Class() string
		Timeout() bool
	}
	require.ErrorAs(t, fallback.ErrLeftBehind, &late)
	require.Equal(t, "unavailable", late.Class())
	require.True(t, late.Timeout())
}

// TestDetachIsSlowWhenItIs: a call that its caller cut short, and that does not
// come back, is told to the breaker as soon as it has been slow.
func TestDetachIsSlowWhenItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t, breaker.Config{SlowAfter: ms(500)})
		c, s, _ := detaching(t, func(cfg *config) {
			cfg.Sources[0].Upstream = &fallback.Upstream{Breaker: b}
			cfg.Sources = cfg.Sources[:1]
		})
		began := time.Now()
		_, err := c.Do(within(t, ms(100)), "q")
		require.Error(t, err)
		time.Sleep(time.Until(began.Add(ms(500))))
		synctest.Wait()
		require.Zero(t, b.Snapshot().Slow)
		time.Sleep(ms(2))
		require.EqualValues(t, 1, b.Snapshot().Slow)
		s.comesBack(lateAnswer)
		require.EqualValues(t, 1, b.Snapshot().Slow)
	})
}
