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

// TestEveryContextEndsWithItsAsk: what a source, Find, a leg, a store or a
// counter was given has a bound, and has ended when the call returns, so that
// nothing that hangs on it is left.
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

		site := newIDSite(t, func(c *idConfig) {
			c.Tickets = keptTickets{c.Tickets, keep}
			c.Legs[0].Cancel = func(ctx context.Context, _ idChallenge) error { keep("leg cancel", ctx); return nil }
		})
		site.kakao.begin = func(ctx context.Context) error { keep("leg begin", ctx); return nil }
		site.kakao.finish = func(ctx context.Context, _ idReply) error { keep("leg finish", ctx); return nil }
		_, err = site.flow.Finish(t.Context(), site.mustBegin(t, t.Context(), "kakao").Ticket, idReply{Code: "of kim"})
		require.NoError(t, err)
		require.NoError(t, site.flow.Cancel(t.Context(), site.mustBegin(t, t.Context(), "kakao").Ticket))

		require.Len(t, given, 8+6)
		for who, ctx := range given {
			require.ErrorIs(t, ctx.Err(), context.Canceled, who)
		}
	})
}

// keptTickets is a Counter whose contexts are looked at.
type keptTickets struct {
	fallback.Counter
	keep func(string, context.Context)
}

func (k keptTickets) Add(ctx context.Context, key string, n int64, ttl time.Duration) (int64, error) {
	k.keep("tickets add", ctx)
	return k.Counter.Add(ctx, key, n, ttl)
}

func (k keptTickets) Put(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	k.keep("tickets put", ctx)
	return k.Counter.Put(ctx, key, data, ttl)
}

func (k keptTickets) Take(ctx context.Context, key string) ([]byte, bool, error) {
	k.keep("tickets take", ctx)
	return k.Counter.Take(ctx, key)
}
