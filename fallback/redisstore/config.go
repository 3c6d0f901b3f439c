package redisstore

import (
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	defaultPrefix      = "detour"
	defaultMaxValue    = 1 << 20
	defaultStoreWait   = 5 * time.Millisecond
	defaultCounterWait = 50 * time.Millisecond
	mostValue          = 512<<20 - frameSize // what a value of Redis can hold
)

// Config of a Store or a Counter. Client is needed; the rest has defaults. It is
// copied by New….
type Config struct {
	// Client is used and never closed. ContextTimeoutEnabled must be set in its
	// options. A Counter takes no *redis.Ring, which gives the keys of a dead
	// shard to another: the counts would start again at zero.
	Client redis.UniversalClient
	// Prefix begins every key: letters, digits, and . _ - : up to 64 bytes; empty:
	// "detour". A Store and a Counter may share one; sites that share a Redis
	// should not.
	Prefix string
	// Secret, when set, keys the digests of keys and values, so that whoever can
	// read or write Redis can neither confirm a guessed key nor forge a value;
	// at least 16 bytes, the same in all processes. Another secret is another
	// store.
	Secret []byte
	// MaxValue is the greatest value in bytes, in both directions; 0: 1 MiB. A
	// larger one is refused with fallback.ErrStoreTooLarge.
	MaxValue int
	// Wait is the longest time of one operation, a new connection included;
	// 0: 5 ms for a Store, 50 ms for a Counter, where a late answer is a login
	// to be begun again. A context that ends sooner counts. An operation that
	// got no answer in Wait, or in the two milliseconds or more that its context
	// had left, counts against Redis. For a Store, Wait is best the StoreWait of
	// the chains over it.
	Wait time.Duration
}

// check lists all mistakes of c at once.
func (c *Config) check(what string, counts bool) error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("fallback: redis "+what+": config: "+format, args...))
	}
	if missing(c.Client) {
		bad("Client is missing")
	} else if !obeysDeadlines(c.Client) {
		bad("ContextTimeoutEnabled must be set in the options of Client: without it no deadline ends a read")
	}
	if _, ring := c.Client.(*redis.Ring); ring && counts {
		bad("Client is a Ring: it forgets counts when a shard dies")
	}
	if len(c.Prefix) > 64 {
		bad("Prefix has %d bytes, at most 64 are allowed", len(c.Prefix))
	}
	for _, r := range c.Prefix {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' || r == ':') {
			bad("Prefix contains %q; letters, digits and . _ - : are allowed", r)
			break
		}
	}
	if n := len(c.Secret); n > 0 && n < 16 {
		bad("Secret has %d bytes, at least 16 are needed", n)
	}
	if c.MaxValue < 0 || c.MaxValue > mostValue {
		bad("MaxValue must be 0 to %d: %d", mostValue, c.MaxValue)
	}
	if c.Wait < 0 || c.Wait > time.Second {
		bad("Wait must be 0 to 1s: %v", c.Wait)
	}
	return errors.Join(errs...)
}

// obeysDeadlines reads ContextTimeoutEnabled, and believes where it cannot be
// seen.
func obeysDeadlines(client redis.UniversalClient) bool {
	switch c := client.(type) {
	case *redis.Client:
		return c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		return c.Options().ContextTimeoutEnabled
	case *redis.Ring:
		return c.Options().ContextTimeoutEnabled
	}
	return true
}

// missing reports no client, and a nil one in the interface.
func missing(client redis.UniversalClient) bool {
	switch c := client.(type) {
	case nil:
		return true
	case *redis.Client:
		return c == nil
	case *redis.ClusterClient:
		return c == nil
	case *redis.Ring:
		return c == nil
	}
	return false
}
