package fallback

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/detour-go/detour/breaker"
)

// maxPanicTrials is what breaker.Trial lets out of one breaker in a second.
const maxPanicTrials = 10

// panicAfter is how long a source has been closed off before it is tried: what
// its breaker has just seen is still true, and its own trials begin then too.
const panicAfter = time.Second

// aside is what a chain keeps beside its settings, for whatever Reconfigure
// changes: who was asked out of turn, and when.
type aside struct {
	nextTrial atomic.Int64  // age of the chain from which on a panic trial may go
	trials    atomic.Uint64 // panic trials so far
	calls     atomic.Uint64 // of which some are to keep a source warm, those of a group apart
	warmed    atomic.Uint64 // such calls
	drills    drills
}

// past is what is kept of one source for the same purpose. All times are ages
// of the chain; zero: never.
type past struct {
	tried atomic.Int64 // last panic trial
	rests atomic.Int64 // until when it is not asked before its turn
	loose loose        // calls in goroutines of their own
}

// panicPace returns the time from one panic trial to the next, zero for none.
func (cfg *Config[Q, A]) panicPace() time.Duration {
	switch {
	case cfg.PanicTrials > 0:
		return time.Second / time.Duration(cfg.PanicTrials)
	case cfg.PanicTrials == 0 && !cfg.Once:
		return time.Second
	}
	return 0
}

// allOpen reports whether nobody was asked because of breakers that an operator
// did not open.
func (t *trail) allOpen() bool {
	if t.attempts > 0 || t.gone != nil {
		return false
	}
	open := false
	for i := range t.failed {
		switch t.failed[i].Skip {
		case SkipOpen, SkipRamp:
			open = true
		case SkipForced, SkipAssurance:
		default:
			return false
		}
	}
	return open
}

// panicTrial asks the least bad source when all are closed off, within the
// bounds of Config.PanicTrials. It returns false when that gave no result; who
// was asked in vain is noted in t.
func (c *wiring[Q, A]) panicTrial(ctx context.Context, t *trail, pl *plan, q Q, floor Assurance, need Trait) (r Result[A], ok bool) {
	pace := c.cfg.panicPace()
	if pace == 0 || !t.allOpen() || ctx.Err() != nil {
		return r, false
	}
	at := time.Now()
	now := at.Sub(c.began)
	next := c.aside.nextTrial.Load()
	if int64(now) < next || !c.aside.nextTrial.CompareAndSwap(next, int64(now+pace)) {
		return r, false
	}
	for _, x := range c.leastBad(t.failed, floor, need) {
		m := &c.members[x.rank]
		limit, err := c.lastTime(pl, at, x.rank, floor, need)
		if err != nil {
			continue
		}
		got, sent, err := c.trial(ctx, limit, m, q, floor)
		if !sent {
			continue // its breaker knows better, or it has no room
		}
		t.flags |= FlagPanic
		return c.outOfTurn(ctx, t, x.rank, at, TurnPanic, &got, 1, err, &floor)
	}
	c.aside.nextTrial.Store(int64(now + min(pace, time.Second/maxPanicTrials))) // nobody could be tried: look again soon
	return r, false
}

// closedOff is a source that its breaker closed off.
type closedOff struct {
	rank  int
	state breaker.State // closed: it is coming back
	tried int64
}

// leastBad returns those who may be asked by a trial, the least bad first: one
// that is coming back (the ramp), then one whose trials are out, then the one
// that was tried in vain longest ago, so that none is left out for good.
func (c *wiring[Q, A]) leastBad(failed []Failure, floor Assurance, need Trait) (all []closedOff) {
	for i := range failed {
		open, ok := find[*breaker.OpenError](failed[i].Err)
		if !ok || time.Since(open.Since) < panicAfter {
			continue
		}
		for rank := range c.members {
			if m := &c.members[rank]; m.Name == failed[i].Source && m.reaches(floor, need) {
				all = append(all, closedOff{rank, open.State, m.past.tried.Load()})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b closedOff) int {
		return cmp.Or(cmp.Compare(a.state, b.state), cmp.Compare(a.tried, b.tried))
	})
	return all
}

// trial asks m once although its breaker is open, if that lets it, and returns
// whether the call went out.
func (c *wiring[Q, A]) trial(ctx context.Context, limit time.Duration, m *member[Q, A], q Q, floor Assurance) (got said[A], sent bool, err error) {
	if limit > 0 {
		within, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		ctx = within
	}
	spent, full := m.capacity.enter()
	if full != nil {
		return got, false, full
	}
	defer m.capacity.give()
	pass, err := m.enter(ctx, (*breaker.Breaker).Trial)
	if err != nil {
		m.capacity.unspend(spent)
		return got, false, err
	}
	c.aside.trials.Add(1)
	m.past.tried.Store(int64(time.Since(c.began)))
	if m.Detach {
		got, err = c.apart(ctx, m, q, floor, pass)
	} else {
		got.at = time.Now()
		defer func() { pass.Exit(errExited) }() // only when the source ended the goroutine
		err = c.call(ctx, m, q, floor, &got)
		pass.Exit(err)
	}
	if err == nil {
		m.budget.earn()
	} else if c.cfg.Once && ClassOf(err).Fault() {
		c.settle(ctx, m, q, floor, &got, err)
	}
	return got, true, err
}
