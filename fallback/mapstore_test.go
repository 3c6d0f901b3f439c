package fallback_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// mapStore is a store of a stranger. It keeps everything for ever, so that the
// chain's own judgement of age is seen.
type mapStore struct {
	mu   sync.Mutex
	data map[string]mapEntry
	// before runs before every operation; its error ends it.
	before func(ctx context.Context, op string) error
}

type mapEntry struct {
	data []byte
	ttl  time.Duration
}

func newMapStore() *mapStore { return &mapStore{data: map[string]mapEntry{}} }

func (s *mapStore) ready(ctx context.Context, op string) error {
	if s.before == nil {
		return nil
	}
	return s.before(ctx, op)
}

func (s *mapStore) Load(ctx context.Context, key string) ([]byte, bool, error) {
	if err := s.ready(ctx, "load"); err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.data[key]
	return e.data, ok, nil
}

func (s *mapStore) Save(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	if err := s.ready(ctx, "save"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data[key] = mapEntry{data, ttl}
	return nil
}

func (s *mapStore) Delete(ctx context.Context, key string) error {
	if err := s.ready(ctx, "delete"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.data, key)
	return nil
}

// TestMemoryF50StoreErrorsNeverFailACall, and a store that does not answer costs
// at most StoreWait, for it is not asked again.
func TestMemoryF50StoreErrorsNeverFailACall(t *testing.T) {
	for name, row := range map[string]struct {
		before func(context.Context, string) error
		wait   time.Duration
		took   time.Duration
		errors uint64
	}{
		"F50 down":            {func(context.Context, string) error { return errors.New("refused") }, 0, 0, 2},
		"F56 panics":          {func(context.Context, string) error { panic("x") }, 0, 0, 2},
		"F51 slow":            {respecting(200 * time.Millisecond), 0, 5 * time.Millisecond, 1},
		"F51 slow, longer":    {respecting(200 * time.Millisecond), 20 * time.Millisecond, 20 * time.Millisecond, 1},
		"F51 slow to save":    {slowOnly("save"), 0, 5 * time.Millisecond, 1},
		"a little slow":       {respecting(3 * time.Millisecond), 0, 6 * time.Millisecond, 0},
		"F46 cannot be saved": {only("save"), 0, 0, 1},
		"cannot be loaded":    {only("load"), 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := answering("ok")
				c, store := remembering(t, s, func(cfg *config) { cfg.Memory.StoreWait = row.wait })
				store.before = row.before
				began := time.Now()
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, "ok", r.Value.Text)
				require.Equal(t, row.took, time.Since(began))
				require.Equal(t, row.errors, c.Inspect().Memory.Errors)
			})
		})
	}
}

func respecting(d time.Duration) func(context.Context, string) error {
	return func(ctx context.Context, _ string) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
}

func slowOnly(op string) func(context.Context, string) error {
	slow := respecting(200 * time.Millisecond)
	return func(ctx context.Context, o string) error {
		if o != op {
			return nil
		}
		return slow(ctx, o)
	}
}

func only(bad string) func(context.Context, string) error {
	return func(_ context.Context, op string) error {
		if op == bad {
			return errors.New("no")
		}
		return nil
	}
}

// TestMemoryF48DamagedEntriesAreMisses: whatever byte changes, wherever it is
// cut, whatever version it has, the entry is not served and is deleted.
func TestMemoryF48DamagedEntriesAreMisses(t *testing.T) {
	s := answering("the answer")
	c, store := remembering(t, s)
	_, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
	var key string
	var good mapEntry
	for key, good = range store.data {
	}
	s.fails(&says{class: "unavailable"})
	check := func(t *testing.T, data []byte) {
		t.Helper()
		before := c.Inspect().Memory.Dropped
		store.data[key] = mapEntry{data, time.Hour}
		_, err := c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrUnavailable, err)
		require.Empty(t, store.data)
		require.Equal(t, before+1, c.Inspect().Memory.Dropped)
	}
	for i := range good.data {
		for bit := range 8 {
			data := append([]byte(nil), good.data...)
			data[i] ^= 1 << bit
			check(t, data)
		}
		check(t, good.data[:i])
	}
	check(t, append(append([]byte(nil), good.data...), 0))
	check(t, nil)
	// It was not the test: the good one is served.
	store.data[key] = good
	r, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, "the answer", r.Value.Text)
	// A delete that fails is counted and fails nothing.
	store.before = only("delete")
	store.data[key] = mapEntry{good.data[:5], time.Hour}
	_, err = c.Do(t.Context(), "q")
	requireVerdict(t, fallback.ErrUnavailable, err)
	require.EqualValues(t, 1, c.Inspect().Memory.Errors)
}

// TestMemoryCodecThatFails: what cannot be read is dropped, fresh or stale.
func TestMemoryCodecThatFails(t *testing.T) {
	for name, age := range map[string]time.Duration{"fresh": 0, "stale": 2 * time.Minute} {
		for kind, decode := range map[string]func() error{
			"error": func() error { return errors.New("no") }, "F56 panic": func() error { panic("x") },
		} {
			t.Run(name+" "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := answering("one")
					codec := &brokenCodec{}
					c, store := remembering(t, s, func(cfg *config) { cfg.Memory.Codec = codec })
					_, err := c.Do(t.Context(), "q")
					require.NoError(t, err)
					time.Sleep(age)
					s.fails(&says{class: "unavailable"})
					tried := 0
					codec.decode = func() error { tried++; return decode() }
					for range 3 {
						_, err = c.Do(t.Context(), "q")
						requireVerdict(t, fallback.ErrUnavailable, err)
					}
					require.Equal(t, 1, tried, "it is not read again and again")
					require.Empty(t, store.data)
					require.EqualValues(t, 1, c.Inspect().Memory.Dropped)
					s.answers("two")
					codec.encode = errors.New("no")
					r, err := c.Do(t.Context(), "q")
					require.NoError(t, err)
					require.Equal(t, "two", r.Value.Text)
					require.Zero(t, r.MaxAge, "it was not remembered")
				})
			})
		}
	}
}

type brokenCodec struct {
	fallback.Gob[reply]
	decode func() error
	encode error
}

func (b *brokenCodec) Decode(data []byte) (reply, error) {
	if b.decode != nil {
		return reply{}, b.decode()
	}
	return b.Gob.Decode(data)
}

func (b *brokenCodec) Encode(r reply) ([]byte, error) {
	if b.encode != nil {
		return nil, b.encode
	}
	return b.Gob.Encode(r)
}

// TestMemoryF38ClocksThatDiffer: an answer from a little in the future is
// fresh; one from next year is not believed (T21).
func TestMemoryF38ClocksThatDiffer(t *testing.T) {
	for name, row := range map[string]struct {
		ahead time.Duration
		want  fallback.Freshness
	}{"seconds": {30 * time.Second, fallback.Cached}, "a year": {365 * 24 * time.Hour, 0}} {
		t.Run(name, func(t *testing.T) {
			store := newMapStore()
			s := answering("one")
			synctest.Test(t, func(t *testing.T) { // a bubble has a clock of its own, which can be moved
				time.Sleep(row.ahead)
				c, _ := remembering(t, s, func(cfg *config) { cfg.Memory.Store = store })
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
			})
			s.fails(&says{class: "unavailable"})
			synctest.Test(t, func(t *testing.T) {
				c, _ := remembering(t, s, func(cfg *config) { cfg.Memory.Store = store })
				r, _ := c.Do(t.Context(), "q")
				require.Equal(t, row.want, r.Freshness)
				require.Zero(t, r.Age)
			})
		})
	}
}
