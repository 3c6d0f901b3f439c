package fallback_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/storetest"
	"github.com/stretchr/testify/require"
)

const overhead = 224 // as documented

func memoryStore(t testing.TB, bytes int64, entries int) *fallback.MemoryStore {
	t.Helper()
	s, err := fallback.NewMemoryStore(fallback.MemoryStoreConfig{MaxBytes: bytes, MaxEntries: entries})
	require.NoError(t, err)
	return s
}

func TestMemoryStoreKeepsTheRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storetest.Store(t, func() fallback.Store { return memoryStore(t, 0, 0) })
	})
}

func TestMemoryStoreConfigMistakes(t *testing.T) {
	_, err := fallback.NewMemoryStore(fallback.MemoryStoreConfig{MaxBytes: -1, MaxEntries: -2})
	require.ErrorContains(t, err, "MaxBytes -1")
	require.ErrorContains(t, err, "MaxEntries -2")
}

func TestMemoryStoreEvictsTheLeastRecentlyUsed(t *testing.T) {
	ctx := context.Background()
	for name, s := range map[string]*fallback.MemoryStore{
		"entries": memoryStore(t, 0, 3),
		"bytes":   memoryStore(t, 3*(overhead+2), 0),
	} {
		t.Run(name, func(t *testing.T) {
			for _, k := range []string{"a", "b", "c"} {
				require.NoError(t, s.Save(ctx, k, []byte("1"), time.Hour))
			}
			_, found, err := s.Load(ctx, "a") // b is now the oldest
			require.True(t, found)
			require.NoError(t, err)
			require.NoError(t, s.Save(ctx, "d", []byte("2"), time.Hour))
			require.Equal(t, "a c d", alive(s, "a", "b", "c", "d"))
			require.NoError(t, s.Save(ctx, "a", []byte("3"), time.Hour)) // replaced, so nothing has to go
			require.Equal(t, "a c d", alive(s, "a", "b", "c", "d"))
			st := s.Stats()
			require.EqualValues(t, 1, st.Evicted)
			require.Equal(t, 3, st.Entries)
			require.EqualValues(t, 3*(overhead+2), st.Bytes)
			require.EqualValues(t, 7, st.Hits)
			require.EqualValues(t, 2, st.Misses)
			require.NoError(t, s.Delete(ctx, "a"))
			require.Equal(t, 2, s.Stats().Entries)
			require.EqualValues(t, 2*(overhead+2), s.Stats().Bytes)
		})
	}
}

func TestMemoryStoreBuriesTheDeadBeforeTheLiving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		s := memoryStore(t, 0, 200)
		require.NoError(t, s.Save(ctx, "old but live", nil, time.Hour)) // the least recently used of all
		for i := range 199 {
			require.NoError(t, s.Save(ctx, fmt.Sprint(i), nil, time.Second))
		}
		time.Sleep(time.Second)
		require.Empty(t, alive(s, "7"), "its time is over at this very moment")
		for i := range 199 {
			require.NoError(t, s.Save(ctx, fmt.Sprint("new ", i), nil, time.Hour))
		}
		require.Zero(t, s.Stats().Evicted)
		require.Equal(t, 200, s.Stats().Entries)
		require.Equal(t, "old but live", alive(s, "old but live", "1", "2"))
		time.Sleep(time.Hour)
		require.Zero(t, s.Stats().Entries)
		require.Zero(t, s.Stats().Bytes)
	})
}

// One large entry may need the room of more dead ones than a call buries otherwise.
func TestMemoryStoreMakesRoomFromTheDeadAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		s := memoryStore(t, 101*(overhead+10), 0)
		require.NoError(t, s.Save(ctx, "live", make([]byte, 6), time.Hour))
		for i := range 100 {
			require.NoError(t, s.Save(ctx, fmt.Sprintf("%010d", i), nil, time.Second))
		}
		time.Sleep(time.Second)
		require.NoError(t, s.Save(ctx, "large", make([]byte, 99*(overhead+10)), time.Hour))
		require.Equal(t, "live large", alive(s, "live", "large"))
		require.Zero(t, s.Stats().Evicted)
	})
}

func TestMemoryStoreRefusesWhatCannotFit(t *testing.T) {
	ctx := context.Background()
	s := memoryStore(t, 2000, 0)
	require.NoError(t, s.Save(ctx, "a", []byte("small"), time.Hour))
	require.NoError(t, s.Save(ctx, "b", []byte("small"), time.Hour))
	for _, big := range []struct {
		key  string
		data int
	}{{"b", 2000 - overhead}, {"c", 1 << 20}, {strings.Repeat("k", 4000), 0}} {
		require.ErrorIs(t, s.Save(ctx, big.key, make([]byte, big.data), time.Hour), fallback.ErrStoreTooLarge)
	}
	require.Equal(t, "a b", alive(s, "a", "b", "c"))
	require.EqualValues(t, 3, s.Stats().Refused)
	require.Zero(t, s.Stats().Evicted)
	require.NoError(t, s.Save(ctx, "b", make([]byte, 2000-overhead-1), time.Hour)) // exactly the bound
	require.Equal(t, "b", alive(s, "a", "b", "c"))
	require.EqualValues(t, 2000, s.Stats().Bytes)
}

func TestMemoryStoreStaysInItsBounds(t *testing.T) {
	ctx := context.Background()
	s := memoryStore(t, 1<<20, 3000)
	for i := range 60_000 {
		require.NoError(t, s.Save(ctx, fmt.Sprintf("key %d", i), make([]byte, i%700), time.Duration(1+i%5)*time.Hour))
		if i%1000 == 0 {
			st := s.Stats()
			require.LessOrEqual(t, st.Bytes, int64(1<<20))
			require.LessOrEqual(t, st.Entries, 3000)
		}
	}
	require.Greater(t, s.Stats().Bytes, int64(900_000), "and it is used")
}

func TestMemoryStoreConcurrent(t *testing.T) {
	ctx := context.Background()
	s := memoryStore(t, 20_000, 50)
	var g sync.WaitGroup
	for w := range 8 {
		g.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for range 3000 {
				k := fmt.Sprint(r.IntN(100))
				switch r.IntN(4) {
				case 0:
					_ = s.Save(ctx, k, bytes.Repeat([]byte(k), r.IntN(200)), time.Duration(r.IntN(3000))*time.Nanosecond)
				case 1:
					_ = s.Delete(ctx, k)
				case 2:
					_ = s.Stats()
				default:
					d, _, _ := s.Load(ctx, k)
					if strings.ReplaceAll(string(d), k, "") != "" {
						panic("bytes of another key")
					}
				}
			}
		})
	}
	g.Wait()
	require.LessOrEqual(t, s.Stats().Bytes, int64(20_000))
	require.LessOrEqual(t, s.Stats().Entries, 50)
}

func alive(s fallback.Store, keys ...string) string {
	var live []string
	for _, k := range keys {
		if _, found, _ := s.Load(context.Background(), k); found {
			live = append(live, k)
		}
	}
	return strings.Join(live, " ")
}

func BenchmarkMemoryStoreLoad(b *testing.B) {
	ctx := context.Background()
	s := memoryStore(b, 0, 0)
	_ = s.Save(ctx, "k", make([]byte, 15<<10), time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = s.Load(ctx, "k")
	}
}

// TestMemoryStoreReplacesAtOnce: whoever loads a key that is being replaced
// finds the old bytes or the new ones.
func TestMemoryStoreReplacesAtOnce(t *testing.T) {
	ctx := context.Background()
	s := memoryStore(t, 0, 0)
	require.NoError(t, s.Save(ctx, "k", []byte("v"), time.Hour))
	var g sync.WaitGroup
	var missed atomic.Int32
	for range 4 {
		g.Go(func() {
			for range 20_000 {
				if _, found, _ := s.Load(ctx, "k"); !found {
					missed.Add(1)
				}
			}
		})
		g.Go(func() {
			for range 5_000 {
				_ = s.Save(ctx, "k", []byte("v"), time.Hour)
			}
		})
	}
	g.Wait()
	require.Zero(t, missed.Load())
	require.Zero(t, s.Stats().Misses)
}
