package breaker

import "sync/atomic"

// A ring has one word a slot, written by compare-and-swap only:
//
//	bits  0-12  started     calls admitted in the slot
//	bits 13-25  good        answered within the slow bound
//	bits 26-38  faults
//	bits 39-51  late faults (also counted in faults) that came after the slow bound
//	bits 52-63  tag
//
// A call is started in the slot of its admission and finished in that same slot, so started-good-faults are the calls
// that are still out or were answered too late: a hang shows while it hangs.
const (
	fieldBits = 13
	fieldMax  = 1<<fieldBits - 1
	startOne  = 1
	goodOne   = 1 << fieldBits
	faultOne  = 1 << (2 * fieldBits)
	lateOne   = 1 << (3 * fieldBits)

	// busySlot is how many calls of one slot make shards, whose counters are wider. The rest of the field is for calls that are under way
	// to this ring meanwhile.
	busySlot = 1 << (fieldBits - 1)
)

// ring is what a breaker counts in until there is contention or heavy traffic. It fills whole cache lines.
type ring struct {
	word  [ringSlots]atomic.Uint64
	tally tally
	_     [8 * (7 - (ringSlots+2)%8)]byte // three words of tally
}

func field(w uint64, n uint) uint64 { return w >> (n * fieldBits) & fieldMax }

// sumOf reads one word.
func sumOf(v uint64) slotSum {
	return slotSum{int(field(v, 0)), int(field(v, 1)), int(field(v, 2)), int(field(v, 3))}
}

// word is sumOf the other way round, without a tag.
func (s slotSum) word() uint64 {
	return uint64(s.started)*startOne + uint64(s.good)*goodOne + uint64(s.faults)*faultOne + uint64(s.lateFaults)*lateOne
}

// start books one call and returns the how-many-eth of its word it is: 0 when it cannot be counted there, because the word is full or the slot
// long past. lostTries is how often others got in between.
func start(w *atomic.Uint64, tag uint64) (nth uint64, lostTries int) {
	for {
		v := w.Load()
		next := v + startOne
		switch {
		case v&tagMask != tag:
			if !older(v&tagMask, tag) {
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
