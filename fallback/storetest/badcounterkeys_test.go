package storetest_test

import (
	"context"
	"strings"
	"sync"
	"time"
)

// badCounterKeys take one key for another, and one time for another.
func badCounterKeys() map[string]badCounter {
	ctx := context.Background()
	all := map[string]badCounter{
		"takes by prefix": {"byte by byte", func(c *counter) {
			var names sync.Map
			c.put = func(k string, d []byte, ttl time.Duration) error {
				names.Store(k, true)
				return c.Counter.Put(ctx, k, d, ttl)
			}
			c.take = func(k string) ([]byte, bool, error) {
				d, ok, err := c.Counter.Take(ctx, k)
				names.Range(func(name, _ any) bool {
					if strings.HasPrefix(name.(string), k) {
						_, _, _ = c.Counter.Take(ctx, name.(string))
					}
					return true
				})
				return d, ok, err
			}
		}},
	}
	for name, fold := range map[string]func(string) string{
		"folds case": strings.ToLower, "cuts keys": func(k string) string { return k[:min(len(k), 255)] }, "panics on the empty key": func(k string) string { return k[:1] + k[1:] },
		"ends at a zero": func(k string) string { before, _, _ := strings.Cut(k, "\x00"); return before },
	} {
		all[name] = badCounter{"byte by byte", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) { return c.Counter.Add(ctx, fold(k), n, ttl) }
			c.put = func(k string, d []byte, ttl time.Duration) error { return c.Counter.Put(ctx, fold(k), d, ttl) }
			c.take = func(k string) ([]byte, bool, error) { return c.Counter.Take(ctx, fold(k)) }
		}}
	}
	for name, row := range map[string]struct {
		rule string
		life func(ttl time.Duration) time.Duration
	}{
		"milliseconds, and none is for ever": {"too short", func(ttl time.Duration) time.Duration {
			if ttl > 0 && ttl < time.Millisecond {
				return time.Hour
			}
			return ttl
		}},
		"milliseconds, and none is an error": {"too short", func(ttl time.Duration) time.Duration { return ttl.Truncate(time.Millisecond) }},
		"overflows": {"very long ttl", func(ttl time.Duration) time.Duration {
			if ttl > 1<<60 {
				return 1
			}
			return ttl
		}},
	} {
		all[name+" (Add)"] = badCounter{row.rule, func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				return c.Counter.Add(ctx, k, n, row.life(ttl))
			}
		}}
		all[name+" (Put)"] = badCounter{row.rule, func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error { return c.Counter.Put(ctx, k, d, row.life(ttl)) }
		}}
	}
	return all
}
