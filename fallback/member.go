package fallback

import (
	"context"
	"time"

	"github.com/detour-go/detour/breaker"
)

// member is a source in its place, with the defaults filled in.
type member[Q, A any] struct {
	Source[Q, A]
	breaker  *breaker.Breaker
	budget   *Budget
	capacity *Capacity
	recent   *recent
	past     *past
}

// said is what a source gave.
type said[A any] struct {
	at     time.Time     // when it was asked: the beginning of its turn, for all but the first attempt that of the attempt
	took   time.Duration // how long that attempt lasted
	value  A
	level  Assurance
	effect Effect        // after a fault, with Config.Once
	find   error         // why Find could not tell
	late   time.Duration // how long after the end of its time it came back
	left   bool          // it did not: it was left behind
}

func newMember[Q, A any](s Source[Q, A]) member[Q, A] {
	s.Timeout = orDefault(s.Timeout, DefaultTimeout)
	if s.Find != nil {
		s.FindTimeout = orDefault(s.FindTimeout, DefaultFindTimeout)
	}
	s.Retry.First = orDefault(s.Retry.First, 100*time.Millisecond)
	s.Retry.MaxWait = orDefault(s.Retry.MaxWait, 2*time.Second)
	m := member[Q, A]{Source: s, recent: new(recent), past: new(past)}
	if up := s.Upstream; up != nil {
		m.breaker, m.budget, m.capacity = up.Breaker, up.Budget, up.Capacity
	}
	return m
}

// longest returns how long the turn of m may last.
func (m *member[Q, A]) longest() time.Duration {
	return m.Timeout + m.FindTimeout + time.Duration(m.Retry.Max)*(m.Timeout+m.Retry.MaxWait)
}

// reaches reports whether m is enough for a call that asks for so much.
func (m *member[Q, A]) reaches(floor Assurance, want Trait) bool {
	return m.Assurance >= floor && m.Traits.Has(want)
}

// bounded is turn within a limit, zero for none. The breaker takes the limit
// for the deadline of a caller: it speaks against the upstream only when the
// upstream had the time that it usually needs. Its turn begins at got.at.
func (c *wiring[Q, A]) bounded(
	ctx context.Context, limit time.Duration, m *member[Q, A], q Q, floor Assurance, y *tally, got *said[A],
) (sent int, err error) {
	if limit > 0 {
		within := turnUntil(ctx, got.at.Add(limit))
		defer within.end()
		ctx = within
	}
	return c.turn(ctx, m, q, floor, y, got)
}

// turn gives m its turn: Retry(Breaker(Timeout(call, check))), and Find after a
// fault with an effect. It returns how many calls went out. With an error, what
// it got is not an answer.
func (c *wiring[Q, A]) turn(ctx context.Context, m *member[Q, A], q Q, floor Assurance, y *tally, got *said[A]) (int, error) {
	spent, full := m.capacity.enter()
	if full != nil {
		return 0, full
	}
	defer m.capacity.give()
	if m.capacity.asks() {
		got.at = time.Now()
	}
	sent, err := c.attempt(ctx, m, q, floor, y, got)
	if err == nil {
		m.budget.earn()
		return 1, nil
	}
	if !sent {
		m.capacity.unspend(spent)
		return 0, err
	}
	if c.cfg.Once && ClassOf(err).Fault() {
		c.settle(ctx, m, q, floor, got, err)
		return 1, err
	}
	if m.Retry.Max > 0 && ClassOf(err).rule().retry != no && !y.over() && !got.left {
		return c.again(ctx, m, q, floor, err, y, got)
	}
	return 1, err
}

// attempt asks m once, inside its breaker and its time, and returns whether the
// call went out.
func (c *wiring[Q, A]) attempt(ctx context.Context, m *member[Q, A], q Q, floor Assurance, y *tally, got *said[A]) (sent bool, err error) {
	if m.Detach {
		return c.detached(ctx, m, q, floor, y, got)
	}
	err = m.breaker.DoAt(ctx, got.at, func(ctx context.Context) error {
		sent = true
		y.count()
		return c.call(ctx, m, q, floor, got)
	})
	return sent, err
}

// call calls and checks. A panic is a fault of the source; runtime.Goexit goes
// on, and is counted by the breaker.
func (c *wiring[Q, A]) call(ctx context.Context, m *member[Q, A], q Q, floor Assurance, got *said[A]) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked("source "+m.Name, v)
		}
	}()
	within := turnUntil(ctx, got.at.Add(m.Timeout))
	defer within.end()
	got.value, err = m.Do(within, q)
	got.took = time.Since(got.at)
	got.late = within.late(got.at.Add(got.took))
	if err != nil {
		return err
	}
	got.level, err = c.judge(got.value, q, m.Assurance, floor)
	return err
}

// judge decides whether an answer answers the question and is worth enough.
func (c *wiring[Q, A]) judge(a A, q Q, ceiling, floor Assurance) (Assurance, error) {
	if c.empty != nil && c.empty(a) {
		return 0, errNoAnswer
	}
	if c.cfg.Answers != nil {
		if err := c.cfg.Answers(a, q); err != nil {
			return 0, err
		}
	}
	if c.level == nil {
		return ceiling, nil
	}
	level := c.level(ceiling, a)
	if level < floor {
		return 0, ErrWeak // an answer: a person with a weak account must not open a breaker
	}
	return level, nil
}
