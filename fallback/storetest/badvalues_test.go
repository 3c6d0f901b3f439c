package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"
)

// badValues hand out what was not put, or twice.
func badValues() map[string]badCounter {
	ctx := context.Background()
	return map[string]badCounter{
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
		"nothing is found with bytes": {"not found", func(c *counter) {
			c.take = func(k string) ([]byte, bool, error) {
				d, ok, err := c.Counter.Take(ctx, k)
				if !ok {
					d = []byte("old")
				}
				return d, ok, err
			}
		}},
		"text only": {"byte for byte, once", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				return c.Counter.Put(ctx, k, bytes.ToValidUTF8(d, []byte("?")), ttl)
			}
		}},
		"empty is nothing": {"empty data", func(c *counter) {
			c.take = func(k string) ([]byte, bool, error) {
				d, ok, err := c.Counter.Take(ctx, k)
				return d, ok && len(d) > 0, err
			}
		}},
		"nothing is not taken away": {"empty data", func(c *counter) {
			c.take = func(k string) ([]byte, bool, error) {
				d, ok, err := c.Counter.Take(ctx, k)
				if ok && len(d) == 0 {
					err = c.Counter.Put(ctx, k, nil, time.Hour)
				}
				return d, ok, err
			}
		}},
		"keeps the caller's bytes": {"caller's bytes", func(c *counter) {
			var m sync.Map // else the race detector finds what the suite is here to find
			c.put = func(k string, d []byte, _ time.Duration) error { m.Store(k, d); return nil }
			c.take = func(k string) ([]byte, bool, error) {
				d, ok := m.LoadAndDelete(k)
				data, _ := d.([]byte)
				return data, ok, nil
			}
		}},
		"the first stays": {"Put replaces", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				if old, ok, _ := c.Counter.Take(ctx, k); ok && ttl > 0 {
					d = old
				}
				return c.Counter.Put(ctx, k, d, ttl)
			}
		}},
		"the first time stays":    {"Put replaces", keepsTime(func(first, _ time.Duration) time.Duration { return first })},
		"the longest time stays":  {"Put replaces", keepsTime(func(first, next time.Duration) time.Duration { return max(first, next) })},
		"the shortest time stays": {"Put replaces", keepsTime(func(first, next time.Duration) time.Duration { return min(first, next) })},
		"once for ever": {"put again", func(c *counter) {
			var used sync.Map
			c.take = func(k string) ([]byte, bool, error) {
				d, ok, err := c.Counter.Take(ctx, k)
				if _, was := used.Load(k); was {
					return nil, false, err
				}
				if ok {
					used.Store(k, true)
				}
				return d, ok, err
			}
		}},
		"a timer that outlives a Take": {"with its own time", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				if ttl > 0 {
					time.AfterFunc(ttl, func() { _, _, _ = c.Counter.Take(ctx, k) })
				}
				return c.Counter.Put(ctx, k, d, ttl)
			}
		}},
		"lives for ever": {"gone after it", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				return c.Counter.Put(ctx, k, d, max(ttl, time.Hour))
			}
		}},
		"dies early": {"within its time", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error { return c.Counter.Put(ctx, k, d, ttl/8) }
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
		"hands out its buffer": {"taken stay", func(c *counter) {
			var mu sync.Mutex
			buffer := make([]byte, 4)
			c.take = func(k string) ([]byte, bool, error) {
				mu.Lock()
				defer mu.Unlock()
				d, ok, err := c.Counter.Take(ctx, k)
				if !ok || len(d) > len(buffer) {
					return d, ok, err
				}
				return buffer[:copy(buffer, d)], true, nil
			}
		}},
		"cuts values": {"large value", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				return c.Counter.Put(ctx, k, d[:min(len(d), 65535)], ttl)
			}
		}},
		"refuses when it is half done": {"large value", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				if len(d) > 65535 {
					return errors.Join(errors.New("too large"), c.Counter.Put(ctx, k, d[:65535], ttl))
				}
				return c.Counter.Put(ctx, k, d, ttl)
			}
		}},
	}
}

// keepsTime gives a value that replaces another a time that depends on what was
// left of the first.
func keepsTime(left func(first, next time.Duration) time.Duration) func(*counter) {
	ctx := context.Background()
	return func(c *counter) {
		var ends sync.Map
		c.put = func(k string, d []byte, ttl time.Duration) error {
			if end, ok := ends.Load(k); ok && ttl > 0 {
				ttl = max(1, left(time.Until(end.(time.Time)), ttl))
			}
			ends.Store(k, time.Now().Add(ttl))
			return c.Counter.Put(ctx, k, d, ttl)
		}
		c.take = func(k string) ([]byte, bool, error) { ends.Delete(k); return c.Counter.Take(ctx, k) }
	}
}
