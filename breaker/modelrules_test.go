package breaker_test

import (
	"errors"
	"math"
	"time"

	"github.com/detour-go/detour/breaker"
)

// admitted checks an admission or a refusal, and says which it was.
func (m *model) admitted(c *call, before breaker.Snapshot, last bool, errs [2]error) bool {
	if !same(errs[0], errs[1]) {
		m.fatalf("I12: %+v\nand %+v", errs[0], errs[1])
	}
	after, own, now := m.snapshot(), m.b.Own(), time.Now()
	unmoved := after.Generation == before.Generation
	m.expire(now, before)
	err := errs[0]
	switch {
	case before.Forced == breaker.ForcedOpen && err == nil:
		m.fatal("I9: passed while forced open")
	case before.Forced == breaker.ForcedClosed && err != nil:
		m.fatal("I9: refused while forced closed ", err)
	case err != nil && (!errors.Is(err, breaker.ErrOpen) || after.Rejected != before.Rejected+1):
		m.fatal("I7: a refusal is an OpenError, and is counted: ", err, before, after)
	case err != nil && unmoved && (after.Calls != before.Calls || after.Faults != before.Faults || after.Late != before.Late):
		m.fatal("I7: a refusal is no call ", before, after)
	case err != nil && unmoved && before.Forced == breaker.NotForced && before.Admit == 1:
		m.fatal("refused while closed: ", err)
	case err != nil:
		return false
	case after.Rejected != before.Rejected:
		m.fatal("I7: passed, and counted as refused")
	}
	c.gen, c.at = after.Generation, now
	lease := m.b.Settings().Lease
	if lease == 0 {
		lease = max(2*time.Second, 2*after.SlowAfter)
	}
	c.end = now.Add(lease)
	switch {
	case own == breaker.Closed:
		m.calls = append(m.calls, c)
	case after.Forced == breaker.ForcedClosed:
		c.role = free
	case last && !(own == breaker.HalfOpen && (!unmoved || m.half.place(m.trials()))):
		c.role = extra
		m.extra(c, after)
	default:
		c.role = trial
		m.trial(c, before)
	}
	return true
}

// trial is I1 and I2.
func (m *model) trial(c *call, before breaker.Snapshot) {
	switch {
	case m.asking:
		m.fatal("I2: a call was used as a trial beside a Probe or Watch")
	case before.State == breaker.Open && time.Now().Before(before.Until):
		m.fatal("I2: passed before its time ", before)
	case m.half.gen != c.gen:
		m.half = half{gen: c.gen}
	case !m.half.place(m.trials()):
		m.fatal("I1: too many trials are out ", before)
	}
	m.half.trials = append(m.half.trials, c)
}

// extra is I2 for the last resort.
func (m *model) extra(c *call, after breaker.Snapshot) {
	switch after.Why {
	case breaker.ReasonLimited, breaker.ReasonRefused, breaker.ReasonSecurity:
		m.fatal("I2: a Trial passed an opening that is the upstream's own ", after)
	}
	beside := 0
	for _, o := range m.out {
		if o.role == extra && time.Now().Before(o.end) {
			beside++
			if c.at.Sub(o.at) < 100*time.Millisecond {
				m.fatal("I1: more than ten extra trials a second")
			}
		}
	}
	if beside >= 3 {
		m.fatal("I1: more than three extra trials are out")
	}
}

func (m *model) trials() int { return m.b.Settings().Trials }

func (m *model) needed() int {
	return max(1, int(math.Ceil(m.b.Settings().TrialRate*float64(m.trials()))))
}

// place reports whether one more trial may go.
func (h *half) place(trials int) bool {
	out := 0
	for _, c := range h.trials {
		if c.how == still {
			out++
		}
	}
	return out+h.good+h.bad < trials && (out == 0 || h.good > 0)
}

// expire fails the trials whose lease is over, when somebody has looked.
func (m *model) expire(now time.Time, before breaker.Snapshot) {
	if m.half.gen != before.Generation {
		return
	}
	for _, c := range m.half.trials {
		if c.how == still && !now.Before(c.end) {
			c.how = lost
			m.half.bad++
		}
	}
}

// settled checks what the end of a call did.
func (m *model) settled(c *call, before breaker.Snapshot, o outcome) {
	after, now := m.snapshot(), time.Now()
	over := c.role != counted && !now.Before(c.end)
	m.expire(now, before)
	how, spoken := c.classify(o, now.Sub(c.at) > before.SlowAfter)
	stale := before
	stale.Late++
	switch {
	case c.role == free:
		if after != before {
			m.fatal("I9: a call that was forced through moved something ", before, after)
		}
	case before.Generation != c.gen, c.role == extra && over:
		if after != stale {
			m.fatal("I3: of another generation, and not only late ", before, after)
		}
	case c.role == counted:
		c.how = how
		m.rowed(how, after)
		if spoken && m.b.Own() != breaker.Open {
			m.fatal("one is enough: ", o.err, after)
		}
	case c.role == extra:
		if own := m.b.Own(); !m.asking && (own == breaker.Closed || after.Generation != before.Generation && how < failed) {
			m.fatal("a Trial by itself closes nothing: ", before, after)
		}
	default:
		if over && after.Late != before.Late+1 {
			m.fatal("I3: the lease was over, and not late ", before, after)
		}
		m.tally(c, how, over)
		m.verdict(before, after, !over && (spoken || how >= failed && waits(o.err)))
	}
}

// tally books the end of a trial.
func (m *model) tally(c *call, how ending, over bool) {
	if over {
		return // by expire
	}
	c.how = how
	switch how {
	case good:
		m.half.good++
	case late, lost, failed, failedLate:
		m.half.bad++
	}
}

// verdict is I8.
func (m *model) verdict(before, after breaker.Snapshot, final bool) {
	want := breaker.HalfOpen
	switch {
	case final || m.half.bad > m.trials()-m.needed():
		want = breaker.Open
	case m.half.good >= m.needed():
		want = breaker.Closed
	}
	if own := m.b.Own(); own != want || (want == breaker.HalfOpen) != (after.Generation == before.Generation) {
		m.fatalf("I8: %d good and %d bad of %d: %v, not %v", m.half.good, m.half.bad, m.trials(), own, want)
	}
}

// classify is I4, and the table of classes.
func (c *call) classify(o outcome, old bool) (how ending, spoken bool) {
	pick := func(young, aged ending) ending {
		if old {
			return aged
		}
		return young
	}
	var class classed
	_ = errors.As(o.err, &class)
	switch class.class {
	case "denied", "notfound", "invalid":
		return pick(good, late), false
	}
	switch {
	case o.err == nil:
		return pick(good, late), false
	case o.cancelled:
		return pick(gone, lost), false
	default:
		return pick(failed, failedLate), class.class == "limited" || class.class == "refused" || class.class == "security"
	}
}

func waits(err error) bool {
	var class classed
	return errors.As(err, &class) && class.wait > 0
}

// rowed follows faults in a row, of which enough open.
func (m *model) rowed(how ending, after breaker.Snapshot) {
	switch how {
	case good, late:
		m.row = 0
	case lost, failed, failedLate:
		if m.row++; m.row < m.b.Settings().Consecutive {
			return
		}
		if m.byRow = true; m.b.Own() != breaker.Open {
			m.fatal("this many in a row open: ", m.row, after)
		}
	}
}

// same reports whether two refusals say the same.
func same(a, b error) bool {
	var x, y *breaker.OpenError
	if !errors.As(a, &x) || !errors.As(b, &y) {
		return text(a) == text(b)
	}
	v, w := *x, *y
	v.Cause, w.Cause = nil, nil
	return v == w && text(x.Cause) == text(y.Cause)
}
