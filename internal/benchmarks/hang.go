package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

// plan is one outage: users call at an even rate, and for a while the vendor does not answer them any more.
type plan struct {
	rate               int // calls per second
	warm, outage, tail time.Duration
	latency            time.Duration // of a vendor that is well
	deadline, tooLong  time.Duration // how long a user waits at most, and what is too long for him
	healthy            float64       // share of calls that go well when traffic is back
	steady             time.Duration // how long they have to
	resolution         time.Duration // of the time at which traffic is back
}

func outagePlan(outage, tail time.Duration) plan {
	return plan{
		rate: 200, warm: 12 * time.Second, outage: outage, tail: tail, latency: 10 * time.Millisecond,
		deadline: 2 * time.Second, tooLong: time.Second, healthy: 0.95, steady: 2 * time.Second, resolution: 100 * time.Millisecond,
	}
}

func (p plan) all() time.Duration { return p.warm + p.outage + p.tail }

// vendor answers after its latency, and not at all during the outage: who asked then has to give up.
func (p plan) vendor(start time.Time) call {
	return func(ctx context.Context) error {
		answer := p.latency
		if at := time.Since(start); at >= p.warm && at < p.warm+p.outage {
			answer = p.all()
		}
		t := time.NewTimer(answer)
		defer t.Stop()
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// guard is a breaker before the vendor.
type guard struct {
	do      func(context.Context) error
	refused func(error) bool
	// closing returns how long it took from the first good probe to closed. Nil: it has no probe.
	closing func() (time.Duration, bool)
	stop    func() // nil: nothing to stop
}

// told is what became of one user's call.
type told struct {
	at, took        time.Duration // since the start
	late            time.Duration // how much later than planned it began: this machine was busy
	refused, failed bool
}

// play plays p with one guard, in real time.
func play(ctx context.Context, p plan, build func(vendor call) (*guard, error)) ([]told, *guard, error) {
	start := time.Now()
	g, err := build(p.vendor(start))
	if err != nil {
		return nil, nil, err
	}
	if g.stop != nil {
		defer g.stop()
	}
	gap := time.Second / time.Duration(p.rate)
	calls := new(book)
	var users sync.WaitGroup
	defer users.Wait()
	for due := time.Duration(0); due < p.all(); due += gap {
		if err := pause(ctx, time.Until(start.Add(due))); err != nil {
			return nil, nil, err
		}
		users.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), p.deadline)
			defer cancel()
			at := time.Since(start)
			err := g.do(ctx)
			calls.add(told{at, time.Since(start) - at, at - due, g.refused(err), err != nil})
		})
	}
	users.Wait()
	return calls.all, g, nil
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return errors.New("interrupted")
	}
}

type book struct {
	mu  sync.Mutex
	all []told
}

func (b *book) add(t told) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, t)
}
