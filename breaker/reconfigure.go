package breaker

import (
	"errors"
	"fmt"
	"time"
)

// Reconfigure puts c in the place of the Config in force, as a whole and at once; what c leaves zero is the default again, so start from
// Settings to change one thing. All mistakes are reported at once, and then nothing has changed. The Name is the
// breaker's identity and must stay.
//
// Nothing is forgotten: state, forced state, counts, what was learned, openings and subscribers stay. The open interval under way and the
// ramp under way go on as they began, an interval that has grown stays within the new bounds, and leases out end as
// promised. Another Window keeps the counts that are young enough for it; calls that are then out end in the old one, and
// are known there only as faults in a row. A Probe or Watch may be added, changed and taken away: while open the new Probe is
// asked at once, and what the old one was about to find does not count. It is safe beside traffic (a refusal at
// the very moment may be missing in Snapshot.Rejected).
func (b *Breaker) Reconfigure(c Config) error {
	if b == nil {
		return errors.New("breaker: reconfigure: no breaker")
	}
	err := c.Check()
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.set.Load()
	if c.Name != old.Name {
		err = errors.Join(err, fmt.Errorf("breaker: reconfigure: Name must stay %q: %q", old.Name, c.Name))
	}
	if err != nil {
		return err
	}
	now, next := b.now(), c.filled()
	b.set.Store(next)
	if w := b.win.Load(); next.Window != old.Window {
		n := w.resized(next.Window, now, b.gate.Load()>>genShift, b.bound.Load())
		b.keepRow(w, n)
		b.win.Store(n)
	}
	b.rebound()
	b.lookAt(1) // the next fault is judged by the new rules
	if r := b.recovery; r != nil {
		r.openFor = min(max(r.openFor, next.OpenFor), next.MaxOpenFor)
	}
	b.rekeepLocked(now)
	return nil
}

// Settings is the Config in force: that of New or of the last Reconfigure, with its defaults written out. What is learned or derived
// as it goes (SlowAfter, Lease) stays zero. The zero Config for nil.
func (b *Breaker) Settings() Config {
	if b == nil {
		return Config{}
	}
	return *b.set.Load()
}

// rebound is the slow bound after a change.
func (b *Breaker) rebound() {
	if b.set.Load().SlowAfter == 0 && b.samples.Load() >= learnFrom {
		b.bound.Store(b.learned(b.usual.Load()))
		return
	}
	b.bound.Store(b.firstBound())
}

// rekeepLocked hands recovery over to background asks, or to trials, as the new Config wants it.
func (b *Breaker) rekeepLocked(now int64) {
	c := b.set.Load()
	if b.closed || b.keeper == nil && !c.asks() {
		return
	}
	if b.keeper == nil {
		b.keeper = newKeeper()
	}
	k := b.keeper
	k.stuck, k.gaveUp = 0, false
	if b.state() == Open {
		r := b.recovery
		until := r.until
		if b.asking() {
			k.next = max(now, r.asked)
			until = max(until, k.next)
		}
		b.refuseLocked(Open, until)
		b.holdOpenLocked()
	}
	if k.on {
		k.rouse() // it ends when there is nothing to ask
	}
	if c.asks() {
		b.keepLocked(now)
	}
}

// resized is a window of another length with what of w is young enough. What is out and may still be answered in time stays behind.
func (w *window) resized(length time.Duration, now int64, gen uint64, bound int64) *window {
	n := newWindow(length)
	e := w.epoch(now)
	newest := n.epoch(now)
	n.turned.Store(int64(spotOf(newest)))
	n.seen.Store(newest)
	if from := w.resumed.Load(); from > 0 {
		n.resumed.Store(n.epoch(from*w.slot) + 1)
	}
	if w.shards.Load() != nil {
		n.spread()
	}
	w.tallies(func(t *tally) { n.ring.tally.rejected.Add(t.rejected.Load()) })
	lag := w.lag(bound)
	for ago := windowSlots; ago >= 0; ago-- {
		at := e - int64(ago)
		to := n.epoch(max(at, 0)*w.slot + w.slot/2)
		if at < 0 || newest-to > windowSlots {
			continue
		}
		s := w.slotAt(at, gen)
		if int64(ago) < lag {
			s.started -= s.missing()
		}
		n.put(min(to, newest), gen, s)
	}
	return n
}

// put adds s to a slot of a window that nobody else uses yet.
func (w *window) put(epoch int64, gen uint64, s slotSum) {
	s.add(w.slotAt(epoch, gen))
	if s.started == 0 {
		return
	}
	i, tag := place(epoch, gen)
	if w.shards.Load() == nil && s.started < busySlot {
		w.ring.word[i].Store(tag | s.word())
		return
	}
	w.ring.word[i].Store(0)
	p := &w.spread().ring[0].pair[i]
	p.calls.Store(tag | uint64(s.good)<<wideBits | uint64(s.started))
	p.faults.Store(tag | uint64(s.lateFaults)<<wideBits | uint64(s.faults))
}
