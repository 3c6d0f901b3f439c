package main

import (
	"context"
	"errors"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// failsafeGo is its breaker over ten seconds, run by its executor.
func failsafeGo() library {
	ctx := context.Background()
	run := func(cb circuitbreaker.CircuitBreaker[any], vendor call) func() error {
		ex := failsafe.With[any](cb).WithContext(ctx)
		return func() error {
			return ex.RunWithExecution(func(e failsafe.Execution[any]) error { return vendor(e.Context()) })
		}
	}
	l := failsafeWith(failsafeName, run)
	l.one = func(_ int, vendor call) (any, error) {
		cb := tenSeconds(20).Build()
		return cb, run(cb, vendor)()
	}
	return l
}

// failsafePermit is the same breaker without the executor: its permits, asked for and given back by hand.
func failsafePermit() library {
	ctx := context.Background()
	return failsafeWith("failsafe-go, permits", func(cb circuitbreaker.CircuitBreaker[any], vendor call) func() error {
		return func() error {
			if !cb.TryAcquirePermit() {
				return circuitbreaker.ErrOpen
			}
			err := vendor(ctx)
			if err != nil {
				cb.RecordFailure()
			} else {
				cb.RecordSuccess()
			}
			return err
		}
	})
}

func tenSeconds(least uint) circuitbreaker.Builder[any] {
	return circuitbreaker.NewBuilder[any]().WithFailureRateThreshold(0.5, least, 10*time.Second).WithDelay(forever)
}

func failsafeWith(name string, run func(circuitbreaker.CircuitBreaker[any], call) func() error) library {
	with := func(least uint) func(call) (*subject, error) {
		return func(vendor call) (*subject, error) {
			cb := tenSeconds(least).Build()
			return &subject{
				worker:  each(run(cb, vendor)),
				refused: failsafeRefused,
				counted: func() (calls, faults int) {
					n := cb.Metrics()
					return int(n.Executions()), int(n.Failures())
				},
			}, nil
		}
	}
	return library{
		name: name,
		build: map[string]func(call) (*subject, error){
			closedOK:    with(20),
			closedFault: with(manyFaults),
			open:        func(vendor call) (*subject, error) { return opened(with(20)(vendor)) },
		},
	}
}

func failsafeRefused(err error) bool { return errors.Is(err, circuitbreaker.ErrOpen) }
