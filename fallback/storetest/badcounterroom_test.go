package storetest_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/detour-go/detour/fallback"
)

// badCounterRoom do the wrong thing when there is no room.
func badCounterRoom() map[string]badCounter {
	ctx := context.Background()
	return map[string]badCounter{
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
		"full and forgets numbers": {"a full counter", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				if errors.Is(err, fallback.ErrCounterFull) {
					_, _ = c.Counter.Add(ctx, "key 1", -3, ttl)
				}
				return sum, err
			}
		}},
		"full for old keys too": {"a full counter", func(c *counter) {
			var full atomic.Bool
			c.put = func(k string, d []byte, ttl time.Duration) error {
				err := c.Counter.Put(ctx, k, d, ttl)
				if full.Load() && k != "new value" {
					return fallback.ErrCounterFull
				}
				if errors.Is(err, fallback.ErrCounterFull) {
					full.Store(true)
				}
				return err
			}
		}},
		"full although one was taken": {"a full counter", func(c *counter) {
			var full atomic.Bool
			c.put = func(k string, d []byte, ttl time.Duration) error {
				err := c.Counter.Put(ctx, k, d, ttl)
				if full.Load() && k == "in its place" {
					return fallback.ErrCounterFull
				}
				if errors.Is(err, fallback.ErrCounterFull) {
					full.Store(true)
				}
				return err
			}
		}},
		"full, and keeps it all the same": {"a full counter", func(c *counter) {
			var more sync.Map
			c.put = func(k string, d []byte, ttl time.Duration) error {
				err := c.Counter.Put(ctx, k, d, ttl)
				if errors.Is(err, fallback.ErrCounterFull) {
					more.Store(k, d)
				}
				return err
			}
			c.take = func(k string) ([]byte, bool, error) {
				if d, ok := more.LoadAndDelete(k); ok {
					return d.([]byte), true, nil
				}
				return c.Counter.Take(ctx, k)
			}
		}},
		"full for ever, for numbers": {"a full counter", func(c *counter) {
			var full atomic.Bool
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				if full.Load() && k == "new number" {
					return 0, fallback.ErrCounterFull
				}
				if errors.Is(err, fallback.ErrCounterFull) {
					full.Store(true)
				}
				return sum, err
			}
		}},
		"full for ever": {"a full counter", func(c *counter) {
			var full atomic.Bool
			c.put = func(k string, d []byte, ttl time.Duration) error {
				err := c.Counter.Put(ctx, k, d, ttl)
				if full.Load() && k == "new value" {
					return fallback.ErrCounterFull
				}
				if errors.Is(err, fallback.ErrCounterFull) {
					full.Store(true)
				}
				return err
			}
		}},
	}
}
