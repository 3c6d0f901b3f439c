package fallback

import (
	"context"
	"errors"
	"sync/atomic"
)

// Budget is a token bucket that bounds the extra attempts at one upstream, so
// that retries cannot multiply an outage. A retry costs tokens, a success
// earns one; when the bucket is empty nothing is retried. First attempts never
// ask it: failover is not refused for lack of budget. The bucket is that of the
// AWS SDKs (standard retry mode); a retry costs twice as much as there, so that
// retries add at most a tenth to the calls that are answered.
//
// A hedge is paid from the budget of the upstream that it goes to, and costs
// what a success earns: while it is answered it costs nothing, and calls that
// are answered without one earn for it as well. So the bucket empties, and
// hedging stops, when those who are asked beside do not answer either.
//
// The zero value is a full bucket with the default numbers. Share it by
// pointer; it is safe for concurrent use and must not be copied after first
// use.
type Budget struct {
	Tokens  int // size of the bucket; zero: 500
	Retry   int // cost of an extra attempt; zero: 10
	Timeout int // cost of an extra attempt after a timeout; zero: 20
	Success int // earned by a success; zero: 1
	Hedge   int // cost of asking this upstream beside a slow one (Config.Hedge); zero: 1

	set     atomic.Pointer[budgetNumbers] // by settings; nil: the fields
	spent   atomic.Int64
	refused atomic.Uint64
}

// budgetNumbers are the numbers of a Budget with the defaults filled in.
type budgetNumbers struct{ tokens, retry, timeout, success, hedge int }

func (b *Budget) numbers() budgetNumbers {
	if n := b.set.Load(); n != nil {
		return *n
	}
	return b.wired()
}

// wired are the numbers of the fields.
func (b *Budget) wired() budgetNumbers {
	return budgetNumbers{
		orDefault(b.Tokens, 500), orDefault(b.Retry, 10), orDefault(b.Timeout, 20), orDefault(b.Success, 1), orDefault(b.Hedge, 1),
	}
}

// Left returns the tokens left.
func (b *Budget) Left() int { return max(0, b.numbers().tokens-int(b.spent.Load())) }

// Refused returns how many extra attempts found too few tokens.
func (b *Budget) Refused() uint64 { return b.refused.Load() }

// take pays for one extra attempt after err and reports whether it could.
func (b *Budget) take(err error) bool {
	n := b.numbers()
	if timedOut(err) {
		return b.pay(n.timeout, n.tokens)
	}
	return b.pay(n.retry, n.tokens)
}

// hedge pays for one hedge and reports whether it could.
func (b *Budget) hedge() bool {
	n := b.numbers()
	return b.pay(n.hedge, n.tokens)
}

// back returns the price of a hedge that did not go out.
func (b *Budget) back() { b.put(b.numbers().hedge) }

func (b *Budget) pay(price, tokens int) bool {
	cost, size := int64(price), int64(tokens)
	for {
		spent := b.spent.Load()
		if spent+cost > size {
			b.refused.Add(1)
			return false
		}
		if b.spent.CompareAndSwap(spent, spent+cost) {
			return true
		}
	}
}

// earn puts back what a success is worth. A full bucket is only read. Nil: there
// is none, for nobody retries or hedges.
func (b *Budget) earn() {
	if b != nil && b.spent.Load() > 0 {
		b.put(b.numbers().success)
	}
}

func (b *Budget) put(tokens int) {
	for {
		spent := b.spent.Load()
		if spent == 0 {
			return
		}
		if b.spent.CompareAndSwap(spent, max(0, spent-int64(tokens))) {
			return
		}
	}
}

func (b *Budget) mistakes() (errs []error) {
	if b != nil && (b.Tokens < 0 || b.Retry < 0 || b.Timeout < 0 || b.Success < 0 || b.Hedge < 0) {
		errs = append(errs, errors.New("budget: a number is negative"))
	}
	return errs
}

// timedOut reports whether err says that time ran out.
func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

func orDefault[N ~int | ~int64](n, def N) N {
	if n == 0 {
		return def
	}
	return n
}
