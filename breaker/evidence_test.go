package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// calm never opens by calls in a row.
var calm = breaker.Config{Consecutive: 1000, SlowAfter: time.Second}

// What is younger than Window counts, to the last nanosecond, and what is older by two slots does not.
func TestWindowIsWhole(t *testing.T) {
	for after, opens := range map[time.Duration]bool{10*time.Second - 1: true, 10*time.Second + 2*slotLength: false} {
		bubble(t, calm, func(t *testing.T, b *breaker.Breaker) {
			time.Sleep(slotLength / 2)
			times(4, b, callFail)
			times(15, b, callOK)
			time.Sleep(after)
			times(1, b, callFail)
			s := b.Snapshot()
			require.Equal(t, opens, s.State == breaker.Open, "after %v", after)
			if opens {
				require.EqualValues(t, 20, s.Calls)
			}
		})
	}
}

// What opens when good calls have left the window, without a fault at that moment, names the last fault and not one of long ago.
func TestCauseIsTheLastFault(t *testing.T) {
	bubble(t, calm, func(t *testing.T, b *breaker.Breaker) {
		times(1, b, ended(0, errors.New("of long ago")))
		time.Sleep(3 * time.Second)
		times(40, b, callOK)
		time.Sleep(5 * time.Second)
		times(10, b, callFail)
		times(10, b, callOK)
		time.Sleep(5500 * time.Millisecond)
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		times(1, b, callOK)
		require.Equal(t, errVendor, refused(t, b).Cause)
	})
}

// A call that does not come back is a call, but no fault: it counts in the rate once it has had its time.
func TestMissingCallsAreCalls(t *testing.T) {
	for _, c := range []struct {
		missing int
		age     time.Duration
		opens   bool
	}{
		{5, 2 * time.Second, true},                // 5 of 20 failed
		{6, 2 * time.Second, false},               // 5 of 21
		{5, 500 * time.Millisecond, false},        // 5 of 15: too few
		{5, 10*time.Second + slotLength*2, false}, // they have left the window
	} {
		t.Run(fmt.Sprint(c.missing, " missing since ", c.age), func(t *testing.T) {
			bubble(t, calm, func(t *testing.T, b *breaker.Breaker) {
				for range c.missing {
					_, err := b.Enter(bg)
					require.NoError(t, err)
				}
				time.Sleep(c.age)
				times(10, b, callOK)
				times(5, b, callFail)
				s := b.Snapshot()
				require.Equal(t, c.opens, s.State == breaker.Open)
				if c.opens {
					require.Equal(t, breaker.ReasonFaults, s.Why)
				}
			})
		})
	}
}

// The slow rate opens when it is reached, not when it is passed, and so for MinCalls.
func TestSlowRateIsReached(t *testing.T) {
	for _, c := range []struct {
		slow, quick int
		opens       bool
	}{{10, 10, true}, {9, 11, false}, {10, 9, false}} {
		t.Run(fmt.Sprint(c.slow, " of ", c.slow+c.quick), func(t *testing.T) {
			bubble(t, calm, func(t *testing.T, b *breaker.Breaker) {
				var calls sync.WaitGroup
				for range c.slow {
					calls.Go(func() { times(1, b, ended(2*time.Second, nil)) })
				}
				times(c.quick, b, callOK)
				calls.Wait()
				times(1, b, callOK) // somebody comes and looks
				s := b.Snapshot()
				require.Equal(t, c.opens, s.State == breaker.Open)
				if c.opens {
					require.Equal(t, breaker.ReasonSlow, s.Why)
				}
			})
		})
	}
}

// Calls that are all answered, but late, are slow and no hang, however long ago the last answer came. A late answer of before says nothing.
func TestRowOfLateAnswersIsSlow(t *testing.T) {
	for took, why := range map[time.Duration]breaker.Reason{300 * time.Millisecond: breaker.ReasonSlow, hour: breaker.ReasonHang} {
		bubble(t, breaker.Config{SlowAfter: 100 * time.Millisecond, OpenFor: time.Minute}, func(t *testing.T, b *breaker.Breaker) {
			calls := []arrival{{took: 300 * time.Millisecond}, {at: time.Second}}
			for at := 2 * time.Second; at < 10*time.Second; at += time.Second {
				calls = append(calls, arrival{at, took, nil})
			}
			require.Equal(t, 7*time.Second, arrives(b, calls), "the sixth sees that five were late")
			require.Equal(t, why, b.Snapshot().Why)
			time.Sleep(2 * hour)
		})
	}
}

// An upstream that is known is not judged by the quick rule for an unknown one: a stall hardly longer than the slow bound is over before it counts.
func TestStallOfAKnownUpstream(t *testing.T) {
	for phase := range 10 {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			traffic{rate: 200}.play(b, 20*time.Second+time.Duration(phase)*11*time.Millisecond, fine)
			require.Equal(t, 500*time.Millisecond, b.Snapshot().SlowAfter)
			got := traffic{rate: 200}.play(b, 20*time.Second, func(at time.Duration, _ int) (time.Duration, error) {
				return max(580*time.Millisecond-at, 0) + 10*time.Millisecond, nil
			})
			require.Empty(t, got.openedAt)
		})
	}
}

// Where hundreds of calls of one slot come back late and nobody else looks at the clock, seven at most are taken for quick ones.
func TestSevenOfHundredsAreMistaken(t *testing.T) {
	bubble(t, calm, func(t *testing.T, b *breaker.Breaker) {
		var calls sync.WaitGroup
		for n := range 400 {
			took := 2*time.Second + time.Duration(n)
			if n < 256 {
				took = hour // of these every one would look
			}
			calls.Go(func() { times(1, b, ended(took, nil)) })
			synctest.Wait()
		}
		time.Sleep(3 * time.Second)
		s := b.Snapshot()
		require.EqualValues(t, 400, s.Calls)
		require.GreaterOrEqual(t, s.Slow, uint64(400-7))
		calls.Wait()
	})
}

// Of a quick upstream that is known, a caller's deadline counts after a tenth of a second.
func TestPatienceWithQuickOnes(t *testing.T) {
	for after, faults := range map[time.Duration]uint64{90 * time.Millisecond: 0, 110 * time.Millisecond: 1} {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			for range 30 {
				times(1, b, ended(time.Millisecond, nil))
				time.Sleep(slotLength)
			}
			ctx, cancel := context.WithTimeout(bg, after)
			defer cancel()
			_ = b.Do(ctx, ended(hour, nil))
			require.Equal(t, faults, b.Snapshot().Faults, "after %v", after)
		})
	}
}
