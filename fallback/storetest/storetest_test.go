package storetest_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/storetest"
	"github.com/stretchr/testify/require"
)

// recorder is a T that keeps what it is told, so that a bad store can be caught without failing this test.
type recorder struct{ broken, kept []string }

func (*recorder) Helper()                      {}
func (r *recorder) Logf(f string, args ...any) { r.kept = append(r.kept, fmt.Sprintf(f, args...)) }
func (r *recorder) Errorf(f string, args ...any) {
	r.broken = append(r.broken, fmt.Sprintf(f, args...))
}

func goodStore() fallback.Store {
	s, err := fallback.NewMemoryStore(fallback.MemoryStoreConfig{})
	if err != nil {
		panic(err)
	}
	return s
}

func goodCounter() fallback.Counter {
	c, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{MaxKeys: 100})
	if err != nil {
		panic(err)
	}
	return c
}

// store is a good one whose methods a case may replace with bad ones.
type store struct {
	fallback.Store
	load func(key string) ([]byte, bool, error)
	save func(key string, data []byte, ttl time.Duration) error
	del  func(key string) error
}

func (s *store) Load(ctx context.Context, key string) ([]byte, bool, error) {
	if s.load != nil {
		return s.load(key)
	}
	return s.Store.Load(ctx, key)
}

func (s *store) Save(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	if s.save != nil {
		return s.save(key, data, ttl)
	}
	return s.Store.Save(ctx, key, data, ttl)
}

func (s *store) Delete(ctx context.Context, key string) error {
	if s.del != nil {
		return s.del(key)
	}
	return s.Store.Delete(ctx, key)
}

type badStore struct {
	rule string // which it breaks, among others perhaps
	bad  func(s *store)
}

func TestBadStores(t *testing.T) {
	judge(t, maps.All(badStores()), func(r *recorder, c badStore) string {
		storetest.Store(r, func() fallback.Store {
			s := &store{Store: goodStore()}
			c.bad(s)
			return s
		})
		return c.rule
	}, func(r *recorder) { storetest.Store(r, goodStore) })
}

// judge lets the suite judge every bad one, and wants the rule that it breaks to
// be named. A rule that none of them breaks could be left out unseen, so there is
// none.
func judge[C any](t *testing.T, bad iter.Seq2[string, C], suite func(*recorder, C) string, good func(*recorder)) {
	caught := map[string]bool{}
	for name, c := range bad {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r recorder
				rule := suite(&r, c)
				require.Contains(t, strings.Join(r.broken, "\n"), rule)
				for _, line := range r.broken {
					line, ok := strings.CutPrefix(line, "broken rule: ")
					require.True(t, ok)
					says, _, _ := strings.Cut(line, ": ")
					caught[says] = true
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		good(&r)
		require.Empty(t, r.broken)
		for _, line := range r.kept {
			require.True(t, caught[strings.TrimPrefix(line, "rule kept: ")], "nothing bad breaks it: %s", line)
		}
	})
}

func TestGoodOnesKeepEveryRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		passed := time.Duration(0)
		hook := storetest.Advance(func(d time.Duration) { passed += d; time.Sleep(d) })
		storetest.Store(&r, goodStore, hook, storetest.Tick(time.Second))
		storetest.Counter(&r, goodCounter, hook, storetest.Room(100))
		require.Empty(t, r.broken)
		require.Greater(t, len(r.kept), 30)
		for _, line := range r.kept {
			require.Contains(t, line, "rule kept: ")
		}
		require.Greater(t, passed, 10*time.Second)
	})
}

// A store may refuse what is large, keep or drop what was there then, and may
// heed a context or not: none of that breaks a rule.
func TestWhatIsLeftOpen(t *testing.T) {
	small := func() fallback.Store {
		s, err := fallback.NewMemoryStore(fallback.MemoryStoreConfig{MaxBytes: 1 << 17})
		require.NoError(t, err)
		return s
	}
	for name, open := range map[string]func() fallback.Store{
		"refuses and keeps": small,
		"refuses and drops": func() fallback.Store {
			s := &store{Store: small()}
			s.save = func(k string, d []byte, ttl time.Duration) error {
				err := s.Store.Save(context.Background(), k, d, ttl)
				if err != nil {
					_ = s.Store.Delete(context.Background(), k)
				}
				return err
			}
			return s
		},
		"heeds its context": func() fallback.Store { return heeding{small()} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r recorder
				storetest.Store(&r, open)
				require.Empty(t, r.broken)
			})
		})
	}
}

// heeding does nothing once its context is over.
type heeding struct{ fallback.Store }

func (h heeding) Load(ctx context.Context, key string) ([]byte, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	return h.Store.Load(ctx, key)
}

func (h heeding) Save(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return h.Store.Save(ctx, key, data, ttl)
}

func (h heeding) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return h.Store.Delete(ctx, key)
}
