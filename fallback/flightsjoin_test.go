package fallback

import (
	"testing"
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
