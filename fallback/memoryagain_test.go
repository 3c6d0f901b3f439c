package fallback_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// lateStore looks at once and answers late.
type lateStore struct {
	*mapStore
	late func() time.Duration
}

func (s *lateStore) Load(ctx context.Context, key string) ([]byte, bool, error) {
	data, ok, err := s.mapStore.Load(ctx, key)
	select {
	case <-time.After(s.late()):
		return data, ok, err
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// second makes two calls, of which the second looks into the memory before the
// first has saved and hears of it afterwards; its looks take the times given.
func second(t *testing.T, class string, looks ...time.Duration) (took time.Duration, c *chain, s *script, r fallback.Result[reply], err error) {
	s = failing(&says{class: class})
	if class == "" {
		s.answers("one")
	}
	var mu sync.Mutex
	mine := false
	store := &lateStore{newMapStore(), func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		if !mine {
			return ms(3)
		}
		look := looks[0]
		looks = looks[1:]
		if look < 0 {
			runtime.Goexit()
		}
		return look
	}}
	c, _ = remembering(t, s, func(cfg *config) { cfg.Memory.Store, cfg.Memory.Negative = store, time.Minute })
	together(2, func(i int) {
		time.Sleep(ms(i))
		if i == 0 {
			_, _ = c.Do(t.Context(), "q")
			return
		}
		mu.Lock()
		mine = true
		mu.Unlock()
		began := time.Now()
		r, err = c.Do(t.Context(), "q")
		took = time.Since(began)
	})
	return took, c, s, r, err
}

// TestSharedLooksAgainForNothing: that there is nothing is found in the second
// look as well.
func TestSharedLooksAgainForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took, c, s, r, err := second(t, "notfound", ms(3), ms(1))
		requireVerdict(t, fallback.ErrNotFound, err)
		require.Equal(t, fallback.FlagRemembered, r.Flags)
		require.EqualValues(t, 1, s.asked.Load())
		require.Equal(t, ms(4), took)
		require.EqualValues(t, 1, c.Inspect().Memory.Saves)
	})
}

// TestSharedLooksAgainWithinStoreWait: the second look takes of the same time,
// is left out when the first took it all, and then nothing is saved either.
func TestSharedLooksAgainWithinStoreWait(t *testing.T) {
	for name, row := range map[string]struct {
		looks []time.Duration
		took  time.Duration
	}{
		"the second is too slow": {[]time.Duration{ms(3), time.Second}, ms(3 + 5)},
		"the first is too slow":  {[]time.Duration{time.Second, ms(1)}, ms(5)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				took, c, s, r, err := second(t, "", row.looks...)
				require.NoError(t, err)
				require.Equal(t, fallback.Live, r.Freshness)
				require.Equal(t, row.took, took)
				require.EqualValues(t, 2, s.asked.Load())
				require.EqualValues(t, 1, c.Inspect().Memory.Saves)
			})
		})
	}
}

// TestF57StoreThatExits: a store that ends the goroutine of a shared call is no
// source, and those who wait hear that nobody answered.
func TestF57StoreThatExits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, _, r, err := second(t, "", ms(3), -1)
		failed(t, r, err)
		requireVerdict(t, fallback.ErrUnavailable, err)
		require.Empty(t, r.Failed)
		require.EqualError(t, err, "address: unavailable: the source ended its goroutine")
	})
}

// TestSharedF57SaysWhatItHadMet: who failed before the one that ended its
// goroutine.
func TestSharedF57SaysWhatItHadMet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := failing(&says{class: "security"})
		c, _ := remembering(t, s, func(cfg *config) {
			cfg.Sources = append(cfg.Sources, source{Name: "b", Assurance: fallback.High, Do: func(context.Context, string) (reply, error) {
				runtime.Goexit()
				return reply{}, nil
			}})
		})
		r, err := c.Do(t.Context(), "q")
		failed(t, r, err)
		require.EqualError(t, err, "address: security: a: security: vendor: search: security; b: unavailable: the source ended its goroutine")
		require.Equal(t, fallback.FlagSecurity, r.Flags)
		require.Equal(t, 2, r.Attempts)
	})
}

// TestSharedF57NamesWhoWasAskedBeforeItsTurn: also when that source ended the
// goroutine of a call that is shared.
func TestSharedF57NamesWhoWasAskedBeforeItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asksB := onB(t)
		c, s := warming(t, func(cfg *config) {
			asksB(cfg)
			cfg.Memory = &memory{Key: identity, Fresh: time.Minute}
			for i := range cfg.Sources {
				cfg.Sources[i].Retention = fallback.Forever
			}
		})
		s[1].does(func(context.Context, string) (reply, error) {
			time.Sleep(ms(10))
			runtime.Goexit()
			return reply{}, nil
		})
		together(3, func(int) {
			r, err := c.Do(t.Context(), "q")
			failed(t, r, err)
			require.EqualError(t, err, "address: unavailable: b: unavailable: the source ended its goroutine")
			require.Equal(t, 1, r.Attempts)
		})
		require.EqualValues(t, 1, s[1].asked.Load())
		require.Zero(t, s[0].asked.Load())
	})
}

// TestSharedWaitIsLabelled: whoever leaves a shared call hears for how long he
// waited, and what it had met.
func TestSharedWaitIsLabelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := remembering(t, timed("", "security 10ms"), func(cfg *config) {
			cfg.Sources = append(cfg.Sources, source{Name: "b", Assurance: fallback.High, Do: slowly(ms(500)).ask})
		})
		began := time.Now()
		r, err := c.Do(within(t, ms(100)), "q")
		failed(t, r, err)
		require.Equal(t, fallback.FlagSecurity, r.Flags)
		require.Len(t, r.Failed, 2)
		require.Equal(t, fallback.Failure{
			Class: fallback.Unavailable, Skip: fallback.SkipDeadline, Err: context.DeadlineExceeded, At: began, Took: ms(100),
		}, r.Failed[1])
		time.Sleep(time.Second)
	})
}

// TestSharedWithARefresh: who may not be served the old answer any more gets
// that of the refresh that is under way.
func TestSharedWithARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		c, _ := remembering(t, s, func(cfg *config) { cfg.Memory.Revalidate = ms(1) })
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		s.does(timed("two", "ok 500ms").ask)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Updating, r.Freshness)
		time.Sleep(ms(100))
		r, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "two", r.Value.Text)
		require.Equal(t, fallback.Live, r.Freshness)
		require.EqualValues(t, 2, s.asked.Load())
	})
}

// TestRevalidateCountsWhatItBrought: a refresh that brought an answer, be it no.
func TestRevalidateCountsWhatItBrought(t *testing.T) {
	for class, refreshed := range map[string]uint64{"": 1, "unavailable": 0, "denied": 1, "notfound": 1} {
		t.Run(class, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := answering("one")
				c, _ := remembering(t, s, revalidating)
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				time.Sleep(time.Minute)
				if class != "" {
					s.fails(&says{class: class})
				}
				_, err = c.Do(t.Context(), "q")
				require.NoError(t, err)
				synctest.Wait()
				require.Equal(t, refreshed, c.Inspect().Memory.Refreshed)
			})
		})
	}
}

// TestRevalidateOfWhatCannotBeRead: it is dropped, and the sources are asked.
func TestRevalidateOfWhatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		codec := new(brokenCodec)
		c, store := remembering(t, s, revalidating, func(cfg *config) { cfg.Memory.Codec = codec })
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		s.answers("two")
		codec.decode, codec.encode = func() error { return errors.New("no") }, errors.New("no")
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "two", r.Value.Text)
		require.Equal(t, fallback.Live, r.Freshness)
		require.Empty(t, store.data)
		m := c.Inspect().Memory
		require.EqualValues(t, 1, m.Dropped)
		require.EqualValues(t, 1, m.Errors, "it could not be encoded")
		require.Zero(t, m.Updates)
	})
}

// TestMemoryDeleteThatPanics: it is counted and fails nothing.
func TestMemoryDeleteThatPanics(t *testing.T) {
	c, store := remembering(t, answering("one"))
	_, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
	for key := range store.data {
		store.data[key] = mapEntry{[]byte("damaged"), time.Hour}
	}
	store.before = func(_ context.Context, op string) error { panicOn(op, "delete"); return nil }
	_, err = c.Do(t.Context(), "q")
	require.NoError(t, err)
	require.EqualValues(t, 1, c.Inspect().Memory.Errors)

	// Nor does it when what was remembered has turned out to be wrong.
	s := answering("one")
	c, store = remembering(t, s, func(cfg *config) { cfg.Memory.Fresh = 0 })
	_, err = c.Do(t.Context(), "q")
	require.NoError(t, err)
	store.before = func(_ context.Context, op string) error { panicOn(op, "delete"); return nil }
	s.fails(&says{class: "denied"})
	_, err = c.Do(t.Context(), "q")
	requireVerdict(t, fallback.ErrDenied, err)
	require.EqualValues(t, 1, c.Inspect().Memory.Errors)
}

// TestMemoryOfAWiringThatAskedForLess: what was remembered while no level was
// asked for is not served once one is.
func TestMemoryOfAWiringThatAskedForLess(t *testing.T) {
	s := answering("one")
	c, store := remembering(t, s, func(cfg *config) { cfg.Sources[0].Assurance = fallback.Unset })
	_, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
	c, _ = remembering(t, s, func(cfg *config) {
		cfg.Memory.Store, cfg.MinAssurance, cfg.Answers = store, fallback.None, agrees
		cfg.Sources[0].Assurance = fallback.Low
	})
	r, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, fallback.Live, r.Freshness)
	r, err = c.Do(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, fallback.Cached, r.Freshness)
}

// TestClosedChainKeepsItsPromises: it asks for each caller apart, says what
// failed, and serves what it remembers.
func TestClosedChainKeepsItsPromises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		c, _ := remembering(t, s, func(cfg *config) { cfg.Sources[0].Upstream = &fallback.Upstream{Breaker: opened(t, nil)} })
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.NoError(t, c.Close())
		time.Sleep(2 * time.Minute)
		s.fails(dead)
		_, err = c.Do(t.Context(), "other")
		requireVerdict(t, fallback.ErrUnavailable, err)
		time.Sleep(2 * time.Second)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Stale, r.Freshness)
		require.EqualValues(t, 2, s.asked.Load(), "no source is tried out of turn while something is remembered")
	})
}

// TestMemoryThatIsOfNoUse: an entry that is too old or damaged, and a store that
// fails, keep nobody from a trial when all are closed off.
func TestMemoryThatIsOfNoUse(t *testing.T) {
	for name, spoil := range map[string]func(*mapStore){
		"too old": func(*mapStore) { time.Sleep(time.Minute) },
		"damaged": func(store *mapStore) {
			for key := range store.data {
				store.data[key] = mapEntry{[]byte("damaged"), time.Hour}
			}
		},
		"not to be loaded": func(store *mapStore) { store.before = only("load") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := answering("one")
				c, store := remembering(t, s, func(cfg *config) {
					cfg.Sources[0].Upstream, cfg.Sources[0].Assurance = &fallback.Upstream{Breaker: opened(t, nil)}, fallback.Unset
					cfg.Memory.Fresh, cfg.Memory.Stale = time.Second, time.Minute
				})
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				s.fails(dead)
				_, err = c.Do(t.Context(), "other")
				require.Error(t, err)
				time.Sleep(2 * time.Second)
				spoil(store)
				s.answers("back")
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, "back", r.Value.Text)
				require.Equal(t, fallback.FlagPanic, r.Flags)
			})
		})
	}
}

// TestMemoryOfItsOwn: the store of a chain that names none does all that is
// wanted of it, and nothing goes wrong with that.
func TestMemoryOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		c, _ := remembering(t, s, func(cfg *config) { cfg.Memory.Store, cfg.Memory.Negative = nil, time.Second })
		for range 2 {
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		time.Sleep(2 * time.Minute)
		s.fails(&says{class: "notfound"})
		for range 2 {
			_, err := c.Do(t.Context(), "q")
			requireVerdict(t, fallback.ErrNotFound, err)
		}
		require.Equal(t, fallback.MemoryView{Fresh: time.Minute, Stale: time.Hour, Hits: 1, Misses: 2, Saves: 2, Negatives: 1}, *c.Inspect().Memory)
	})
}
