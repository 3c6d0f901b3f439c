package main

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/afex/hystrix-go/hystrix"
	eapache "github.com/eapache/go-resiliency/breaker"
	rubyist "github.com/rubyist/circuitbreaker"
)

// hystrixGo keeps its circuits in a global table under their names; their goroutines cannot be stopped.
func hystrixGo() library {
	ctx := context.Background()
	with := func(name string, c hystrix.CommandConfig, vendor call) func() error {
		c.Timeout = 60_000
		hystrix.ConfigureCommand(name, c)
		run := (func(context.Context) error)(vendor)
		return func() error { return hystrix.DoC(ctx, name, run, nil) }
	}
	build := func(name string, c hystrix.CommandConfig) func(vendor call) (*subject, error) {
		return func(vendor call) (*subject, error) {
			c, name := c, name+strconv.FormatInt(time.Now().UnixNano(), 36)
			c.MaxConcurrentRequests = 10_000
			return &subject{
				worker:  each(with(name, c, vendor)),
				refused: func(err error) bool { return errors.Is(err, hystrix.ErrCircuitOpen) },
			}, nil
		}
	}
	return library{
		name: "hystrix-go",
		build: map[string]func(call) (*subject, error){
			closedOK:    build("ok", hystrix.CommandConfig{}),
			closedFault: build("fault", hystrix.CommandConfig{RequestVolumeThreshold: math.MaxInt}), // its rate can pass 100 %
			open: func(vendor call) (*subject, error) {
				return opened(build("open", hystrix.CommandConfig{SleepWindow: int(forever.Milliseconds())})(vendor))
			},
		},
		one: func(i int, vendor call) (any, error) {
			return nil, with("one"+strconv.Itoa(i), hystrix.CommandConfig{}, vendor)()
		},
		many: 2000,
	}
}

// eapacheBreaker does not count successes, so it has no rate: a lower bound rather than an equal.
func eapacheBreaker() library {
	ctx := context.Background()
	with := func(b *eapache.Breaker, vendor call) func() error {
		return func() error { return b.Run(func() error { return vendor(ctx) }) }
	}
	build := func(errors int, pause time.Duration) func(vendor call) (*subject, error) {
		return func(vendor call) (*subject, error) {
			return &subject{
				worker:  each(with(eapache.New(errors, 1, pause), vendor)),
				refused: func(err error) bool { return err == eapache.ErrBreakerOpen },
			}, nil
		}
	}
	return library{
		name: "eapache",
		build: map[string]func(call) (*subject, error){
			closedOK:    build(5, 10*time.Second),
			closedFault: build(math.MaxInt, 10*time.Second),
			open:        func(vendor call) (*subject, error) { return opened(build(5, forever)(vendor)) },
		},
		one: func(_ int, vendor call) (any, error) {
			b := eapache.New(5, 1, 10*time.Second)
			return b, with(b, vendor)()
		},
	}
}

func rubyistBreaker() library {
	ctx := context.Background()
	with := func(b *rubyist.Breaker, vendor call) func() error {
		return func() error { return b.CallContext(ctx, func() error { return vendor(ctx) }, 0) }
	}
	subjectOf := func(b *rubyist.Breaker, vendor call) *subject {
		return &subject{
			worker:  each(with(b, vendor)),
			refused: func(err error) bool { return err == rubyist.ErrBreakerOpen },
			counted: func() (calls, faults int) { return int(b.Successes() + b.Failures()), int(b.Failures()) },
		}
	}
	return library{
		name: "rubyist",
		build: map[string]func(call) (*subject, error){
			closedOK:    func(vendor call) (*subject, error) { return subjectOf(rubyist.NewRateBreaker(0.5, 20), vendor), nil },
			closedFault: func(vendor call) (*subject, error) { return subjectOf(rubyist.NewBreaker(), vendor), nil },
			open: func(vendor call) (*subject, error) {
				b := rubyist.NewRateBreaker(0.5, 20)
				b.Break() // does not recover by itself
				return opened(subjectOf(b, vendor), nil)
			},
		},
		one: func(_ int, vendor call) (any, error) {
			b := rubyist.NewRateBreaker(0.5, 20)
			return b, with(b, vendor)()
		},
	}
}
