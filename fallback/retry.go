package fallback

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// Retry says how often the same source is asked again after a fault. The zero
// value never asks again.
type Retry struct {
	// Max is the greatest number of extra attempts, at most 10. Zero: none.
	Max int
	// First is the first wait; each later one is half as long again, and each is
	// varied by up to half its length either way. Zero: 100ms.
	First time.Duration
	// MaxWait bounds each wait. A source that asks to be left alone for longer
	// (Retry-After) is not asked again in this call. Zero: 2s.
	MaxWait time.Duration
}

// again asks m further times after its first attempt failed with err, and
// returns the last real outcome: neither a breaker that opened meanwhile nor
// the end of the context hides what the source said. got is what it gave so far.
func (c *wiring[Q, A]) again(ctx context.Context, m *member[Q, A], q Q, floor Assurance, err error, y *tally, got *said[A]) (sent int, _ error) {
	p := &pace{ctx: ctx, budget: m.budget, most: m.Retry.MaxWait, last: err}
	p.steps = backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(m.Retry.First),
		backoff.WithMaxInterval(m.Retry.MaxWait),
		backoff.WithMaxElapsedTime(m.longest()+m.Retry.MaxWait),
	)
	sent = 1
	first := true
	// The error of backoff.Retry is p.last or says less.
	_ = backoff.Retry(func() error {
		if first { // it was made before anything was built for retrying
			first = false
			return p.last
		}
		if y.over() {
			return backoff.Permanent(p.last)
		}
		spent, full := m.capacity.spend()
		if full != nil {
			return backoff.Permanent(full)
		}
		now := said[A]{at: time.Now()}
		asked, err := c.attempt(ctx, m, q, floor, y, &now)
		if !asked {
			m.capacity.unspend(spent)
			return backoff.Permanent(err)
		}
		sent++
		now.late = max(now.late, got.late)
		*got, p.last = now, err
		if err != nil && (ClassOf(err).rule().retry == no || got.left) {
			return backoff.Permanent(err)
		}
		return err
	}, backoff.WithContext(backoff.WithMaxRetries(p, uint64(m.Retry.Max)), ctx)) //nolint:gosec // Max is between 1 and 10
	if p.last == nil {
		m.budget.earn()
	}
	return sent, p.last
}

// pace is a BackOff around the exponential one: it waits as long as the source
// asked for, stops when that does not fit, and pays for every attempt.
type pace struct {
	ctx    context.Context
	steps  *backoff.ExponentialBackOff
	budget *Budget
	most   time.Duration
	last   error
}

// NextBackOff returns the next wait or backoff.Stop.
func (p *pace) NextBackOff() time.Duration {
	wait := p.steps.NextBackOff()
	if wait == backoff.Stop {
		return backoff.Stop
	}
	wait = max(min(wait, p.most), waitOf(p.last))
	if wait > p.most {
		return backoff.Stop
	}
	if deadline, ok := p.ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return backoff.Stop
	}
	if !p.budget.take(p.last) {
		return backoff.Stop
	}
	return wait
}

// Reset is called by backoff.Retry before it begins.
func (p *pace) Reset() { p.steps.Reset() }
