package breaker

import "sync/atomic"

// tally is what a ring or shard counts besides calls.
type tally struct {
	rejected atomic.Uint64
	row      atomic.Uint64 // run << 32 | faults in this run
	silent   atomic.Uint64 // look << 32 | faults that may still pass here
}

// tallies calls f for every one.
func (w *window) tallies(f func(*tally)) {
	f(&w.ring.tally)
	if s := w.shards.Load(); s != nil {
		for i := range s.ring {
			f(&s.ring[i].tally)
		}
	}
}

// tally is where the caller counts, and how many such there are.
func (w *window) tally() (t *tally, of uint64) {
	if s := w.shards.Load(); s != nil {
		return &s.pick().tally, uint64(len(s.ring)) + 1
	}
	return &w.ring.tally, 1
}

// The faults in a row. Breaker.run is the number of a run << 2 | near | dirty. A success ends a run that is dirty, which costs only a look while
// nothing fails; a fault makes it dirty and counts in a tally, which costs only a look at run while nothing succeeds. The row is the sum
// of the tallies of this run. Nobody adds them up before one of them holds its part of what opens: that one makes the run near.
const (
	dirty    = 1
	near     = 2
	runShift = 2
	parts    = 1<<maxShardBits + 1 // no more tallies than that
)

// failing reports whether the last call failed.
func (b *Breaker) failing() bool { return b.run.Load()&dirty != 0 }

// endRun begins another run, if there were faults in this one.
func (b *Breaker) endRun() {
	for {
		run := b.run.Load()
		if run&dirty == 0 || b.run.CompareAndSwap(run, (run>>runShift+1)<<runShift) {
			return
		}
	}
}

// beginRun makes the run one with faults, and returns it.
func (b *Breaker) beginRun() uint64 {
	for {
		run := b.run.Load()
		if run&dirty != 0 || b.run.CompareAndSwap(run, run|dirty) {
			return run | dirty
		}
	}
}

// another counts a fault in t and reports whether there are now as many in a row as most.
func (b *Breaker) another(t *tally, most uint64) bool {
	run := b.run.Load()
	if run&dirty == 0 {
		run = b.beginRun()
	}
	id := run >> runShift << half
	n := t.row.Add(1)
	for n>>half != id>>half { // begun in an older run
		if t.row.CompareAndSwap(n, id|1) {
			n = id | 1
			break
		}
		if n = t.row.Load(); n>>half == id>>half {
			n = t.row.Add(1)
		}
	}
	if run&near == 0 {
		if n&low*parts < most {
			return false
		}
		b.run.CompareAndSwap(run, run|near) // else the run is over, or near
	}
	return b.win.Load().row(id) >= most
}

// row sums up the faults of the run id.
func (w *window) row(id uint64) (sum uint64) {
	w.tallies(func(t *tally) {
		if n := t.row.Load(); n>>half == id>>half {
			sum += n & low
		}
	})
	return sum
}

// keepRow takes the faults in a row over into a window that nobody else uses yet.
func (b *Breaker) keepRow(from, to *window) {
	id := b.run.Load() >> runShift << half
	to.ring.tally.row.Store(id | from.row(id))
}

// The faults until the rates can have been reached. Breaker.looks is a number << 32 | faults that may still pass without a look. A tally takes
// some of them at once when there are several, so that faults beside each other do not meet; that some are never used only
// makes the next look earlier. A look begins another number, and what the tallies hold is void.

const (
	half = 32
	low  = 1<<half - 1
)

// lookAt makes the need-th fault from now on look at the rates.
func (b *Breaker) lookAt(need int32) {
	for {
		old := b.looks.Load()
		if b.looks.CompareAndSwap(old, (old>>half+1)<<half|uint64(max(need, 1)-1)) {
			return
		}
	}
}

// passes counts a fault in t, one of so many, and reports whether nobody needs to look.
func (b *Breaker) passes(t *tally, of uint64) bool {
	if t.silent.Add(^uint64(0))>>half == b.looks.Load()>>half { // below nothing it is another number
		return true
	}
	for {
		look := b.looks.Load()
		left := look & low
		if left == 0 {
			return false
		}
		n := left
		if of > 1 {
			n = max(1, left/(2*of))
		}
		if b.looks.CompareAndSwap(look, look-n) {
			t.silent.Store(look&^low | (n - 1))
			return true
		}
	}
}
