package breaker_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
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

// traffic is an open-loop arrival of calls at a fixed rate.
type traffic struct {
	rate     float64 // per second
	deadline time.Duration
	cancel   func(n int) time.Duration // when the n-th caller leaves; 0: never
}

type tally struct {
	sync.Mutex
	ok, failed, refused, long int
	openedAt                  []time.Duration
}

// play drives b with traffic for d; vendor says how each call goes, by the time since the start.
func (tr traffic) play(b *breaker.Breaker, d time.Duration, vendor func(at time.Duration, n int) (time.Duration, error)) *tally {
	var out tally
	var wg sync.WaitGroup
	start := time.Now()
	stop := b.Events(func(e breaker.Event) {
		if e.Kind == breaker.EventOpened && e.From == breaker.Closed {
			out.Lock()
			out.openedAt = append(out.openedAt, e.At.Sub(start))
			out.Unlock()
		}
	})
	for n := 0; time.Since(start) < d; n++ {
		took, err := vendor(time.Since(start), n)
		wg.Go(func() {
			ctx, done := context.WithCancel(bg)
			defer done()
			if tr.deadline > 0 {
				ctx, done = context.WithTimeout(ctx, tr.deadline)
				defer done()
			}
			if tr.cancel != nil {
				if leave := tr.cancel(n); leave > 0 {
					defer time.AfterFunc(leave, done).Stop()
				}
			}
			began := time.Now()
			err := b.Do(ctx, ended(took, err))
			out.Lock()
			defer out.Unlock()
			switch {
			case errors.Is(err, breaker.ErrOpen):
				out.refused++
			case err != nil:
				out.failed++
			default:
				out.ok++
			}
			if time.Since(began) > time.Second {
				out.long++
			}
		})
		time.Sleep(time.Duration(float64(time.Second) / tr.rate))
	}
	wg.Wait()
	synctest.Wait()
	stop()
	return &out
}

func goexit(context.Context) error { runtime.Goexit(); return nil }
