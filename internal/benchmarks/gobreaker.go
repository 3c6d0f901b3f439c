package main

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

func gobreakerV2() library {
	return gobreakerWith(gobreakerName, gobreaker.Settings{})
}

// gobreakerRolling counts in a rolling window, as Detour does; gobreaker's default counts since it closed.
func gobreakerRolling() library {
	return gobreakerWith("gobreaker v2, 10 s", gobreaker.Settings{Interval: 10 * time.Second, BucketPeriod: time.Second})
}

func gobreakerWith(name string, settings gobreaker.Settings) library {
	ctx := context.Background()
	with := func(settings gobreaker.Settings, vendor call) (*subject, error) {
		cb := gobreaker.NewCircuitBreaker[struct{}](settings)
		return &subject{
			worker: each(func() error {
				_, err := cb.Execute(func() (struct{}, error) { return struct{}{}, vendor(ctx) })
				return err
			}),
			refused: gobreakerRefused,
			counted: func() (calls, faults int) {
				n := cb.Counts()
				return int(n.Requests), int(n.TotalFailures)
			},
		}, nil
	}
	return library{
		name: name,
		build: map[string]func(call) (*subject, error){
			closedOK: func(vendor call) (*subject, error) { return with(settings, vendor) },
			closedFault: func(vendor call) (*subject, error) {
				settings := settings
				settings.ReadyToTrip = func(gobreaker.Counts) bool { return false }
				return with(settings, vendor)
			},
			open: func(vendor call) (*subject, error) {
				settings := settings
				settings.Timeout = forever
				return opened(with(settings, vendor))
			},
		},
		one: func(_ int, vendor call) (any, error) {
			cb := gobreaker.NewCircuitBreaker[struct{}](settings)
			_, err := cb.Execute(func() (struct{}, error) { return struct{}{}, vendor(ctx) })
			return cb, err
		},
	}
}

func gobreakerRefused(err error) bool {
	return errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests)
}
