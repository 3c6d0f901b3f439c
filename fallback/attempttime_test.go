package fallback_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestAttemptHasAllItsTime: one reading of the clock serves a turn, its first
// attempt and its label, but never after something that may have taken a while:
// each attempt has its whole Timeout, and each failure its own beginning.
func TestAttemptHasAllItsTime(t *testing.T) {
	const timeout, pause = 50 * time.Millisecond, 4 * time.Millisecond
	nothing := &says{class: "notfound"}
	down := &says{class: "unavailable"}
	for name, row := range map[string]struct {
		cfg    config
		first  source // its upstream, its retries
		says   error  // of the first, to all but the attempt that is the last
		begins []time.Duration
	}{
		"a first attempt": {says: nil, begins: []time.Duration{0}},
		"a counter that takes its time": {
			first:  source{Upstream: &fallback.Upstream{Capacity: &fallback.Capacity{PerDay: 9, Key: "k", Counter: &ledger{takes: pause}, CounterWait: time.Second}}},
			begins: []time.Duration{pause},
		},
		"a retry": {
			first:  source{Retry: fallback.Retry{Max: 1, First: 8 * time.Millisecond, MaxWait: 8 * time.Millisecond}},
			says:   down,
			begins: []time.Duration{0, -1, -1}, // the waits are varied
		},
		"behind a hook that takes its time": {
			cfg:    config{Next: func(error) bool { time.Sleep(pause); return true }},
			says:   nothing,
			begins: []time.Duration{0, pause},
		},
		"beside a slow one": {
			cfg:    config{Hedge: fallback.Hedge{After: pause}},
			says:   context.DeadlineExceeded, // after all its time
			begins: []time.Duration{0, pause},
		},
		"in a goroutine of its own": {
			first:  source{Detach: true, Upstream: &fallback.Upstream{Capacity: &fallback.Capacity{PerDay: 9, Key: "k", Counter: &ledger{takes: pause}, CounterWait: time.Second}}},
			begins: []time.Duration{pause},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var mu sync.Mutex
				var begins []time.Duration
				ask := func(err error) func(context.Context, string) (reply, error) {
					return func(ctx context.Context, _ string) (reply, error) {
						end, ok := ctx.Deadline()
						require.True(t, ok)
						require.Equal(t, timeout, time.Until(end))
						mu.Lock()
						begins = append(begins, time.Since(start))
						mu.Unlock()
						if err == context.DeadlineExceeded {
							<-ctx.Done()
						}
						return reply{}, err
					}
				}
				row.first.Name, row.first.Do, row.first.Timeout = "a", ask(row.says), timeout
				row.cfg.Sources = []source{row.first, {Name: "b", Do: ask(nil), Timeout: timeout}}
				r, err := newChain(t, row.cfg).Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, time.Now(), r.ObtainedAt)
				require.Len(t, begins, len(row.begins))
				for i, at := range row.begins {
					if at >= 0 {
						require.Equal(t, at, begins[i])
					}
				}
				for _, f := range r.Failed {
					require.Equal(t, start, f.At)
				}
			})
		})
	}
}

// TestTurnsFollowEachOther: a source that was passed over took no time, and who
// comes after one that failed begins where that ended.
func TestTurnsFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context, string) (reply, error) {
			time.Sleep(7 * time.Millisecond)
			return reply{}, &says{class: "unavailable"}
		}
		full := &fallback.Upstream{Capacity: &fallback.Capacity{PerDay: 1, Key: "k", Counter: &ledger{takes: 3 * time.Millisecond, sum: 1}, CounterWait: time.Second}}
		c := newChain(t, config{Sources: []source{
			{Name: "a", Do: slow}, {Name: "b", Do: slow, Upstream: full}, {Name: "c", Do: slow}, {Name: "d", Do: answering("d").ask},
		}})
		start := time.Now()
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, start.Add(17*time.Millisecond), r.ObtainedAt)
		want := []struct{ at, took time.Duration }{{0, 7 * time.Millisecond}, {7 * time.Millisecond, 3 * time.Millisecond}, {10 * time.Millisecond, 7 * time.Millisecond}}
		require.Len(t, r.Failed, len(want))
		for i, w := range want {
			require.Equal(t, start.Add(w.at), r.Failed[i].At)
			require.Equal(t, w.took, r.Failed[i].Took)
		}
	})
}
