package breaker_test

import (
	"slices"
	"time"

	"github.com/detour-go/detour/breaker"
)

// check holds after every step.
func (m *model) check() {
	s, now := m.snapshot(), time.Now()
	if is := s.Forced != breaker.NotForced; is != now.Before(m.forcedUntil) || is && s.Forced != m.forced {
		m.fatal("I9: forced states hold and expire ", s)
	}
	m.checkEvents(s)
	if s.Generation != m.gen {
		m.gen, m.row, m.byRow = s.Generation, 0, false
		m.calls = slices.DeleteFunc(m.calls, func(c *call) bool { return c.gen != s.Generation })
	}
	if m.b.Own() == breaker.Closed {
		m.checkCounts(s, now)
	}
}

// tells is a count that is known but for what is just leaving the window.
type tells struct{ least, most uint64 }

func (t *tells) add(sure, may bool) {
	if sure {
		t.least++
	}
	if may {
		t.most++
	}
}

func (t tells) holds(n uint64) bool { return t.least <= n && n <= t.most }

// checkCounts is I6: what the window holds are the calls that were admitted in it, as they ended.
func (m *model) checkCounts(s breaker.Snapshot, now time.Time) {
	const slots = 96
	slot := m.b.Settings().Window / slots
	lag := (s.SlowAfter+slot-1)/slot + 1 // slots whose calls have not had time to answer
	var calls, faults, slow tells
	for _, c := range m.calls {
		age := now.Sub(c.at)
		blurred := !c.at.After(m.blurred) // moved to another window: its slot is known less well, and what was out stayed behind
		may := age <= (slots+1)*slot+time.Microsecond
		if blurred {
			may = age <= m.b.Settings().Window+time.Second
		}
		sure := age < slots*slot && !blurred
		if c.how == gone {
			sure, may = false, may && blurred
		}
		calls.add(sure, may)
		bad := c.how == failed || c.how == failedLate
		faults.add(sure && bad, may && bad)
		switch c.how {
		case failedLate:
			slow.add(sure, may)
		case still, late, lost, gone:
			aged := age >= lag*slot && !blurred
			mayBe := age >= (lag-1)*slot-time.Microsecond || blurred
			slow.add(sure && aged, may && mayBe)
		}
	}
	if !calls.holds(s.Calls) || !faults.holds(s.Faults) || !slow.holds(s.Slow) {
		m.fatalf("I5, I6: %v calls, %v faults, %v slow, not %+v", calls, faults, slow, s)
	}
}

// checkEvents is I10, and that a rate which opened was one.
func (m *model) checkEvents(s breaker.Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a, b := len(m.events[0]), len(m.events[1]); a != b {
		m.fatal("I12: ", a, " events and ", b)
	}
	for ; m.seen < len(m.events[0]); m.seen++ {
		e, other := m.events[0][m.seen], m.events[1][m.seen]
		if text(e.Cause) != text(other.Cause) {
			m.fatal("I12: ", e.Cause, " and ", other.Cause)
		}
		other.Cause, other.Snapshot.Cause = e.Cause, e.Snapshot.Cause
		if e != other {
			m.fatalf("I12: %v\nand %v", e, other)
		}
		if e.Seq != uint64(m.seen+1) || e.At.Before(m.lastAt) {
			m.fatal("I10: not in order ", e)
		}
		m.lastAt = e.At
		if e.Kind > breaker.EventClosed {
			continue
		}
		if e.From != m.state {
			m.fatal("I10: it was ", m.state, ": ", e)
		}
		if m.state == breaker.Closed {
			m.openings++
			if e.Why == breaker.ReasonFaults && !m.byRow {
				m.checkRate(e.Snapshot)
			}
		}
		m.state = e.To
		m.moves++
	}
	if m.state != m.b.Own() || m.moves != s.Generation || m.openings != s.Openings {
		m.fatal("I10: every transition is one event ", m.state, m.moves, m.openings, s)
	}
}

func (m *model) checkRate(s breaker.Snapshot) {
	c := m.b.Settings()
	missing := uint64(0) // what has had no time to answer is not judged yet
	for _, o := range m.calls {
		if o.how == still || o.how == late || o.how == lost {
			missing++
		}
	}
	if judged := s.Calls - min(missing, s.Calls); s.Calls < uint64(c.MinCalls) || float64(s.Faults) < c.FaultRate*float64(judged) {
		m.fatal("opened by a rate that was not reached ", s)
	}
}
