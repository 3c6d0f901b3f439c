package fallback

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Drill sends a share of the calls past a source for a time, as if it were down:
// the result has FlagDrill, and the source stands in Failed with SkipDrill. Its
// breaker is neither asked nor told. At most one drill at a time per source; a
// call goes past one source at most.
//
// Nobody pays for a drill: a call that the others are not good for is answered
// by the drilled source after all, in the time that was kept for it (what nine of
// ten of its recent answers took, or its Timeout, at most half of what is left).
// That counts as a failure of the drill, which ends when its Guard cannot be
// kept. What the others said then counts behind what it says, by the order of the
// sources; a denial ends the call as always, and so does an effect of which
// nobody knows (Config.Once). The minimum of assurance holds, and a call for which
// nobody else is enough is not drilled.
//
// The error lists all mistakes of d at once. Close ends what runs.
func (c *Chain[Q, A]) Drill(d Drill) (*Drilling, error) {
	w := c.now.Load()
	names := make([]string, len(w.members))
	for i := range w.members {
		names[i] = w.members[i].Name
	}
	return w.aside.drills.begin(d, w.cfg.Name, names, func(rank int) bool {
		return w.another(rank, w.cfg.MinAssurance, w.cfg.Require)
	})
}

// another reports whether a source other than the one at rank is enough.
func (c *wiring[Q, A]) another(rank int, floor Assurance, need Trait) bool {
	for i := range c.members {
		if i != rank && c.members[i].reaches(floor, need) {
			return true
		}
	}
	return false
}

// drilled returns the drill that takes the call and the place of its source, or
// nil.
func (c *wiring[Q, A]) drilled(group string, floor Assurance, need Trait) (*Drilling, int) {
	running := c.aside.drills.running.Load()
	if running == nil {
		return nil, 0
	}
	for _, d := range *running {
		for rank := range c.members {
			if m := &c.members[rank]; m.Name == d.set.Source && m.reaches(floor, need) && c.another(rank, floor, need) && d.takes(group) {
				return d, rank
			}
		}
	}
	return nil, 0
}

// isDrilled reports whether a drill goes past the source.
func (a *aside) isDrilled(source string) bool {
	running := a.drills.running.Load()
	return running != nil && slices.ContainsFunc(*running, func(d *Drilling) bool { return d.set.Source == source })
}

// liveDrilled is live for a call of a drill, which it tells how it went.
func (c *wiring[Q, A]) liveDrilled(ctx context.Context, q Q, floor Assurance, need Trait, p *progress, x *special) (r Result[A], err error) {
	at := time.Now()
	err = errExited // unless it returns
	defer func() {
		said := drilled{source: r.Source, took: time.Since(at), spared: x.spared && r.Freshness != 0}
		said.left = errors.Is(err, ErrCancelled)
		said.ok = err == nil && !x.spared || x.agreed(err)
		x.drill.tell(said)
	}()
	return c.live(ctx, q, floor, need, p, x)
}

// agreed reports whether the call ended in an answer that says no and was said
// by those who were asked while the source was passed over.
func (x *special) agreed(err error) bool {
	e, ok := find[*Error](err)
	return ok && !e.Kind.Fault() && !e.Incomplete && !e.Cancelled && !e.Unknown && (!x.spared || x.said == e.Kind)
}

// reserve returns how much of the time that is left is kept for the source of a
// drill.
func (c *wiring[Q, A]) reserve(pl *plan, m *member[Q, A]) time.Duration {
	now := time.Now()
	left, _ := pl.left(now)
	keep := m.Timeout
	if own, known := m.recent.need(now.Sub(c.began)); known {
		keep = min(keep, own.mostly)
	}
	return min(keep, left/2)
}

// afterAll asks the source of a drill when nobody else was good for the call, and
// returns false when it gave no result either.
func (c *wiring[Q, A]) afterAll(ctx context.Context, t *trail, pl *plan, q Q, floor Assurance, need Trait, x *special) (r Result[A], ok bool) {
	m := &c.members[x.rank]
	if t.unknown != nil || ctx.Err() != nil || !m.reaches(floor, need) {
		return r, false
	}
	x.said = Unavailable
	switch {
	case t.answer != nil:
		x.said = ClassOf(t.answer)
	case t.nothing:
		x.said = NotFound
	}
	if x.said == Denied {
		return r, false
	}
	pl.keep = 0
	at := time.Now()
	limit, err := c.lastTime(pl, at, x.rank, floor, need)
	if err != nil || pl.over(at) {
		return r, false
	}
	x.spared = true
	got := said[A]{at: at}
	sent, err := c.bounded(ctx, limit, m, q, floor, nil, &got)
	return c.outOfTurn(ctx, t, x.rank, at, TurnDrill, &got, sent, err, &floor)
}
