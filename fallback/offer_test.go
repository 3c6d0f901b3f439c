package fallback_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestOffersTellThatNoCallsAreLeftToday: a leg whose quota of the day is used up
// would refuse every Begin until the next one, so nobody is sent there, and it is
// told from when on it is good again.
func TestOffersTellThatNoCallsAreLeftToday(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		s.cfg.Legs[0].Upstream = &fallback.Upstream{Name: "kakao", Capacity: &fallback.Capacity{PerDay: 3, Zone: time.FixedZone("KST", 9*60*60)}}
		s.remake(t)
		kakao := func() fallback.Offer { return s.flow.Offers(bgCtx)[0] }
		for range 3 {
			require.True(t, kakao().Available)
			s.mustBegin(t, bgCtx, "kakao")
			time.Sleep(time.Minute)
		}
		used := time.Now()
		midnight := time.Date(used.Year(), used.Month(), used.Day(), 15, 0, 0, 0, time.UTC)
		gone := fallback.Offer{
			Source: "kakao", Why: "capacity", Since: used, RetryAt: midnight, Assurance: fallback.Low, Unproven: true,
		}
		same := func(o fallback.Offer) {
			require.True(t, o.RetryAt.Equal(midnight))
			o.RetryAt = midnight
			require.Equal(t, gone, o)
		}
		same(kakao())
		_, err := s.flow.Begin(bgCtx, "kakao", idClaim{Person: "kim"})
		flowFails(t, err, fallback.ErrLimited)
		time.Sleep(time.Hour)
		same(kakao())
		require.True(t, s.flow.Offers(bgCtx)[1].Available)
		time.Sleep(time.Until(midnight) - 1)
		same(kakao())
		time.Sleep(time.Nanosecond)
		require.True(t, kakao().Available)
		require.Empty(t, kakao().Why)
		require.Zero(t, kakao().RetryAt)
		s.mustBegin(t, bgCtx, "kakao")
	})
}
