package fallback

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
)

const (
	defaultStoreBytes   = 64 << 20
	defaultStoreEntries = 100_000
	// entryOverhead is what an entry costs beside its key and its bytes: its
	// own fields and its share of map and heap.
	entryOverhead = 224
)

// MemoryStoreConfig bounds a MemoryStore. The zero value is good for one
// process of a site.
type MemoryStoreConfig struct {
	MaxBytes   int64 // keys, values and the bookkeeping of each entry (224 bytes); 0: 64 MiB
	MaxEntries int   // 0: 100,000
}

// MemoryStoreStats is what a MemoryStore did since it was made.
type MemoryStoreStats struct {
	Entries int    // live entries now
	Bytes   int64  // what they cost now, never above MaxBytes
	Evicted uint64 // live entries that had to go to make room
	Refused uint64 // entries larger than the whole store
	Hits    uint64 // loads that found something
	Misses  uint64 // loads that did not
}

// MemoryStore is a Store in the memory of this process. It is bounded in
// entries and in bytes; the least recently used entry goes first, after
// everything that is over its time. It starts no goroutine and needs no
// closing. Safe for concurrent use.
//
// The bytes lie in a go-cache without its janitor (that goroutine can never be
// stopped) and without its expiry (which follows the wall clock); bounds, order
// and time are kept here. No method waits for anything, so none looks at its
// context: an answer from memory is wanted most when the caller's time is over.
type MemoryStore struct {
	maxBytes   int64
	maxEntries int
	made       time.Time
	items      *cache.Cache // string → *memoryEntry

	_     [64]byte    // what is above never changes: whoever reads it does not wait for who holds the lock
	mu    sync.Mutex  // guards everything below, and the order of changes to items
	ring  memoryEntry // newest at ring.older, least recently used at ring.newer
	ends  expiryHeap
	stats MemoryStoreStats
}

// NewMemoryStore returns an empty store. It fails on a negative bound and
// reports all mistakes at once.
func NewMemoryStore(c MemoryStoreConfig) (*MemoryStore, error) {
	var errs []error
	if c.MaxBytes < 0 {
		errs = append(errs, fmt.Errorf("fallback: memory store: MaxBytes %d is negative", c.MaxBytes))
	}
	if c.MaxEntries < 0 {
		errs = append(errs, fmt.Errorf("fallback: memory store: MaxEntries %d is negative", c.MaxEntries))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultStoreBytes
	}
	if c.MaxEntries == 0 {
		c.MaxEntries = defaultStoreEntries
	}
	s := &MemoryStore{maxBytes: c.MaxBytes, maxEntries: c.MaxEntries, made: time.Now(), items: cache.New(cache.NoExpiration, 0)}
	s.ring.newer, s.ring.older = &s.ring, &s.ring
	return s, nil
}

// Load returns the bytes under key, shared and read-only.
func (s *MemoryStore) Load(_ context.Context, key string) ([]byte, bool, error) {
	now := time.Since(s.made)
	e := s.get(key) // before the lock, which everybody needs
	s.mu.Lock()
	defer s.mu.Unlock()
	if e == nil || e.newer == nil { // or it is being replaced
		e = s.get(key)
	}
	if e != nil && e.ends <= now {
		s.remove(e)
		e = nil
	}
	if e == nil {
		s.stats.Misses++
		return nil, false, nil
	}
	s.stats.Hits++
	if s.ring.older != e {
		s.unlink(e)
		s.link(e)
	}
	return e.data, true, nil
}

// Save keeps a copy of data. An entry that is larger than the whole store is
// refused with ErrStoreTooLarge and harms nobody: the others stay, and so does
// an older entry of the same key.
func (s *MemoryStore) Save(_ context.Context, key string, data []byte, ttl time.Duration) error {
	cost := int64(len(key)) + int64(len(data)) + entryOverhead
	now := time.Since(s.made)
	if ttl > 0 && cost <= s.maxBytes { // copied outside the lock
		key, data = strings.Clone(key), append(make([]byte, 0, len(data)), data...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ttl > 0 && cost > s.maxBytes {
		s.stats.Refused++
		return ErrStoreTooLarge
	}
	if old := s.get(key); old != nil {
		s.remove(old)
	}
	if ttl <= 0 {
		return nil
	}
	s.expire(now, sweep)
	for s.stats.Entries >= s.maxEntries || s.stats.Bytes+cost > s.maxBytes {
		if s.expire(now, 1) == 0 {
			s.remove(s.ring.newer)
			s.stats.Evicted++
		}
	}
	e := &memoryEntry{key: key, data: data, cost: cost, ends: after(now, ttl)}
	s.items.Set(key, e, cache.NoExpiration)
	s.link(e)
	s.ends.add(e)
	s.stats.Entries++
	s.stats.Bytes += cost
	return nil
}

// Delete drops the entry of key.
func (s *MemoryStore) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.get(key); e != nil {
		s.remove(e)
	}
	return nil
}

// Stats says how full the store is and how well it serves.
func (s *MemoryStore) Stats() MemoryStoreStats {
	for {
		now := time.Since(s.made)
		s.mu.Lock()
		if s.expire(now, sweep) < sweep {
			defer s.mu.Unlock()
			return s.stats
		}
		s.mu.Unlock()
	}
}

func (s *MemoryStore) get(key string) *memoryEntry {
	v, ok := s.items.Get(key)
	if !ok {
		return nil
	}
	return v.(*memoryEntry)
}

// expire removes at most limit entries that are over their time and says how
// many.
func (s *MemoryStore) expire(now time.Duration, limit int) (n int) {
	for e := s.ends.due(now); e != nil && n < limit; e = s.ends.due(now) {
		s.remove(e)
		n++
	}
	return n
}

func (s *MemoryStore) remove(e *memoryEntry) {
	s.items.Delete(e.key)
	s.unlink(e)
	s.ends.drop(e)
	s.stats.Entries--
	s.stats.Bytes -= e.cost
}

func (s *MemoryStore) link(e *memoryEntry) {
	e.newer, e.older = &s.ring, s.ring.older
	e.older.newer, s.ring.older = e, e
}

func (s *MemoryStore) unlink(e *memoryEntry) {
	e.newer.older, e.older.newer = e.older, e.newer
	e.newer, e.older = nil, nil
}

var _ Store = (*MemoryStore)(nil)
