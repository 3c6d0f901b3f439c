package fallback

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFlightsKnowWhoComes: those who ask for a call that has not begun yet count
// for how long it is waited for, and nothing is kept of them afterwards.
func TestFlightsKnowWhoComes(t *testing.T) {
	at := func(second int64) time.Time { return time.Unix(second, 0) }
	f := flights{most: 1, mostBehind: 1}
	for _, s := range []int64{5, 9, 3} {
		f.join("q", at(s))
	}
	f.join("other", at(100))
	p := f.begin("q", at(4), false)
	require.Equal(t, at(9), p.horizon())
	f.join("q", at(7))
	require.Equal(t, at(9), p.horizon())
	f.join("q", at(20))
	require.Equal(t, at(20), p.horizon())
	require.Len(t, f.coming, 1)
	f.leave("other")
	require.Empty(t, f.coming)
	f.join("no room", at(50))
	require.Nil(t, f.begin("no room", at(1), false))
	require.Empty(t, f.coming)
	f.end("q")
	f.join("q", at(2))
	require.Equal(t, at(6), f.begin("q", at(6), false).horizon())
}

// TestFlightsExitedLetsGo: what a call met until its source ended it is asked for
// while others may still join it. They must not wait for ever, and nobody else
// behind them.
func TestFlightsExitedLetsGo(t *testing.T) {
	f := flights{most: 1}
	p := f.begin("q", time.Unix(1, 0), false)
	p.tell(&trail{attempts: 1}, "a")
	got := p.exited(time.Now())
	require.Equal(t, 2, got.attempts)
	require.Len(t, got.failed, 1)
	require.Equal(t, "a", got.failed[0].Source)
	require.True(t, p.mu.TryLock(), "join, of and end would hang")
}

// TestFlightsForgetWhoComesAsOneLands: between the end of a shared call and its
// being handed out there is a moment in which one more still joins it. Nothing
// is kept of him, or such keys would pile up and the next call for his would be
// made to wait for somebody who has gone.
func TestFlightsForgetWhoComesAsOneLands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config[string, landed]{
			Name:    "address",
			Sources: []Source[string, landed]{{Name: "a", Retention: Forever, Do: func(context.Context, string) (landed, error) { return "anew", nil }}},
			Memory:  &Memory[string, landed]{Key: func(q string) string { return q }, Fresh: time.Minute},
		})
		require.NoError(t, err)
		m := c.now.Load().memory
		end := make(chan struct{})
		m.flights.group.DoChan(m.key("q"), func() (any, error) {
			<-end
			return flight[landed]{r: Result[landed]{Value: "landed"}}, nil
		})
		var got Result[landed]
		go func() { got, err = c.Do(t.Context(), "q") }()
		synctest.Wait()
		require.Len(t, m.flights.coming, 1)
		close(end)
		synctest.Wait()
		require.NoError(t, err)
		require.EqualValues(t, "landed", got.Value)
		require.Empty(t, m.flights.coming)
	})
}

type landed string

func (landed) Cacheable() bool { return true }
