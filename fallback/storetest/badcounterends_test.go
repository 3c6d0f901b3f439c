package storetest_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/detour-go/detour/fallback"
)

// badCounterEnds go wrong where numbers and values meet, when a call is
// given up, or one of many.
func badCounterEnds() map[string]badCounter {
	ctx := context.Background()
	return map[string]badCounter{
		"one space": {"do not see each other", func(c *counter) {
			c.take = func(k string) ([]byte, bool, error) {
				if n, err := c.Counter.Add(ctx, k, 0, time.Hour); err == nil && n != 0 {
					return fmt.Append(nil, n), true, nil
				}
				return c.Counter.Take(ctx, k)
			}
		}},
		"a number is taken for a value": {"do not see each other", func(c *counter) {
			c.take = func(k string) ([]byte, bool, error) {
				d, ok, err := c.Counter.Take(ctx, k)
				if n, _ := c.Counter.Add(ctx, k, 0, time.Hour); n != 0 && !ok {
					return fmt.Append(nil, n), true, nil
				}
				return d, ok, err
			}
		}},
		"a Take forgets the number": {"do not see each other", func(c *counter) {
			c.take = func(k string) ([]byte, bool, error) {
				d, ok, err := c.Counter.Take(ctx, k)
				if n, _ := c.Counter.Add(ctx, k, 0, time.Hour); ok {
					_, _ = c.Counter.Add(ctx, k, -n, time.Hour)
				}
				return d, ok, err
			}
		}},
		"a Put forgets the number": {"do not see each other", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				n, _ := c.Counter.Add(ctx, k, 0, time.Hour)
				_, _ = c.Counter.Add(ctx, k, -n, time.Hour)
				return c.Counter.Put(ctx, k, d, ttl)
			}
		}},
		"an Add forgets the value": {"do not see each other", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				_, _, _ = c.Counter.Take(ctx, k)
				return c.Counter.Add(ctx, k, n, ttl)
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
		"no ttl takes away": {"zero or less", func(c *counter) {
			c.put = func(k string, d []byte, ttl time.Duration) error {
				if ttl <= 0 {
					_, _, _ = c.Counter.Take(ctx, k)
				}
				return c.Counter.Put(ctx, k, d, ttl)
			}
		}},
		"no ttl counts for ever": {"zero or less", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				if ttl <= 0 {
					ttl = time.Hour
				}
				return c.Counter.Add(ctx, k, n, ttl)
			}
		}},
		"no ttl counts all the same": {"zero or less", func(c *counter) {
			c.add = func(k string, n int64, ttl time.Duration) (int64, error) {
				sum, err := c.Counter.Add(ctx, k, n, ttl)
				if err != nil && ttl <= 0 {
					_, _ = c.Counter.Add(ctx, k, n, time.Hour)
				}
				return sum, err
			}
		}},
		"given up is not found":           {"context that is over", func(c *counter) { c.Counter = &hastyCounter{Counter: c.Counter, take: true} }},
		"given up is handed out and kept": {"context that is over", func(c *counter) { c.Counter = &hastyCounter{Counter: c.Counter, keep: true} }},
		"given up is as good as put":      {"context that is over", func(c *counter) { c.Counter = &hastyCounter{Counter: c.Counter, put: true} }},
		"given up is as good as counted":  {"context that is over", func(c *counter) { c.Counter = &hastyCounter{Counter: c.Counter, add: true} }},
		"given up is a look":              {"context that is over", func(c *counter) { c.Counter = &hastyCounter{Counter: c.Counter, look: true} }},
		"one file for all values": {"at once with keys of their own", func(c *counter) {
			file := oneFile[[]byte]{}
			c.put = func(k string, d []byte, _ time.Duration) error {
				file.change(k, func([]byte) []byte { return append([]byte{}, d...) })
				return nil
			}
			c.take = func(k string) ([]byte, bool, error) { d, ok := file.take(k); return d, ok, nil }
		}},
		"one file for all numbers": {"at once with keys of their own", func(c *counter) {
			file := oneFile[int64]{}
			c.add = func(k string, n int64, _ time.Duration) (int64, error) {
				return file.change(k, func(old int64) int64 { return old + n }), nil
			}
		}},
		"panics": {"panicked", func(c *counter) { c.take = func(string) ([]byte, bool, error) { panic("nil map") } }},
	}
}

// oneFile is read whole, changed and written whole, so that of two changes at
// once the later undoes the other.
type oneFile[V any] struct {
	mu  sync.Mutex
	all map[string]V
}

func (f *oneFile[V]) change(key string, how func(old V) V) V {
	f.mu.Lock()
	mine := maps.Clone(f.all)
	f.mu.Unlock()
	time.Sleep(time.Microsecond)
	if mine == nil {
		mine = map[string]V{}
	}
	v := how(mine[key])
	mine[key] = v
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = mine
	return v
}

func (f *oneFile[V]) take(key string) (V, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok := f.all[key]
	delete(f.all, key)
	return v, ok
}

// hastyCounter does not do its work when its context is over, and does not say
// so.
type hastyCounter struct {
	fallback.Counter
	add, look, put, take, keep bool
}

func (h *hastyCounter) Add(ctx context.Context, key string, n int64, ttl time.Duration) (int64, error) {
	if ctx.Err() != nil && (h.add || h.look) {
		sum, err := h.Counter.Add(ctx, key, 0, ttl)
		if h.add {
			sum += n
		}
		return sum, err
	}
	return h.Counter.Add(ctx, key, n, ttl)
}

func (h *hastyCounter) Put(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	if h.put && ctx.Err() != nil {
		return nil
	}
	return h.Counter.Put(ctx, key, data, ttl)
}

func (h *hastyCounter) Take(ctx context.Context, key string) ([]byte, bool, error) {
	over := ctx.Err() != nil
	if h.take && over {
		return nil, false, nil
	}
	data, found, err := h.Counter.Take(ctx, key)
	if h.keep && over && found {
		err = h.Counter.Put(ctx, key, data, time.Hour)
	}
	return data, found, err
}
