package fallback_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestHedgeLoserIsNotRetried: nobody waits for it any more, before its first
// failure or between two.
func TestHedgeLoserIsNotRetried(t *testing.T) {
	for name, row := range map[string]struct {
		act   string
		asked int64
	}{
		"fails after it was overtaken": {"unavailable 200ms", 1},
		"overtaken between two":        {"unavailable 60ms", 2}, // at 60 and, after 80ms, until 200
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := timed("a", row.act)
				c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
					{Name: "a", Do: a.ask, Retry: fallback.Retry{Max: 5, First: ms(80), MaxWait: ms(80)},
						Upstream: &fallback.Upstream{Breaker: newBreaker(t, breaker.Config{})}},
					{Name: "b", Do: timed("b", "ok 80ms").ask},
				}})
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, "b", r.Source)
				time.Sleep(time.Minute)
				require.LessOrEqual(t, a.asked.Load(), row.asked)
			})
		})
	}
}

// TestHedgeIsNotRemembered: a remembered answer was hedged once, not now.
func TestHedgeIsNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := remembering(t, timed("a", "ok 900ms"), func(cfg *config) {
			cfg.Hedge.After = ms(100)
			cfg.Sources = append(cfg.Sources, source{Name: "b", Do: timed("b", "ok 10ms").ask, Retention: fallback.Forever})
		})
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.FlagHedged, r.Flags)
		r, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Cached, r.Freshness)
		require.Zero(t, r.Flags)
	})
}
