package breaker

import "time"

// Snapshot is a breaker at one moment. Taking one changes nothing.
type Snapshot struct {
	Name                   string
	State                  State  // as callers meet it: a forced state wins
	Why                    Reason // why it is open, or was last; ReasonForced while forced open
	Cause                  error  // the error that opened it; may be nil
	Since                  time.Time
	Until                  time.Time // when the next trial or probe is due, or the ramp ends; zero when nothing is awaited
	Forced                 Forced
	ForcedBy, ForcedReason string
	ForcedUntil            time.Time
	Generation             uint64        // counts transitions
	Calls, Faults, Slow    uint64        // in the window, or in that which opened it while not closed; a call that was late and failed is in both
	SlowAfter              time.Duration // the slow bound now
	Openings               uint64        // times it left closed
	Rejected               uint64        // calls refused, in all
	Late                   uint64        // outcomes that came too late to count
	DroppedEvents          uint64
	Admit                  float64 // share of calls that is admitted now: 0 to 1; 0 in half-open, whose trials are not a share
}

// Snapshot tells how things stand. The zero Snapshot for nil.
func (b *Breaker) Snapshot() Snapshot {
	if b == nil {
		return Snapshot{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.snapshotLocked(b.now())
}

func (b *Breaker) snapshotLocked(now int64) Snapshot {
	g := b.gate.Load()
	s := Snapshot{
		Name: b.set.Load().Name, State: b.effective(now), Generation: g >> genShift, SlowAfter: time.Duration(b.bound.Load()),
		Late: b.late.Load(), DroppedEvents: b.events.droppedCount(), Since: b.at(b.genStart.Load()),
	}
	b.win.Load().tallies(func(t *tally) { s.Rejected += t.rejected.Load() })
	if r := b.recovery; r != nil {
		s.Openings, s.Why, s.Cause = r.openings, b.toldWhy(), r.cause
		s.Calls, s.Faults, s.Slow = r.last.calls, r.last.faults, r.last.slow
		if b.state() != Closed {
			s.Since = b.at(r.since)
			s.Until = b.refusal.Load().Until
		}
	}
	if b.state() == Closed {
		c := b.countLocked(g>>genShift, now)
		s.Calls, s.Faults, s.Slow = c.calls, c.faults, c.slow
		s.Admit = b.rampShare(g, now)
		if r := b.ramp.Load(); s.Admit < 1 {
			s.Until = b.at(r.end)
		}
	}
	if f := b.forced.Load(); f != nil && now < f.until {
		s.Forced, s.ForcedBy, s.ForcedReason, s.ForcedUntil = f.what, f.by, f.why, b.at(f.until)
		if s.Admit = 1; f.what == ForcedOpen {
			s.Admit, s.Why, s.Cause = 0, ReasonForced, nil
			s.Since, s.Until = f.refusal.Since, f.refusal.Until
		}
	}
	return s
}

// counts is what the window holds.
type counts struct{ calls, faults, slow uint64 }

// countLocked sums the window.
func (b *Breaker) countLocked(gen uint64, now int64) counts {
	w := b.win.Load()
	e, lag := w.epoch(now), w.lag(b.bound.Load())
	var all, aged slotSum
	for ago := int64(0); ago <= windowSlots; ago++ {
		slot := w.slotAt(e-ago, gen)
		all.add(slot)
		if ago >= lag {
			aged.add(slot)
		}
	}
	return counts{uint64(all.started), uint64(all.faults), uint64(aged.missing() + all.lateFaults)}
}
