package breaker

import (
	"sync/atomic"
	"time"
)

// ticket is one admission until its outcome is settled.
type ticket struct {
	gate   uint64         // as it was at admission
	start  int64          // when
	win    *window        // it was counted in
	spot   spot           // and where there
	pair   *pair          // the slot of a shard; nil: another, or not counted
	word   *atomic.Uint64 // the slot of the ring; nil: another, or not counted
	role   role
	place  int8    // of a trial
	sample bool    // the slow bound may learn from it
	exact  bool    // its end looks at the clock
	whole  *ticket // of the group's parent, when this call is a trial for it as well
}

type role uint8

const (
	counted role = iota
	trial
	beside // a Trial while open
	free   // passes because an operator said so, while the breaker itself is not closed
)

// A call would read the clock twice, and hardly anything else in it costs as much. So where a slot holds many calls, most of them end without:
// when nobody has seen a later slot since, no time has passed that matters. That fails only for calls admitted in the
// same slot that took long and end before anybody else looks at the clock. As the first of a slot and one in exactOf of the others always
// look, these are about seven of hundreds, and then everybody sees how late it is. Enter's calls always look.
const (
	exactFrom = 256 // calls of a slot and ring whose ends all look
	exactOf   = 8
)

// admit lets a call pass and fills in t, or says why not.
func (b *Breaker) admit(t *ticket) *OpenError {
	if b.group != nil && !b.group.quiet() {
		return b.group.admit(b, t)
	}
	if g := b.gate.Load(); g&busyMask == 0 && b.book(t, g, b.now()) {
		return nil
	}
	return b.admitBusy(t)
}

// admitAt is admit at a time that was read elsewhere, if that can be.
func (b *Breaker) admitAt(t *ticket, at time.Time) *OpenError {
	if g := b.gate.Load(); g&busyMask == 0 && (b.group == nil || b.group.quiet()) {
		now := int64(at.Sub(b.base))
		if w := b.win.Load(); now >= 0 && w.epoch(now) == w.newest() && b.book(t, g, now) {
			return nil
		}
	}
	return b.admit(t)
}

// book counts one call into its slot. It reports false when the gate changed meanwhile.
func (b *Breaker) book(t *ticket, g uint64, now int64) bool {
	w := b.win.Load()
	e, at := w.epoch(now), spot(w.turned.Load())
	if e != at.epoch() {
		if e > at.epoch() {
			b.turn(w, g, e, now)
			if b.gate.Load() != g {
				return false
			}
		}
		at = spotOf(e)
	}
	t.gate, t.start, t.win, t.spot = g, now, w, at
	tag := at.tag(g >> genShift)
	var nth uint64
	if s := w.shards.Load(); s != nil {
		t.pair = &s.pick().pair[at.index()]
		nth = t.pair.start(tag)
	} else {
		t.word = &w.ring.word[at.index()]
		v := t.word.Load()
		if v&tagMask == tag && v&fieldMax < busySlot && t.word.CompareAndSwap(v, v+startOne) { // nearly always
			nth = v&fieldMax + 1
		} else {
			nth = b.bookSlow(t, tag)
		}
	}
	if nth == 0 {
		t.pair, t.word = nil, nil
	}
	t.sample = nth-1 < learnPerSlot
	t.exact = nth <= exactFrom || nth%exactOf == 0
	return true
}

// bookSlow is book for the first call of a slot, when another got in between, and where there are many calls.
func (b *Breaker) bookSlow(t *ticket, tag uint64) (nth uint64) {
	if v := t.word.Load(); v&tagMask != tag || v&fieldMax < busySlot {
		nth, lostTries := start(t.word, tag)
		if lostTries != 0 {
			b.contended(lostTries)
		}
		return nth
	}
	t.word, t.pair = nil, &t.win.spread().pick().pair[t.spot.index()]
	return t.pair.start(tag)
}

// turn runs once per slot, on the first call in it: it looks whether the upstream hangs.
func (b *Breaker) turn(w *window, g uint64, e, now int64) {
	old := spot(w.turned.Load())
	gap := e - old.epoch()
	switch {
	case gap <= 0:
		return
	case gap > windowSlots:
		if !b.forget(w, old, e) {
			return
		}
	case !w.turned.CompareAndSwap(int64(old), int64(spotOf(e))):
		return
	default:
		w.wipe(old.epoch(), e, g>>genShift)
	}
	w.advance(e)
	b.look(w, g, e, now, gap, nil)
}

// forget is turn after all of the window has passed: nobody is let into the new slot before everything is gone, because words that are
// 32 rounds old look like new ones. It reports false when another was quicker.
func (b *Breaker) forget(w *window, old spot, e int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if spot(w.turned.Load()) != old {
		return false
	}
	w.clear()
	return w.turned.CompareAndSwap(int64(old), int64(spotOf(e)))
}

// admitBusy decides while something else than plain closed holds.
func (b *Breaker) admitBusy(t *ticket) *OpenError {
	for {
		g := b.gate.Load()
		var refusal *OpenError
		var ok bool
		switch {
		case g&busyMask == 0:
			ok = b.pass(t, g, b.now())
		case g&forcedBit != 0:
			refusal, ok = b.admitForced(t, g)
		case State(g&stateMask) == Closed:
			refusal, ok = b.admitRamp(t, g)
		default:
			refusal, ok = b.admitOpen(t)
		}
		if ok {
			if refusal != nil {
				b.rejected()
			}
			return refusal
		}
	}
}

// rejected counts one refusal.
func (b *Breaker) rejected() {
	t, of := b.win.Load().tally()
	if v := t.rejected.Load(); !t.rejected.CompareAndSwap(v, v+1) {
		t.rejected.Add(1)
		if of == 1 {
			b.contended(1)
		}
	}
}

// The following report ok false when the gate has moved: look again.

func (b *Breaker) admitForced(t *ticket, g uint64) (refusal *OpenError, ok bool) {
	f, now := b.forced.Load(), b.now()
	switch {
	case f == nil:
		return nil, false
	case now >= f.until:
		b.expire()
		return nil, false
	case f.what == ForcedOpen:
		return f.refusal, true
	case State(g&stateMask) == Closed:
		return nil, b.pass(t, g, now)
	default:
		t.gate, t.start, t.role = g, now, free
		return nil, true
	}
}

func (b *Breaker) admitRamp(t *ticket, g uint64) (refusal *OpenError, ok bool) {
	ramp, now := b.ramp.Load(), b.now()
	switch {
	case ramp == nil || now >= ramp.end:
		b.endRamp(g)
		return nil, false
	case !ramp.lets(now):
		return ramp.refusal, true
	default:
		return nil, b.pass(t, g, now)
	}
}

func (b *Breaker) admitOpen(t *ticket) (refusal *OpenError, ok bool) {
	if hold := b.hold.Load(); hold == never || b.now() < hold {
		refusal = b.refusal.Load()
		return refusal, refusal != nil
	}
	return b.admitTrial(t)
}
