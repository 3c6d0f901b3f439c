package breaker

import "time"

// admitTrial decides, under the lock, about a call that comes after the open interval.
func (b *Breaker) admitTrial(t *ticket) (refusal *OpenError, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, g := b.now(), b.gate.Load()
	if g&forcedBit != 0 {
		return nil, false
	}
	switch State(g & stateMask) {
	case Closed:
		return nil, false
	case Open:
		if now < b.hold.Load() || !b.halfOpenLocked(now) {
			return b.refusal.Load(), true
		}
	case HalfOpen:
		if end := b.leaseEnded(now); end != 0 && b.endLeases(now, end) {
			return nil, false // its interval may be over as well
		}
	}
	place := b.freePlace()
	if place < 0 {
		return b.refusal.Load(), true
	}
	b.recovery.lease[place] = now + int64(b.lease())
	if b.freePlace() < 0 { // nobody else until one of them reports
		end := b.firstLease()
		b.refuseLocked(HalfOpen, end)
		b.hold.Store(end)
	}
	t.gate, t.start, t.role, t.place = b.gate.Load(), now, trial, int8(place)
	return nil, true
}

// freePlace is a free place for a trial, or -1. The first trial goes alone: when the upstream is still down it is one caller who finds out.
func (b *Breaker) freePlace() int {
	r := b.recovery
	out, free := 0, -1
	for i, l := range r.lease {
		if l > 0 {
			out++
		}
		if l == 0 && free < 0 {
			free = i
		}
	}
	if r.tally == 0 && out > 0 {
		return -1
	}
	return free
}

// leaseEnded is the end of the first lease that has passed, or 0.
func (b *Breaker) leaseEnded(now int64) int64 {
	if end := b.firstLease(); end <= now {
		return end
	}
	return 0
}

// firstLease is the earliest end of a lease that is out, or never.
func (b *Breaker) firstLease() int64 {
	end := never
	for _, l := range b.recovery.lease {
		if l > 0 {
			end = min(end, l)
		}
	}
	return end
}

func (b *Breaker) lease() time.Duration {
	if b.set.Load().Lease > 0 {
		return b.set.Load().Lease
	}
	return max(minLease, 2*time.Duration(b.bound.Load()))
}

// settleTrial tallies one trial and gives the verdict when it is clear.
func (b *Breaker) settleTrial(t *ticket, o told, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gate.Load()>>genShift != t.gate>>genShift {
		b.late.Add(1)
		return
	}
	now, r := b.now(), b.recovery
	late := now >= r.lease[t.place] // or reported: it was given up
	if late {
		b.late.Add(1)
	}
	if end := b.leaseEnded(now); end != 0 && b.endLeases(now, end) || late { // of this one, or of ones that ran beside it
		return
	}
	switch o.kind {
	case good:
		r.lease[t.place] = reported
		if r.tally++; r.tally >= r.needed {
			b.closeLocked(now)
			return
		}
		b.hold.Store(0)
	case gone:
		r.lease[t.place] = 0
		b.hold.Store(0)
	case slow:
		b.trialFailed(t.place, now, now, ReasonSlow, errNoReply)
	case lost:
		b.trialFailed(t.place, now, now, ReasonHang, errNoReply)
	case fault:
		if o.why != ReasonNone || waitOf(err) > 0 { // not a matter of share
			b.reopenLocked(now, now, or(o.why, ReasonFaults), err)
			return
		}
		b.trialFailed(t.place, now, now, ReasonFaults, err)
	}
}

// trialFailed opens again, at from, unless enough trials are left to close all the same.
func (b *Breaker) trialFailed(place int8, now, from int64, why Reason, cause error) (reopened bool) {
	r := b.recovery
	r.lease[place] = reported
	if r.failed++; len(r.lease)-r.failed < r.needed {
		b.reopenLocked(now, from, why, cause)
		return true
	}
	b.hold.Store(0)
	return false
}

// endLeases fails the trials whose lease, the first of which ended at first, has passed.
func (b *Breaker) endLeases(now, first int64) (reopened bool) {
	for i, l := range b.recovery.lease {
		if l > 0 && l <= now && b.trialFailed(int8(i), now, first, ReasonHang, errLease) {
			return true
		}
	}
	return false
}
