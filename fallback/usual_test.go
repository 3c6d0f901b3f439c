package fallback_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestUsualIsTheMedianOfTheLatest, in whatever order they came.
func TestUsualIsTheMedianOfTheLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := new(script)
		c := newChain(t, config{Sources: []source{{Name: "a", Do: a.ask}}})
		answer := func(took ...int) time.Duration {
			for _, n := range took {
				a.does(func(context.Context, string) (reply, error) { time.Sleep(ms(n)); return reply{}, nil })
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
			}
			return c.Inspect().Sources[0].Usual
		}
		require.Zero(t, answer(80, 10, 70, 20, 60, 30, 50), "too few")
		require.Equal(t, ms(40), answer(40))
		for range 8 {
			answer(15, 15, 15, 15, 15, 15, 15, 15)
		}
		require.Equal(t, ms(15), answer())
		time.Sleep(10*time.Second + 1)
		require.Zero(t, answer(), "too old")
	})
}
