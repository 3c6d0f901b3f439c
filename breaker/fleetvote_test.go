package breaker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// The share is reached, not passed; and one that is back, or that an operator took out, is enough to end it at once when no more than Least had fallen.
func TestFleetIsJudgedAtEveryChange(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, b *breaker.Breaker){
		"one is back": func(t *testing.T, b *breaker.Breaker) {
			untilDue(b)
			times(3, b, callOK)
			require.Equal(t, breaker.Closed, b.Snapshot().State)
		},
		"one is forced": func(t *testing.T, b *breaker.Breaker) {
			require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "drill", time.Hour))
		},
	} {
		t.Run(name, func(t *testing.T) {
			fleet(t, 4, breaker.FleetConfig{}, breaker.Config{}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
				times(1, all[3], callOK)
				for i, b := range all[:3] {
					require.False(t, down(fl), "%d of 4", i)
					trip(t, b)
				}
				require.True(t, down(fl), "3 of 4")
				end(t, all[0])
				require.False(t, down(fl))
			})
		})
	}
}
