package fallback

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"
)

const (
	defaultCounterKeys  = 100_000
	defaultCounterBytes = 128 << 20
)

// MemoryCounterConfig bounds a MemoryCounter. Size it for the worst ten
// minutes: one key per begun login that has not come back, one per number that
// is counted.
type MemoryCounterConfig struct {
	MaxKeys  int   // 0: 100,000
	MaxBytes int64 // keys, values and the bookkeeping of each key (224 bytes); 0: 128 MiB
}

// MemoryCounterStats is what a MemoryCounter holds and what it had to refuse
// since it was made.
type MemoryCounterStats struct {
	Keys    int    // live keys now
	Bytes   int64  // what they cost now, never above MaxBytes
	Refused uint64 // new keys that found no room
}

// MemoryCounter is a Counter in the memory of this process: right for one
// process, wrong for two (each would allow the ticket once). It starts no
// goroutine and needs no closing. Safe for concurrent use. No method waits, so
// none looks at its context.
//
// It is bounded, and fails closed: when it is full of live keys it refuses new
// ones with ErrCounterFull.
type MemoryCounter struct {
	maxKeys  int
	maxBytes int64
	made     time.Time

	mu      sync.Mutex
	numbers map[string]*memoryEntry
	values  map[string]*memoryEntry
	ends    expiryHeap
	bytes   int64
	refused uint64
}

// NewMemoryCounter returns an empty counter. It fails on a negative bound and
// reports all mistakes at once.
func NewMemoryCounter(c MemoryCounterConfig) (*MemoryCounter, error) {
	var errs []error
	if c.MaxKeys < 0 {
		errs = append(errs, fmt.Errorf("fallback: memory counter: MaxKeys %d is negative", c.MaxKeys))
	}
	if c.MaxBytes < 0 {
		errs = append(errs, fmt.Errorf("fallback: memory counter: MaxBytes %d is negative", c.MaxBytes))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if c.MaxKeys == 0 {
		c.MaxKeys = defaultCounterKeys
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultCounterBytes
	}
	return &MemoryCounter{maxKeys: c.MaxKeys, maxBytes: c.MaxBytes, made: time.Now(),
		numbers: map[string]*memoryEntry{}, values: map[string]*memoryEntry{}}, nil
}

// Add adds n to the number of key; its time runs from the first Add.
func (c *MemoryCounter) Add(_ context.Context, key string, n int64, ttl time.Duration) (int64, error) {
	if ttl <= 0 {
		return 0, errTTL
	}
	now := time.Since(c.made)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expire(now, sweep)
	e := c.live(c.numbers, key, now)
	if e == nil {
		var err error
		if e, err = c.insert(c.numbers, key, nil, now, ttl); err != nil {
			return 0, err
		}
	}
	if n > 0 && e.n > math.MaxInt64-n || n < 0 && e.n < math.MinInt64-n {
		return 0, errOverflow
	}
	e.n += n
	return e.n, nil
}

// Put keeps a copy of data under key for ttl. When there is no room for it,
// what was there stays.
func (c *MemoryCounter) Put(_ context.Context, key string, data []byte, ttl time.Duration) error {
	if ttl <= 0 {
		return errTTL
	}
	now := time.Since(c.made)
	data = append(make([]byte, 0, len(data)), data...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expire(now, sweep)
	if e := c.live(c.values, key, now); e != nil {
		if !c.room(now, 0, int64(len(data)-len(e.data))) {
			return ErrCounterFull
		}
		c.remove(e)
	}
	_, err := c.insert(c.values, key, data, now, ttl)
	return err
}

// Take returns what Put kept, to one caller.
func (c *MemoryCounter) Take(_ context.Context, key string) ([]byte, bool, error) {
	now := time.Since(c.made)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expire(now, sweep)
	e := c.live(c.values, key, now)
	if e == nil {
		return nil, false, nil
	}
	c.remove(e)
	return e.data, true, nil
}

// Stats says how full the counter is.
func (c *MemoryCounter) Stats() MemoryCounterStats {
	for {
		now := time.Since(c.made)
		c.mu.Lock()
		if c.expire(now, sweep) < sweep {
			defer c.mu.Unlock()
			return MemoryCounterStats{Keys: len(c.numbers) + len(c.values), Bytes: c.bytes, Refused: c.refused}
		}
		c.mu.Unlock()
	}
}

// live returns the entry of key that is not over its time.
func (c *MemoryCounter) live(in map[string]*memoryEntry, key string, now time.Duration) *memoryEntry {
	e := in[key]
	if e != nil && e.ends <= now {
		c.remove(e)
		return nil
	}
	return e
}

// room drops the dead until there is room for so much more, and nothing else.
func (c *MemoryCounter) room(now time.Duration, keys int, bytes int64) bool {
	for len(c.numbers)+len(c.values)+keys > c.maxKeys || c.bytes+bytes > c.maxBytes {
		if c.expire(now, 1) == 0 {
			c.refused++
			return false
		}
	}
	return true
}

func (c *MemoryCounter) insert(
	in map[string]*memoryEntry, key string, data []byte, now, ttl time.Duration,
) (*memoryEntry, error) {
	cost := int64(len(key)) + int64(len(data)) + entryOverhead
	if !c.room(now, 1, cost) {
		return nil, ErrCounterFull
	}
	e := &memoryEntry{key: strings.Clone(key), data: data, cost: cost, ends: after(now, ttl)}
	in[e.key] = e
	c.ends.add(e)
	c.bytes += cost
	return e, nil
}

func (c *MemoryCounter) remove(e *memoryEntry) {
	if c.values[e.key] == e {
		delete(c.values, e.key)
	} else {
		delete(c.numbers, e.key)
	}
	c.ends.drop(e)
	c.bytes -= e.cost
}

// expire removes at most limit keys that are over their time and says how many.
func (c *MemoryCounter) expire(now time.Duration, limit int) (n int) {
	for e := c.ends.due(now); e != nil && n < limit; e = c.ends.due(now) {
		c.remove(e)
		n++
	}
	return n
}

var _ Counter = (*MemoryCounter)(nil)
