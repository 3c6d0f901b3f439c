package breaker

import (
	"context"
	"time"
)

const (
	extraTrials = 3                      // extra trials out at once
	extraPace   = 100 * time.Millisecond // from one extra trial to the next, at least
)

// extra is the lease of one trial that a caller with nowhere else to go was given. The zero extra is free.
type extra struct{ from, end int64 }

// Trial is Enter for who has nowhere else to go: it also asks an upstream that is open. A chain whose every source is open uses it, because
// breakers may be wrong, and a call that probably fails is better than one that surely does. What is due anyway is an ordinary
// admission; while closed it also passes the ramp.
//
// It never passes a forced opening, one for ReasonRefused, ReasonSecurity or ReasonLimited, nor one whose upstream asked to be left alone
// (Wait) for that time: these get the *OpenError that Enter gives. Such a reason stays until recovery, however later trials fail. Of the others it lets three out at once and ten
// begin a second, whoever asks. The parent of a Group is passed by the same rule, as if it were not there. Each is leased: one that has not reported after Config.Lease gives its place back, and its result is late.
//
// Its outcome: an answer within the slow bound ends the open interval, so that the next caller is a trial, or the Probe is
// asked at once; by itself it closes nothing. A fault changes nothing (that the upstream is down is known, and the interval does not
// grow), unless it is limited, refused or security, or has a Wait: then the opening is one for that reason from now on.
func (b *Breaker) Trial(ctx context.Context) (Pass, error) {
	if b == nil {
		return Pass{}, nil
	}
	if b.group != nil {
		if refusal := b.group.barred(); refusal != nil {
			b.group.parent.rejected()
			return Pass{}, refusal
		}
	}
	h := &held{b: b, ctx: ctx}
	if refusal := b.admitLast(&h.ticket); refusal != nil {
		return Pass{}, refusal
	}
	h.ticket.exact = true
	return Pass{h}, nil
}

// admitLast is admit for Trial.
func (b *Breaker) admitLast(t *ticket) *OpenError {
	for {
		g := b.gate.Load()
		if g&(stateMask|forcedBit) == uint64(Closed) {
			if b.book(t, g, b.now()) {
				return nil
			}
			continue
		}
		if g&forcedBit != 0 {
			return b.admit(t)
		}
		refusal, ok := b.admitOpen(t)
		if ok && refusal != nil {
			refusal, ok = b.admitExtra(t)
		}
		if ok {
			if refusal != nil {
				b.rejected()
			}
			return refusal
		}
	}
}

// admitExtra hands out a place of its own for an open breaker. It reports ok false when the gate has moved.
func (b *Breaker) admitExtra(t *ticket) (refusal *OpenError, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, g, r := b.now(), b.gate.Load(), b.recovery
	if g&forcedBit != 0 || State(g&stateMask) == Closed {
		return nil, false
	}
	refusal = b.refusal.Load()
	if r.spoken() || now < r.asked || now-r.lastExtra < int64(extraPace) {
		return refusal, true
	}
	for i, e := range r.extra {
		if now >= e.end {
			r.extra[i] = extra{now, now + int64(b.lease())}
			r.lastExtra = now
			t.gate, t.start, t.role, t.place = g, now, beside, int8(i)
			return nil, true
		}
	}
	return refusal, true
}

// spoken reports whether the upstream itself, or the trust in it, closed the door: asking again is not ours to decide.
func (r *recovery) spoken() bool { return r.why.spoken() }

func (r Reason) spoken() bool {
	return r == ReasonLimited || r == ReasonRefused || r == ReasonSecurity
}

// blame takes over why it is still open (ReasonNone: as before). Who closed the door itself has not opened it by failing in
// another way: that reason stays until recovery, unless it says another such thing.
func (r *recovery) blame(why Reason, cause error) {
	if why.spoken() || !r.spoken() {
		r.why, r.cause = or(why, r.why), cause
	}
}

// settleExtra takes the outcome of an extra trial for what it is worth.
func (b *Breaker) settleExtra(t *ticket, o told, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, r := b.now(), b.recovery
	e := &r.extra[t.place]
	mine := e.from == t.start && now < e.end
	if e.from == t.start {
		e.end = 0
	}
	if !mine || b.gate.Load()>>genShift != t.gate>>genShift {
		b.late.Add(1)
		return
	}
	wait := waitOf(err)
	switch state := b.state(); {
	case o.kind == good && state == Open:
		b.dueLocked(now)
	case o.kind != fault || o.why == ReasonNone && wait == 0: // says nothing new
	case state == HalfOpen:
		b.reopenLocked(now, now, o.why, err)
	default:
		r.blame(o.why, err)
		if wait > 0 {
			r.asked = now + b.waited(wait)
			r.until = max(r.until, r.asked)
		}
		if b.asking() {
			b.keeper.next = max(b.keeper.next, r.asked)
		}
		b.refuseLocked(Open, r.until)
		b.holdOpenLocked()
	}
}

// dueLocked ends the open interval, as far as the upstream did not ask for it.
func (b *Breaker) dueLocked(now int64) {
	r := b.recovery
	r.until = min(r.until, max(now, r.asked))
	if b.asking() {
		b.keeper.next = min(b.keeper.next, r.until)
		b.keeper.rouse()
	}
	b.refuseLocked(Open, r.until)
	b.holdOpenLocked()
}
