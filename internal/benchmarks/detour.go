package main

import (
	"context"
	"errors"

	"github.com/detour-go/detour/breaker"
)

func detour() library {
	return library{
		name: detourName,
		build: map[string]func(call) (*subject, error){
			closedOK: func(vendor call) (*subject, error) {
				return detourSubject(breaker.Config{}, vendor)
			},
			closedFault: func(vendor call) (*subject, error) {
				return detourSubject(breaker.Config{Consecutive: manyFaults, MinCalls: manyFaults}, vendor)
			},
			open: func(vendor call) (*subject, error) {
				return opened(detourSubject(breaker.Config{OpenFor: forever}, vendor))
			},
		},
		one: func(_ int, vendor call) (any, error) {
			b, err := breaker.New(breaker.Config{})
			if err == nil {
				err = b.Do(context.Background(), vendor)
			}
			return b, err
		},
	}
}

func detourWithProbe() library {
	return library{
		name: probeName,
		build: map[string]func(call) (*subject, error){
			open: func(vendor call) (*subject, error) {
				return opened(detourSubject(breaker.Config{Probe: fails}, vendor))
			},
		},
	}
}

func detourSubject(c breaker.Config, vendor call) (*subject, error) {
	b, err := breaker.New(c)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	return &subject{
		worker:  each(func() error { return b.Do(ctx, vendor) }),
		refused: func(err error) bool { return errors.Is(err, breaker.ErrOpen) },
		counted: func() (calls, faults int) {
			now := b.Snapshot()
			return int(now.Calls), int(now.Faults)
		},
		stop: func() { _ = b.Close() },
	}, nil
}
