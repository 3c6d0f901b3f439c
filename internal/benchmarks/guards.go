package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/timeout"
	"github.com/sony/gobreaker/v2"

	"github.com/detour-go/detour/breaker"
)

// guards are those that meet the outage: the defaults of each, and settings that look reasonable.
func guards() []namedGuard {
	return []namedGuard{
		{detourName + ", default and Probe", guardDetour},
		{"gobreaker v2, default: 6 in a row, 60 s", guardGobreaker(gobreaker.Settings{})},
		{"gobreaker v2, 6 in a row, 5 s", guardGobreaker(gobreaker.Settings{Timeout: 5 * time.Second})},
		{"gobreaker v2, half of 10 s, 5 s, 5 trials", guardGobreaker(gobreaker.Settings{
			Timeout: 5 * time.Second, MaxRequests: 5, Interval: 10 * time.Second, BucketPeriod: time.Second,
			ReadyToTrip: func(n gobreaker.Counts) bool { return n.Requests >= 20 && 2*n.TotalFailures >= n.Requests },
		})},
		{"failsafe-go, default: 1, 60 s", guardFailsafe(circuitbreaker.NewBuilder[any]())},
		{"failsafe-go, half of 10 s, 5 s, 3 ok", guardFailsafe(halfOfTen())},
		{"failsafe-go, the same, Timeout 500 ms", guardFailsafe(halfOfTen(), timeout.New[any](500*time.Millisecond))},
	}
}

type namedGuard struct {
	name  string
	build func(vendor call) (*guard, error)
}

func guardDetour(vendor call) (*guard, error) {
	var good, closed atomic.Int64 // when: since start; 0: not yet
	start := time.Now()
	b, err := breaker.New(breaker.Config{Probe: func(ctx context.Context) error {
		err := vendor(ctx)
		if err == nil {
			good.CompareAndSwap(0, int64(time.Since(start)))
		}
		return err
	}})
	if err != nil {
		return nil, err
	}
	b.Events(func(e breaker.Event) {
		if e.Kind == breaker.EventClosed {
			closed.CompareAndSwap(0, int64(e.At.Sub(start)))
		}
	})
	return &guard{
		do:      func(ctx context.Context) error { return b.Do(ctx, vendor) },
		refused: func(err error) bool { return errors.Is(err, breaker.ErrOpen) },
		closing: func() (time.Duration, bool) {
			return time.Duration(closed.Load() - good.Load()), good.Load() > 0 && closed.Load() > 0
		},
		stop: func() { _ = b.Close() },
	}, nil
}

func guardGobreaker(s gobreaker.Settings) func(call) (*guard, error) {
	return func(vendor call) (*guard, error) {
		cb := gobreaker.NewCircuitBreaker[struct{}](s)
		return &guard{
			do: func(ctx context.Context) error {
				_, err := cb.Execute(func() (struct{}, error) { return struct{}{}, vendor(ctx) })
				return err
			},
			refused: gobreakerRefused,
		}, nil
	}
}

func halfOfTen() circuitbreaker.Builder[any] {
	return circuitbreaker.NewBuilder[any]().WithFailureRateThreshold(0.5, 20, 10*time.Second).WithDelay(5 * time.Second).WithSuccessThreshold(3)
}

func guardFailsafe(b circuitbreaker.Builder[any], inside ...failsafe.Policy[any]) func(call) (*guard, error) {
	return func(vendor call) (*guard, error) {
		ex := failsafe.With(append([]failsafe.Policy[any]{b.Build()}, inside...)...)
		return &guard{
			do: func(ctx context.Context) error {
				return ex.WithContext(ctx).RunWithExecution(func(e failsafe.Execution[any]) error { return vendor(e.Context()) })
			},
			refused: failsafeRefused,
		}, nil
	}
}
