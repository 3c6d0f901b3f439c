package fallback

import (
	"context"
	"slices"
	"time"
)

// special is what is out of the ordinary about one call: a source that is not
// asked in its turn, and why.
type special struct {
	rank int // of that source; below zero: none
	t    trail

	drill  *Drilling // which passes it over; nil: it was asked before its turn
	spared bool      // it was asked after all
	said   Class     // what the others had said then, Unavailable when they did not say no
}

// notPlain is live while calls may be out of the ordinary.
func (c *wiring[Q, A]) notPlain(ctx context.Context, q Q, floor Assurance, need Trait, p *progress) (Result[A], error) {
	group := c.group(q)
	x := &special{rank: -1}
	if d, rank := c.drilled(group, floor, need); d != nil {
		x.drill, x.rank, x.t.flags = d, rank, FlagDrill
		return c.liveDrilled(ctx, q, floor, need, p, x)
	}
	if c.warm != nil {
		if r, err := c.askWarm(ctx, q, group, floor, need, p, x); r.Freshness != 0 || err != nil {
			return r, err
		}
	}
	return c.live(ctx, q, floor, need, p, x)
}

// passOver does at the turn of the source of x what is to be done instead of
// asking it, and reports whether the call goes on.
func (c *wiring[Q, A]) passOver(t *trail, x *special, floor *Assurance) bool {
	if x.drill != nil {
		t.pass(c.members[x.rank].Name, Unavailable, SkipDrill, ErrDrill)
		return true
	}
	t.due = true // what it said before its turn counts from here on
	return c.onward(t, &x.t.failed[0], c.members[x.rank].Assurance, floor)
}

// asked reports whether the source at rank was asked before its turn.
func (x *special) asked(rank int) bool { return x != nil && x.rank == rank && x.drill == nil }

// saidNo reports whether the source of x was asked before its turn and said no.
func (x *special) saidNo() bool { return x.drill == nil && !x.t.failed[0].Class.Fault() }

// lastTime returns how long a source may take that is asked when nobody comes
// after it: all the time that is left, zero when it needs no bound of its own.
func (c *wiring[Q, A]) lastTime(pl *plan, now time.Time, rank int, floor Assurance, need Trait) (time.Duration, error) {
	if c.cfg.Once { // never cut short
		return c.turnTime(pl, now, rank, floor, need, true)
	}
	left, soft := pl.left(now)
	if left == 0 || soft {
		return 0, nil
	}
	return c.members[rank].within(left), nil
}

// outOfTurn takes what the source at rank gave when nobody was left, in place of
// why it was not asked before. It returns false when that was no result.
func (c *wiring[Q, A]) outOfTurn(
	ctx context.Context, t *trail, rank int, at time.Time, turn Turn, got *said[A], sent int, err error, floor *Assurance,
) (r Result[A], ok bool) {
	m := &c.members[rank]
	t.attempts += sent
	t.failed = slices.DeleteFunc(slices.Clone(t.failed), func(f Failure) bool { return f.Source == m.Name })
	if err == nil {
		return c.heard(t, rank, at, got), true
	}
	f := t.note(m.Name, err, sent, at)
	t.late(got.late, got.left)
	if sent > 0 {
		t.failed[len(t.failed)-1].Turn = turn
	}
	if !f.Class.Fault() {
		c.onward(t, f, m.Assurance, floor)
		return r, false
	}
	t.effect(got.effect, got.find)
	if got.effect == EffectDone {
		return c.result(t, rank, at.Add(f.Took), got), true
	}
	t.left(ctx)
	return r, false
}
