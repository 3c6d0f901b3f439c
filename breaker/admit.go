package breaker

import "sync/atomic"

// ticket is one admission until its outcome is settled.
type ticket struct {
	gate    uint64         // as it was at admission
	start   int64          // when
	word    *atomic.Uint64 // the slot it was counted in; nil: not counted
	tag     uint64
	role    role
	place   int8 // of a trial
	sample  bool // the slow bound may learn from it
	settled bool
	whole   *ticket // of the group's parent, when this call is a trial for it as well
}

type role uint8

const (
	counted role = iota
	trial
	beside // a Trial while open
	free   // passes because an operator said so, while the breaker itself is not closed
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

// book counts one call into its slot. It reports false when the gate changed meanwhile.
func (b *Breaker) book(t *ticket, g uint64, now int64) bool {
	w := b.win.Load()
	e := w.epoch(now)
	if e > w.turned.Load() {
		b.turn(w, g, e, now)
		if b.gate.Load() != g {
			return false
		}
	}
	i, tag := place(e, g>>genShift)
	word := &w.shard().word[i]
	v := word.Load()
	if v&tagMask == tag && v&fieldMax != fieldMax && word.CompareAndSwap(v, v+startOne) { // nearly always
		t.sample = v&fieldMax < learnPerSlot
	} else {
		word = b.bookSlow(t, word, tag)
	}
	t.gate, t.start, t.word, t.tag = g, now, word, tag
	return true
}

// bookSlow is book for the first call of a slot, for full slots, and when another got in between.
func (b *Breaker) bookSlow(t *ticket, w *atomic.Uint64, tag uint64) *atomic.Uint64 {
	nth, lostTries := start(w, tag)
	if lostTries != 0 {
		b.contended(lostTries)
	}
	if nth == 0 {
		return nil
	}
	t.sample = nth <= learnPerSlot
	return w
}

// turn runs once per slot, on the first call in it: it looks whether the upstream hangs.
func (b *Breaker) turn(w *window, g uint64, e, now int64) {
	old := w.turned.Load()
	if e <= old || !w.turned.CompareAndSwap(old, e) {
		return
	}
	w.rings(func(r *ring) { r.wipe(old, e, g>>genShift) })
	b.look(w, g, e, now, e-old, nil)
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
	n := &b.win.Load().shard().rejected
	if v := n.Load(); !n.CompareAndSwap(v, v+1) {
		n.Add(1)
		b.contended(1)
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
