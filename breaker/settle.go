package breaker

import (
	"context"
	"time"
)

// settle records the outcome of one admission, in its own generation only.
func (b *Breaker) settle(t *ticket, ctx context.Context, err error) {
	if t.role == free && t.whole == nil {
		return
	}
	now := b.now()
	bound := b.bound.Load()
	age := now - t.start
	if t.whole != nil {
		b.group.parent.settleTrial(t.whole, classify(ctx, err, age, bound, b.patience(bound), true), err)
	}
	switch t.role {
	case trial:
		b.settleTrial(t, classify(ctx, err, age, bound, b.patience(bound), true), err)
		return
	case free:
		return
	case beside:
		b.settleExtra(t, classify(ctx, err, age, bound, b.patience(bound), true), err)
		return
	}
	if b.gate.Load()>>genShift != t.gate>>genShift {
		b.late.Add(1)
		return
	}
	if err == nil && age <= bound { // nearly always
		b.ended(t, goodOne)
		if b.row.Load() != 0 {
			b.row.Store(0)
		}
		if t.sample {
			b.learn(age)
		}
		return
	}
	b.settleOdd(t, classify(ctx, err, age, bound, b.patience(bound), false), err, now)
}

// settleOdd records everything that is not a plain good answer.
func (b *Breaker) settleOdd(t *ticket, o told, err error, now int64) {
	switch o.kind {
	case good:
		b.ended(t, goodOne)
		b.row.Store(0)
		if t.sample {
			b.learn(now - t.start)
		}
	case slow: // stays unanswered in its slot
		b.lastSlow.Store(now)
		b.row.Store(0)
	case gone:
		b.ended(t, ^uint64(0)) // it never was
	case lost:
		b.inARow(t.gate, ReasonHang, errNoReply, now)
	case fault:
		delta := uint64(faultOne)
		if o.late {
			delta += lateOne
		}
		b.ended(t, delta)
		b.failed(t.gate, o, err, now)
	}
}

func (b *Breaker) ended(t *ticket, delta uint64) {
	if t.word != nil {
		if lostTries := finish(t.word, t.tag, delta); lostTries != 0 {
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
	b.note(err, now)
	if b.inARow(g, ReasonFaults, err, now) {
		return
	}
	if b.untilLook.Add(-1) <= 0 {
		w := b.win.Load()
		b.look(w, g, w.epoch(now), now, 0, err)
	}
}

// inARow counts a call without an answer and opens when there were enough of them.
func (b *Breaker) inARow(g uint64, why Reason, err error, now int64) bool {
	if int(b.row.Add(1)) < b.set.Load().Consecutive {
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

func (b *Breaker) note(err error, now int64) {
	e := b.win.Load().epoch(now)
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
	if e := w.epoch(now); e > w.turned.Load() {
		b.turn(w, g, e, now)
	}
	i, tag := place(w.epoch(began), g>>genShift)
	t := ticket{gate: g, start: began, word: &w.shard().word[i], tag: tag}
	if nth, _ := start(t.word, tag); nth == 0 {
		t.word = nil
	}
	o := classify(context.Background(), err, 0, never, never, false)
	b.settleOdd(&t, o, err, now)
}
