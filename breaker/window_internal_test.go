package breaker

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestWordRules(t *testing.T) {
	tag := func(epoch int64, gen uint64) uint64 { _, t := place(epoch, gen); return t }
	t.Run("a newer word is left alone", func(t *testing.T) {
		for _, c := range []struct {
			epoch int64
			gen   uint64
		}{{1000 + ringSlots, 3}, {1000, 4}, {1000 + 15*ringSlots, 0}} {
			var w atomic.Uint64
			w.Store(tag(c.epoch, c.gen) | 7)
			nth, _ := start(&w, tag(1000, 3))
			require.Zero(t, nth)
			require.EqualValues(t, 7, field(w.Load(), 0))
		}
	})
	t.Run("an older word is taken over", func(t *testing.T) {
		for _, c := range []struct {
			epoch int64
			gen   uint64
		}{{1000 - ringSlots, 3}, {1000, 2}, {1000 - 10*ringSlots, 9}} {
			var w atomic.Uint64
			w.Store(tag(c.epoch, c.gen) | 7)
			nth, _ := start(&w, tag(1000, 3))
			require.EqualValues(t, 1, nth)
		}
	})
	t.Run("a full word stops counting and stays right", func(t *testing.T) {
		var w atomic.Uint64
		g := tag(1000, 3)
		for range fieldMax {
			nth, _ := start(&w, g)
			require.NotZero(t, nth)
		}
		nth, _ := start(&w, g)
		require.Zero(t, nth)
		for range 2 * fieldMax {
			finish(&w, g, faultOne+lateOne)
		}
		v := w.Load()
		require.Equal(t, []uint64{fieldMax, 0, fieldMax, fieldMax}, []uint64{field(v, 0), field(v, 1), field(v, 2), field(v, 3)})
		require.Equal(t, g, v&tagMask)
	})
	t.Run("nothing is finished that was not started", func(t *testing.T) {
		var w atomic.Uint64
		g := tag(1000, 3)
		finish(&w, g, goodOne)
		require.Zero(t, w.Load())
		start(&w, g)
		finish(&w, tag(1000, 4), goodOne)
		finish(&w, g, ^uint64(0))
		finish(&w, g, ^uint64(0))
		require.Equal(t, g, w.Load())
	})
}

// Slots are numbered evenly, also after a year.
func TestEpoch(t *testing.T) {
	b, err := New(Config{})
	require.NoError(t, err)
	for _, at := range []time.Duration{0, time.Second, time.Hour, 365 * 24 * time.Hour} {
		require.InDelta(t, float64(at)/float64(b.win.Load().slot), b.win.Load().epoch(int64(at)), 1.1)
	}
}

// Shards come with contention and hold the same counts.
func TestShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := New(Config{Consecutive: 1 << 20, FaultRate: 1})
		require.NoError(t, err)
		require.Nil(t, b.win.Load().shards.Load())
		b.contended(contendedTries)
		require.NotNil(t, b.win.Load().shards.Load())
		var out sync.WaitGroup
		for i := range 400 {
			out.Go(func() {
				p, err := b.Enter(t.Context())
				require.NoError(t, err)
				if i%4 == 0 {
					p.Exit(errTrip)
				} else {
					p.Exit(nil)
				}
			})
		}
		out.Wait()
		s := b.Snapshot()
		require.EqualValues(t, 400, s.Calls)
		require.EqualValues(t, 100, s.Faults)
		time.Sleep(11 * time.Second)
		require.Zero(t, b.Snapshot().Calls)
	})
}

// The window alone is what a breaker costs until it is contended or opens.
func TestSizes(t *testing.T) {
	require.Zero(t, unsafe.Sizeof(ring{})%64)
	require.LessOrEqual(t, unsafe.Sizeof(Breaker{})+unsafe.Sizeof(window{})+unsafe.Sizeof(Config{}), uintptr(1536-128))
}
