package fallback

import (
	"context"
	"time"

	"github.com/detour-go/detour/breaker"
)

// plan is how long a call has.
type plan struct {
	sum  time.Duration // what all turns together take at most: with so much left nothing is divided
	hard time.Time     // the end of the call; zero: none
	soft *progress     // those who wait for a shared call, which has a hard end as well; nil: it is not shared
	keep time.Duration // kept at the end for who is passed over by a drill
}

// plan returns how long a call with ctx has from now on.
func (c *wiring[Q, A]) plan(ctx context.Context, p *progress, now time.Time) plan {
	pl := plan{sum: c.sum, soft: p}
	pl.hard, _ = ctx.Deadline()
	if c.cfg.Deadline > 0 {
		if own := now.Add(c.cfg.Deadline); pl.hard.IsZero() || own.Before(pl.hard) {
			pl.hard = own
		}
	}
	return pl
}

// over reports whether the time of the call is over while that of its context
// is not.
func (pl *plan) over(now time.Time) bool {
	return !pl.hard.IsZero() && !now.Before(pl.hard.Add(-pl.keep))
}

// left returns how much time is left for the sources from here on, zero when
// there is no end to keep, and whether the last of them may overrun it: those
// who wait for a shared call will have gone by then, but its answer is still
// worth remembering.
func (pl *plan) left(now time.Time) (left time.Duration, soft bool) {
	if !pl.hard.IsZero() {
		left = max(pl.hard.Sub(now)-pl.keep, 1)
	}
	if until := pl.soft.horizon(); !until.IsZero() && until.After(now) {
		if d := until.Sub(now); d-pl.keep < left {
			return max(d-pl.keep, 1), pl.keep == 0
		}
	}
	return left, false
}

// turnTime divides the time that is left between the source at rank and those
// after it, by the rule of Config.Deadline. It returns how long its turn may
// last, zero when it needs no bound of its own, and an error when the time is
// too short for it. fresh says that nobody was asked before it.
func (c *wiring[Q, A]) turnTime(pl *plan, now time.Time, rank int, floor Assurance, want Trait, fresh bool) (time.Duration, error) {
	if pl.soft == nil && pl.hard.IsZero() {
		return 0, nil
	}
	left, soft := pl.left(now)
	if left == 0 || left >= pl.sum {
		return 0, nil
	}
	m := &c.members[rank]
	at := now.Sub(c.began)
	own, known := m.recent.need(at)
	if c.cfg.Once {
		if known && left < own.usual {
			return 0, tooShort{left, own.usual}
		}
		return m.within(left), nil
	}
	s := c.shares(at, rank, left, floor, want, false)
	if left <= s.own+s.later { // scarce: leave out those who will not be asked
		s = c.shares(at, rank, left, floor, want, true)
	}
	switch {
	case s.last == nil && soft:
		return 0, nil
	case s.last == nil && known && left < own.least:
		return 0, tooShort{left, own.least}
	case s.last == nil:
		return m.within(left), nil
	case left >= s.own+s.later:
		return m.within(left - s.later), nil
	}
	keep := left / 4
	if n, ok := s.last.need(at); ok && !fresh {
		keep = max(keep, min(n.usual, left))
	}
	mine := time.Duration(float64(left) * float64(s.own) / float64(s.own+s.later)) // all shares shrink alike
	mine = min(max(mine, own.usual), left-keep)
	if known && mine < own.usual || mine <= 0 {
		return 0, tooShort{left, own.usual}
	}
	return m.within(mine), nil
}

// shares is what the one that is asked and those after it reserve.
type shares struct {
	own, later time.Duration
	last       *recent // of the last one that may be asked after it; nil: nobody may
}

// shares returns the reserves from rank on: what nine of ten recent answers of
// a source took or, while that is not known, its Timeout, of which it has no
// more than its part of the time left. With closed those after rank that are
// not worth asking now are left out.
func (c *wiring[Q, A]) shares(at time.Duration, rank int, left time.Duration, floor Assurance, want Trait, closed bool) (s shares) {
	var timeouts time.Duration
	for pass := range 2 { // first the sum of the timeouts
		for i := rank; i < len(c.members); i++ {
			m := &c.members[i]
			if i > rank && (!m.reaches(floor, want) || closed && m.shut()) {
				continue
			}
			if pass == 0 {
				timeouts += m.Timeout
				continue
			}
			reserve := min(m.Timeout, time.Duration(float64(left)*float64(m.Timeout)/float64(timeouts)))
			if n, ok := m.recent.need(at); ok {
				reserve = min(m.Timeout, n.mostly)
			}
			if i == rank {
				s.own = reserve
				continue
			}
			s.later += reserve
			s.last = m.recent
		}
	}
	return s
}

// within returns d, or zero when a turn of m ends before it anyway.
func (m *member[Q, A]) within(d time.Duration) time.Duration {
	if d >= m.longest() {
		return 0
	}
	return d
}

// shut reports whether the breaker of m refuses calls now.
func (m *member[Q, A]) shut() bool {
	if m.breaker == nil {
		return false
	}
	s := m.breaker.Snapshot()
	return s.State == breaker.Open && time.Now().Before(s.Until)
}

// tooShort: a source was not asked since less time was left than it needs.
type tooShort struct{ left, needs time.Duration }

// Error returns "20ms left, usually needs 80ms", or "20ms left, kept for the
// last source" when nothing is known of the one that was left out.
func (e tooShort) Error() string {
	if e.needs == 0 {
		return brief(e.left) + " left, kept for the last source"
	}
	return brief(e.left) + " left, usually needs " + brief(e.needs)
}
func (tooShort) Class() string        { return Unavailable.String() }
func (tooShort) NotSent() bool        { return true }
func (tooShort) Timeout() bool        { return true }
func (tooShort) Is(target error) bool { return target == context.DeadlineExceeded }

// brief returns d as people read it.
func brief(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}
