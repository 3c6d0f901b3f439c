package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// What random chains brought to light, one test each.

// TestF5InspectShowsNoForeignText: the error that opened a breaker may hold an
// address with a key in it.
func TestF5InspectShowsNoForeignText(t *testing.T) {
	for name, row := range map[string]struct{ err, shown error }{
		"foreign":      {errors.New("GET https://vendor/?key=secret"), nil},
		"of a class":   {&says{class: "unavailable"}, &says{class: "unavailable"}},
		"its deadline": {fmt.Errorf("secret: %w", context.DeadlineExceeded), context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBreaker(t, breaker.Config{Consecutive: 1})
			c := newChain(t, config{Sources: []source{{Name: "a", Do: failing(row.err).ask, Upstream: &fallback.Upstream{Breaker: b}}}})
			_, err := c.Do(t.Context(), "q")
			require.Error(t, err)
			i := c.Inspect()
			require.Equal(t, breaker.Open, i.Sources[0].Breaker.State)
			require.Equal(t, row.shown, i.Sources[0].Breaker.Cause)
			require.NotContains(t, fmt.Sprintf("%+v", i), "secret")
		})
	}
}

// TestF4F57ASharedCallThatExitsNamesWhoDidIt, and whoever failed before.
func TestF4F57ASharedCallThatExitsNamesWhoDidIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exits := new(script)
		exits.does(func(context.Context, string) (reply, error) { runtime.Goexit(); return reply{}, nil })
		for class, verdict := range map[string]error{"limited": fallback.ErrUnavailable, "security": fallback.ErrSecurity} {
			c := newChain(t, config{
				Sources: []source{
					{Name: "a", Do: failing(&says{class: class}).ask, Retention: fallback.Forever}, {Name: "b", Do: exits.ask},
				},
				Memory: &memory{Key: identity, Fresh: time.Minute},
			})
			r, err := c.Do(t.Context(), "q")
			e := failed(t, r, err)
			requireVerdict(t, verdict, err)
			require.Len(t, e.Failed, 2)
			require.Equal(t, "b: unavailable: the source ended its goroutine", e.Failed[1].String())
			require.Equal(t, 2, r.Attempts)
		}
	})
}

// TestF1MemoryServesNobodyWhoAsksForNone: None is above Unset, and a source of
// which nobody said what it is worth does not reach it, remembered or not.
func TestF1MemoryServesNobodyWhoAsksForNone(t *testing.T) {
	s := answering("ok")
	c, _ := remembering(t, s, func(cfg *config) { cfg.Sources[0].Assurance = fallback.Unset })
	_, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
	r, err := c.Do(fallback.WithMin(t.Context(), fallback.None), "q")
	failed(t, r, err)
	require.ErrorIs(t, err, fallback.ErrNoSource)
	require.EqualValues(t, 1, s.asked.Load())
}
