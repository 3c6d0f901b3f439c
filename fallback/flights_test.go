package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// slowly answers with the question after d, unless its context ends before.
func slowly(d time.Duration) *script {
	s := new(script)
	s.does(func(ctx context.Context, q string) (reply, error) {
		select {
		case <-time.After(d):
			return reply{Text: q}, nil
		case <-ctx.Done():
			return reply{}, ctx.Err()
		}
	})
	return s
}

// together makes n calls of f at once and waits for all of them.
func together(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}

func TestSharedF61TenThousandIdenticalQuestionsAreOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slowly(100 * time.Millisecond)
		c, _ := remembering(t, s)
		var shared atomic.Int64
		together(10_000, func(i int) {
			// Some come late: the answer is on its way, or just there.
			time.Sleep(time.Duration(i%3) * 50 * time.Millisecond)
			r, err := c.Do(t.Context(), "q")
			if err != nil || r.Value.Text != "q" {
				t.Error(r, err)
			}
			if r.Flags.Has(fallback.FlagShared) {
				shared.Add(1)
			}
		})
		require.EqualValues(t, 1, s.asked.Load())
		require.Positive(t, shared.Load())
		require.EqualValues(t, shared.Load(), c.Inspect().Memory.Shared)
	})
}

// TestSharedF61TenThousandWhateverBecomesOfTheLeader: the same when the first
// to ask leaves, and when the one call panics, ends its goroutine or fails:
// nobody asks again by himself.
func TestSharedF61TenThousandWhateverBecomesOfTheLeader(t *testing.T) {
	for name, row := range map[string]struct {
		leaves bool
		end    func() error
		ok     bool
	}{
		"the leader leaves":            {true, nil, true},
		"the call fails":               {false, func() error { return &says{class: "unavailable"} }, false},
		"F56 panic":                    {false, func() error { panic("secret") }, false},
		"F57 goexit":                   {false, func() error { runtime.Goexit(); return nil }, false},
		"the leader leaves, then F56":  {true, func() error { panic("secret") }, false},
		"the leader leaves, then F57":  {true, func() error { runtime.Goexit(); return nil }, false},
		"the leader leaves, then fail": {true, func() error { return &says{class: "limited"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const users = 10_000
				s := new(script)
				s.does(func(ctx context.Context, q string) (reply, error) {
					select {
					case <-time.After(100 * time.Millisecond):
					case <-ctx.Done():
						return reply{}, ctx.Err()
					}
					if row.end != nil {
						return reply{}, row.end()
					}
					return reply{Text: q}, nil
				})
				c, _ := remembering(t, s)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(10*time.Millisecond, cancel)
				var well, failed, left atomic.Int64
				began := time.Now()
				together(users, func(i int) {
					ctx := ctx
					if i > 0 {
						time.Sleep(time.Millisecond)
					}
					if i > 0 || !row.leaves {
						ctx = t.Context()
					}
					_, err := c.Do(ctx, "q")
					switch {
					case err == nil:
						well.Add(1)
					case errors.Is(err, fallback.ErrCancelled):
						left.Add(1)
					default:
						failed.Add(1)
					}
				})
				require.Equal(t, 100*time.Millisecond, time.Since(began))
				require.EqualValues(t, 1, s.asked.Load())
				gone := int64(0)
				if row.leaves {
					gone = 1
				}
				require.Equal(t, gone, left.Load())
				if row.ok {
					require.Equal(t, users-gone, well.Load())
				} else {
					require.Equal(t, users-gone, failed.Load())
				}
			})
		})
	}
}

// TestSharedLooksAgain: a caller who missed the answer just before it was saved
// finds it, rather than asking a second time.
func TestSharedLooksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slowly(time.Millisecond)
		slow := &holding{mapStore: newMapStore()}
		c, _ := remembering(t, s, func(cfg *config) { cfg.Memory.Store = slow })
		var held sync.WaitGroup
		held.Go(func() { _, _ = c.Do(t.Context(), "q") })
		held.Go(func() {
			time.Sleep(500 * time.Microsecond)
			slow.hold.Store(true)
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, fallback.Cached, r.Freshness)
		})
		held.Wait()
		require.EqualValues(t, 1, s.asked.Load())
	})
}

// holding returns what it found three milliseconds late, once.
type holding struct {
	*mapStore
	hold atomic.Bool
}

func (h *holding) Load(ctx context.Context, key string) ([]byte, bool, error) {
	data, ok, err := h.mapStore.Load(ctx, key)
	if h.hold.Swap(false) {
		time.Sleep(3 * time.Millisecond)
	}
	return data, ok, err
}

// TestSharedF61LeaderLeaves: the one who asked first going away ends nothing
// for the others (singleflight: hmchangw/newchat#16).
func TestSharedF61LeaderLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t, breaker.Config{Consecutive: 1})
		s := slowly(100 * time.Millisecond)
		c, _ := remembering(t, s, func(cfg *config) { cfg.Sources[0].Upstream = &fallback.Upstream{Breaker: b} })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		began := time.Now()
		together(3, func(i int) {
			if i == 0 {
				_, err := c.Do(ctx, "q")
				requireVerdict(t, fallback.ErrCancelled, err)
				require.Equal(t, 10*time.Millisecond, time.Since(began))
				return
			}
			time.Sleep(time.Millisecond)
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, "q", r.Value.Text)
			require.Equal(t, 100*time.Millisecond, time.Since(began))
		})
		require.EqualValues(t, 1, s.asked.Load())
		require.Zero(t, b.Snapshot().Faults)
	})
}

// TestSharedEachHasItsOwnDeadline: those who can wait get the answer.
func TestSharedEachHasItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slowly(100 * time.Millisecond)
		c, _ := remembering(t, s)
		began := time.Now()
		together(5, func(i int) {
			patience := time.Duration(i+1) * 30 * time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			_, err := c.Do(ctx, "q")
			require.Equal(t, min(patience, 100*time.Millisecond), time.Since(began))
			require.Equal(t, patience < 100*time.Millisecond, err != nil)
		})
		require.EqualValues(t, 1, s.asked.Load())
	})
}

// TestSharedF57PanicAndGoexitReachEverybody (golang/go#41133, golang/go#67087):
// nobody hangs, nobody gets nil for a failed run (redis/rueidis#1014), and the
// next call asks anew.
func TestSharedF57PanicAndGoexitReachEverybody(t *testing.T) {
	for name, end := range map[string]func(){"F56 panic": func() { panic("secret") }, "F57 goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := answering("")
				s.does(func(context.Context, string) (reply, error) {
					time.Sleep(time.Millisecond)
					end()
					return reply{}, nil
				})
				c, _ := remembering(t, s)
				together(10, func(int) {
					r, err := c.Do(t.Context(), "q")
					e := failed(t, r, err)
					requireVerdict(t, fallback.ErrUnavailable, err)
					require.NotContains(t, e.Error(), "secret")
				})
				require.EqualValues(t, 1, s.asked.Load())
				s.answers("well")
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, "well", r.Value.Text)
			})
		})
	}
}

type contextKey struct{}

// TestSharedCarriesNothingOfAnybody (tailscale#18919, F7): neither values nor
// the end of one caller's context reach the call that others share, and it is
// bounded although nobody bounded it.
func TestSharedCarriesNothingOfAnybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("")
		s.does(func(ctx context.Context, _ string) (reply, error) {
			require.Nil(t, ctx.Value(contextKey{}))
			<-ctx.Done()
			return reply{}, ctx.Err()
		})
		c, _ := remembering(t, s)
		began := time.Now()
		_, err := c.Do(context.WithValue(t.Context(), contextKey{}, "hong"), "q")
		requireVerdict(t, fallback.ErrUnavailable, err)
		require.Equal(t, time.Second, time.Since(began), "the timeout of the source")
	})
}

// TestSharedFailuresAreEachCallersOwn: changing one's Failed changes nobody's,
// and an error is not shared beyond its moment.
func TestSharedFailuresAreEachCallersOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slowly(10 * time.Millisecond)
		c, _ := remembering(t, s, func(cfg *config) {
			cfg.Sources = append([]source{{Name: "x", Do: failing(&says{class: "unavailable"}).ask}}, cfg.Sources...)
		})
		var mu sync.Mutex
		var all []fallback.Result[reply]
		together(2, func(int) {
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, r)
		})
		all[0].Failed[0].Source = "changed"
		require.Equal(t, "x", all[1].Failed[0].Source)

		time.Sleep(2 * time.Minute)
		s.does(func(context.Context, string) (reply, error) {
			time.Sleep(time.Millisecond)
			return reply{}, &says{class: "unavailable"}
		})
		together(2, func(int) {
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, fallback.Stale, r.Freshness)
			require.True(t, r.Flags.Has(fallback.FlagShared))
		})
		for i := range 3 {
			_, err := c.Do(t.Context(), "other")
			require.Error(t, err)
			require.EqualValues(t, 3+i, s.asked.Load())
		}
	})
}

// TestSharedIsBounded: above the bound each asks for itself, within its own
// time, and remembers; no goroutine is left behind.
func TestSharedIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(script)
		var alone atomic.Int64
		s.does(func(ctx context.Context, q string) (reply, error) {
			if ctx.Value(contextKey{}) != nil {
				alone.Add(1)
			}
			time.Sleep(100 * time.Millisecond)
			return reply{Text: q}, ctx.Err()
		})
		c, store := remembering(t, s, func(cfg *config) { cfg.Memory.Sharing = 2 })
		mine := context.WithValue(t.Context(), contextKey{}, "mine")
		together(10, func(i int) {
			r, err := c.Do(mine, fmt.Sprint("q", i))
			require.NoError(t, err)
			require.Equal(t, time.Hour, r.MaxAge)
		})
		require.EqualValues(t, 10, s.asked.Load())
		require.EqualValues(t, 8, alone.Load(), "asked in the context of their callers")
		require.Len(t, store.data, 10)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		time.Sleep(2 * time.Minute)
		began := time.Now()
		_, err := c.Do(ctx, "q0")
		require.NoError(t, err)
		require.Less(t, time.Since(began), 100*time.Millisecond)
	})
}

// TestNoSharingWithoutMemory: two citizens must never share a challenge.
func TestNoSharingWithoutMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slowly(time.Second)
		c := chainOf(t, s)
		together(10, func(int) { _, _ = c.Do(t.Context(), "q") })
		require.EqualValues(t, 10, s.asked.Load())
	})
}

func TestCloseWaitsForSharedCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slowly(500 * time.Millisecond)
		c, store := remembering(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := c.Do(ctx, "q")
		require.Error(t, err)
		began := time.Now()
		together(2, func(int) { require.NoError(t, c.Close()) })
		require.Equal(t, 499*time.Millisecond, time.Since(began))
		require.Len(t, store.data, 1)
		require.NoError(t, c.Close(), "again")
		// A closed chain answers, each for itself.
		together(3, func(int) {
			r, err := c.Do(t.Context(), "other")
			require.NoError(t, err)
			require.False(t, r.Flags.Has(fallback.FlagShared))
		})
		require.EqualValues(t, 4, s.asked.Load())
	})
}

// TestCloseIsBounded: a source that ignores its context cannot hold Close for
// ever, and Close says that something still runs.
func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("")
		s.does(func(context.Context, string) (reply, error) { time.Sleep(time.Hour); return reply{}, nil })
		cfg := config{
			Name:    "address",
			Sources: []source{{Name: "a", Do: s.ask, Retention: fallback.Forever, Timeout: time.Second}},
			Memory:  &memory{Key: identity, Fresh: time.Minute},
		}
		c, err := fallback.New(cfg)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = c.Do(ctx, "q")
		require.Error(t, err)
		began := time.Now()
		require.EqualError(t, c.Close(), "fallback: address: close: a shared call still runs")
		require.Equal(t, 2*time.Second, time.Since(began))
		time.Sleep(time.Hour)
		require.NoError(t, c.Close())
	})
}
