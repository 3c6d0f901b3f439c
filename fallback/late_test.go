package fallback_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestLateSourcesAreTold: without Detach the caller is held up, and it is said
// by whom and for how long.
func TestLateSourcesAreTold(t *testing.T) {
	for name, row := range map[string]struct {
		takes time.Duration
		err   error
		nth   int64 // try that is late
		retry int
		late  time.Duration
	}{
		"a fault":                   {3 * time.Second, &says{class: "unavailable"}, 1, 0, 2 * time.Second},
		"a fault that obeys nearly": {time.Second + slack, &says{class: "unavailable"}, 1, 0, 0},
		"an answer that says no":    {3 * time.Second, &says{class: "denied"}, 1, 0, 2 * time.Second},
		"the first of three tries":  {3 * time.Second, &says{class: "unavailable"}, 1, 2, 2 * time.Second},
		"the second of three tries": {3 * time.Second, &says{class: "unavailable"}, 2, 2, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := answering("")
				s.does(func(context.Context, string) (reply, error) {
					if s.asked.Load() == row.nth {
						time.Sleep(row.takes)
					}
					return reply{}, row.err
				})
				c := newChain(t, config{Sources: []source{{Name: "a", Do: s.ask, Timeout: time.Second, Retry: fallback.Retry{Max: row.retry}}}})
				r, err := c.Do(t.Context(), "q")
				f := failed(t, r, err).Failed[0]
				require.Equal(t, row.late, f.Late)
				require.Equal(t, row.late > 0, r.Flags.Has(fallback.FlagLate))
				if row.late > 0 {
					require.Contains(t, f.String(), " [2s late]")
					require.Contains(t, r.Explain(), ", 2s later than it may")
				}
			})
		})
	}
	t.Run("before its turn", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, scripts := warming(t, nil)
			scripts[1].does(func(context.Context, string) (reply, error) {
				time.Sleep(3 * time.Second)
				return reply{}, &says{class: "unavailable"}
			})
			late := 0
			for range 20 {
				if r, err := c.Do(t.Context(), "q"); err == nil && r.Flags == fallback.FlagWarm|fallback.FlagLate {
					late++
					require.Equal(t, 2*time.Second, r.Failed[0].Late)
				}
			}
			require.Equal(t, 1, late)
		})
	})
	t.Run("an answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for _, hedge := range []time.Duration{0, time.Minute} {
				s := answering("")
				s.does(func(context.Context, string) (reply, error) { time.Sleep(3 * time.Second); return reply{}, nil })
				c := newChain(t, config{
					Hedge: fallback.Hedge{After: hedge}, Sources: []source{{Name: "a", Do: s.ask, Timeout: time.Second}, {Name: "b", Do: s.ask}},
				})
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, fallback.FlagLate, r.Flags)
				require.Equal(t, "late", r.Flags.String())
			}
		})
	})
}
