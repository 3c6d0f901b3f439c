package diskstore

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/detour-go/detour/fallback"
)

var (
	// ErrOff is returned without asking the disk, after faults in a row. The
	// last fault is in the same error.
	ErrOff = errors.New("off after faults in a row")
	// ErrClosed is returned by everything after Close.
	ErrClosed = errors.New("closed")
)

// Store is a fallback.Store in a directory; see the package. Safe for
// concurrent use, and for several processes. It has to be made by New.
type Store struct {
	cfg     Config
	root    string // Dir/v1
	disk    disk
	slots   chan struct{}
	index   *index
	order   [64]sync.Mutex // of changes to one file and its entry, by name
	loading gate
	saving  gate
	closed  atomic.Bool
	opening sync.Mutex
	opened  atomic.Bool

	hits, misses, corrupt, halves, refused, loadFaults, saveFaults, away atomic.Uint64
}

// New opens the directory, removes what dead processes left half written and
// learns what is there. It reports all mistakes in c at once. A directory that
// cannot be used now is no mistake: the store begins switched off, says why in
// Stats, and tries again once a second when it is called.
func New(c Config) (*Store, error) { return open(c, system{}) }

func open(c Config, d disk) (*Store, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c, err := c.settled()
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: c, root: filepath.Join(c.Dir, "v1"), disk: d, slots: make(chan struct{}, c.InFlight), index: newIndex(c.MaxBytes, c.MaxEntries)}
	if err := s.ready(); err != nil {
		for range faultsInARow {
			s.loading.fault(err)
			s.saving.fault(err)
		}
	}
	return s, nil
}

// Load returns the bytes under key. An entry that is torn, changed, of another
// version or of another key is deleted and not found.
func (s *Store) Load(ctx context.Context, key string) ([]byte, bool, error) {
	n := s.name(key)
	data, err := s.load(ctx, n)
	switch {
	case err != nil:
		return nil, false, fmt.Errorf("fallback: disk store: load: %w", err)
	case data == nil:
		s.misses.Add(1)
		return nil, false, nil
	}
	s.hits.Add(1)
	return data, true, nil
}

func (s *Store) load(ctx context.Context, n name) ([]byte, error) {
	leave, err := s.enter(ctx, &s.loading, &s.loadFaults)
	if err != nil {
		return nil, err
	}
	defer leave()
	file, err := s.disk.whole(s.path(n), s.cfg.MaxBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.loading.well()
		if s.index.has(n) {
			s.bury(n)
		}
		return nil, nil
	case err != nil:
		if errors.Is(err, syscall.EIO) { // a bad sector: else every call would try it again
			s.bury(n)
		}
		return nil, s.fault(&s.loading, &s.loadFaults, err)
	}
	s.loading.well()
	data, ends, is := read(file, n, time.Now().UnixNano())
	switch is {
	case sound:
		s.index.found(n, costOf(int64(len(file))), ends)
		return data, nil
	case corrupt, over:
		s.bury(n)
	}
	return nil, nil
}

// Save keeps a copy of data on the disk. An entry that is larger than the whole
// store is refused with fallback.ErrStoreTooLarge; one that fails leaves what
// was there. ctx is looked at between the steps, none of which can be
// interrupted.
func (s *Store) Save(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	if ttl <= 0 {
		return s.Delete(ctx, key)
	}
	cost := costOf(int64(headerSize + len(data)))
	if cost > s.cfg.MaxBytes {
		s.refused.Add(1)
		return fallback.ErrStoreTooLarge
	}
	if err := s.save(ctx, s.name(key), data, cost, ttl); err != nil {
		return fmt.Errorf("fallback: disk store: save: %w", err)
	}
	return nil
}

func (s *Store) save(ctx context.Context, n name, data []byte, cost int64, ttl time.Duration) error {
	leave, err := s.enter(ctx, &s.saving, &s.saveFaults)
	if err != nil {
		return err
	}
	defer leave()
	now := time.Now().UnixNano()
	for _, old := range s.index.due(now) {
		s.bury(old)
	}
	room, err := s.room(n, cost)
	if err != nil {
		return s.fault(&s.saving, &s.saveFaults, err)
	}
	ends := endOf(now, ttl)
	err = s.replace(ctx, n, header(n, data, now, ends), data, ends, func() { s.index.saved(room, n, ends) })
	if err != nil {
		s.index.release(room)
		return s.fault(&s.saving, &s.saveFaults, err)
	}
	s.saving.well()
	return nil
}

// Delete drops the entry of key.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.delete(ctx, s.name(key)); err != nil {
		return fmt.Errorf("fallback: disk store: delete: %w", err)
	}
	return nil
}

func (s *Store) delete(ctx context.Context, n name) error {
	leave, err := s.enter(ctx, &s.saving, &s.saveFaults)
	if err != nil {
		return err
	}
	defer leave()
	lock := s.lock(n)
	defer lock.Unlock()
	if err := s.unlink(n); err != nil {
		return s.fault(&s.saving, &s.saveFaults, err)
	}
	s.saving.well()
	return nil
}

// Close ends the use of the store. What is in it stays on the disk. Calls that
// are under way end as they would have. It may be called more than once.
func (s *Store) Close() error {
	s.closed.Store(true)
	return nil
}

// name is the digest that stands for key.
func (s *Store) name(key string) name {
	if len(s.cfg.Secret) == 0 {
		return sha256.Sum256([]byte(key))
	}
	h := hmac.New(sha256.New, s.cfg.Secret)
	h.Write([]byte(key))
	return name(h.Sum(nil))
}

func (s *Store) path(n name) string {
	word := n.String()
	return filepath.Join(s.root, word[:2], word)
}

func (s *Store) lock(n name) *sync.Mutex {
	m := &s.order[int(n[1])%len(s.order)]
	m.Lock()
	return m
}

// enter admits one operation: the store is open, the disk is asked, there is a
// place.
func (s *Store) enter(ctx context.Context, g *gate, faults *atomic.Uint64) (leave func(), err error) {
	if s.closed.Load() {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := g.enter(); err != nil {
		s.away.Add(1)
		return nil, err
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, s.fault(g, faults, ctx.Err()) // the disk did not free a place in time
	}
	if err := s.ready(); err != nil {
		<-s.slots
		return nil, s.fault(g, faults, err)
	}
	return func() { <-s.slots }, nil
}

// fault counts what the disk did wrong. A caller who left is no fault.
func (s *Store) fault(g *gate, faults *atomic.Uint64, err error) error {
	err = plain(err)
	if errors.Is(err, context.Canceled) {
		return err
	}
	faults.Add(1)
	g.fault(err)
	return err
}

// halfPath is a name for a file that is being written; nobody else has it.
func (s *Store) halfPath() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return filepath.Join(s.root, halfDir, hex.EncodeToString(b[:]))
}

var _ fallback.Store = (*Store)(nil)
