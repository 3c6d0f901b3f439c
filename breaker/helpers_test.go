package breaker_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

var bg = context.Background()

// classed is an error as a stranger's provider would make it.
type classed struct {
	class string
	wait  time.Duration
}

func (e classed) Error() string       { return e.class }
func (e classed) Class() string       { return e.class }
func (e classed) Wait() time.Duration { return e.wait }

// bubble runs f under synctest with a breaker that is closed at the end.
func bubble(t *testing.T, c breaker.Config, f func(t *testing.T, b *breaker.Breaker)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b, err := breaker.New(c)
		require.NoError(t, err)
		defer func() { require.NoError(t, b.Close()) }()
		f(t, b)
	})
}

// ended makes a call that ends with err after took, or with its context.
func ended(took time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		if took == 0 {
			return err
		}
		timer := time.NewTimer(took)
		defer timer.Stop()
		select {
		case <-timer.C:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func times(n int, b *breaker.Breaker, call func(context.Context) error) {
	for range n {
		_ = b.Do(bg, call)
	}
}

// trip opens b by five faults in a row.
func trip(t *testing.T, b *breaker.Breaker) {
	t.Helper()
	times(5, b, callFail)
	require.Equal(t, breaker.Open, b.Snapshot().State)
}

// refused requires the next call to be refused without being made.
func refused(t *testing.T, b *breaker.Breaker) *breaker.OpenError {
	t.Helper()
	err := b.Do(bg, func(context.Context) error { t.Error("called while open"); return nil })
	var open *breaker.OpenError
	require.ErrorAs(t, err, &open)
	require.ErrorIs(t, err, breaker.ErrOpen)
	return open
}

// untilDue sleeps until the next trial or probe is due.
func untilDue(b *breaker.Breaker) { time.Sleep(time.Until(b.Snapshot().Until)) }

// recovered makes the good calls that close an open breaker, and waits for the end of the ramp.
func recovered(t *testing.T, b *breaker.Breaker) {
	t.Helper()
	untilDue(b)
	times(3, b, callOK)
	require.Equal(t, breaker.Closed, b.Snapshot().State)
	time.Sleep(2 * time.Second)
}

func goexit(context.Context) error { runtime.Goexit(); return nil }

// shorter is how many variants of a scenario to play: a third of them with -short.
func shorter(n int) int {
	if testing.Short() {
		return (n + 2) / 3
	}
	return n
}
