package fallback

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRateAgainstAList: calls that come, that are taken back out of the middle
// and bounds that change, beside a list of all the times.
func TestRateAgainstAList(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 5)) //nolint:gosec // a test
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Hour) // the clock of a rate begins with its first call
			var r rate
			var calls []time.Duration
			var began time.Time
			most, ever := 1+rng.IntN(6), 0
			young := func(i int) bool { return time.Since(began)-calls[i] < time.Second }
			for range 300 {
				time.Sleep(time.Duration(rng.IntN(5)) * 100 * time.Millisecond / time.Duration(most))
				switch rng.IntN(8) {
				case 0:
					most = 1 + rng.IntN(6)
				case 1, 2:
					if len(calls) == 0 || !young(len(calls)-1) {
						continue
					}
					i := len(calls) - 1
					for i > 0 && young(i-1) && rng.IntN(2) == 0 {
						i--
					}
					at := calls[i]
					r.back(at)
					for i+1 < len(calls) && calls[i+1] == at {
						i++
					}
					calls = slices.Delete(calls, i, i+1)
				default:
					if began.IsZero() {
						began = time.Now()
					}
					ever = max(ever, most)
					at, wait := r.take(most)
					if n := len(calls); n >= most && young(n-most) {
						require.Equal(t, time.Second-(time.Since(began)-calls[n-most]), wait)
					} else {
						require.Zero(t, wait)
						require.Equal(t, time.Since(began), at)
						calls = append(calls, at)
					}
				}
				used := 0
				for i := range calls {
					if young(i) {
						used++
					}
				}
				require.Equal(t, used, r.used())
				for n := 1; n <= ever; n++ {
					require.Equal(t, used < n, r.below(n), n)
				}
			}
		})
	}
}

// TestRateBackOfAnUnknownCall: it takes nothing back.
func TestRateBackOfAnUnknownCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r rate
		r.back(0)
		require.Zero(t, r.used())
		r.take(2)
		r.back(time.Second)
		require.Equal(t, 1, r.used())
	})
}
