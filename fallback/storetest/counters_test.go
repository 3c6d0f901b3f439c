package storetest_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/storetest"
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

type badCounter struct {
	rule string // which it breaks, among others perhaps
	bad  func(c *counter)
}

func TestBadCounters(t *testing.T) {
	all := badNumbers()
	maps.Copy(all, badValues())
	maps.Copy(all, badCounterKeys())
	maps.Copy(all, badCounterEnds())
	maps.Copy(all, badCounterRoom())
	room := storetest.Room(100)
	judge(t, maps.All(all), func(r *recorder, c badCounter) string {
		storetest.Counter(r, func() fallback.Counter {
			k := &counter{Counter: goodCounter()}
			c.bad(k)
			return k
		}, room)
		return c.rule
	}, func(r *recorder) { storetest.Counter(r, goodCounter, room) })
}
