package breaker_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// An event tells why, by what, and until when, and its number counts what nobody listened to as well.
func TestEventTellsAll(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		recovered(t, b)
		time.Sleep(time.Minute)
		var got []breaker.Event
		b.Events(func(e breaker.Event) { got = append(got, e) })
		trip(t, b)
		synctest.Wait()
		require.Len(t, got, 1)
		e, s := got[0], b.Snapshot()
		require.EqualValues(t, 4, e.Seq, "opened, half-opened and closed came before")
		require.Equal(t, breaker.ReasonFaults, e.Why)
		require.Equal(t, errVendor, e.Cause)
		require.Equal(t, s.Until, e.Until)
		require.Greater(t, time.Until(e.Until), 700*time.Millisecond)
		require.Equal(t, s, e.Snapshot)
		require.True(t, e.At.Equal(time.Now()))
	})
}

// Who is stopped while an event is on its way does not get it any more, and is not kept.
func TestStoppedSubscriber(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		var stop func()
		calls := 0
		b.Events(func(breaker.Event) { stop() })
		stop = b.Events(func(breaker.Event) { calls++ })
		trip(t, b)
		synctest.Wait()
		require.Zero(t, calls)
	})
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		calls := 0
		b.Events(func(breaker.Event) { calls++ })
		b.Events(func(breaker.Event) { t.Error("after it was stopped") })()
		trip(t, b)
		synctest.Wait()
		require.Equal(t, 1, calls, "the others hear on")
	})
	b := mustNew(t, breaker.Config{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 10_000 {
		big := make([]byte, 1024)
		b.Events(func(breaker.Event) { big[0]++ })()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(2<<20))
	runtime.KeepAlive(b)
}

// Forced open wins over a breaker that is open itself, too, and tells of itself alone.
func TestForceOpenWhileOpen(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		time.Sleep(10 * time.Second) // a trial would be due
		start := time.Now()
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
		time.Sleep(time.Second)
		require.True(t, refused(t, b).Forced)
		s := b.Snapshot()
		require.NoError(t, s.Cause)
		require.Equal(t, breaker.ReasonForced, s.Why)
		require.True(t, s.Since.Equal(start))
		require.True(t, s.Until.Equal(start.Add(time.Minute)))
		require.NoError(t, b.Release("lee", "seen enough"))
		require.Equal(t, breaker.ReasonFaults, b.Snapshot().Why)
		require.NoError(t, b.Do(bg, callOK), "the trial")
	})
}

// Every end of a forced state is told with who ended it; after Close nothing runs, so it is told when somebody notices.
func TestForceEndsAreTold(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		var told []breaker.Event
		b.Events(func(e breaker.Event) { told = append(told, e) })
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
		require.NoError(t, b.Release("lee", "enough"))
		synctest.Wait()
		require.Equal(t, []string{"lee", "enough"}, []string{told[1].By, told[1].Reason})

		require.NoError(t, b.Close())
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "second", time.Minute))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Len(t, told, 3, "no timer after Close")
		require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "third", time.Minute))
		synctest.Wait()
		require.Len(t, told, 5)
		require.Equal(t, breaker.EventForcedOff, told[3].Kind)
		require.Equal(t, "expired", told[3].Reason)
		require.Equal(t, []breaker.State{breaker.Open, breaker.Closed}, []breaker.State{told[3].From, told[3].To})
		require.Equal(t, breaker.EventForcedOn, told[4].Kind)
		require.Equal(t, breaker.Closed, told[4].From)
	})
}
