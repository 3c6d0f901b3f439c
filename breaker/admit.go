package breaker

import (
	"math/bits"
	"sync/atomic"
)

// ticket is one admission until its outcome is settled.
type ticket struct {
	gate   uint64         // as it was at admission
	start  int64          // when
	word   *atomic.Uint64 // the slot it was counted in; nil: not counted
	tag    uint64
	role   role
	place  int8 // of a trial
	sample bool // the slow bound may learn from it
}

type role uint8

const (
	counted role = iota
	trial
	free // passes because an operator said so, while the breaker itself is not closed
)

// admit lets a call pass or says why not.
func (b *Breaker) admit() (ticket, *OpenError) {
	for {
		g := b.gate.Load()
		if g&busyMask == 0 {
			if t, ok := b.book(g, b.now()); ok {
				return t, nil
			}
			continue // this very look opened it
		}
		if t, refusal, ok := b.admitBusy(g); ok {
			return t, refusal
		}
	}
}

// epoch is the number of the slot that holds now.
func (b *Breaker) epoch(now int64) int64 {
	hi, _ := bits.Mul64(uint64(now), b.set.perSlot)
	return int64(hi)
}

// book counts one call into its slot. It reports false when the gate changed meanwhile.
func (b *Breaker) book(g uint64, now int64) (ticket, bool) {
	e := b.epoch(now)
	if e > b.turned.Load() {
		b.turn(g, e, now)
		if b.gate.Load() != g {
			return ticket{}, false
		}
	}
	t := ticket{gate: g, start: now}
	w, nth, lostTries := b.shard().start(e, g>>genShift)
	if lostTries != 0 {
		b.contended(lostTries)
	}
	t.word, t.tag, t.sample = w, tagOf(e, g>>genShift), w != nil && nth <= learnPerSlot
	return t, true
}

// turn runs once per slot, on the first call in it: it looks whether the upstream hangs.
func (b *Breaker) turn(g uint64, e, now int64) {
	old := b.turned.Load()
	if e <= old || !b.turned.CompareAndSwap(old, e) {
		return
	}
	b.rings(func(r *ring) { r.wipe(old, e, g>>genShift) })
	b.look(g, e, now, e-old, nil)
}

// admitBusy decides while something else than plain closed holds. ok is false when the gate moved: look again.
func (b *Breaker) admitBusy(g uint64) (t ticket, refusal *OpenError, ok bool) {
	if g&forcedBit != 0 {
		return b.admitForced(g)
	}
	if State(g&stateMask) == Closed { // the ramp
		now := b.now()
		switch ramp := b.ramp.Load(); {
		case ramp == nil || now >= ramp.end:
			b.endRamp(g)
			return t, nil, false
		case !ramp.lets(now):
			return b.refuse(ramp.refusal)
		}
		t, ok = b.book(g, now)
		return t, nil, ok
	}
	if hold := b.hold.Load(); hold == never || b.now() < hold {
		return b.refuse(b.refusal.Load())
	}
	return b.admitTrial()
}

func (b *Breaker) admitForced(g uint64) (t ticket, refusal *OpenError, ok bool) {
	f, now := b.forced.Load(), b.now()
	switch {
	case f == nil:
		return t, nil, false
	case now >= f.until:
		b.expire()
		return t, nil, false
	case f.what == ForcedOpen:
		return b.refuse(f.refusal)
	case State(g&stateMask) == Closed:
		t, ok = b.book(g, now)
		return t, nil, ok
	default:
		return ticket{gate: g, start: now, role: free}, nil, true
	}
}

func (b *Breaker) refuse(e *OpenError) (ticket, *OpenError, bool) {
	if e == nil {
		return ticket{}, nil, false
	}
	b.shard().rejected.Add(1)
	return ticket{}, e, true
}
