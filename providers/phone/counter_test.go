package phone_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
)

var errDown = errors.New("down, and the key was " + secretWord)

// secretWord must never be printed.
const secretWord = "CANARY-7f3a"

// counter is a Counter as fallback describes it, that can be broken.
type counter struct {
	mu      sync.Mutex
	numbers map[string]int64
	ends    map[string]time.Time
	keys    []string // all that were ever asked for
	// broken says whether an Add fails: before it counts, or after.
	before, after func(key string, n int64) bool
}

func newCounter() *counter {
	return &counter{numbers: map[string]int64{}, ends: map[string]time.Time{}}
}

func (c *counter) Add(_ context.Context, key string, n int64, ttl time.Duration) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys = append(c.keys, key)
	if ttl <= 0 {
		return 0, errors.New("ttl must be above zero")
	}
	if c.before != nil && c.before(key, n) {
		return 0, errDown
	}
	if end, ok := c.ends[key]; !ok || !time.Now().Before(end) {
		c.numbers[key], c.ends[key] = 0, time.Now().Add(ttl)
	}
	c.numbers[key] += n
	if c.after != nil && c.after(key, n) {
		return 0, errDown
	}
	return c.numbers[key], nil
}

// dead breaks a counter for all keys of a label.
func dead(label string) func(string, int64) bool {
	return func(key string, _ int64) bool { return strings.HasPrefix(key, "phone-"+label) }
}

// taking breaks those Adds of a label that change something.
func taking(label string) func(string, int64) bool {
	return func(key string, n int64) bool { return n != 0 && dead(label)(key, n) }
}
