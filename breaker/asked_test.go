package breaker_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// A wait that one caller was told stays when another, told later, says nothing of it.
func TestWaitIsNotUntold(t *testing.T) {
	bubble(t, breaker.Config{OpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		var out []breaker.Pass
		for range 3 {
			p, err := b.Trial(bg)
			require.NoError(t, err)
			out = append(out, p)
			time.Sleep(100 * time.Millisecond)
		}
		out[0].Exit(classed{"limited", 5 * time.Minute})
		out[1].Exit(classed{class: "refused"})
		out[2].Exit(nil)
		require.GreaterOrEqual(t, refused(t, b).RetryAfter(), 5*time.Minute)
	})
}

// However far the interval has grown, the Probe is asked every second.
func TestProbeIsAskedHoweverLongTheInterval(t *testing.T) {
	var asks atomic.Int32
	var dead atomic.Bool
	bubble(t, breaker.Config{Probe: func(context.Context) error {
		if asks.Add(1)%2 == 1 && !dead.Load() {
			return nil
		}
		return errVendor
	}}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		time.Sleep(5 * time.Minute) // each recovery failed at the second ask
		dead.Store(true)
		before := asks.Load()
		time.Sleep(time.Minute)
		require.GreaterOrEqual(t, asks.Load()-before, int32(59))
	})
}

// While the Probe is asked for the last time, refusals say when that will be decided at the latest.
func TestRefusalWhileProbed(t *testing.T) {
	asks := 0
	bubble(t, breaker.Config{SlowAfter: time.Second, Probe: func(ctx context.Context) error {
		if asks++; asks == 2 {
			return ended(time.Second, nil)(ctx)
		}
		return nil
	}}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		untilDue(b)
		synctest.Wait()
		require.Equal(t, breaker.HalfOpen, b.Snapshot().State)
		require.Equal(t, 2*time.Second, refused(t, b).RetryAfter(), "Probe and Watch, each bounded by the slow bound")
	})
}
