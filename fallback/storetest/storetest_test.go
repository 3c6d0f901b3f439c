package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
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

func TestBadStores(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		rule string
		bad  func(s *store)
	}{
		"forgets": {"byte for byte", func(s *store) { s.save = func(string, []byte, time.Duration) error { return nil } }},
		"flips a bit": {"byte for byte", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				d = append([]byte(nil), d...)
				if len(d) > 0 {
					d[0] ^= 1
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"error for unknown": {"not found", func(s *store) {
			s.load = func(k string) ([]byte, bool, error) {
				d, ok, _ := s.Store.Load(ctx, k)
				if !ok {
					return nil, false, errors.New("redis: nil")
				}
				return d, ok, nil
			}
		}},
		"nothing is found with bytes": {"not found", func(s *store) {
			s.load = func(k string) ([]byte, bool, error) {
				d, ok, err := s.Store.Load(ctx, k)
				if !ok {
					return []byte("old"), false, err
				}
				return d, ok, err
			}
		}},
		"empty is nothing": {"empty data", func(s *store) {
			s.load = func(k string) ([]byte, bool, error) {
				d, ok, err := s.Store.Load(ctx, k)
				return d, ok && len(d) > 0, err
			}
		}},
		"first wins": {"replaces the whole", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if _, ok, _ := s.Store.Load(ctx, k); ok {
					return nil
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"keeps the caller's bytes": {"caller's bytes", func(s *store) {
			var m sync.Map // else the race detector finds what the suite is here to find
			s.save = func(k string, d []byte, _ time.Duration) error { m.Store(k, d); return nil }
			s.load = func(k string) ([]byte, bool, error) {
				d, ok := m.Load(k)
				data, _ := d.([]byte)
				return data, ok, nil
			}
		}},
		"lives for ever": {"gone after it", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if ttl > 0 {
					ttl = 1 << 62
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"loading prolongs": {"does not prolong", func(s *store) {
			s.load = func(k string) ([]byte, bool, error) {
				d, ok, err := s.Store.Load(ctx, k)
				if ok {
					err = s.Store.Save(ctx, k, d, 400*time.Millisecond)
				}
				return d, ok, err
			}
		}},
		"zero is for ever": {"zero or less", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if ttl == 0 {
					ttl = time.Hour
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"overflows": {"very long ttl", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if ttl > 1<<60 {
					ttl = 1
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"deletes nothing": {"Delete drops", func(s *store) { s.del = func(string) error { return nil } }},
		"unknown delete": {"Delete drops", func(s *store) {
			s.del = func(k string) error {
				if _, ok, _ := s.Store.Load(ctx, k); !ok {
					return errors.New("no such file")
				}
				return s.Store.Delete(ctx, k)
			}
		}},
		"folds case": {"byte by byte", func(s *store) { folded(s, strings.ToLower) }},
		"cuts keys":  {"byte by byte", func(s *store) { folded(s, func(k string) string { return k[:min(len(k), 255)] }) }},
		"cuts data": {"whole or refused", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				return s.Store.Save(ctx, k, d[:min(len(d), 65535)], ttl)
			}
		}},
		"tears": {"never a mixture", func(s *store) {
			var mu sync.Mutex
			s.save = func(k string, d []byte, ttl time.Duration) error {
				mu.Lock()
				defer mu.Unlock()
				d = append([]byte(nil), d...)
				if old, ok, _ := s.Store.Load(ctx, k); ok && len(d) == 1000 {
					copy(d[:len(d)/2], old)
				}
				if len(d) > 900 {
					d[900] = 99
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"panics": {"panicked", func(s *store) { s.load = func(string) ([]byte, bool, error) { panic("nil map") } }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r recorder
				storetest.Store(&r, func() fallback.Store {
					s := &store{Store: goodStore()}
					c.bad(s)
					return s
				})
				require.Contains(t, strings.Join(r.broken, "\n"), c.rule)
				require.Contains(t, r.broken[0], "broken rule: ")
			})
		})
	}
}

func folded(s *store, fold func(string) string) {
	ctx := context.Background()
	s.load = func(k string) ([]byte, bool, error) { return s.Store.Load(ctx, fold(k)) }
	s.save = func(k string, d []byte, ttl time.Duration) error { return s.Store.Save(ctx, fold(k), d, ttl) }
	s.del = func(k string) error { return s.Store.Delete(ctx, fold(k)) }
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
