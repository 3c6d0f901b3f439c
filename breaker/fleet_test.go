package breaker_test

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// fleet runs f with n breakers of independent vendors in one fleet.
func fleet(t *testing.T, n int, c breaker.FleetConfig, each breaker.Config, f func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fl, err := breaker.NewFleet(c)
		require.NoError(t, err)
		var all []*breaker.Breaker
		for i := range n {
			each.Name = fmt.Sprint("vendor", i)
			b := mustNew(t, each)
			defer func() { require.NoError(t, b.Close()) }()
			_, err := fl.Join(b, "")
			require.NoError(t, err)
			all = append(all, b)
		}
		f(t, fl, all)
		require.NoError(t, fl.Close())
		synctest.Wait()
		require.False(t, fl.Snapshot().Down)
	})
}

func down(fl *breaker.Fleet) bool {
	synctest.Wait()
	return fl.Snapshot().Down
}

// F81: our own network fails every vendor at once: it is said once, openings stay short, and traffic is back soon after the network.
func TestFleetF81(t *testing.T) {
	fleet(t, 5, breaker.FleetConfig{Name: "egress"}, breaker.Config{}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		var said []breaker.Event
		fl.Events(func(e breaker.Event) { said = append(said, e) })
		for _, b := range all {
			times(1, b, callOK)
		}
		for i, b := range all {
			require.Equal(t, i == 4, down(fl), "4 of 5 are enough")
			time.Sleep(100 * time.Millisecond)
			trip(t, b)
		}
		synctest.Wait()
		require.Len(t, said, 1)
		require.Equal(t, breaker.EventFleetDown, said[0].Kind)
		require.Equal(t, "egress", said[0].Snapshot.Name)
		require.Equal(t, "4 of 5 independent upstreams opened at once: probably our own network", said[0].Reason)
		for _, b := range all {
			open := refused(t, b)
			require.Equal(t, breaker.ReasonFleet, open.Why)
			require.Equal(t, errVendor, open.Cause, "the cause is still told")
			require.Equal(t, breaker.ReasonFleet, b.Snapshot().Why)
		}
		start := time.Now()
		for time.Since(start) < 10*time.Minute {
			for _, b := range all {
				times(1, b, callFail)
				require.LessOrEqual(t, time.Until(b.Snapshot().Until), 2*time.Second)
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		for _, b := range all {
			times(3, b, callOK)
			require.Equal(t, breaker.Closed, b.Snapshot().State)
		}
		require.False(t, down(fl))
		require.Len(t, said, 2)
		require.Equal(t, breaker.EventFleetUp, said[1].Kind)
		require.EqualValues(t, 2, said[1].Seq)
		require.EqualValues(t, 1, fl.Snapshot().Downs)
		time.Sleep(10 * time.Minute)
		for range 6 { // and intervals grow again as ever
			trip(t, all[0])
			untilDue(all[0])
			times(1, all[0], callFail)
			untilDue(all[0])
			times(3, all[0], callOK)
			time.Sleep(1500 * time.Millisecond)
		}
		trip(t, all[0])
		require.Greater(t, time.Until(all[0].Snapshot().Until), 10*time.Second)
		require.Equal(t, breaker.ReasonFaults, all[0].Snapshot().Why)
	})
}

// A long interval under way is cut, but not one that the upstream asked for.
func TestFleetCutsIntervals(t *testing.T) {
	fleet(t, 4, breaker.FleetConfig{Least: 2}, breaker.Config{}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		old := all[0]
		trip(t, old)
		for range 8 {
			untilDue(old)
			times(1, old, callFail)
		}
		times(1, all[1], ended(0, classed{"unavailable", 30 * time.Second}))
		trip(t, all[1])
		require.Greater(t, time.Until(old.Snapshot().Until), 40*time.Second)
		trip(t, all[2])
		times(1, all[3], ended(0, classed{class: "security"}))
		require.True(t, down(fl))
		require.LessOrEqual(t, time.Until(old.Snapshot().Until), 2*time.Second)
		require.Equal(t, breaker.ReasonFaults, refused(t, old).Why, "its outage is older")
		require.Equal(t, breaker.ReasonFleet, refused(t, all[2]).Why)
		require.Equal(t, breaker.ReasonSecurity, refused(t, all[3]).Why, "never hidden")
		require.False(t, tried(all[3], callOK))
	})
	fleet(t, 3, breaker.FleetConfig{}, breaker.Config{Consecutive: 1, Probe: callFail, MaxOpenFor: time.Hour}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		for _, b := range all {
			times(1, b, ended(0, classed{"", 30 * time.Second}))
		}
		require.True(t, down(fl))
		for _, b := range all {
			require.Greater(t, time.Until(b.Snapshot().Until), 29*time.Second, "it asked to be left alone")
		}
	})
}

// One vendor with three products is one vote, and who stands in it speaks for all of it.
func TestFleetDomains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fl, err := breaker.NewFleet(breaker.FleetConfig{Least: 2})
		require.NoError(t, err)
		join := func(domain string) *breaker.Breaker {
			b := mustNew(t, breaker.Config{})
			_, err := fl.Join(b, domain)
			require.NoError(t, err)
			times(1, b, callOK)
			return b
		}
		kakao := []*breaker.Breaker{join("kakao"), join("kakao"), join("kakao")}
		naver := []*breaker.Breaker{join("naver"), join("naver")}
		for _, b := range kakao {
			trip(t, b)
		}
		trip(t, naver[0])
		require.False(t, down(fl))
		s := fl.Snapshot()
		require.Equal(t, []int{5, 1, 1}, []int{s.Members, s.Fallen, s.Standing})
		for range 20 {
			require.Equal(t, s.Standing, fl.Snapshot().Standing, "in whatever order they are asked")
		}
		trip(t, naver[1])
		require.True(t, down(fl))
	})
}

// Who has no vote: upstreams without traffic, forced ones, those that told us to wait, and those that opened long before.
func TestFleetAbstentions(t *testing.T) {
	fleet(t, 9, breaker.FleetConfig{}, breaker.Config{}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		trip(t, all[0])
		times(1, all[1], callOK)
		time.Sleep(time.Minute)
		require.NoError(t, all[2].Force(breaker.ForcedOpen, "kim", "drill", time.Hour))
		times(1, all[3], ended(0, classed{class: "limited"}))
		trip(t, all[4])
		trip(t, all[5])
		require.False(t, down(fl))
		require.Equal(t, 2, fl.Snapshot().Fallen)
		require.Zero(t, fl.Snapshot().Standing)
		trip(t, all[6])
		require.True(t, down(fl), "three of the three that anybody knows of")
	})
	fleet(t, 3, breaker.FleetConfig{}, breaker.Config{Watch: callOK}, func(t *testing.T, fl *breaker.Fleet, _ []*breaker.Breaker) {
		time.Sleep(time.Minute)
		require.Equal(t, 3, fl.Snapshot().Standing, "a Watch is evidence")
	})
	fleet(t, 4, breaker.FleetConfig{}, breaker.Config{OpenFor: time.Hour, MaxOpenFor: time.Hour}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		for _, b := range all {
			trip(t, b)
			time.Sleep(6 * time.Second)
		}
		require.False(t, down(fl), "one after another is not at once")
	})
}

// It ends when enough are back, not when the first is.
func TestFleetEnds(t *testing.T) {
	fleet(t, 5, breaker.FleetConfig{Least: 2}, breaker.Config{}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		for _, b := range all {
			trip(t, b)
		}
		for i, still := range []bool{true, true, true, false, false} { // 4, 3, 2 and 1 of 5; less than half of the share ends it
			recovered(t, all[i])
			require.Equal(t, still, down(fl), i)
		}
	})
}

func TestFleetMembers(t *testing.T) {
	fleet(t, 3, breaker.FleetConfig{Max: 4}, breaker.Config{}, func(t *testing.T, fl *breaker.Fleet, all []*breaker.Breaker) {
		_, err := fl.Join(all[0], "")
		require.ErrorContains(t, err, "in a fleet already")
		late := mustNew(t, breaker.Config{})
		for _, b := range all {
			trip(t, b)
		}
		require.True(t, down(fl))
		leave, err := fl.Join(late, "")
		require.NoError(t, err)
		_, err = fl.Join(mustNew(t, breaker.Config{}), "")
		require.ErrorContains(t, err, "4 members")
		trip(t, late)
		require.Equal(t, breaker.ReasonFleet, refused(t, late).Why, "who comes while it is down is in it")
		leave()
		leave()
		require.Equal(t, breaker.ReasonFaults, refused(t, late).Why)
		require.Equal(t, 3, fl.Snapshot().Members)
		require.NoError(t, fl.Close())
		require.Equal(t, breaker.ReasonFaults, refused(t, all[0]).Why)
		_, err = fl.Join(late, "")
		require.ErrorContains(t, err, "closed")
		other, err := breaker.NewFleet(breaker.FleetConfig{})
		require.NoError(t, err)
		_, err = other.Join(late, "")
		require.NoError(t, err, "free again")
	})
}

func TestFleetMistakesAllAtOnce(t *testing.T) {
	_, err := breaker.NewFleet(breaker.FleetConfig{Share: math.NaN(), Least: 1, Within: -1, MaxOpenFor: -1, Max: -1})
	for _, part := range []string{"Share", "Least", "Within", "MaxOpenFor", "Max must"} {
		require.ErrorContains(t, err, part)
	}
	var none *breaker.Fleet
	require.Zero(t, none.Snapshot())
	require.NoError(t, none.Close())
	none.Events(nil)()
	_, err = none.Join(nil, "")
	require.Error(t, err)
}

// Openings, departures and looks at once: no race, no deadlock, nothing left running.
func TestFleetBesideItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
		fl, err := breaker.NewFleet(breaker.FleetConfig{Least: 2, Within: time.Hour})
		require.NoError(t, err)
		fl.Events(func(breaker.Event) { _ = fl.Snapshot() })
		var callers sync.WaitGroup
		for range 6 {
			b := mustNew(t, breaker.Config{Ramp: 1})
			leave, err := fl.Join(b, "")
			require.NoError(t, err)
			callers.Go(func() {
				for i := range 2000 {
					call := callOK
					if i/200%2 == 0 {
						call = callFail
					}
					times(1, b, call)
					time.Sleep(50 * time.Millisecond)
				}
				leave()
			})
		}
		callers.Wait()
		require.Positive(t, fl.Snapshot().Downs)
		require.False(t, fl.Snapshot().Down)
		require.NoError(t, fl.Close())
	})
}
