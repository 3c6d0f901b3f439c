package breaker

import (
	"fmt"
	"time"
)

const judgePace = 100 * time.Millisecond // from one judgement of the parent to the next, at least

// quiet reports whether a call of a member need not bother about the parent.
func (g *Group) quiet() bool { return g.parent.gate.Load()&busyMask == 0 && !g.pending.Load() }

// admit is the admission of a member when the parent has something to say.
func (g *Group) admit(b *Breaker, t *ticket) *OpenError {
	g.judge(b.now())
	var whole ticket
	if refusal := g.parent.admitBusy(&whole); refusal != nil {
		return refusal
	}
	refusal := b.admitBusy(t)
	if whole.role == trial {
		if refusal != nil { // it was not asked
			g.parent.settleTrial(&whole, told{kind: gone}, nil)
		} else {
			kept := whole
			t.whole = &kept
		}
	}
	return refusal
}

// judge opens the parent when a quorum of its members has failed.
func (g *Group) judge(now int64) {
	if !g.pending.Load() || now-g.judged.Load() < int64(judgePace) || !g.mu.TryLock() {
		return
	}
	defer g.mu.Unlock()
	g.pending.Store(false)
	g.judged.Store(now)
	gate := g.parent.gate.Load()
	if State(gate&stateMask) != Closed {
		return
	}
	since := max(g.parent.genStart.Load(), now-2*int64(g.parent.set.Load().Window))
	var failed, standing int
	var why [ReasonFleet + 1]int
	wait := time.Duration(never)
	for _, m := range g.clock {
		mg := m.b.gate.Load()
		switch {
		case mg&forcedBit != 0:
		case State(mg&stateMask) == Closed:
			if m.b.active(now) && !m.b.failing() { // its last call did not fail
				standing++
			}
		case m.b.genStart.Load() >= since:
			failed++
			if r := m.b.refusal.Load(); r != nil {
				why[r.Why]++
				wait = min(wait, r.RetryAfter())
			}
		}
	}
	if failed < g.conf.Least || float64(failed) < g.conf.Quorum*float64(failed+standing) {
		return
	}
	most := ReasonFaults
	for r, n := range why {
		if n > why[most] {
			most = Reason(r)
		}
	}
	if most != ReasonLimited {
		wait = 0
	}
	g.parent.open(gate, most, fmt.Errorf("%d of %d keys %w", failed, failed+standing, errKeys), wait)
}

// barred is the refusal of the parent that even a Trial of a member gets.
func (g *Group) barred() *OpenError {
	p := g.parent
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if f := p.forced.Load(); f != nil && now < f.until {
		if f.what == ForcedOpen {
			return f.refusal
		}
		return nil
	}
	if r := p.recovery; r != nil && p.state() != Closed && (r.spoken() || now < r.asked) {
		return p.refusal.Load()
	}
	return nil
}

// pass books a call of a breaker that counts; a parent is judged by its members alone.
func (b *Breaker) pass(t *ticket, g uint64, now int64) bool {
	if b.parent {
		t.role = free
		return true
	}
	return b.book(t, g, now)
}
