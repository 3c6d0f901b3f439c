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

// The faults in a row. Breaker.run is a number << 1, and odd once the run holds a fault. A success ends the run, which costs only a look while
// nothing fails; a fault counts in a tally, which costs only a look at run while nothing succeeds. The row is the sum of the tallies of this run.

// failing reports whether the last call failed.
func (b *Breaker) failing() bool { return b.run.Load()&1 != 0 }

// endRun begins another run, if there were faults in this one.
func (b *Breaker) endRun() {
	for {
		run := b.run.Load()
		if run&1 == 0 || b.run.CompareAndSwap(run, run+1) {
			return
		}
	}
}

// another counts a fault in t, one of so many, and reports whether there are now as many in a row as most.
func (b *Breaker) another(t *tally, of, most uint64) bool {
	run := b.run.Load()
	for run&1 == 0 {
		if b.run.CompareAndSwap(run, run|1) {
			break
		}
		run = b.run.Load()
	}
	id := run >> 1 << half
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
	if n&low*of < most { // every tally holds less than its part of it, or somebody else sees
		return false
	}
	var sum uint64
	b.win.Load().tallies(func(t *tally) {
		if n := t.row.Load(); n>>half == id>>half {
			sum += n & low
		}
	})
	return sum >= most
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
