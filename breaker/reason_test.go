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

// What the upstream itself gave as a reason stays until it has recovered: a trial that hangs or fails in another way has not taken it back, and
// the last resort does not pass.
func TestReasonThatBindsStays(t *testing.T) {
	for name, fail := range map[string]func(*breaker.Breaker){
		"hangs":   func(b *breaker.Breaker) { _, _ = b.Enter(bg); time.Sleep(2 * time.Second); _ = b.Do(bg, callOK) },
		"is slow": func(b *breaker.Breaker) { _ = b.Do(bg, ended(900*time.Millisecond, nil)) },
		"fails":   func(b *breaker.Breaker) { _ = b.Do(bg, callFail) },
		"panics": func(b *breaker.Breaker) {
			defer func() { _ = recover() }()
			_ = b.Do(bg, func(context.Context) error { panic("x") })
		},
		"has a wait": func(b *breaker.Breaker) { _ = b.Do(bg, ended(0, classed{"unavailable", time.Minute})) },
	} {
		for _, class := range []string{"limited", "refused", "security"} {
			t.Run(class+", then the trial "+name, func(t *testing.T) {
				bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
					times(1, b, ended(0, classed{class: class}))
					untilDue(b)
					until := b.Snapshot().Until
					fail(b)
					s := b.Snapshot()
					require.Equal(t, breaker.Open, s.State)
					require.NotEqual(t, until, s.Until, "the trial failed")
					require.Equal(t, class, s.Why.String())
					require.Equal(t, classed{class: class}, s.Cause, "reason and cause belong together")
					require.False(t, tried(b, callOK), "the last resort")
					if name == "has a wait" {
						require.GreaterOrEqual(t, time.Until(s.Until), time.Minute, "obeyed all the same")
					}
					recovered(t, b)
					time.Sleep(time.Minute)
					trip(t, b)
					require.Equal(t, breaker.ReasonFaults, b.Snapshot().Why, "another outage, another reason")
					require.True(t, tried(b, callFail))
				})
			})
		}
	}
}

// Another such reason takes its place: who says "wait" has shown a good certificate.
func TestReasonThatBindsIsReplaced(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		for _, class := range []string{"security", "limited", "refused"} {
			times(1, b, ended(0, classed{class: class}))
			require.Equal(t, class, b.Snapshot().Why.String())
			require.Equal(t, classed{class: class}, b.Snapshot().Cause)
			untilDue(b)
		}
	})
	bubble(t, breaker.Config{OpenFor: time.Hour}, func(t *testing.T, b *breaker.Breaker) { // by trials beside each other
		trip(t, b)
		first, err := b.Trial(bg)
		require.NoError(t, err)
		time.Sleep(100 * time.Millisecond)
		second, err := b.Trial(bg)
		require.NoError(t, err)
		first.Exit(classed{class: "refused"})
		second.Exit(classed{"unavailable", 3 * time.Hour})
		s := b.Snapshot()
		require.Equal(t, breaker.ReasonRefused, s.Why)
		require.Equal(t, classed{class: "refused"}, s.Cause)
	})
}

// A probe that is told such a thing has learned it for all; one that fails later in another way has not unlearned it.
func TestReasonThatBindsByProbe(t *testing.T) {
	for name, answers := range map[string][]error{
		"at its first ask":     {classed{class: "security"}, errVendor},
		"when it was to close": {nil, classed{class: "security"}, errVendor, nil, errVendor},
	} {
		t.Run(name, func(t *testing.T) {
			var asks atomic.Int32
			bubble(t, breaker.Config{Probe: func(context.Context) error {
				if n := int(asks.Add(1)); n <= len(answers) {
					return answers[n-1]
				}
				return errVendor
			}}, func(t *testing.T, b *breaker.Breaker) {
				trip(t, b)
				require.Equal(t, breaker.ReasonFaults, b.Snapshot().Why)
				for int(asks.Load()) < len(answers)+3 {
					time.Sleep(500 * time.Millisecond)
					synctest.Wait()
					if asks.Load() >= 2 {
						require.Equal(t, breaker.ReasonSecurity, refused(t, b).Why)
						require.Equal(t, classed{class: "security"}, b.Snapshot().Cause)
						require.False(t, tried(b, callOK))
					}
				}
			})
		})
	}
}

// A probe that only fails has nothing to say about why it opened.
func TestFailedProbeKeepsTheCause(t *testing.T) {
	bubble(t, breaker.Config{Probe: ended(0, classed{class: "unavailable"})}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		time.Sleep(10 * time.Second)
		require.Equal(t, errVendor, refused(t, b).Cause)
	})
}
