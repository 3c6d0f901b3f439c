package breaker

import (
	"context"
	"time"
)

// settle records the outcome of one admission, in its own generation only.
func (b *Breaker) settle(t *ticket, ctx context.Context, err error) {
	if t.role != counted || t.whole != nil {
		b.settleOther(t, ctx, err)
		return
	}
	if b.gate.Load()>>genShift != t.gate>>genShift {
		b.late.Add(1)
		return
	}
	bound := b.bound.Load()
	if !t.exact && t.win.seen.Load() <= t.spot.epoch() && t.win.slot <= bound && (err == nil || ctx == nil || ctx.Err() == nil) {
		if err == nil {
			b.wentWell(t)
		} else {
			b.settleOdd(t, outcome(err, false), err, t.start)
		}
		return
	}
	now := b.now()
	if e := t.win.epoch(now); e > t.win.seen.Load() {
		t.win.advance(e)
	}
	age := now - t.start
	if err == nil && age <= bound { // nearly always
		b.wentWell(t)
		if t.sample {
			b.learn(age)
		}
		return
	}
	b.settleOdd(t, classify(ctx, err, age, bound, b.patience(bound), false), err, now)
}

// settleOther records the outcome of an admission that is not, or not only, one among the calls of a closed breaker.
func (b *Breaker) settleOther(t *ticket, ctx context.Context, err error) {
	if t.role == free && t.whole == nil {
		return
	}
	bound := b.bound.Load()
	age := b.now() - t.start
	if whole := t.whole; whole != nil {
		b.group.parent.settleTrial(whole, classify(ctx, err, age, bound, b.patience(bound), true), err)
	}
	switch t.role {
	case trial:
		b.settleTrial(t, classify(ctx, err, age, bound, b.patience(bound), true), err)
	case beside:
		b.settleExtra(t, classify(ctx, err, age, bound, b.patience(bound), true), err)
	case counted:
		t.whole, t.exact = nil, true
		b.settle(t, ctx, err)
	}
}

// wentWell records an answer within the slow bound.
func (b *Breaker) wentWell(t *ticket) {
	if t.pair != nil {
		t.pair.good(t.spot.tag(t.gate >> genShift))
	} else {
		b.ended(t, goodOne, 0, 0)
	}
	if b.run.Load()&dirty != 0 {
		b.endRun()
	}
}

// settleOdd records everything that is not a plain good answer.
func (b *Breaker) settleOdd(t *ticket, o told, err error, now int64) {
	if now-t.start > windowSlots*t.win.slot { // its slot has left the window
		t.pair, t.word = nil, nil
	}
	switch o.kind {
	case good:
		b.wentWell(t)
		if t.sample {
			b.learn(now - t.start)
		}
	case slow: // stays unanswered in its slot
		b.lastSlow.Store(now)
		b.slowFrom.Store(t.start)
		b.endRun()
	case gone:
		b.ended(t, ^uint64(0), ^uint64(0), 0) // it never was
	case lost:
		tally, _ := b.win.Load().tally()
		b.inARow(tally, t.gate, ReasonHang, errNoReply)
	case fault:
		delta, wide := uint64(faultOne), uint64(1)
		if o.late {
			delta, wide = delta+lateOne, wide+wideLateOne
		}
		b.ended(t, delta, 0, wide)
		b.failed(t.gate, o, err, now)
	}
}

// ended finishes a call where it was started: by delta in a ring, by calls and faults in a shard.
func (b *Breaker) ended(t *ticket, delta, calls, faults uint64) {
	tag := t.spot.tag(t.gate >> genShift)
	switch {
	case t.pair != nil:
		t.pair.finish(tag, calls, faults)
	case t.word != nil:
		if lostTries := finish(t.word, tag, delta); lostTries != 0 {
			b.contended(lostTries)
		}
	}
}

// failed judges after a fault has been counted.
func (b *Breaker) failed(g uint64, o told, err error, now int64) {
	if o.why != ReasonNone {
		b.open(g, o.why, err, waitOf(err))
		return
	}
	w := b.win.Load()
	e := w.epoch(now)
	b.note(err, e)
	t, of := w.tally()
	if b.inARow(t, g, ReasonFaults, err) {
		return
	}
	if !b.passes(t, of) {
		b.look(w, g, e, now, 0, err)
	}
}

// inARow counts a call without an answer and opens when there were enough of them.
func (b *Breaker) inARow(t *tally, g uint64, why Reason, err error) bool {
	if !b.another(t, uint64(b.set.Load().Consecutive)) {
		return false
	}
	b.open(g, why, err, waitOf(err))
	return true
}

// noted is a recent fault, kept so that an opening by rate can name a cause.
type noted struct {
	epoch int64
	err   error
}

func (b *Breaker) note(err error, e int64) {
	if n := b.lastErr.Load(); n == nil || n.epoch != e { // one a slot is enough
		b.lastErr.Store(&noted{e, err})
	}
}

// Report records an outcome that was learned elsewhere and later, such as a delivery report or a flow that came back: err as Do would have
// returned it, started when the call it belongs to began. It is counted in the slot and generation of started; what began
// before the window or before the last transition, and everything while not closed, is counted in Snapshot.Late only. A
// started in the future is taken as now, and the time until the report says nothing about slowness. started should come from
// time.Now of this process: without its monotonic reading a step of the wall clock shifts it.
func (b *Breaker) Report(started time.Time, err error) {
	if b == nil {
		return
	}
	now := b.now()
	g := b.gate.Load()
	began := min(int64(started.Sub(b.base)), now)
	if State(g&stateMask) != Closed || began < b.genStart.Load() || now-began > int64(b.set.Load().Window) {
		b.late.Add(1)
		return
	}
	w := b.win.Load()
	if e := w.epoch(now); e > w.newest() {
		b.turn(w, g, e, now)
	}
	var t ticket
	b.book(&t, g, began)
	t.sample = false
	o := classify(context.Background(), err, 0, never, never, false)
	b.settleOdd(&t, o, err, now)
}
