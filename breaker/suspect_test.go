package breaker_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// watched counts the asks of a Watch that answers as it is told.
type watched struct {
	mu    sync.Mutex
	err   error
	asked []time.Time
}

func (w *watched) ask(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, time.Now())
	return w.err
}

func (w *watched) answer(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

func (w *watched) asks() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// A thousand suspicions are one extra ask, and then one each fifth of WatchEvery: no storm on the upstream, and no vote.
func TestSuspicionOnlyAsks(t *testing.T) {
	w := &watched{}
	bubble(t, breaker.Config{Watch: w.ask, WatchEvery: 10 * time.Second}, func(t *testing.T, b *breaker.Breaker) {
		time.Sleep(time.Second)
		for range 1000 {
			b.Suspect()
		}
		synctest.Wait()
		require.Len(t, w.asks(), 1, "at once, and one for all")
		start := time.Now()
		for time.Since(start) < 9*time.Second {
			b.Suspect()
			time.Sleep(10 * time.Millisecond)
		}
		require.Len(t, w.asks(), 5, "0, 2, 4, 6, 8 s")
		for i := 1; i < len(w.asks()); i++ {
			require.GreaterOrEqual(t, w.asks()[i].Sub(w.asks()[i-1]), 2*time.Second)
		}
		s := b.Snapshot()
		require.Equal(t, breaker.Closed, s.State)
		require.Zero(t, s.Calls)
		require.Zero(t, s.Faults)
	})
}

// What the extra ask finds is judged as always: death is seen long before the next ask was due.
func TestSuspicionFindsDeath(t *testing.T) {
	w := &watched{}
	bubble(t, breaker.Config{Watch: w.ask, WatchEvery: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
		time.Sleep(time.Minute)
		w.answer(errVendor)
		b.Suspect()
		synctest.Wait()
		require.Len(t, w.asks(), 2, "confirmed at once")
		require.Equal(t, breaker.ReasonWatch, b.Snapshot().Why)
		require.Equal(t, breaker.Open, b.Snapshot().State)
		n := len(w.asks())
		b.Suspect()
		synctest.Wait()
		require.Len(t, w.asks(), n, "while open there is nothing to suspect")
	})
}

func TestSuspicionOfNothing(t *testing.T) {
	var none *breaker.Breaker
	none.Suspect()
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) { b.Suspect() })
	bubble(t, breaker.Config{Probe: callFail}, func(t *testing.T, b *breaker.Breaker) {
		b.Suspect()
		synctest.Wait()
		require.Equal(t, breaker.Closed, b.Snapshot().State, "a Probe is not asked while closed")
	})
	w := &watched{}
	bubble(t, breaker.Config{Watch: w.ask}, func(t *testing.T, b *breaker.Breaker) {
		require.NoError(t, b.Close())
		b.Suspect()
		synctest.Wait()
		require.Empty(t, w.asks())
	})
}

// A call that yields a value.
func TestDoValue(t *testing.T) {
	bubble(t, breaker.Config{Consecutive: 2}, func(t *testing.T, b *breaker.Breaker) {
		got, err := breaker.Do(bg, b, func(context.Context) (int, error) { return 7, nil })
		require.NoError(t, err)
		require.Equal(t, 7, got)
		for range 2 {
			got, err = breaker.Do(bg, b, func(context.Context) (int, error) { return 3, errVendor })
			require.ErrorIs(t, err, errVendor)
			require.Equal(t, 3, got, "as call returned it")
		}
		got, err = breaker.Do(bg, b, func(context.Context) (int, error) { return 7, nil })
		require.ErrorIs(t, err, breaker.ErrOpen)
		require.Zero(t, got)
		got, err = breaker.Do(bg, nil, func(context.Context) (int, error) { return 7, errors.ErrUnsupported })
		require.ErrorIs(t, err, errors.ErrUnsupported)
		require.Equal(t, 7, got)
	})
	b := mustNew(t, breaker.Config{})
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = breaker.Do(bg, b, func(context.Context) (int, error) { return 7, nil })
	}))
}
