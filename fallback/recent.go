package fallback

import (
	"math"
	"slices"
	"sync/atomic"
	"time"
)

const (
	recentSize = 64               // answers looked at
	recentFew  = 8                // below these nothing is usual
	recentMany = 20               // below these no quantile is known
	recentAge  = 10 * time.Second // after which nothing is usual any more
	recentStep = 8                // answers after which the digest is made anew
)

// recent remembers how long the latest answers of a source took. It has no
// lock: an answer that is told while somebody looks may be missed.
type recent struct {
	next   atomic.Uint64 // how many were told
	last   atomic.Int64  // when the latest was, as the age of the chain
	took   [recentSize]atomic.Int64
	digest atomic.Pointer[digest]
}

// digest is the recent answers in order of length.
type digest struct {
	told   uint64
	sorted []time.Duration
}

// tell notes one answer; now is the age of its chain.
func (r *recent) tell(took, now time.Duration) {
	n := r.next.Add(1)
	r.took[(n-1)%recentSize].Store(int64(took))
	r.last.Store(int64(now))
}

// sorted returns the recent answers in order; there may be none.
func (r *recent) sorted() []time.Duration {
	told := r.next.Load()
	d := r.digest.Load()
	if d != nil && told-d.told < recentStep && told >= recentFew {
		return d.sorted
	}
	n := min(told, recentSize)
	d = &digest{told: told, sorted: make([]time.Duration, n)}
	for i := range d.sorted {
		d.sorted[i] = time.Duration(r.took[i].Load())
	}
	slices.Sort(d.sorted)
	r.digest.Store(d)
	return d.sorted
}

// need is what a source usually needs.
type need struct {
	least  time.Duration // no recent answer was quicker
	usual  time.Duration // half of them were
	mostly time.Duration // nine of ten were
}

// need returns what the recent answers needed, and false when nothing is known:
// there were too few of them, or the latest is too old. What is too old is
// forgotten so that a source that was left out for lack of time, and therefore
// cannot show that it is quick again, gets another try.
func (r *recent) need(now time.Duration) (need, bool) {
	if r.next.Load() < recentFew || now-time.Duration(r.last.Load()) > recentAge {
		return need{}, false
	}
	s := r.sorted()
	return need{s[0], quantile(s, 0.5), quantile(s, 0.9)}, true
}

// quantile returns how long the share q of the recent answers took at most, and
// false while there were too few.
func (r *recent) quantile(q float64) (time.Duration, bool) {
	if r.next.Load() < recentMany {
		return 0, false
	}
	return quantile(r.sorted(), q), true
}

// quantile returns the smallest of sorted that is not below the share q.
func quantile(sorted []time.Duration, q float64) time.Duration {
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}
