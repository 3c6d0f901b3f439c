package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/redis/go-redis/v9"
)

// addText counts, and begins the time of a number that has none. The sum is
// read back as text: a number of Lua holds 53 bits.
const addText = `local left = redis.call('PTTL', KEYS[1])
redis.call('INCRBY', KEYS[1], ARGV[1])
if left < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('GET', KEYS[1])`

// takeText takes a value away, and hands it over unless it is larger than any
// of ours.
const takeText = `local size = redis.call('STRLEN', KEYS[1])
if size == 0 then return false end
local value = ''
if size <= tonumber(ARGV[1]) then value = redis.call('GET', KEYS[1]) end
redis.call('DEL', KEYS[1])
return value`

// ErrForgets is in the error of Check for a Redis that may forget.
var ErrForgets error = finding("redis may evict what must not be forgotten: set maxmemory-policy noeviction")

// Counter is a fallback.Counter in Redis; see the package. Whoever uses it fails
// closed. Safe for concurrent use, and for several processes. It has to be made
// by NewCounter, and closed.
type Counter struct {
	link      *link
	add, take script
}

// NewCounter returns a Counter. It reports all mistakes in c at once and does
// not touch the network.
func NewCounter(c Config) (*Counter, error) {
	l, err := newLink(c, "counter", defaultCounterWait)
	if err != nil {
		return nil, err
	}
	return &Counter{l, newScript(addText), newScript(takeText)}, nil
}

// Add adds n to the number of key. Its time, in full milliseconds, runs from the
// first Add; a number that somebody took the time from gets one again.
func (c *Counter) Add(ctx context.Context, key string, n int64, ttl time.Duration) (sum int64, err error) {
	l := c.link
	if ttl <= 0 {
		return 0, fmt.Errorf("fallback: redis counter: add: %w", errTTL)
	}
	name := l.name(numbers, key)
	err = l.do(ctx, "add", func(ctx context.Context) error {
		v, err := l.run(ctx, c.add, name, n, milliseconds(ttl))
		if err != nil {
			return err
		}
		text, _ := v.(string)
		if sum, err = strconv.ParseInt(text, 10, 64); err != nil {
			sum = 0
			return errOdd
		}
		return nil
	})
	return sum, err
}

// Put keeps data under key for ttl, in full milliseconds.
func (c *Counter) Put(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	l := c.link
	if ttl <= 0 {
		return fmt.Errorf("fallback: redis counter: put: %w", errTTL)
	}
	if len(data) > l.maxValue {
		l.refused.Add(1)
		return fallback.ErrStoreTooLarge
	}
	name := l.name(values, key)
	framed := l.frame(name, data)
	return l.do(ctx, "put", func(ctx context.Context) error {
		_, err := l.send(ctx, "set", name, framed, "px", milliseconds(ttl))
		return err
	})
}

// Take returns what Put kept, to one caller. What is not ours, too large, cut or
// changed is taken away and an error.
func (c *Counter) Take(ctx context.Context, key string) (data []byte, found bool, err error) {
	l := c.link
	name := l.name(values, key)
	err = l.do(ctx, "take", func(ctx context.Context) error {
		v, err := l.run(ctx, c.take, name, frameSize+l.maxValue)
		switch {
		case errors.Is(err, redis.Nil):
			return nil
		case err != nil:
			return err
		}
		framed, _ := v.(string)
		if data, found = l.unframe(name, framed); !found {
			data = nil
			l.corrupt.Add(1)
			return errChanged
		}
		return nil
	})
	return data, found, err
}

// Check asks Redis, each primary of a cluster, whether it keeps what it was
// told: one that evicts when it is full forgets tickets and attempts
// (ErrForgets). It is for the start of a service and for its tests; an error that
// is not ErrForgets says that Redis could not be asked, or does not tell.
func (c *Counter) Check(ctx context.Context) error {
	l := c.link
	return l.do(ctx, "check", func(ctx context.Context) error {
		if cluster, ok := l.client.(*redis.ClusterClient); ok {
			return cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error { return keeps(ctx, node) })
		}
		return keeps(ctx, l.client)
	})
}

// keeps asks one node.
func keeps(ctx context.Context, node redis.Cmdable) error {
	text, err := node.Info(ctx, "memory").Result()
	if err != nil {
		return err
	}
	bound, policy := field(text, "maxmemory"), field(text, "maxmemory_policy")
	switch {
	case bound == "" || policy == "":
		return errOdd
	case bound != "0" && policy != "noeviction":
		return ErrForgets
	}
	return nil
}

// field returns the value of one line of what INFO tells.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Breaker is the breaker around Redis, to be shown, watched and forced.
func (c *Counter) Breaker() *breaker.Breaker { return c.link.breaker }

// Stats tells what the counter did.
func (c *Counter) Stats() Stats { return c.link.stats() }

// Close ends the probe of the breaker and waits for it. The client stays open:
// it is the caller's. It may be called more than once.
func (c *Counter) Close() error { return c.link.breaker.Close() }

var _ fallback.Counter = (*Counter)(nil)
