package breaker_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// A window that was idle must not find its old words again, however long it was: they are marked by 32 rounds of the ring and 64 generations.
func TestWindowDoesNotAlias(t *testing.T) {
	const round = 98 * slotLength
	bubble(t, breaker.Config{Consecutive: 1000, FaultRate: 1}, func(t *testing.T, b *breaker.Breaker) {
		times(10, b, callFail)
		time.Sleep(10*time.Second + slotLength)
		for start := time.Now(); time.Since(start) < 64*round; time.Sleep(slotLength) {
			require.Zero(t, b.Snapshot().Calls)
		}
	})
	for every := 5100 * time.Millisecond; every < 10*time.Second; every += 300 * time.Millisecond { // hits few words
		bubble(t, calm, func(t *testing.T, b *breaker.Breaker) {
			times(1, b, callOK)
			for range 64 * round / every {
				time.Sleep(every)
				times(1, b, callOK)
				require.EqualValues(t, 2, b.Snapshot().Calls, every)
			}
		})
	}
	for rounds := range time.Duration(66) {
		bubble(t, calm, func(t *testing.T, b *breaker.Breaker) {
			if rounds%2 == 1 {
				times(5000, b, callOK) // wide words
				time.Sleep(20 * time.Second)
			}
			time.Sleep(slotLength / 2)
			times(4, b, callFail)
			times(15, b, callOK)
			time.Sleep((rounds+1)*round + slotLength)
			times(1, b, callFail)
			s := b.Snapshot()
			require.Equal(t, []any{breaker.Closed, uint64(1), uint64(1)}, []any{s.State, s.Calls, s.Faults}, "%d rounds ago", rounds)
		})
	}
}

// What was counted before an outage does not count after it, however often trials failed meanwhile: words are marked by 64 generations.
func TestOutageForgets(t *testing.T) {
	c := breaker.Config{Window: 10 * time.Minute, OpenFor: time.Second, MaxOpenFor: time.Second, Trials: 1, Ramp: 1}
	for failed := range 35 {
		bubble(t, c, func(t *testing.T, b *breaker.Breaker) {
			times(10, b, callOK)
			for trials := failed; ; trials = 0 { // two outages
				trip(t, b)
				for range trials {
					untilDue(b)
					times(1, b, callFail)
				}
				untilDue(b)
				times(1, b, callOK)
				s := b.Snapshot()
				require.Equal(t, breaker.Closed, s.State)
				require.Zero(t, s.Calls, "after %d failed trials", failed)
				if s.Openings == 2 {
					return
				}
				time.Sleep(time.Millisecond)
				times(1, b, callOK)
			}
		})
	}
}

// Who come all at once after a long idle time are all counted.
func TestCrowdAfterIdleTime(t *testing.T) {
	bubble(t, patient, func(t *testing.T, b *breaker.Breaker) {
		times(10_000, b, callOK) // wide words, so that it takes a while to forget them
		for range 300 {
			time.Sleep(time.Minute)
			var all sync.WaitGroup
			begin := make(chan struct{})
			for range 16 {
				all.Go(func() {
					<-begin
					times(4, b, callOK)
				})
			}
			synctest.Wait()
			close(begin)
			all.Wait()
			require.EqualValues(t, 64, b.Snapshot().Calls)
		}
	})
}
