package breaker_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/detour-go/detour/breaker"
)

var errVendor = errors.New("vendor")

func callOK(context.Context) error   { return nil }
func callFail(context.Context) error { return errVendor }

func mustNew(tb testing.TB, c breaker.Config) *breaker.Breaker {
	tb.Helper()
	b, err := breaker.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// parallel runs f with 1 and with 64 goroutines per core.
func parallel(b *testing.B, f func()) {
	for _, p := range []struct {
		name string
		n    int
	}{{"p1", 1}, {"p64", 64}} {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(p.n)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					f()
				}
			})
		})
	}
}

// The short window keeps the slots from filling up, so that every call pays for being counted.
func BenchmarkClosedOK(b *testing.B) {
	ctx := context.Background()
	b.Run("detour", func(b *testing.B) {
		d := mustNew(b, breaker.Config{Window: 100 * time.Millisecond})
		parallel(b, func() { _ = d.Do(ctx, callOK) })
	})
	b.Run("gobreaker", func(b *testing.B) {
		g := gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{})
		parallel(b, func() { _, _ = g.Execute(func() (struct{}, error) { return struct{}{}, callOK(ctx) }) })
	})
}

// One call in eight fails.
func BenchmarkClosedFault(b *testing.B) {
	ctx := context.Background()
	some := func(n *int) func(context.Context) error {
		if *n++; *n%8 == 0 {
			return callFail
		}
		return callOK
	}
	b.Run("detour", func(b *testing.B) {
		d := mustNew(b, breaker.Config{Window: 100 * time.Millisecond, FaultRate: 0.9, Consecutive: 1 << 20})
		n := 0
		for b.Loop() {
			_ = d.Do(ctx, some(&n))
		}
	})
	b.Run("gobreaker", func(b *testing.B) {
		g := gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{})
		n := 0
		for b.Loop() {
			_, _ = g.Execute(func() (struct{}, error) { return struct{}{}, some(&n)(ctx) })
		}
	})
}

func BenchmarkReject(b *testing.B) {
	ctx := context.Background()
	open := func(c breaker.Config) *breaker.Breaker {
		d := mustNew(b, c)
		b.Cleanup(func() { _ = d.Close() })
		for range 5 {
			_ = d.Do(ctx, callFail)
		}
		return d
	}
	b.Run("detour", func(b *testing.B) {
		d := open(breaker.Config{OpenFor: time.Hour})
		parallel(b, func() { _ = d.Do(ctx, callOK) })
	})
	b.Run("detour-probe", func(b *testing.B) {
		d := open(breaker.Config{Probe: callFail})
		parallel(b, func() { _ = d.Do(ctx, callOK) })
	})
	b.Run("gobreaker", func(b *testing.B) {
		g := gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
			Timeout: time.Hour, ReadyToTrip: func(gobreaker.Counts) bool { return true },
		})
		_, _ = g.Execute(func() (struct{}, error) { return struct{}{}, errVendor })
		parallel(b, func() { _, _ = g.Execute(func() (struct{}, error) { return struct{}{}, nil }) })
	})
}
