package fallback

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/detour-go/detour/breaker"
)

// DefaultDetached bounds the calls that a source with Detach has out at one
// time, those left behind among them, when its Capacity names no InFlight.
const DefaultDetached = 256

// lateSlack is how long after the end of its context a Do may take to return
// before it is said to ignore it: one that obeys has to wake up too.
const lateSlack = 10 * time.Millisecond

// ErrLeftBehind is the Err of a Failure whose source did not return when its
// time was up and was not waited for (Source.Detach). It is a timeout: it also
// matches context.DeadlineExceeded.
var ErrLeftBehind error = leftBehind{}

type leftBehind struct{}

func (leftBehind) Error() string {
	return "left behind: it ignores that its time is up"
}
func (leftBehind) Class() string        { return Unavailable.String() }
func (leftBehind) Timeout() bool        { return true }
func (leftBehind) Is(target error) bool { return target == context.DeadlineExceeded }

// loose counts the calls of one source in goroutines of their own.
type loose struct {
	out  atomic.Int64 // that run
	left atomic.Int64 // of which nobody waits for
}

// enter lets one more run, or says why it may not.
func (l *loose) enter(c *Capacity) error {
	n := l.out.Add(1)
	if n <= DefaultDetached || c != nil && c.numbers().inFlight > 0 {
		return nil
	}
	l.out.Add(-1)
	if c != nil {
		c.refused.Add(1)
	}
	return noRoom{when: fmt.Sprintf("beside the %d that run, %d of them left behind", n-1, l.left.Load())}
}

// enter asks the breaker of m for an admission, after the bound of the calls
// that are out when m has one.
func (m *member[Q, A]) enter(ctx context.Context, admit func(*breaker.Breaker, context.Context) (breaker.Pass, error)) (breaker.Pass, error) {
	if !m.Detach {
		return admit(m.breaker, ctx)
	}
	if err := m.past.loose.enter(m.capacity); err != nil {
		return breaker.Pass{}, err
	}
	pass, err := admit(m.breaker, ctx)
	if err != nil {
		m.past.loose.out.Add(-1)
	}
	return pass, err
}

// detached is attempt for a source with Detach.
func (c *wiring[Q, A]) detached(ctx context.Context, m *member[Q, A], q Q, floor Assurance, y *tally, got *said[A]) (sent bool, err error) {
	pass, err := m.enter(ctx, (*breaker.Breaker).Enter)
	if err != nil {
		return false, err
	}
	y.count()
	*got, err = c.apart(ctx, m, q, floor, pass)
	return true, err
}

// astray is one call in a goroutine of its own.
type astray[A any] struct {
	got  said[A]
	err  error
	over atomic.Bool // it came back, or was left behind: who finds out first, decides
}

// apart calls in a goroutine of its own, which it leaves behind when the time of
// the call is up. m.past.loose was entered.
//
// The admission of the breaker is ended once: by whoever waits, when the call
// came back or its own time was up. When the time of the caller was shorter and
// the call is not slow yet by the measure of the breaker, it stays open until it
// is, or until the call is back: else calls that are always cut short in time
// could hang for ever, and nobody would see.
func (c *wiring[Q, A]) apart(ctx context.Context, m *member[Q, A], q Q, floor Assurance, pass breaker.Pass) (said[A], error) {
	at := time.Now()
	x := &astray[A]{got: said[A]{at: at}, err: errExited}
	own := c.crew.begin()
	if !own { // the chain was closed: nobody would wait for what is left behind
		defer m.past.loose.out.Add(-1)
		defer func() { pass.Exit(x.err) }()
		x.err = c.call(ctx, m, q, floor, &x.got)
		return x.got, x.err
	}
	back := make(chan struct{})
	go func() {
		defer func() {
			m.past.loose.out.Add(-1)
			if !x.over.CompareAndSwap(false, true) {
				pass.Exit(x.err)
				m.past.loose.left.Add(-1)
				m.capacity.give()
			}
			c.crew.end()
			close(back)
		}()
		x.err = c.call(ctx, m, q, floor, &x.got)
	}()
	if waitedFor(ctx, back, m.Timeout) {
		pass.Exit(x.err)
		return x.got, x.err
	}
	// Counted before it is so: it may be back at any moment.
	m.past.loose.left.Add(1)
	m.capacity.hold()
	if x.over.CompareAndSwap(false, true) {
		m.exitLeft(ctx, pass, time.Since(at))
		return said[A]{left: true}, ErrLeftBehind
	}
	m.past.loose.left.Add(-1)
	m.capacity.give()
	<-back
	pass.Exit(x.err)
	return x.got, x.err
}

// waitedFor waits until the call is back, or does not return although its own
// time or that of ctx is up, and reports whether it is back.
func waitedFor(ctx context.Context, back <-chan struct{}, timeout time.Duration) bool {
	timer := time.NewTimer(timeout + lateSlack)
	defer timer.Stop()
	select {
	case <-back:
		return true
	case <-timer.C:
		return false
	case <-ctx.Done():
	}
	timer.Reset(lateSlack)
	select {
	case <-back:
		return true
	case <-timer.C:
		return false
	}
}

// exitLeft ends the admission of a call of that age which was left behind.
func (m *member[Q, A]) exitLeft(ctx context.Context, pass breaker.Pass, age time.Duration) {
	if m.breaker != nil && ctx.Err() != nil {
		if wait := m.breaker.Snapshot().SlowAfter + slowSlack - age; wait > 0 {
			time.AfterFunc(wait, func() { pass.Exit(ErrLeftBehind) })
			return
		}
	}
	pass.Exit(ErrLeftBehind)
}
