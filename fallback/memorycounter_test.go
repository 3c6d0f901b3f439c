package fallback_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/storetest"
	"github.com/stretchr/testify/require"
)

func memoryCounter(t testing.TB, keys int, bytes int64) *fallback.MemoryCounter {
	t.Helper()
	c, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{MaxKeys: keys, MaxBytes: bytes})
	require.NoError(t, err)
	return c
}

func TestMemoryCounterKeepsTheRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storetest.Counter(t, func() fallback.Counter { return memoryCounter(t, 100, 0) }, storetest.Room(100))
	})
}

func TestMemoryCounterConfigMistakes(t *testing.T) {
	_, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{MaxKeys: -1, MaxBytes: -2})
	require.ErrorContains(t, err, "MaxKeys -1")
	require.ErrorContains(t, err, "MaxBytes -2")
}

func TestMemoryCounterFailsClosedByBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		c := memoryCounter(t, 0, 2*(overhead+101))
		require.NoError(t, c.Put(ctx, "a", make([]byte, 100), time.Minute))
		require.NoError(t, c.Put(ctx, "b", make([]byte, 100), time.Hour))
		require.ErrorIs(t, c.Put(ctx, "c", nil, time.Hour), fallback.ErrCounterFull)
		_, err := c.Add(ctx, "c", 1, time.Hour)
		require.ErrorIs(t, err, fallback.ErrCounterFull)
		require.ErrorIs(t, c.Put(ctx, "b", make([]byte, 101), time.Hour), fallback.ErrCounterFull)
		require.Equal(t, fallback.MemoryCounterStats{Keys: 2, Bytes: 2 * (overhead + 101), Refused: 3}, c.Stats())
		require.NoError(t, c.Put(ctx, "b", make([]byte, 50), time.Hour), "a smaller value for a live key")

		time.Sleep(time.Minute) // a is over
		require.NoError(t, c.Put(ctx, "b", make([]byte, 101), time.Hour))
		d, found, err := c.Take(ctx, "b")
		require.NoError(t, err)
		require.True(t, found)
		require.Len(t, d, 101)
		require.Zero(t, c.Stats().Keys)
		require.Zero(t, c.Stats().Bytes)
	})
}

// A thousand keys that ended together are not all buried by the next caller, yet none of them is ever seen or stands in the way.
func TestMemoryCounterBuriesInSmallSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		c := memoryCounter(t, 1000, 0)
		for i := range 1000 {
			_, err := c.Add(ctx, fmt.Sprint(i), 7, time.Second)
			require.NoError(t, err)
		}
		time.Sleep(time.Second)
		n, err := c.Add(ctx, "500", 1, time.Hour) // dead, though not buried yet
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		require.Equal(t, 1, c.Stats().Keys)
		_, found, err := c.Take(ctx, "501")
		require.NoError(t, err)
		require.False(t, found)
		for i := range 999 {
			require.NoError(t, c.Put(ctx, fmt.Sprint(i), nil, time.Hour))
		}
		require.ErrorIs(t, c.Put(ctx, "one more", nil, time.Hour), fallback.ErrCounterFull)
	})
}

func TestMemoryCounterMakesRoomFromTheDeadAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		c := memoryCounter(t, 0, 101*(overhead+10))
		require.NoError(t, c.Put(ctx, "live", make([]byte, 6), time.Hour))
		for i := range 100 {
			require.NoError(t, c.Put(ctx, fmt.Sprintf("%010d", i), nil, time.Second))
		}
		time.Sleep(time.Second)
		require.NoError(t, c.Put(ctx, "large", make([]byte, 99*(overhead+10)), time.Hour))
		_, found, err := c.Take(ctx, "live")
		require.NoError(t, err)
		require.True(t, found)
	})
}

func TestMemoryCounterConcurrent(t *testing.T) {
	ctx := context.Background()
	c := memoryCounter(t, 50, 0)
	var put, taken, left atomic.Int64
	var g sync.WaitGroup
	for w := range 8 {
		g.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 2))
			for i := range 3000 {
				switch r.IntN(4) {
				case 0:
					if c.Put(ctx, fmt.Sprintf("%d %d", w, i), nil, time.Hour) == nil {
						put.Add(1)
					}
				case 1:
					_, _ = c.Add(ctx, fmt.Sprint("n", r.IntN(10)), 1, time.Duration(1+r.IntN(2000)))
				case 2:
					_ = c.Stats()
				default:
					if _, found, _ := c.Take(ctx, fmt.Sprintf("%d %d", r.IntN(8), r.IntN(i+1))); found {
						taken.Add(1)
					}
				}
			}
		})
	}
	g.Wait()
	for w := range 8 {
		for i := range 3000 {
			if _, found, _ := c.Take(ctx, fmt.Sprintf("%d %d", w, i)); found {
				left.Add(1)
			}
		}
	}
	require.Equal(t, put.Load(), taken.Load()+left.Load(), "each value is taken once or still there")
}
