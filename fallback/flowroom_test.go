package fallback

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBeginRoomIsExact: claim and challenge may fill the room to the last byte,
// and come back whole; one byte more is refused, and a claim that leaves no room
// for a challenge before anybody is asked for one.
func TestBeginRoomIsExact(t *testing.T) {
	packed := func(v string) int {
		data, err := pack(v)
		require.NoError(t, err)
		return len(data)
	}
	filling := func(bytes int) string {
		v := strings.Repeat("x", bytes)
		for packed(v) > bytes {
			v = v[1:]
		}
		require.Equal(t, bytes, packed(v))
		return v
	}
	store, err := NewMemoryCounter(MemoryCounterConfig{})
	require.NoError(t, err)
	asked, challenge := 0, filling(1000)
	var claim, reply string
	leg := NewLeg("a", func(context.Context, string) (string, error) { asked++; return challenge, nil },
		func(_ context.Context, r string) (string, error) { reply = r; return "proof", nil }, nil)
	leg.Assurance = Low
	f, err := NewFlow(FlowConfig[string, string, string, string]{
		Name: "login", Legs: []Leg[string, string, string, string]{leg}, Min: Low, TTL: time.Minute, Keys: [][]byte{[]byte(strings.Repeat("0123", 8))},
		Tickets: store, Join: func(_, c string) string { return c }, Match: func(q, _ string) error { claim = q; return nil },
	})
	require.NoError(t, err)

	last := filling(recordMax - 1000)
	b, err := f.Begin(t.Context(), "a", last)
	require.NoError(t, err)
	_, err = f.Finish(t.Context(), b.Ticket, "")
	require.NoError(t, err)
	require.Equal(t, last, claim)
	require.Equal(t, challenge, reply)

	for claim, asks := range map[string]int{last + "x": 1, filling(recordMax - 1): 1, filling(recordMax): 0, filling(recordMax + 1): 0} {
		asked = 0
		_, err = f.Begin(t.Context(), "a", claim)
		require.ErrorIs(t, err, ErrInvalid)
		require.ErrorIs(t, err, errKeep)
		require.Equal(t, asks, asked, packed(claim))
	}
	require.Zero(t, store.Stats().Keys)
}
