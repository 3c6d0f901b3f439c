package fallback_test

import (
	"context"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// heap returns the bytes in use after everything that can go has gone.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far below
}

// texts keeps a reply as its text alone, so that a million of them are quick.
type texts struct{}

func (texts) Encode(r reply) ([]byte, error) { return []byte(r.Text), nil }
func (texts) Decode(b []byte) (reply, error) { return reply{Text: string(b)}, nil }

// TestF62AMillionKeys: a million different questions, each remembered, leave no
// more than the bounds of the store, first that of its entries, then, with
// longer answers, that of its bytes: by its own count and by the heap.
func TestF62AMillionKeys(t *testing.T) {
	const entries, bytes = 10_000, 4 << 20
	s, err := fallback.NewMemoryStore(fallback.MemoryStoreConfig{MaxEntries: entries, MaxBytes: bytes})
	require.NoError(t, err)
	long := strings.Repeat("x", 1000)
	c := newChain(t, config{
		Sources: []source{{Name: "a", Retention: fallback.Forever, Do: func(_ context.Context, q string) (reply, error) {
			if strings.HasPrefix(q, "long") {
				return reply{Text: long}, nil
			}
			return reply{Text: q}, nil
		}}},
		Memory: &memory{Key: identity, Fresh: time.Hour, Store: s, Codec: texts{}},
	})
	before := heap()
	ask := func(prefix string, n int) {
		together(4, func(w int) {
			for i := w; i < n; i += 4 {
				if _, err := c.Do(t.Context(), prefix+strconv.Itoa(i)); err != nil {
					t.Error(err)
				}
			}
		})
		grown, held := heap()-before, s.Stats()
		require.LessOrEqual(t, held.Entries, entries)
		require.LessOrEqual(t, held.Bytes, int64(bytes))
		require.LessOrEqual(t, grown, held.Bytes+held.Bytes/2, "the heap grew by what the store says of itself, or a little more")
	}
	ask("short", manyKeys*3/4)
	require.Equal(t, entries, s.Stats().Entries, "and it is used")
	ask("long", manyKeys/4)
	full := s.Stats()
	require.Greater(t, full.Bytes, int64(bytes-1500), "and it is used")
	require.EqualValues(t, manyKeys, full.Evicted+uint64(full.Entries)) //nolint:gosec // not negative
	require.EqualValues(t, manyKeys, c.Inspect().Memory.Saves)
	runtime.KeepAlive(c)
}
