package breaker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// A share of the trials closes: an upstream that answers four of five again is worth asking, one that answers two is not.
func TestShareOfTrialsCloses(t *testing.T) {
	for outcomes, want := range map[string]breaker.State{
		"+++-+-+":   breaker.HalfOpen,
		"+++-+-++":  breaker.HalfOpen,
		"+++-+-+++": breaker.Closed, // 7 of 10 reached
		"+++++++":   breaker.Closed,
		"---":       breaker.HalfOpen,
		"----":      breaker.Open, // 7 are out of reach
		"+++-+-+--": breaker.Open,
	} {
		t.Run(outcomes, func(t *testing.T) {
			bubble(t, breaker.Config{Trials: 10, TrialRate: 0.7, OpenFor: time.Minute}, func(t *testing.T, b *breaker.Breaker) {
				trip(t, b)
				untilDue(b)
				for _, o := range outcomes {
					if o == '+' {
						require.NoError(t, b.Do(bg, callOK))
					} else {
						require.ErrorIs(t, b.Do(bg, callFail), errVendor)
					}
				}
				require.Equal(t, want, b.Snapshot().State)
			})
		})
	}
}

// With a share to spare, a hung trial is one failure of several: its place is not given again, and what it says later is late.
func TestShareAndLeases(t *testing.T) {
	bubble(t, breaker.Config{Trials: 4, TrialRate: 0.5, Lease: 5 * time.Second, SlowAfter: 5 * time.Second}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		untilDue(b)
		require.NoError(t, b.Do(bg, callOK))
		var out []breaker.Pass
		for range 3 {
			p, err := b.Enter(bg)
			require.NoError(t, err)
			out = append(out, p)
			time.Sleep(time.Second)
		}
		refused(t, b)
		time.Sleep(2 * time.Second) // the first lease is over
		refused(t, b)
		require.Equal(t, breaker.HalfOpen, b.Snapshot().State)
		out[0].Exit(nil)
		require.EqualValues(t, 1, b.Snapshot().Late)
		require.Equal(t, breaker.HalfOpen, b.Snapshot().State)
		out[1].Exit(nil)
		require.Equal(t, breaker.Closed, b.Snapshot().State, "2 of 4")
		out[2].Exit(errVendor)
		require.EqualValues(t, 2, b.Snapshot().Late)
	})
	bubble(t, breaker.Config{Trials: 4, TrialRate: 0.5}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		untilDue(b)
		times(1, b, ended(0, classed{class: "refused"}))
		require.Equal(t, breaker.Open, b.Snapshot().State, "no matter of share")
		require.Equal(t, breaker.ReasonRefused, b.Snapshot().Why)
	})
}
