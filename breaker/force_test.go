package breaker_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

func TestForceOpen(t *testing.T) {
	bubble(t, breaker.Config{Name: "kakao"}, func(t *testing.T, b *breaker.Breaker) {
		var events []breaker.Event
		b.Events(func(e breaker.Event) { events = append(events, e) })
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "drill 7", time.Minute))
		start := time.Now()
		open := refused(t, b)
		require.True(t, open.Forced)
		require.Equal(t, breaker.ReasonForced, open.Why)
		require.Equal(t, "unavailable", open.Class())
		require.Equal(t, time.Minute, open.RetryAfter())
		s := b.Snapshot()
		require.Equal(t, breaker.Open, s.State)
		require.Equal(t, breaker.ForcedOpen, s.Forced)
		require.Equal(t, []string{"kim", "drill 7"}, []string{s.ForcedBy, s.ForcedReason})
		require.True(t, s.ForcedUntil.Equal(start.Add(time.Minute)))
		require.Zero(t, s.Admit)
		require.Zero(t, s.Openings)

		time.Sleep(time.Minute - 1)
		refused(t, b)
		time.Sleep(time.Nanosecond) // F69 it ends by itself, without traffic
		synctest.Wait()
		s = b.Snapshot()
		require.Equal(t, breaker.Closed, s.State)
		require.Equal(t, breaker.NotForced, s.Forced)
		require.NoError(t, b.Do(bg, callOK))

		require.Len(t, events, 2)
		on, off := events[0], events[1]
		require.Equal(t, breaker.EventForcedOn, on.Kind)
		require.Equal(t, []breaker.State{breaker.Closed, breaker.Open}, []breaker.State{on.From, on.To})
		require.Equal(t, []string{"kim", "drill 7"}, []string{on.By, on.Reason})
		require.True(t, on.Until.Equal(start.Add(time.Minute)))
		require.Equal(t, breaker.EventForcedOff, off.Kind)
		require.Equal(t, []breaker.State{breaker.Open, breaker.Closed}, []breaker.State{off.From, off.To})
		require.Equal(t, []string{"", "expired"}, []string{off.By, off.Reason})
		require.True(t, off.At.Equal(start.Add(time.Minute)))
	})
}

// Forced closed wins over everything, also security; what is seen meanwhile decides what follows.
func TestForceClosed(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "we know better", time.Minute))
		for range 100 {
			require.Equal(t, errVendor, b.Do(bg, callFail))
		}
		s := b.Snapshot()
		require.Equal(t, breaker.Closed, s.State)
		require.Equal(t, 1.0, s.Admit)
		require.EqualValues(t, 1, s.Openings)
		time.Sleep(time.Minute)
		require.Equal(t, breaker.Open, b.Snapshot().State)
		_ = b.Do(bg, func(context.Context) error { return classed{class: "security"} }) // the trial
		require.Equal(t, breaker.ReasonSecurity, refused(t, b).Why)
		require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "again", time.Minute))
		require.NoError(t, b.Do(bg, callOK))
		require.NoError(t, b.Release("kim", "enough"))
		refused(t, b)
	})
}

func TestForceReplacesAndReleases(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		kinds := kindsOf(b)
		require.NoError(t, b.Release("kim", "nothing is forced"))
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "first", time.Minute))
		require.NoError(t, b.Force(breaker.ForcedClosed, "lee", "second", time.Hour))
		time.Sleep(2 * time.Minute) // the first one's time
		require.Equal(t, "lee", b.Snapshot().ForcedBy)
		require.NoError(t, b.Release("lee", "done"))
		require.NoError(t, b.Release("lee", "done"))
		synctest.Wait()
		require.Equal(t, []breaker.EventKind{breaker.EventForcedOn, breaker.EventForcedOn, breaker.EventForcedOff}, *kinds)
	})
}

// Who prolongs a forced state does not move its beginning; who forces the other one begins anew.
func TestForceProlongedSince(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		began := time.Now()
		for range 3 {
			require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "taken out", breaker.MaxForce))
			require.True(t, b.Snapshot().Since.Equal(began))
			require.True(t, refused(t, b).Since.Equal(began))
			time.Sleep(breaker.MaxForce - time.Hour)
		}
		require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "a look", time.Minute))
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "taken out again", time.Minute))
		require.True(t, b.Snapshot().Since.Equal(time.Now()))
	})
}

func TestForceMistakesAllAtOnce(t *testing.T) {
	b := mustNew(t, breaker.Config{})
	err := b.Force(breaker.NotForced, " ", "", 0)
	for _, part := range []string{"neither open nor closed", "by is required", "reason is required", "ttl"} {
		require.ErrorContains(t, err, part)
	}
	require.ErrorContains(t, b.Force(breaker.ForcedOpen, strings.Repeat("x", 257), "y", time.Minute), "longer than 256")
	require.ErrorContains(t, b.Force(breaker.ForcedOpen, "x", "y", breaker.MaxForce+1), "at most 24h")
	require.ErrorContains(t, b.Release("", ""), "reason is required")
	require.Equal(t, breaker.NotForced, b.Snapshot().Forced)
}

// The timer of a forced state may be late, or stopped: whoever looks notices.
func TestForceExpiresWithoutTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mustNew(t, breaker.Config{})
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
		require.NoError(t, b.Close()) // stops the timer
		time.Sleep(time.Minute)
		require.Equal(t, breaker.NotForced, b.Snapshot().Forced)
		require.NoError(t, b.Do(bg, callOK))
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
		time.Sleep(time.Minute)
		require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "drill", time.Minute))
		time.Sleep(time.Minute)
		require.NoError(t, b.Release("kim", "too late"))
	})
}

func TestEventsInOrderUnderLoad(t *testing.T) {
	bubble(t, breaker.Config{OpenFor: time.Millisecond, MaxOpenFor: time.Millisecond, Ramp: 1}, func(t *testing.T, b *breaker.Breaker) {
		var got []breaker.Event
		stop := b.Events(func(e breaker.Event) { got = append(got, e) })
		var out sync.WaitGroup
		for i := range 50 {
			out.Go(func() {
				for n := range 200 {
					if (n/20+i/10)%2 == 0 {
						_ = b.Do(bg, callFail)
					} else {
						_ = b.Do(bg, callOK)
					}
					if n%50 == 0 {
						_ = b.Force(breaker.ForcedClosed, "kim", "x", time.Millisecond)
					}
					time.Sleep(time.Millisecond / 4)
				}
			})
		}
		out.Wait()
		synctest.Wait()
		stop()
		require.Greater(t, len(got), 20)
		state := breaker.Closed
		for i, e := range got {
			require.EqualValues(t, i+1, e.Seq)
			if e.Kind <= breaker.EventClosed {
				require.Equal(t, state, e.From)
				state = e.To
			}
			if i > 0 {
				require.False(t, e.At.Before(got[i-1].At))
				require.LessOrEqual(t, got[i-1].Snapshot.Generation, e.Snapshot.Generation)
			}
		}
		n := len(got)
		trip2(b)
		synctest.Wait()
		require.Len(t, got, n, "not after stop")
	})
}

// A slow subscriber delays events, never calls; the oldest are dropped and counted.
func TestSlowSubscriber(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		release := make(chan struct{})
		var seqs []uint64
		b.Events(func(e breaker.Event) { <-release; seqs = append(seqs, e.Seq) })
		for range 200 {
			require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "x", time.Minute))
			require.NoError(t, b.Release("kim", "x"))
			require.NoError(t, b.Do(bg, callOK))
			synctest.Wait()
		}
		require.EqualValues(t, 400-1-256, b.Snapshot().DroppedEvents)
		close(release)
		synctest.Wait()
		require.Len(t, seqs, 257)
		require.EqualValues(t, 1, seqs[0])
		require.EqualValues(t, 400, seqs[256], "the last one always arrives")
	})
}

// A subscriber that panics or ends the goroutine takes nothing from the others.
func TestBadSubscribers(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		var bad, good []uint64
		b.Events(nil)()
		b.Events(func(e breaker.Event) { bad = append(bad, e.Seq); panic("F56") })
		b.Events(func(e breaker.Event) { bad = append(bad, e.Seq); runtime.Goexit() })
		b.Events(func(e breaker.Event) { good = append(good, e.Seq) })
		trip2(b)
		require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "x", time.Minute))
		require.NoError(t, b.Release("kim", "x"))
		synctest.Wait()
		require.Equal(t, []uint64{1, 2, 3}, good)
		require.Equal(t, []uint64{1, 1, 2, 2, 3, 3}, bad)
		late := 0
		b.Events(func(breaker.Event) { late++ })
		synctest.Wait()
		require.Zero(t, late, "nothing from before it came")
	})
}
