package breaker

import (
	"math"
	"math/bits"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// window is the recent past of a breaker, in slots of one length.
type window struct {
	slot    int64        // ns
	perSlot uint64       // 2^64 / slot, so that a slot's number costs a multiplication
	turned  atomic.Int64 // newest slot that somebody looked at
	resumed atomic.Int64 // the first slot after a pause of our own
	shards  atomic.Pointer[shards]
	ring    ring
}

func newWindow(length time.Duration) *window {
	slot := int64(length) / windowSlots
	return &window{slot: slot, perSlot: math.MaxUint64 / uint64(slot)}
}

// epoch is the number of the slot that holds now.
func (w *window) epoch(now int64) int64 {
	hi, _ := bits.Mul64(uint64(now), w.perSlot)
	return int64(hi)
}

// A window is a ring of time slots, one word each, written by compare-and-swap only:
//
//	bits  0-12  started     calls admitted in the slot
//	bits 13-25  good        answered within the slow bound
//	bits 26-38  faults
//	bits 39-51  late faults (also counted in faults) that came after the slow bound
//	bits 52-57  generation  low bits
//	bits 58-63  round       how often the ring has gone round, low bits
//
// A call is started in the slot of its admission and finished in that same slot, so started-good-faults are the calls
// that are still out or were answered too late: a hang shows while it hangs. The tag (round, generation) makes
// a stale word and a record of an older generation fall out without anybody clearing anything under a lock.
const (
	windowSlots = 96
	ringSlots   = windowSlots + 2 // the slot being filled, and one that the window is leaving

	fieldBits = 13
	fieldMax  = 1<<fieldBits - 1 // calls per slot and shard that are counted; the rest of a slot goes uncounted
	startOne  = 1
	goodOne   = 1 << fieldBits
	faultOne  = 1 << (2 * fieldBits)
	lateOne   = 1 << (3 * fieldBits)
	tagShift  = 4 * fieldBits
	tagMask   = 1<<64 - 1<<tagShift
	sixBits   = 63
)

// ring is one shard of the window, padded to whole cache lines so that shards do not disturb each other.
type ring struct {
	word     [ringSlots]atomic.Uint64
	rejected atomic.Uint64
	_        [8 * (7 - ringSlots%8)]byte
}

// place is where in a ring a slot is, and the tag its word has now.
func place(epoch int64, gen uint64) (index int, tag uint64) {
	round := uint64(epoch) / ringSlots
	return int(uint64(epoch) - round*ringSlots), (round&sixBits)<<(tagShift+6) | (gen&sixBits)<<tagShift
}

func field(w uint64, n uint) uint64 { return w >> (n * fieldBits) & fieldMax }

// older reports whether tag a was made before tag b (modulo their six bits).
func older(a, b uint64) bool {
	if a == 0 {
		return true
	}
	if rounds := (b>>(tagShift+6) - a>>(tagShift+6)) & sixBits; rounds != 0 {
		return rounds < 32
	}
	gens := (b>>tagShift - a>>tagShift) & sixBits
	return gens != 0 && gens < 32
}

// start books one call and returns the how-many-eth of its word it is: 0 when it cannot be counted, because the slot is full or
// long past. lostTries is how often others got in between.
func start(w *atomic.Uint64, tag uint64) (nth uint64, lostTries int) {
	for {
		v := w.Load()
		next := v + startOne
		switch {
		case v&tagMask != tag:
			if v != 0 && !older(v&tagMask, tag) {
				return 0, lostTries
			}
			next = tag | startOne
		case v&fieldMax == fieldMax:
			return 0, lostTries
		}
		if w.CompareAndSwap(v, next) {
			return next & fieldMax, lostTries
		}
		lostTries++
	}
}

// finish adds delta to the word a call was started in. A word that has moved on, or has nothing out, is left alone.
func finish(w *atomic.Uint64, tag, delta uint64) (lostTries int) {
	for {
		v := w.Load()
		if v&tagMask != tag || field(v, 0) <= field(v, 1)+field(v, 2) {
			return lostTries
		}
		if w.CompareAndSwap(v, v+delta) {
			return lostTries
		}
		lostTries++
	}
}

// wipe empties the slots (from, to] that still hold an older round, so that a tag is never mistaken after 64 rounds.
func (r *ring) wipe(from, to int64, gen uint64) {
	for e := max(from+1, to-ringSlots+1, 0); e <= to; e++ {
		i, tag := place(e, gen)
		if v := r.word[i].Load(); v != 0 && v&tagMask != tag {
			r.word[i].CompareAndSwap(v, 0)
		}
	}
}

// shards are further rings, made when goroutines get into each other's way.
type shards struct {
	shift uint
	ring  []ring
}

// pick spreads goroutines over the rings by the address of their stacks: free, and needs no help of the runtime.
func (s *shards) pick() *ring {
	var here byte
	h := uint32(uintptr(unsafe.Pointer(&here))>>11) * 0x9E3779B1
	return &s.ring[h>>s.shift]
}

const (
	contendedTries = 32 // lost tries after which shards are made
	maxShardBits   = 6
)

func newShards() *shards {
	n := min(maxShardBits, bits.Len(uint(4*runtime.GOMAXPROCS(0)-1)))
	return &shards{shift: uint(32 - n), ring: make([]ring, 1<<n)}
}

func (w *window) shard() *ring {
	if s := w.shards.Load(); s != nil {
		return s.pick()
	}
	return &w.ring
}

// contended notes lost tries and makes shards when there are many.
func (b *Breaker) contended(lostTries int) {
	if w := b.win.Load(); w.shards.Load() == nil && b.lostTries.Add(int32(lostTries)) >= contendedTries {
		w.shards.CompareAndSwap(nil, newShards())
	}
}

// rings calls f for every shard.
func (w *window) rings(f func(*ring)) {
	f(&w.ring)
	if s := w.shards.Load(); s != nil {
		for i := range s.ring {
			f(&s.ring[i])
		}
	}
}

// slotSum is what one slot holds over all shards.
type slotSum struct{ started, good, faults, lateFaults int }

func (s slotSum) missing() int { return s.started - s.good - s.faults } // still out, or answered late
func (s slotSum) slow() int    { return s.missing() + s.lateFaults }

// word is sumOf the other way round, without a tag.
func (s slotSum) word() uint64 {
	return uint64(s.started)*startOne + uint64(s.good)*goodOne + uint64(s.faults)*faultOne + uint64(s.lateFaults)*lateOne
}

func (s *slotSum) add(o slotSum) {
	s.started += o.started
	s.good += o.good
	s.faults += o.faults
	s.lateFaults += o.lateFaults
}

func (w *window) slotAt(epoch int64, gen uint64) (s slotSum) {
	if epoch < 0 {
		return s
	}
	i, tag := place(epoch, gen)
	w.rings(func(r *ring) {
		if v := r.word[i].Load(); v&tagMask == tag {
			s.add(sumOf(v))
		}
	})
	return s
}

// sumOf reads one word.
func sumOf(v uint64) slotSum {
	return slotSum{int(field(v, 0)), int(field(v, 1)), int(field(v, 2)), int(field(v, 3))}
}
