package fallback_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// remembering returns a chain of one source that is fresh for a minute and
// stale for an hour, over a store that can be looked into.
func remembering(t testing.TB, s *script, change ...func(*config)) (*chain, *mapStore) {
	t.Helper()
	store := newMapStore()
	cfg := config{
		Sources: []source{{Name: "a", Do: s.ask, Retention: fallback.Forever, Assurance: fallback.Low, Timeout: time.Second}},
		Memory:  &memory{Key: identity, Fresh: time.Minute, Stale: time.Hour, Store: store},
	}
	for _, f := range change {
		f(&cfg)
	}
	return newChain(t, cfg), store
}

func TestMemoryFreshAnswerAsksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		c, _ := remembering(t, s)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Live, r.Freshness)
		require.Equal(t, time.Hour, r.MaxAge)
		said := r.ObtainedAt
		s.answers("two")
		time.Sleep(time.Minute - 1)
		r, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.EqualValues(t, 1, s.asked.Load())
		require.True(t, said.Equal(r.ObtainedAt))
		r.ObtainedAt = time.Time{}
		require.Equal(t, fallback.Result[reply]{
			Value: reply{Text: "one"}, Source: "a", Freshness: fallback.Cached, Age: time.Minute - 1, MaxAge: time.Hour, Assurance: fallback.Low,
		}, r)
		require.False(t, r.Degraded())
		// The window ceases to the nanosecond.
		time.Sleep(time.Nanosecond)
		r, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Live, r.Freshness)
		require.Equal(t, "two", r.Value.Text)
		m := c.Inspect().Memory
		require.Equal(t, fallback.MemoryView{Fresh: time.Minute, Stale: time.Hour, Hits: 1, Misses: 2, Saves: 2}, *m)
	})
}

// TestMemoryStaleCases: what TestNginxStaleCases has no case for.
func TestMemoryStaleCases(t *testing.T) {
	unavailable := &says{class: "unavailable"}
	bubble := func(name string, f func(t *testing.T)) {
		t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
	}
	learn := func(t *testing.T, c *chain) {
		t.Helper()
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
	}
	bubble("served on an error, until the window ceases", func(t *testing.T) {
		s := answering("old")
		c, _ := remembering(t, s)
		learn(t, c)
		s.fails(unavailable)
		time.Sleep(time.Hour - 1)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Stale, r.Freshness)
		require.Equal(t, time.Hour-1, r.Age)
		time.Sleep(time.Nanosecond)
		_, err = c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrUnavailable, err)
	})
	bubble("the window ceases while the source is asked", func(t *testing.T) {
		s := answering("old")
		c, _ := remembering(t, s)
		learn(t, c)
		time.Sleep(time.Hour - 500*time.Millisecond)
		s.hangs()
		_, err := c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrUnavailable, err)
	})
	bubble("an error does not overwrite the good", func(t *testing.T) {
		s := answering("old")
		c, _ := remembering(t, s)
		learn(t, c)
		s.fails(unavailable)
		for range 3 {
			time.Sleep(10 * time.Minute)
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, "old", r.Value.Text)
		}
		require.EqualValues(t, 3, c.Inspect().Memory.Stales)
	})
	bubble("stale does not become fresh by being served", func(t *testing.T) {
		s := answering("old")
		c, _ := remembering(t, s)
		learn(t, c)
		s.fails(unavailable)
		time.Sleep(10 * time.Minute)
		learn(t, c)
		s.answers("new")
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "new", r.Value.Text)
	})
	bubble("recovery is remembered", func(t *testing.T) {
		s := answering("old")
		c, _ := remembering(t, s)
		learn(t, c)
		time.Sleep(50 * time.Minute)
		s.answers("new")
		learn(t, c)
		time.Sleep(50 * time.Minute)
		s.fails(unavailable)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "new", r.Value.Text)
	})
	bubble("F40 served at the deadline of a caller whose source hangs", func(t *testing.T) {
		s := answering("old")
		c, _ := remembering(t, s)
		learn(t, c)
		time.Sleep(2 * time.Minute)
		s.hangs()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		began := time.Now()
		r, err := c.Do(ctx, "q")
		require.NoError(t, err)
		require.Equal(t, 300*time.Millisecond, time.Since(began))
		require.Equal(t, fallback.Stale, r.Freshness)
		require.Len(t, r.Failed, 1)
		require.Equal(t, fallback.SkipDeadline, r.Failed[0].Skip)
		require.ErrorIs(t, r.Failed[0].Err, context.DeadlineExceeded)
		require.True(t, r.Degraded())
		// And to one whose time was over before it asked; nobody is asked then.
		time.Sleep(2 * time.Second) // the call that he shared has landed
		asked := s.asked.Load()
		r, err = c.Do(ctx, "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Stale, r.Freshness)
		synctest.Wait()
		require.Equal(t, asked, s.asked.Load())
		_, err = c.Do(ctx, "unknown")
		requireVerdict(t, fallback.ErrUnavailable, err)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
	bubble("a late answer is remembered though its caller left", func(t *testing.T) {
		s := answering("old")
		c, _ := remembering(t, s)
		s.does(func(context.Context, string) (reply, error) {
			time.Sleep(500 * time.Millisecond)
			return reply{Text: "late"}, nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := c.Do(ctx, "q")
		require.Error(t, err)
		time.Sleep(time.Second)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Cached, r.Freshness)
		require.Equal(t, "late", r.Value.Text)
	})
	bubble("not served to a caller who left", func(t *testing.T) {
		s := answering("old")
		c, _ := remembering(t, s)
		learn(t, c)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := c.Do(ctx, "q")
		requireVerdict(t, fallback.ErrCancelled, err)
		time.Sleep(2 * time.Minute)
		s.hangs()
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		_, err = c.Do(ctx, "q")
		requireVerdict(t, fallback.ErrCancelled, err)
	})
	bubble("never fresh, only stale", func(t *testing.T) {
		s := answering("old")
		c, _ := remembering(t, s, func(cfg *config) { cfg.Memory.Fresh = 0 })
		learn(t, c)
		learn(t, c)
		require.EqualValues(t, 2, s.asked.Load())
		s.fails(unavailable)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Stale, r.Freshness)
	})
	bubble("an answer that says no makes it forget", func(t *testing.T) {
		for _, word := range []string{"notfound", "denied", "invalid"} {
			s := answering("old")
			c, store := remembering(t, s)
			learn(t, c)
			time.Sleep(2 * time.Minute)
			s.fails(&says{class: word})
			_, err := c.Do(t.Context(), "q")
			require.Error(t, err)
			require.Empty(t, store.data)
			s.fails(unavailable)
			_, err = c.Do(t.Context(), "q")
			requireVerdict(t, fallback.ErrUnavailable, err)
		}
	})
	bubble("F44 incomplete is not found out, so the old is served and kept", func(t *testing.T) {
		s := answering("old")
		c, store := remembering(t, s, func(cfg *config) {
			cfg.Sources = append(cfg.Sources, source{Name: "b", Do: failing(&says{class: "notfound"}).ask})
		})
		learn(t, c)
		time.Sleep(2 * time.Minute)
		s.fails(unavailable)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Stale, r.Freshness)
		require.Len(t, r.Failed, 2)
		require.Len(t, store.data, 1)
	})
	bubble("T11 failures and answers that say no are not remembered", func(t *testing.T) {
		for _, word := range []string{"unavailable", "limited", "refused", "security", "notfound", "denied", "invalid"} {
			s := failing(&says{class: word})
			c, store := remembering(t, s)
			_, err := c.Do(t.Context(), "q")
			require.Error(t, err)
			require.Empty(t, store.data)
			s.answers("at once")
			learn(t, c)
		}
	})
	bubble("keys do not mix, however odd", func(t *testing.T) {
		s := answering("")
		s.does(func(_ context.Context, q string) (reply, error) { return reply{Text: q}, nil })
		c, store := remembering(t, s)
		keys := []string{"a|b", "a", "b", "a b", "a\x00b", "a%20b", "A", "../a", "가", "\u1100\u1161", strings.Repeat("x", 1024)}
		for range 2 {
			for _, q := range keys {
				r, err := c.Do(t.Context(), q)
				require.NoError(t, err)
				require.Equal(t, q, r.Value.Text)
			}
		}
		require.Equal(t, len(keys), len(store.data))
		require.EqualValues(t, len(keys), s.asked.Load())
	})
}

func TestMemoryRemembersWhatItMay(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*config, *script)
		saved  bool
		maxAge time.Duration
		soft   time.Duration
	}{
		"yes":                          {func(*config, *script) {}, true, time.Hour, time.Minute},
		"the answer says no":           {func(_ *config, s *script) { private(s) }, false, 0, 0},
		"retention is less":            {func(c *config, _ *script) { c.Sources[0].Retention = fallback.Retention(10 * time.Minute) }, true, 10 * time.Minute, time.Minute},
		"retention is less than fresh": {func(c *config, _ *script) { c.Sources[0].Retention = fallback.Retention(10 * time.Second) }, true, 10 * time.Second, 10 * time.Second},
		"a source without retention":   {func(c *config, s *script) { c.Sources = []source{{Name: "n", Do: s.ask}, c.Sources[0]} }, false, 0, 0},
		"fresh for less":               {func(c *config, _ *script) { c.Memory.FreshFor = func(reply) time.Duration { return time.Second } }, true, time.Hour, time.Second},
		"fresh for more":               {func(c *config, _ *script) { c.Memory.FreshFor = func(reply) time.Duration { return 2 * time.Hour } }, true, time.Hour, time.Minute},
		"fresh for no time":            {func(c *config, _ *script) { c.Memory.FreshFor = func(reply) time.Duration { return -time.Second } }, true, time.Hour, 0},
		"stale for less":               {func(c *config, _ *script) { c.Memory.StaleFor = func(reply) time.Duration { return 10 * time.Minute } }, true, 10 * time.Minute, time.Minute},
		"stale for more":               {func(c *config, _ *script) { c.Memory.StaleFor = func(reply) time.Duration { return math.MaxInt64 } }, true, time.Hour, time.Minute},
		"stale for less than fresh":    {func(c *config, _ *script) { c.Memory.StaleFor = func(reply) time.Duration { return time.Second } }, true, time.Minute, time.Minute},
		"stale for no time":            {func(c *config, _ *script) { c.Memory.StaleFor = func(reply) time.Duration { return -time.Second } }, true, time.Minute, time.Minute},
		"retention is less than stale for": {func(c *config, _ *script) {
			c.Sources[0].Retention = fallback.Retention(10 * time.Minute)
			c.Memory.StaleFor = func(reply) time.Duration { return 20 * time.Minute }
		}, true, 10 * time.Minute, time.Minute},
		"fresh for less, never stale": {func(c *config, _ *script) {
			c.Memory.FreshFor = func(reply) time.Duration { return time.Second }
			c.Memory.StaleFor = func(reply) time.Duration { return time.Second }
		}, true, time.Second, time.Second},
		"neither fresh nor stale": {func(c *config, _ *script) {
			c.Memory.FreshFor = func(reply) time.Duration { return 0 }
			c.Memory.StaleFor = func(reply) time.Duration { return 0 }
		}, false, 0, 0},
		"the empty key":        {func(c *config, _ *script) { c.Memory.Key = func(string) string { return "" } }, false, 0, 0},
		"a key too long":       {func(c *config, _ *script) { c.Memory.Key = func(string) string { return strings.Repeat("k", 1025) } }, false, 0, 0},
		"F56 the key panics":   {func(c *config, _ *script) { c.Memory.Key = func(string) string { panic("x") } }, false, 0, 0},
		"F56 fresh for panics": {func(c *config, _ *script) { c.Memory.FreshFor = func(reply) time.Duration { panic("x") } }, false, 0, 0},
		"F56 stale for panics": {func(c *config, _ *script) { c.Memory.StaleFor = func(reply) time.Duration { panic("x") } }, false, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := answering("one")
				c, store := remembering(t, s, func(cfg *config) { row.change(cfg, s) })
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, row.maxAge, r.MaxAge)
				require.Equal(t, row.saved, len(store.data) == 1)
				if !row.saved {
					return
				}
				for _, e := range store.data {
					require.Equal(t, row.maxAge, e.ttl)
				}
				if row.soft > 0 {
					time.Sleep(row.soft - 1)
					r, err = c.Do(t.Context(), "q")
					require.NoError(t, err)
					require.Equal(t, fallback.Cached, r.Freshness)
					time.Sleep(time.Nanosecond)
				}
				s.fails(&says{class: "unavailable"})
				if row.maxAge > row.soft {
					for _, later := range []time.Duration{0, row.maxAge - row.soft - 1} {
						time.Sleep(later)
						r, err = c.Do(t.Context(), "q")
						require.NoError(t, err)
						require.Equal(t, fallback.Stale, r.Freshness)
					}
					time.Sleep(time.Nanosecond)
				}
				_, err = c.Do(t.Context(), "q")
				requireVerdict(t, fallback.ErrUnavailable, err)
			})
		})
	}
}

func private(s *script) {
	s.does(func(context.Context, string) (reply, error) { return reply{Text: "mine", Private: true}, nil })
}

func TestMemoryRefusesWithoutACacheablePointer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		c, err := fallback.New(fallback.Config[string, *reply]{
			Name: "x",
			Sources: []fallback.Source[string, *reply]{{Name: "a", Retention: fallback.Forever, Do: func(ctx context.Context, q string) (*reply, error) {
				r, err := s.ask(ctx, q)
				return &r, err
			}}},
			Memory: &fallback.Memory[string, *reply]{Key: identity, Fresh: time.Minute},
		})
		require.NoError(t, err)
		for _, want := range []fallback.Freshness{fallback.Live, fallback.Cached} {
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, want, r.Freshness)
			require.Equal(t, "one", r.Value.Text)
		}
	})
}

func TestMemoryGobCodec(t *testing.T) {
	data, err := fallback.Gob[reply]{}.Encode(reply{Text: "가"})
	require.NoError(t, err)
	back, err := fallback.Gob[reply]{}.Decode(data)
	require.NoError(t, err)
	require.Equal(t, "가", back.Text)
	_, err = fallback.Gob[reply]{}.Decode([]byte("no gob"))
	require.Error(t, err)
	_, err = fallback.Gob[func()]{}.Encode(func() {})
	require.Error(t, err)
	var e *fallback.Error
	require.False(t, errors.As(err, &e))
}
