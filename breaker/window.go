package breaker

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// window is the recent past of a breaker, in slots of one length: a ring of one word a slot and, with contention or heavy traffic, shards.
// What every call reads stands in a cache line of its own; calls write to the rings only.
type window struct {
	slot    int64        // ns
	perSlot uint64       // 2^64 / slot, so that a slot's number costs a multiplication
	turned  atomic.Int64 // spot of the newest slot that was looked at by an admission
	seen    atomic.Int64 // number of the newest slot in which somebody looked at the clock
	shards  atomic.Pointer[shards]
	resumed atomic.Int64 // the first slot after a pause of our own
	_       [16]byte
	ring    ring
}

const (
	windowSlots = 96
	ringSlots   = windowSlots + 2 // the slot being filled, and one that the window is leaving
)

func newWindow(length time.Duration) *window {
	slot := int64(length) / windowSlots
	return &window{slot: slot, perSlot: math.MaxUint64 / uint64(slot)}
}

// epoch is the number of the slot that holds now.
func (w *window) epoch(now int64) int64 {
	hi, _ := bits.Mul64(uint64(now), w.perSlot)
	return int64(hi)
}

// newest is the number of the newest slot that was looked at.
func (w *window) newest() int64 { return spot(w.turned.Load()).epoch() }

// advance notes that somebody saw slot e.
func (w *window) advance(e int64) {
	for {
		seen := w.seen.Load()
		if e <= seen || w.seen.CompareAndSwap(seen, e) {
			return
		}
	}
}

// spot is the number of a slot and where in a ring it is: number << 7 | place. It is worked out once a slot, not by every call.
type spot int64

func spotOf(epoch int64) spot {
	if epoch < 0 { // before there was anything
		return spot(epoch << 7)
	}
	return spot(epoch<<7 | int64(uint64(epoch)%ringSlots))
}

func (s spot) epoch() int64 { return int64(s >> 7) }
func (s spot) index() int   { return int(s & 127) }

// A tag says whose a word is: that it is somebody's, the round of the ring and the generation, low bits of both. It makes a stale
// word and a record of an older generation fall out without anybody clearing anything under a lock.
//
//	bits 52-57  generation
//	bits 58-62  half of the slot's number; those of one place differ by 49 from round to round, so 32 rounds differ
//	bit  63     set
const (
	tagShift   = 52
	roundShift = tagShift + 6
	tagMask    = 1<<64 - 1<<tagShift
	tagSet     = 1 << 63
	sixBits    = 63
	fiveBits   = 31
	roundsBack = 17 // 49*17 = 1 modulo 32
)

// tag is the one that words of slot s have in generation gen.
func (s spot) tag(gen uint64) uint64 {
	return tagSet | uint64(s)>>8<<roundShift | (gen&sixBits)<<tagShift
}

// place is where in a ring a slot is, and the tag its word has now.
func place(epoch int64, gen uint64) (index int, tag uint64) {
	s := spotOf(epoch)
	return s.index(), s.tag(gen)
}

// older reports whether tag a was made before tag b of the same place (modulo their bits). Nobody's is older than any.
func older(a, b uint64) bool {
	if a&tagSet == 0 {
		return true
	}
	if rounds := (b>>roundShift - a>>roundShift) * roundsBack & fiveBits; rounds != 0 {
		return rounds <= fiveBits/2
	}
	gens := (b>>tagShift - a>>tagShift) & sixBits
	return gens != 0 && gens <= sixBits/2
}

// slotSum is what one slot holds over all rings.
type slotSum struct{ started, good, faults, lateFaults int }

func (s slotSum) missing() int { return s.started - s.good - s.faults } // still out, or answered late
func (s slotSum) slow() int    { return s.missing() + s.lateFaults }

func (s *slotSum) add(o slotSum) {
	s.started += o.started
	s.good += o.good
	s.faults += o.faults
	s.lateFaults += o.lateFaults
}

func (w *window) slotAt(epoch int64, gen uint64) (s slotSum) {
	if epoch < 0 || epoch > w.newest() { // what is there is older
		return s
	}
	i, tag := place(epoch, gen)
	if v := w.ring.word[i].Load(); v&tagMask == tag {
		s = sumOf(v)
	}
	if sh := w.shards.Load(); sh != nil {
		for r := range sh.ring {
			s.add(sh.ring[r].pair[i].sum(tag))
		}
	}
	return s
}

// wipe empties the slots (from, to] that still hold an older round, so that a tag is never mistaken after 32 rounds.
func (w *window) wipe(from, to int64, gen uint64) {
	for e := from + 1; e <= to; e++ {
		i, tag := place(e, gen)
		w.words(i, func(word *atomic.Uint64) {
			if v := word.Load(); v != 0 && v&tagMask != tag {
				word.CompareAndSwap(v, 0)
			}
		})
	}
}

// clear empties all slots.
func (w *window) clear() {
	for i := range ringSlots {
		w.words(i, func(word *atomic.Uint64) { word.Store(0) })
	}
}

// words calls f for every word of one place.
func (w *window) words(i int, f func(*atomic.Uint64)) {
	f(&w.ring.word[i])
	if sh := w.shards.Load(); sh != nil {
		for r := range sh.ring {
			f(&sh.ring[r].pair[i].calls)
			f(&sh.ring[r].pair[i].faults)
		}
	}
}
