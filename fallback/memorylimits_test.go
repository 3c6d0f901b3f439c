package fallback_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMemoryStoreHoldsNoMoreThanItSays: what had to go is gone.
func TestMemoryStoreHoldsNoMoreThanItSays(t *testing.T) {
	s := memoryStore(t, 0, 3)
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "a", "b"} {
		require.NoError(t, s.Save(t.Context(), key, []byte(key), time.Hour))
	}
	require.Equal(t, "a b f", alive(s, "a", "b", "c", "d", "e", "f"))
	require.Equal(t, 3, s.Stats().Entries)
	require.EqualValues(t, 5, s.Stats().Evicted)
	// What is to be kept for no time is deleted, whatever its size.
	s = memoryStore(t, 1000, 0)
	require.NoError(t, s.Save(t.Context(), "a", []byte("small"), time.Hour))
	require.NoError(t, s.Save(t.Context(), "a", make([]byte, 2000), 0))
	require.Equal(t, "", alive(s, "a"))
	require.Zero(t, s.Stats().Entries)
	require.Zero(t, s.Stats().Bytes)
}

// TestMemoryCounterGoesToItsLimits, and not over.
func TestMemoryCounterGoesToItsLimits(t *testing.T) {
	c := memoryCounter(t, 0, 0)
	const most, least = int64(1<<63 - 1), int64(-1 << 63)
	for key, limit := range map[string]int64{"most": most, "least": least} {
		step := int64(1)
		if limit < 0 {
			step = -1
		}
		n, err := c.Add(t.Context(), key, limit-step, time.Hour)
		require.NoError(t, err)
		require.Equal(t, limit-step, n)
		n, err = c.Add(t.Context(), key, step, time.Hour)
		require.NoError(t, err)
		require.Equal(t, limit, n)
		_, err = c.Add(t.Context(), key, step, time.Hour)
		require.Error(t, err)
	}
}
