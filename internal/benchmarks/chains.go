package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	safety "github.com/failsafe-go/failsafe-go/fallback"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/failsafe-go/failsafe-go/timeout"
	"github.com/sony/gobreaker/v2"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

// The chains do the same: a substitute behind two retries behind a breaker behind a timeout of a second. In one part the vendor is a function
// that answers at once, in the other one that also looks whether its time is up, as every client of a network does.
const (
	secondName   = "Detour, first open"
	handmadeName = "by hand"
	attempt      = time.Second
	retries      = 2
)

type page struct {
	items []string
	total int
}

// search is a vendor's answer to a question.
func search(vendor call) func(context.Context, string) (page, error) {
	found := page{items: []string{"Sejong-daero 110"}, total: 1}
	return func(ctx context.Context, _ string) (page, error) { return found, vendor(ctx) }
}

func chainRows() []row {
	var all []row
	for _, p := range []struct {
		part   string
		vendor call
	}{{fullChain, answers}, {obeyedChain, obeys}} {
		all = append(all,
			row{p.part, detourName, false, p.vendor, detourChain},
			row{p.part, secondName, false, p.vendor, detourSecond},
			row{p.part, failsafeName, true, p.vendor, failsafeChain},
			row{p.part, handmadeName, false, p.vendor, handmade(func(ctx context.Context) backoff.BackOff { return waits(ctx) })},
			row{p.part, handmadeName + ", lazy", false, p.vendor, handmade(func(ctx context.Context) backoff.BackOff { return &lazy{ctx: ctx} })},
			row{p.part, "WithTimeout alone", false, p.vendor, timeoutAlone})
	}
	return append(all, memoryRows()...)
}

func guarded(name string, vendor call, c breaker.Config) (fallback.Source[string, page], error) {
	b, err := breaker.New(c)
	s := fallback.From(name, search(vendor), &fallback.Upstream{Breaker: b})
	s.Timeout, s.Retry = attempt, fallback.Retry{Max: retries}
	return s, err
}

func detourChain(vendor call) (*subject, error) {
	s, err := guarded("kakao", vendor, breaker.Config{})
	if err != nil {
		return nil, err
	}
	return chainOf(s)
}

// detourSecond has a first source that is open: each answer comes from the second.
func detourSecond(vendor call) (*subject, error) {
	first, err := guarded("kakao", fails, breaker.Config{OpenFor: forever})
	second, err2 := guarded("juso", vendor, breaker.Config{})
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	for first.Upstream.Breaker.Do(context.Background(), fails) == errVendor {
	}
	return chainOf(first, second)
}

func chainOf(sources ...fallback.Source[string, page]) (*subject, error) {
	c, err := fallback.New(fallback.Config[string, page]{Name: "address", Sources: sources})
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	last := sources[len(sources)-1]
	return &subject{
		worker: each(func() error {
			r, err := c.Do(ctx, "Sejong-daero 110")
			if err == nil && r.Source != last.Name {
				return fmt.Errorf("answered by %q", r.Source)
			}
			return err
		}),
		counted: func() (calls, faults int) {
			n := last.Upstream.Breaker.Snapshot()
			return int(n.Calls), int(n.Faults)
		},
		stop: func() { _ = c.Close() },
	}, nil
}

func failsafeChain(vendor call) (*subject, error) {
	ex := failsafe.With(
		safety.NewWithResult(page{}), retrypolicy.NewBuilder[page]().WithMaxRetries(retries).Build(),
		circuitbreaker.NewWithDefaults[page](), timeout.New[page](attempt))
	ctx, do := context.Background(), search(vendor)
	return &subject{
		worker: each(func() error {
			p, err := ex.WithContext(ctx).GetWithExecution(func(e failsafe.Execution[page]) (page, error) { return do(e.Context(), "Sejong-daero 110") })
			return orEmpty(p, err)
		}),
	}, nil
}

// handmade is what people write who know the libraries.
func handmade(wait func(context.Context) backoff.BackOff) func(vendor call) (*subject, error) {
	return func(vendor call) (*subject, error) {
		cb := gobreaker.NewCircuitBreaker[page](gobreaker.Settings{})
		ctx, do := context.Background(), search(vendor)
		ask := func() (page, error) {
			ctx, cancel := context.WithTimeout(ctx, attempt)
			defer cancel()
			return do(ctx, "Sejong-daero 110")
		}
		return &subject{
			worker: each(func() error {
				var p page
				err := backoff.Retry(func() (err error) {
					p, err = cb.Execute(ask)
					return err
				}, wait(ctx))
				if err != nil {
					p = page{} // the substitute
				}
				return orEmpty(p, nil)
			}),
			counted: func() (calls, faults int) { return int(cb.Counts().Requests), int(cb.Counts().TotalFailures) },
		}, nil
	}
}

func waits(ctx context.Context) backoff.BackOff {
	return backoff.WithContext(backoff.WithMaxRetries(backoff.NewExponentialBackOff(), retries), ctx)
}

// lazy makes the waits after the first failure: fewer allocations, for who knows that trick.
type lazy struct {
	ctx  context.Context
	made backoff.BackOff
}

func (l *lazy) Reset() {}

func (l *lazy) NextBackOff() time.Duration {
	if l.made == nil {
		l.made = waits(l.ctx)
	}
	return l.made.NextBackOff()
}

// timeoutAlone is the floor: nobody bounds an attempt for less.
func timeoutAlone(vendor call) (*subject, error) {
	ctx, do := context.Background(), search(vendor)
	return &subject{worker: each(func() error {
		ctx, cancel := context.WithTimeout(ctx, attempt)
		defer cancel()
		p, err := do(ctx, "Sejong-daero 110")
		return orEmpty(p, err)
	})}, nil
}

var errEmpty = errors.New("the substitute came, not the answer")

func orEmpty(p page, err error) error {
	if err == nil && p.total == 0 {
		return errEmpty
	}
	return err
}
