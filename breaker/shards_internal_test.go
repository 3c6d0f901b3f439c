package breaker

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestPairRules(t *testing.T) {
	tag := func(epoch int64, gen uint64) uint64 { _, t := place(epoch, gen); return t }
	mine := tag(1000, 3)
	for _, c := range []struct {
		epoch int64
		gen   uint64
	}{{1000 + ringSlots, 3}, {1000, 4}, {1000 + 15*ringSlots, 0}} {
		var p pair
		newer := tag(c.epoch, c.gen)
		require.EqualValues(t, 1, p.start(newer))
		p.good(newer)
		p.finish(newer, 0, 1)
		before := p.sum(newer)
		require.Zero(t, p.start(mine))
		p.good(mine)
		p.finish(mine, ^uint64(0), 1+wideLateOne)
		require.Equal(t, before, p.sum(newer), "a newer one is left alone")
		require.Zero(t, p.sum(mine))
	}
	for _, c := range []struct {
		epoch int64
		gen   uint64
	}{{1000 - ringSlots, 3}, {1000, 2}, {1000 - 10*ringSlots, 9}} {
		var p pair
		older := tag(c.epoch, c.gen)
		p.start(older)
		p.finish(older, 0, 1)
		require.EqualValues(t, 1, p.start(mine), "an older one is taken over")
		p.finish(mine, 0, 1)
		require.Equal(t, slotSum{started: 1, faults: 1}, p.sum(mine))
	}
	var p pair
	p.start(mine)
	p.finish(mine, ^uint64(0), 0)
	require.Zero(t, p.sum(mine), "it never was")
	p.calls.Store(mine | 5)
	require.Equal(t, mine|6, repair(&p.calls, tag(1000-ringSlots, 3)|1, mine, 1), "another took it over meanwhile")
	p.calls.Store(mine | (wideFull - 1))
	require.EqualValues(t, 0, p.start(mine), "a full one stops counting and stays right")
	require.Equal(t, slotSum{started: wideFull - 1}, p.sum(mine))
}

// Starts and ends of many at once are all there, across the change of a slot.
func TestPairAtOnce(t *testing.T) {
	var p pair
	const n = 1000
	for epoch := range int64(20) {
		_, tag := place(epoch*ringSlots+7, 1)
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for range n {
					p.start(tag)
					if i%2 == 0 {
						p.good(tag)
					} else {
						p.finish(tag, 0, 1)
					}
				}
			})
		}
		all.Wait()
		require.Equal(t, slotSum{started: 8 * n, good: 4 * n, faults: 4 * n}, p.sum(tag))
	}
}

// A row is one row wherever its faults are counted.
func TestRowOverShards(t *testing.T) {
	b, err := New(Config{})
	require.NoError(t, err)
	s := b.win.Load().spread()
	fault := func(i int) bool { return b.another(&s.ring[i%len(s.ring)].tally, 40) }
	for i := range 39 {
		require.False(t, fault(i))
	}
	require.True(t, b.failing())
	b.endRun()
	require.False(t, b.failing())
	for i := range 39 {
		require.False(t, fault(i/3), "a success ended it")
	}
	require.True(t, fault(5))
	b.endRun()
	for range 39 {
		require.False(t, fault(1))
	}
	require.True(t, fault(0), "which another began")
	b.endRun()
	for range 999 {
		require.False(t, b.another(&b.win.Load().ring.tally, 1000))
	}
	require.True(t, b.another(&s.ring[2].tally, 1000), "also when shards came in between")
}

// As many faults as are certain to change nothing pass without a look, or fewer.
func TestSilentFaults(t *testing.T) {
	b, err := New(Config{})
	require.NoError(t, err)
	w := b.win.Load()
	b.lookAt(1000)
	for range 999 {
		require.True(t, b.passes(&w.ring.tally, 1))
	}
	require.False(t, b.passes(&w.ring.tally, 1), "the thousandth")
	require.False(t, b.passes(&w.ring.tally, 1), "until somebody has looked")
	s := w.spread()
	of := uint64(len(s.ring)) + 1
	b.lookAt(100_000)
	n := 0
	for b.passes(&s.ring[n%len(s.ring)].tally, of) {
		n++
	}
	require.Less(t, n, 100_000)
	require.Greater(t, n, 50_000)
	b.lookAt(1)
	for i := range s.ring {
		require.False(t, b.passes(&s.ring[i].tally, of), "what they held is void")
	}
	b.lookAt(math.MaxInt32)
	require.True(t, b.passes(&w.ring.tally, 1))
}

// Shards come with traffic, and only with traffic.
func TestShardsComeWithTraffic(t *testing.T) {
	b, err := New(Config{Window: maxWindow})
	require.NoError(t, err)
	for range busySlot {
		require.NoError(t, b.Do(t.Context(), func(context.Context) error { return nil }))
	}
	require.Nil(t, b.win.Load().shards.Load())
	require.NoError(t, b.Do(t.Context(), func(context.Context) error { return nil }))
	require.NotNil(t, b.win.Load().shards.Load())
	require.EqualValues(t, busySlot+1, b.Snapshot().Calls)
}

// A spot tells the slot, its place, and a tag that differs for 32 rounds.
func TestSpot(t *testing.T) {
	for _, e := range []int64{0, 1, 97, 98, 12345, int64(365 * 24 * time.Hour / (100 * time.Millisecond))} {
		s := spotOf(e)
		require.Equal(t, e, s.epoch())
		require.EqualValues(t, e%ringSlots, s.index())
		for k := int64(1); k < 32; k++ {
			a, b := s.tag(5), spotOf(e+k*ringSlots).tag(5)
			require.NotEqual(t, a, b)
			require.Equal(t, k < 16, older(a, b))
			require.Equal(t, k > 16, older(b, a))
		}
	}
	require.Less(t, spotOf(-97).epoch(), int64(0))
}

func TestShardSizes(t *testing.T) {
	require.Zero(t, unsafe.Sizeof(shard{})%64)
	require.Zero(t, unsafe.Offsetof(window{}.ring)%64)
	require.Zero(t, unsafe.Offsetof(Breaker{}.run)%64, "what every call reads is apart from what faults write")
	require.Zero(t, unsafe.Offsetof(Breaker{}.hold)%64)
}
