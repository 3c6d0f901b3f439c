package fallback_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestChainF56PanicIsAFault: recovered, counted once, the place in the capacity
// given back, nothing of the value shown.
func TestChainF56PanicIsAFault(t *testing.T) {
	for name, value := range map[string]any{"string": "secret-900101", "error": errors.New("secret-900101"), "nil": nil} {
		t.Run(name, func(t *testing.T) {
			b := newBreaker(t, breaker.Config{})
			up := &fallback.Upstream{Breaker: b, Capacity: &fallback.Capacity{InFlight: 1}}
			s := answering("")
			s.does(func(context.Context, string) (reply, error) { panic(value) })
			c := newChain(t, config{Sources: []source{{Name: "a", Do: s.ask, Upstream: up}}})
			for i := range 2 {
				r, err := c.Do(t.Context(), "q")
				e := failed(t, r, err)
				requireVerdict(t, fallback.ErrUnavailable, err)
				require.NotContains(t, err.Error(), "secret")
				require.Contains(t, err.Error(), "address: unavailable: a: unavailable: panic in source a: ")
				var p *fallback.PanicError
				require.ErrorAs(t, e, &p)
				require.Contains(t, string(p.Stack), "chainfault_test.go")
				require.EqualValues(t, i+1, b.Snapshot().Faults)
				require.Zero(t, up.Capacity.Load())
			}
		})
	}
	t.Run("runtime error", func(t *testing.T) {
		s := answering("")
		s.does(func(context.Context, string) (reply, error) {
			none := []string{}
			return reply{Text: none[len(none)]}, nil
		})
		_, err := chainOf(t, s).Do(t.Context(), "q")
		require.ErrorContains(t, err, "index out of range")
	})
}

func TestChainF57GoexitHoldsNothingUp(t *testing.T) {
	b := newBreaker(t, breaker.Config{})
	up := &fallback.Upstream{Breaker: b, Capacity: &fallback.Capacity{InFlight: 1}}
	s := answering("")
	s.does(func(context.Context, string) (reply, error) { runtime.Goexit(); return reply{}, nil })
	var heard []fallback.Outcome
	c := newChain(t, config{
		Sources: []source{{Name: "a", Do: s.ask, Upstream: up}},
		Observe: fallback.ObserverFunc(func(o fallback.Outcome) { heard = append(heard, o) }),
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = c.Do(t.Context(), "q")
		t.Error("the goroutine should have ended")
	}()
	<-done
	require.EqualValues(t, 1, b.Snapshot().Faults)
	require.Zero(t, up.Capacity.Load())
	require.NoError(t, c.Close())
	require.Len(t, heard, 1)
	require.Equal(t, "unavailable", heard[0].Verdict)
}

func TestChainF59StopsWhenTheCallerLeaves(t *testing.T) {
	mine := errors.New("the citizen closed the page")
	for name, end := range map[string]func(context.Context) (context.Context, func()){
		"cancel": func(ctx context.Context) (context.Context, func()) { return context.WithCancel(ctx) },
		"cancel with a cause": func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			return ctx, func() { cancel(mine) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(t, breaker.Config{Consecutive: 1})
				first, second := answering(""), answering("ok")
				first.hangs()
				c := newChain(t, config{Sources: []source{
					{Name: "a", Do: first.ask, Retry: fallback.Retry{Max: 3}, Upstream: &fallback.Upstream{Breaker: b}},
					{Name: "b", Do: second.ask},
				}})
				ctx, cancel := end(t.Context())
				time.AfterFunc(10*time.Millisecond, cancel)
				began := time.Now()
				r, err := c.Do(ctx, "q")
				require.Equal(t, 10*time.Millisecond, time.Since(began))
				e := failed(t, r, err)
				requireVerdict(t, fallback.ErrCancelled, err)
				require.ErrorIs(t, err, context.Canceled)
				require.Equal(t, name != "cancel", errors.Is(err, mine))
				require.Equal(t, "unavailable", e.Class())
				require.EqualValues(t, 1, first.asked.Load())
				require.Zero(t, second.asked.Load())
				require.Equal(t, breaker.Closed, b.Snapshot().State)
				require.Zero(t, b.Snapshot().Faults)
			})
		})
	}
	t.Run("before the call", func(t *testing.T) {
		s := answering("ok")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := chainOf(t, s).Do(ctx, "q")
		requireVerdict(t, fallback.ErrCancelled, err)
		require.Zero(t, s.asked.Load())
		require.Equal(t, "address: cancelled: context canceled", err.Error())
	})
	t.Run("nobody else is named", func(t *testing.T) {
		ctx, cancel := context.WithCancel(fallback.WithMin(t.Context(), fallback.Low))
		s := answering("")
		s.does(func(context.Context, string) (reply, error) { cancel(); return reply{}, &says{class: "unavailable"} })
		c := newChain(t, config{Sources: []source{
			{Name: "a", Do: s.ask, Assurance: fallback.Low}, {Name: "weak", Do: answering("").ask}, {Name: "c", Do: answering("").ask, Assurance: fallback.Low},
		}})
		r, err := c.Do(ctx, "q")
		failed(t, r, err)
		requireVerdict(t, fallback.ErrCancelled, err)
		require.Len(t, r.Failed, 1)
	})
	t.Run("an answer counts even so", func(t *testing.T) {
		s := answering("")
		c := chainOf(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s.does(func(context.Context, string) (reply, error) { cancel(); return reply{}, &says{class: "denied"} })
		_, err := c.Do(ctx, "q")
		requireVerdict(t, fallback.ErrDenied, err)
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		s.does(func(context.Context, string) (reply, error) { leave(); return reply{Text: "ok"}, nil })
		r, err := c.Do(ctx, "q")
		require.NoError(t, err)
		require.Equal(t, "ok", r.Value.Text)
	})
}
