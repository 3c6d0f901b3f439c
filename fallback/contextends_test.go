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

// TestEveryContextEndsWithItsAsk: what a source, Find, a store or a counter was
// given has a bound, and has ended when the call returns, so that nothing that
// hangs on it is left.
func TestEveryContextEndsWithItsAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		given := map[string]context.Context{}
		keep := func(who string, ctx context.Context) {
			_, bounded := ctx.Deadline()
			require.True(t, bounded, who)
			require.NoError(t, ctx.Err(), who)
			mu.Lock()
			defer mu.Unlock()
			given[who] = ctx
		}
		s := answering("")
		s.does(func(ctx context.Context, _ string) (reply, error) { keep("source", ctx); return reply{}, nil })
		counter := &oddCounter{add: func(ctx context.Context) (int64, error) { keep("counter", ctx); return 1, nil }}
		c, store := remembering(t, s, func(cfg *config) {
			cfg.Sources[0].Upstream = &fallback.Upstream{Capacity: &fallback.Capacity{PerDay: 1000, Counter: counter, Key: "k"}}
		})
		store.before = func(ctx context.Context, op string) error { keep("store "+op, ctx); return nil }
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		for key := range store.data {
			store.data[key] = mapEntry{} // to be deleted
		}
		_, err = c.Do(t.Context(), "q")
		require.NoError(t, err)

		sent := answering("")
		sent.does(func(ctx context.Context, _ string) (reply, error) { keep("effect", ctx); return reply{}, dead })
		once := newChain(t, config{Once: true, Sources: []source{{Name: "a", Do: sent.ask, Find: finding(func(ctx context.Context) (reply, bool, error) {
			keep("find", ctx)
			return reply{}, true, nil
		})}}})
		_, err = once.Do(t.Context(), "q")
		require.NoError(t, err)

		tried, scripts, _ := panicking(t, nil)
		scripts[0].does(func(ctx context.Context, _ string) (reply, error) { keep("panic trial", ctx); return reply{}, nil })
		time.Sleep(2 * time.Second)
		_, err = tried.Do(t.Context(), "q")
		require.NoError(t, err)

		require.Len(t, given, 8)
		for who, ctx := range given {
			require.ErrorIs(t, ctx.Err(), context.Canceled, who)
		}
	})
}
