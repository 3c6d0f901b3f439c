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

// counter is a good one whose methods a case may replace with bad ones.
type counter struct {
	fallback.Counter
	add  func(key string, n int64, ttl time.Duration) (int64, error)
	put  func(key string, data []byte, ttl time.Duration) error
	take func(key string) ([]byte, bool, error)
}

func (c *counter) Add(ctx context.Context, key string, n int64, ttl time.Duration) (int64, error) {
	if c.add != nil {
		return c.add(key, n, ttl)
	}
	return c.Counter.Add(ctx, key, n, ttl)
}

func (c *counter) Put(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	if c.put != nil {
		return c.put(key, data, ttl)
	}
	return c.Counter.Put(ctx, key, data, ttl)
}

func (c *counter) Take(ctx context.Context, key string) ([]byte, bool, error) {
	if c.take != nil {
		return c.take(key)
	}
	return c.Counter.Take(ctx, key)
}

func TestBadCounters(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		rule string
		bad  func(c *counter)
	}{
		"sets": {"returns the sum", func(c *counter) { c.add = func(_ string, n int64, _ time.Duration) (int64, error) { return n, nil } }},
		"unsigned": {"takes back", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				return c.Counter.Add(ctx, k, max(n, 0), ttl)
			}
		}},
		"prolongs": {"not prolonged", func(c *counter) {
			var mu sync.Mutex
			at := map[string]int{}
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				mu.Lock()
				at[k]++
				nth := at[k]
				mu.Unlock()
				if nth == 1 || nth > 3 {
					return c.Counter.Add(ctx, k, n, time.Hour)
				}
				return c.Counter.Add(ctx, k, n, ttl)
			}
		}},
		"reads then writes": {"each sees its own sum", func(c *counter) {
			var mu sync.Mutex
			m := map[string]int64{}
			c.add = func(k string, n int64, _ time.Duration) (int64, error) {
				mu.Lock()
				old := m[k]
				mu.Unlock()
				time.Sleep(time.Microsecond)
				mu.Lock()
				defer mu.Unlock()
				m[k] = old + n
				return m[k], nil
			}
		}},
		"wraps": {"does not fit", func(c *counter) {
			m := map[string]int64{}
			var mu sync.Mutex
			c.add = func(k string, n int64, _ time.Duration) (int64, error) {
				mu.Lock()
				defer mu.Unlock()
				m[k] += n
				return m[k], nil
			}
		}},
		"get then delete": {"exactly one", func(c *counter) {
			var mu sync.Mutex
			m := map[string][]byte{}
			c.put = func(k string, d []byte, _ time.Duration) error {
				mu.Lock()
				defer mu.Unlock()
				m[k] = append([]byte{}, d...)
				return nil
			}
			c.take = func(k string) ([]byte, bool, error) {
				mu.Lock()
				d, ok := m[k]
				mu.Unlock()
				time.Sleep(time.Microsecond)
				mu.Lock()
				defer mu.Unlock()
				delete(m, k)
				return d, ok, nil
			}
		}},
		"never taken": {"byte for byte, once", func(c *counter) {
			c.take = func(k string) ([]byte, bool, error) {
				d, ok, err := c.Counter.Take(ctx, k)
				return d, ok, errors.Join(err, c.Counter.Put(ctx, k, d, time.Hour))
			}
		}},
		"error for unknown": {"not found", func(c *counter) {
			c.take = func(k string) ([]byte, bool, error) {
				d, ok, err := c.Counter.Take(ctx, k)
				if !ok {
					err = errors.New("redis: nil")
				}
				return d, ok, err
			}
		}},
		"lives for ever": {"gone after it", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				return c.Counter.Put(ctx, k, d, max(ttl, time.Hour))
			}
		}},
		"one space": {"do not see each other", func(c *counter) {
			c.take = func(k string) ([]byte, bool, error) {
				if n, err := c.Counter.Add(ctx, k, 0, time.Hour); err == nil && n != 0 {
					return fmt.Append(nil, n), true, nil
				}
				return c.Counter.Take(ctx, k)
			}
		}},
		"no ttl is for ever": {"zero or less", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				if ttl <= 0 {
					ttl = time.Hour
				}
				return c.Counter.Put(ctx, k, d, ttl)
			}
		}},
		"full and silent": {"a full counter", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				if err := c.Counter.Put(ctx, k, d, ttl); !errors.Is(err, fallback.ErrCounterFull) {
					return err
				}
				return nil
			}
		}},
		"full and open": {"a full counter", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				if got, err := c.Counter.Add(ctx, k, n, ttl); !errors.Is(err, fallback.ErrCounterFull) {
					return got, err
				}
				return 0, nil
			}
		}},
		"full and forgets": {"a full counter", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				err := c.Counter.Put(ctx, k, d, ttl)
				if errors.Is(err, fallback.ErrCounterFull) {
					_, _, _ = c.Counter.Take(ctx, "key 0")
				}
				return err
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r recorder
				storetest.Counter(&r, func() fallback.Counter {
					k := &counter{Counter: goodCounter()}
					c.bad(k)
					return k
				}, storetest.Room(100))
				require.Contains(t, strings.Join(r.broken, "\n"), c.rule)
			})
		})
	}
}
