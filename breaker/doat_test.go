package breaker_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// TestDoAtBegins: a call is as old as its caller's reading of the clock says,
// as far as that lies in the slot that is being filled.
func TestDoAtBegins(t *testing.T) {
	for name, row := range map[string]struct {
		off  time.Duration // of the reading
		slow uint64
	}{
		"just now":          {0, 0},
		"in this slot":      {-60 * time.Millisecond, 1},
		"in a slot before":  {-110 * time.Millisecond, 0},
		"before it was new": {-time.Hour, 0},
		"in the future":     {time.Hour, 0},
	} {
		for kind, read := range map[string]func() time.Time{
			"monotonic": time.Now, "wall": func() time.Time { return time.Now().Round(0) },
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				bubble(t, breaker.Config{SlowAfter: 100 * time.Millisecond}, func(t *testing.T, b *breaker.Breaker) {
					time.Sleep(1116 * time.Millisecond) // 74 ms into a slot, of 104 ms each
					times(1, b, callOK)
					require.NoError(t, b.DoAt(bg, read().Add(row.off), ended(50*time.Millisecond, nil)))
					times(1, b, callOK)
					require.EqualValues(t, 3, b.Snapshot().Calls)
					time.Sleep(8 * time.Second) // none has left the window
					now := b.Snapshot()
					require.EqualValues(t, 3, now.Calls)
					require.Equal(t, row.slow, now.Slow)
				})
			})
		}
	}
}

// TestDoAtIsDo: in all else it is Do, by the same states, and a wrong reading
// never lets anybody pass.
func TestDoAtIsDo(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		require.NoError(t, b.DoAt(bg, time.Now(), callOK))
		require.Equal(t, errVendor, b.DoAt(bg, time.Now(), callFail))
		require.Panics(t, func() { _ = b.DoAt(bg, time.Now(), func(context.Context) error { panic("vendor") }) })
		require.EqualValues(t, 3, b.Snapshot().Calls)
		require.EqualValues(t, 2, b.Snapshot().Faults)
		for range 3 {
			_ = b.DoAt(bg, time.Now(), callFail)
		}
		require.Equal(t, breaker.Open, b.Snapshot().State)
		for _, off := range []time.Duration{0, -time.Hour, time.Hour} {
			require.ErrorIs(t, b.DoAt(bg, time.Now().Add(off), callOK), breaker.ErrOpen)
		}
		untilDue(b)
		for range 3 {
			require.NoError(t, b.DoAt(bg, time.Now(), callOK))
		}
		require.Equal(t, breaker.Closed, b.Snapshot().State)
	})
	var none *breaker.Breaker
	require.Equal(t, errVendor, none.DoAt(bg, time.Now(), callFail))
}

// TestDoAtInGroup: a parent that is open refuses.
func TestDoAtInGroup(t *testing.T) {
	g, err := breaker.NewGroup(breaker.GroupConfig{})
	require.NoError(t, err)
	defer func() { require.NoError(t, g.Close()) }()
	b := g.Of("a")
	require.NoError(t, b.DoAt(bg, time.Now(), callOK))
	require.EqualValues(t, 1, b.Snapshot().Calls)
	require.NoError(t, g.Parent().Force(breaker.ForcedOpen, "op", "maintenance", time.Hour))
	require.ErrorIs(t, b.DoAt(bg, time.Now(), callOK), breaker.ErrOpen)
}
