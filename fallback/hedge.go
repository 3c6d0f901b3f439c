package fallback

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/detour-go/detour/breaker"
)

// Hedge says when to ask the next source beside one that is slow, instead of
// after it. The first answer wins. The zero value never does, at no cost.
//
// At most one hedge goes out per call, to the next source that is worth enough,
// whose upstream has room, and whose Budget can pay (Budget.Hedge). The call
// that was overtaken is cancelled and is no fault: a hedge at once, the source
// that it was to help as soon as it has been slow by the measure of its
// breaker (it keeps its place in the Capacity until then), for an upstream whose
// calls were always cut short in time could hang for ever and nobody would see. It stands in Result.Failed with
// ErrOvertaken. An answer that says no counts in the order of the sources: that
// of the hedge waits for the source before it.
//
// When nobody can be asked beside it, a source is given up (ErrGivenUp) as soon
// as its breaker has opened and the call has been slow by the measure of that
// breaker: those who come later are not even let in, and whoever waits is served
// or told as they are.
//
// While a hedge is possible or out, each source runs in a goroutine of its own:
// one that ends its goroutine has failed and does not end the caller's, and Do
// returns when its context ends also when a source ignores that. The values of
// the caller's context reach the sources.
//
// Not with Once.
type Hedge struct {
	// After is how long a source is waited for before the next one is asked
	// beside it. With Quantile it stands in until that is known. Zero: by
	// Quantile alone.
	After time.Duration
	// Quantile waits as long as this share of the latest 64 answers of the
	// source took, once there were 20; 0.95 asks beside the slowest of twenty.
	// From 0.5 to below 1. Zero: After.
	Quantile float64
}

// ErrOvertaken is the Err of a Failure whose source was asked, did no wrong, and
// was not waited for because another answered first (Config.Hedge).
var ErrOvertaken = errors.New("overtaken: another source answered first")

// ErrGivenUp is the Err of a Failure whose source was asked and was not waited
// for any longer, because it hangs and nobody could be asked beside it
// (Config.Hedge).
var ErrGivenUp = errors.New("given up: its breaker opened while it was waited for")

// hedgeLook is how often a call that nobody runs beside looks whether the
// breaker of its source has opened.
const hedgeLook = 25 * time.Millisecond

func (h Hedge) mistakes() (errs []error) {
	if h.After < 0 || h.After > maxTime {
		errs = append(errs, errors.New("hedge: after must be between 0 and 1h"))
	}
	if h.Quantile != 0 && !(h.Quantile >= 0.5 && h.Quantile < 1) {
		errs = append(errs, errors.New("hedge: quantile must be from 0.5 to below 1"))
	}
	return errs
}

// after returns how long to wait for m, zero for ever.
func (h Hedge) after(r *recent) time.Duration {
	if h.Quantile > 0 {
		if d, ok := r.quantile(h.Quantile); ok {
			return max(d, 1)
		}
	}
	return h.After
}

// tally is what others see of a turn that is not over. Nil: nobody looks.
type tally struct {
	sent atomic.Int32 // calls that went out
	lost atomic.Bool  // nobody waits for it any more
}

func (y *tally) count() {
	if y != nil {
		y.sent.Add(1)
	}
}

func (y *tally) over() bool { return y != nil && y.lost.Load() }

// racer is one turn in a goroutine of its own.
type racer[A any] struct {
	rank   int
	at     time.Time
	took   time.Duration
	calls  tally
	got    said[A]
	err    error
	cancel context.CancelCauseFunc
}

// race is a call while two sources may be asked at once.
type race[Q, A any] struct {
	c     *wiring[Q, A]
	ctx   context.Context
	t     *trail
	pl    *plan
	q     Q
	floor *Assurance
	want  Trait
	x     *special

	next          int // the first rank nobody has looked at
	first, second *racer[A]
	held          *racer[A] // the second, which said no while the first is out
	out           chan *racer[A]
}

// start begins the turn of the source at rank, nil when the chain was closed.
func (r *race[Q, A]) start(rank int, limit time.Duration) *racer[A] {
	c := r.c
	if !c.crew.begin() {
		return nil
	}
	x := &racer[A]{rank: rank, at: time.Now(), err: errExited}
	// The end of the caller's context does not end a turn by itself: it may
	// have been overtaken long ago and be watched for its breaker's sake.
	ctx, release := context.WithoutCancel(r.ctx), noCancel
	if d, ok := r.ctx.Deadline(); ok {
		ctx, release = context.WithDeadline(ctx, d)
	}
	ctx, x.cancel = context.WithCancelCause(ctx)
	m, q, floor, out := &c.members[rank], r.q, *r.floor, r.out
	go func() {
		defer func() {
			x.cancel(nil)
			release()
			c.crew.end()
			out <- x
		}()
		got := said[A]{at: time.Now()}
		_, err := c.bounded(ctx, limit, m, q, floor, &x.calls, &got)
		x.got, x.err, x.took = got, err, time.Since(x.at)
		if err == nil {
			m.recent.tell(x.took, x.at.Sub(c.began)+x.took)
		}
	}()
	return x
}

// hedge is hedged with what it needs; a plain call does not pay for it.
func (c *wiring[Q, A]) hedge(ctx context.Context, t *trail, pl *plan, rank int, limit, after time.Duration, q Q, floor *Assurance, want Trait, x *special) (Result[A], int) {
	raced, need := *t, *floor
	plan := *pl
	r := &race[Q, A]{ctx: ctx, t: &raced, pl: &plan, q: q, floor: &need, want: want, x: x}
	res, next := c.hedged(r, rank, limit, after)
	*t, *floor = raced, need
	return res, next
}

// hedged asks the source at rank and, when it is slow, the next one beside it.
// It returns the rank to go on with, or answered, or stop.
func (c *wiring[Q, A]) hedged(r *race[Q, A], rank int, limit, after time.Duration) (res Result[A], next int) {
	r.c, r.next, r.out = c, rank+1, make(chan *racer[A], 2)
	if r.first = r.start(rank, limit); r.first == nil {
		return res, rank
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	waiting, asked := true, false // for first; whether anybody can be asked beside
	for {
		var x *racer[A]
		select {
		case x = <-r.out:
		case <-timer.C:
			if !asked {
				r.beside()
				asked = true
			}
			switch {
			case !waiting || r.second != nil && r.held == nil:
				continue
			case !r.hangs():
				timer.Reset(hedgeLook)
				continue
			}
			r.lose(r.first, ErrGivenUp)
			if r.held != nil && !r.failed(r.held) {
				return res, stop
			}
			return res, r.next
		case <-r.ctx.Done():
			r.abandon(waiting)
			return res, stop
		}
		switch {
		case x.err == nil && x.got.level >= *r.floor:
			return r.won(x, waiting), answered
		case x == r.second && waiting && x.calls.sent.Load() > 0 && x.err != nil && !ClassOf(x.err).Fault():
			r.held = x
			timer.Reset(0)
			continue
		case !r.failed(x):
			r.lose(r.other(x, waiting), ErrOvertaken)
			return res, stop
		}
		if x == r.second {
			r.second = nil
			if !waiting {
				return res, r.next
			}
			if x.calls.sent.Load() == 0 { // it was not asked: somebody else may be
				c.members[x.rank].budget.back()
				r.beside()
			}
			timer.Reset(0)
			continue
		}
		waiting = false
		switch {
		case r.held != nil && !r.failed(r.held):
			return res, stop
		case r.held != nil || r.second == nil:
			return res, r.next
		}
	}
}

// What hedged returns instead of a rank.
const (
	stop     = -1
	answered = -2
)

// beside starts the hedge, if there is anybody to ask.
func (r *race[Q, A]) beside() {
	for ; r.next < len(r.c.members); r.next++ {
		m := &r.c.members[r.next]
		if !m.reaches(*r.floor, r.want) {
			r.t.pass(m.Name, Refused, SkipAssurance, nil)
			continue
		}
		if r.x != nil && r.x.rank == r.next {
			if r.x.saidNo() {
				return // it counts when its turn comes, and nobody after it is asked before
			}
			r.c.passOver(r.t, r.x, r.floor)
			continue
		}
		now := time.Now()
		if r.pl.over(now) { // those who are asked end now, and the call with them
			return
		}
		limit, err := r.c.turnTime(r.pl, now, r.next, *r.floor, r.want, false)
		if err != nil {
			r.t.pass(m.Name, Unavailable, SkipDeadline, err)
			continue
		}
		if m.budget.hedge() {
			if r.second = r.start(r.next, limit); r.second != nil {
				r.next++
			}
		}
		return
	}
}

// failed notes what x met and reports whether the call goes on.
func (r *race[Q, A]) failed(x *racer[A]) bool {
	m := &r.c.members[x.rank]
	sent := int(x.calls.sent.Load())
	r.count(x, sent)
	if x.err == nil { // another could not be trusted meanwhile, and this one is worth less
		r.t.failed = append(r.t.failed, Failure{
			Source: m.Name, Class: Refused, Skip: SkipAssurance, Attempts: sent, At: x.at, Took: x.took,
		})
		return true
	}
	f := r.t.note(m.Name, x.err, sent, x.at)
	r.t.late(x.got.late, x.got.left)
	r.t.failed[len(r.t.failed)-1].Took = x.took
	if f.Class.Fault() && r.t.left(r.ctx) {
		return false
	}
	return r.c.onward(r.t, f, m.Assurance, r.floor)
}

// won returns the answer of x and lets the other go.
func (r *race[Q, A]) won(x *racer[A], waiting bool) Result[A] {
	r.count(x, int(x.calls.sent.Load()))
	r.lose(r.other(x, waiting), ErrOvertaken)
	if r.second == nil && r.next < len(r.c.members) {
		r.c.members[r.next].budget.earn()
	}
	return r.c.result(r.t, x.rank, x.at.Add(x.took), &x.got)
}

// other returns who runs beside x, nil when nobody does.
func (r *race[Q, A]) other(x *racer[A], waiting bool) *racer[A] {
	if x == r.first {
		return r.second
	}
	if waiting {
		return r.first
	}
	return nil
}

// count adds what went out for x.
func (r *race[Q, A]) count(x *racer[A], sent int) {
	r.t.attempts += sent
	if x != r.first && sent > 0 {
		r.t.flags |= FlagHedged
	}
}

// hangs reports whether the first source is not worth waiting for: its breaker
// has opened, and this call is slow.
func (r *race[Q, A]) hangs() bool {
	b := r.c.members[r.first.rank].breaker
	if b == nil {
		return false
	}
	s := b.Snapshot()
	return s.State == breaker.Open && s.Forced == breaker.NotForced && time.Since(r.first.at) > s.SlowAfter
}

// lose lets x go, which is not waited for any more, and says why.
func (r *race[Q, A]) lose(x *racer[A], why error) {
	if x == nil {
		return
	}
	m := &r.c.members[x.rank]
	x.calls.lost.Store(true) // before it is counted: no retry goes out any more
	sent := int(x.calls.sent.Load())
	r.count(x, sent)
	if x == r.held {
		r.t.note(m.Name, x.err, sent, x.at)
		r.t.failed[len(r.t.failed)-1].Took = x.took // it has waited since
		r.t.late(x.got.late, x.got.left)
		return
	}
	r.t.failed = append(r.t.failed, Failure{
		Source: m.Name, Class: Unavailable, Err: why, Attempts: sent, At: x.at, Took: time.Since(x.at),
	})
	if x == r.first && m.breaker != nil {
		// A call counts as slow when it is older than the bound.
		if wait := m.breaker.Snapshot().SlowAfter + time.Millisecond - time.Since(x.at); wait > 0 {
			time.AfterFunc(wait, func() { x.cancel(why) })
			return
		}
	}
	x.cancel(why)
}

// abandon ends what still runs when the caller's context has ended.
func (r *race[Q, A]) abandon(waiting bool) {
	if r.held != nil {
		r.lose(r.held, ErrOvertaken)
		r.second = nil
	}
	running := []*racer[A]{r.second}
	if waiting {
		running = []*racer[A]{r.first, r.second}
	}
	for _, x := range running {
		if x == nil {
			continue
		}
		x.calls.lost.Store(true)
		x.cancel(context.Cause(r.ctx))
		sent := int(x.calls.sent.Load())
		r.count(x, sent)
		r.t.note(r.c.members[x.rank].Name, endOf(r.ctx), sent, x.at)
	}
	if !r.t.left(r.ctx) {
		for ; r.next < len(r.c.members); r.next++ {
			if !r.x.asked(r.next) {
				r.t.pass(r.c.members[r.next].Name, Unavailable, SkipDeadline, endOf(r.ctx))
			}
		}
	}
}
