package fallback

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestQuotaThatWasGivenBack: a quota of which a call is taken back is not used
// up any more, nor was it all the time when it is again.
func TestQuotaThatWasGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Capacity{PerDay: 1}
		s, err := c.spend()
		require.NoError(t, err)
		_, err = c.spend()
		require.Error(t, err)
		require.Equal(t, time.Now(), c.Usage().Ends)
		time.Sleep(time.Hour)
		c.unspend(s)
		require.Zero(t, c.Usage().Ends)
		_, err = c.spend()
		require.NoError(t, err)
		require.Equal(t, time.Now(), c.Usage().Ends)
		time.Sleep(25 * time.Hour)
		_, err = c.spend()
		require.NoError(t, err)
		c.unspend(s) // of another day
		require.EqualValues(t, 1, c.Usage().Day)
	})
}

func TestBriefIsReadable(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 1234: "1µs", 999_400: "999µs", 12_345_678: "12.3ms", 999_940_000: "999.9ms", 1_234_567_890: "1.23s", 61 * time.Second: "1m1s",
	} {
		require.Equal(t, want, brief(d))
	}
}
