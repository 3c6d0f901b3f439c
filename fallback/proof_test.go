package fallback_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// unproven returns the names that Inspect calls so.
func unproven(in fallback.Inspection) (names []string) {
	for _, s := range in.Sources {
		if s.Unproven {
			names = append(names, s.Name)
		}
	}
	return names
}

// TestProven: by a good answer, for MaxIdle; Inspect and the observer say so.
func TestProven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := new(ear)
		c, s := warming(t, func(cfg *config) { cfg.Warm, cfg.Observe = 0, e })
		require.Equal(t, []string{"a", "b", "c"}, unproven(c.Inspect()))
		require.Equal(t, 7*24*time.Hour, c.Inspect().MaxIdle)
		at := time.Now()
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, []string{"b", "c"}, unproven(c.Inspect()))
		require.Equal(t, at, c.Inspect().Sources[0].Answered)
		require.EqualValues(t, 1, c.Inspect().Sources[0].Answers)
		require.True(t, c.Inspect().Sources[1].Answered.IsZero())
		s[0].fails(dead)
		s[1].fails(dead)
		time.Sleep(7*24*time.Hour - 1)
		_, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, []string{"b"}, unproven(c.Inspect()), "a failure proves nothing")
		time.Sleep(time.Nanosecond)
		require.Equal(t, []string{"a", "b"}, unproven(c.Inspect()))
		time.Sleep(time.Second)
		_, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		synctest.Wait()
		heard := e.all()
		require.Equal(t, []string{"b", "c"}, heard[0].Unproven)
		require.Equal(t, []string{"b"}, heard[1].Unproven)
		require.Equal(t, []string{"a", "b"}, heard[2].Unproven)
		for range 2 { // within the second for which it is not looked at anew
			_, err = c.Do(t.Context(), "q")
			require.NoError(t, err)
			synctest.Wait()
			heard = e.all()
			require.Equal(t, []string{"a", "b"}, heard[len(heard)-1].Unproven)
		}
		s[1].answers("b")
		time.Sleep(time.Second - 1)
		for _, want := range [][]string{{"a", "b"}, {"a"}} {
			_, err = c.Do(t.Context(), "q")
			require.NoError(t, err)
			synctest.Wait()
			heard = e.all()
			require.Equal(t, want, heard[len(heard)-1].Unproven)
			time.Sleep(time.Nanosecond)
		}
	})
}

// TestProvenByWarm: eight days of good times, with and without.
func TestProvenByWarm(t *testing.T) {
	for _, warm := range []float64{0, 0.01} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := warming(t, func(cfg *config) { cfg.Warm = warm })
			for range 8 * 24 * 60 {
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				time.Sleep(time.Minute)
			}
			if warm == 0 {
				require.Equal(t, []string{"b", "c"}, unproven(c.Inspect()))
				return
			}
			require.Empty(t, unproven(c.Inspect()))
		})
	}
}

// TestUnprovenOfThoseWhoCount: a source that is never enough for the chain is
// not complained of.
func TestUnprovenOfThoseWhoCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := new(ear)
		c := newChain(t, config{Observe: e, MinAssurance: fallback.Low, MaxIdle: time.Hour, Answers: func(reply, string) error { return nil }, Sources: []source{
			{Name: "a", Do: answering("").ask, Assurance: fallback.Low}, {Name: "weak", Do: answering("").ask},
		}})
		for range 2 {
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			time.Sleep(time.Hour)
		}
		require.Equal(t, []string{"a", "weak"}, unproven(c.Inspect()))
		synctest.Wait()
		require.Empty(t, e.all()[0].Unproven)
		require.Empty(t, e.all()[1].Unproven)
	})
}
