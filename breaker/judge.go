package breaker

import (
	"fmt"
	"math"
	"time"
)

// hangRate is the share of missing calls among the youngest that is a hang: quicker to see than a rate over the window.
const hangRate = 0.75

// faultsToLook is the least number of further faults that can reach the fault rate when there were faults among calls, so that most faults
// cost no look at all. Answers in between only make it later; what leaves the window is looked at slot by slot.
func (s *Config) faultsToLook(calls, faults int) int32 {
	need := math.Ceil(s.FaultRate*float64(s.MinCalls)) - float64(faults)
	if s.FaultRate < 1 {
		need = max(need, math.Ceil((s.FaultRate*float64(calls)-float64(faults))/(1-s.FaultRate)))
	} else if faults < calls {
		need = math.MaxInt32
	}
	return int32(min(max(need, 1), math.MaxInt32))
}

// lag is how many slots, the newest included, hold calls which have not had time to answer.
func (w *window) lag(bound int64) int64 { return (bound+w.slot-1)/w.slot + 1 }

// look judges the window as it stands in slot e, and opens. gap is how many slots went by since the last look by
// slot, 0 when a fault asked for this one; err is that fault. g is the gate as a call passed
// it while closed.
func (b *Breaker) look(w *window, g uint64, e, now, gap int64, err error) {
	gen, s := g>>genShift, b.set.Load()
	bound := b.bound.Load()
	lag := w.lag(bound)
	resumed := w.resumed.Load()
	var all, young, aged slotSum
	var hang hangWatch
	cold := coldWatch{edge: lag - 1}
	for ago := int64(0); ago <= windowSlots; ago++ {
		slot := w.slotAt(e-ago, gen)
		if slot.started == 0 {
			continue
		}
		all.add(slot)
		if e-ago >= resumed {
			cold.add(slot, ago)
		}
		if ago < lag {
			young.add(slot)
			continue
		}
		aged.add(slot)
		if e-ago >= resumed {
			hang.add(slot, e-ago, s)
		}
	}
	calls := all.good + all.faults + aged.missing()
	b.lookAt(s.faultsToLook(calls, all.faults))
	if calls >= s.MinCalls && float64(all.faults) >= s.FaultRate*float64(calls) {
		b.open(g, ReasonFaults, b.causeOf(err), waitOf(err))
		return
	}
	if gap == 0 {
		return
	}
	if aged.started >= s.MinCalls && float64(aged.slow()) >= s.SlowRate*float64(aged.started) {
		b.openSlow(g, aged, (e-windowSlots)*w.slot, bound, now)
		return
	}
	if pausedBy(gap, all.started) {
		w.resumed.Store(e)
	} else if hang.seen && 2*young.good < max(young.started, 1) { // newer calls that were answered say that it is over
		b.openSlow(g, hang.sum, hang.from*w.slot, bound, now)
	} else if b.cold() && cold.sees(s, float64(now-bound-(e-cold.edge)*w.slot)/float64(w.slot)) {
		b.openSlow(g, cold.sum, now, bound, now)
	}
}

// pausedBy reports whether so long a gap between calls, after so many in the rest of the window, must be a pause of our own process
// (suspended, starved). What was out then comes back late, which is no sign of a hang. When it was only the
// traffic that paused, the calls after the gap tell as well.
func pausedBy(gap int64, calls int) bool {
	const least = 5
	return gap >= least && int64(calls)*gap >= 10*max(windowSlots-gap, 1)
}

// hangWatch looks at slots from the youngest on.
type hangWatch struct {
	sum        slotSum
	from       int64 // the oldest slot in it
	seen       bool
	row, share bool // decided
}

func (h *hangWatch) add(slot slotSum, epoch int64, s *Config) {
	if h.seen || h.row && h.share {
		return
	}
	h.sum.add(slot)
	h.from = epoch
	if !h.row && h.sum.started >= s.Consecutive { // nothing but silence in a row of calls
		h.row = true
		h.seen = h.sum.slow() == h.sum.started
	}
	if !h.seen && !h.share && h.sum.started >= s.MinCalls {
		h.share = true
		h.seen = float64(h.sum.slow()) >= max(hangRate, s.SlowRate)*float64(h.sum.started)
	}
}

// coldWatch is for an upstream of which nothing is known yet. Its bound is long, so a hang is seen a slot earlier: the slot at the edge, of
// whose calls only a part is old enough, counts by that part. It must be silence all through: in the slot before it a good part of the calls is
// missing, and from the edge on none was answered.
type coldWatch struct {
	edge   int64   // how many slots ago
	sum    slotSum // of the youngest slot that is old enough
	recent slotSum // of the edge
	broken bool    // somebody was answered since
}

func (c *coldWatch) add(slot slotSum, ago int64) {
	switch {
	case ago > c.edge && c.sum.started == 0:
		c.sum = slot
	case ago > c.edge:
	case slot.good+slot.faults > 0:
		c.broken = true
	case ago == c.edge:
		c.recent = slot
	}
}

// sees reports a hang when that part of the edge is old enough, which it takes into the sum.
func (c *coldWatch) sees(s *Config, part float64) bool {
	if c.broken || c.sum.missing() == 0 || float64(c.sum.missing()) < s.SlowRate/2*float64(c.sum.started) {
		return false
	}
	c.sum.started += int(min(part, 1) * float64(c.recent.started))
	return c.sum.missing() >= s.Consecutive
}

// openSlow opens for missing answers to calls that began at from or later: a hang, unless answers do come, only late: one a moment ago, or
// to one of those calls.
func (b *Breaker) openSlow(g uint64, n slotSum, from, bound, now int64) {
	why := ReasonHang
	if last := b.lastSlow.Load(); last != 0 && (now-last <= bound || b.slowFrom.Load() >= from) {
		why = ReasonSlow
	}
	b.open(g, why, fmt.Errorf("%d of %d calls %w of %v", n.slow(), n.started, errNoReply, time.Duration(bound)), 0)
}

func (b *Breaker) causeOf(err error) error {
	if err == nil {
		if n := b.lastErr.Load(); n != nil {
			err = n.err
		}
	}
	return err
}
