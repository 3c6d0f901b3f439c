package breaker_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// A probe recovers without one user's call, however long the outage was.
func TestProbeRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var well atomic.Bool
		var asks atomic.Int32
		b := mustNew(t, breaker.Config{Probe: func(context.Context) error {
			asks.Add(1)
			if well.Load() {
				return nil
			}
			return errVendor
		}})
		defer b.Close()
		trip(t, b)
		for range 1000 {
			time.Sleep(time.Second)
			require.LessOrEqual(t, refused(t, b).RetryAfter(), time.Second)
		}
		require.GreaterOrEqual(t, asks.Load(), int32(999), "every second, however long it lasts")
		well.Store(true)
		time.Sleep(1001 * time.Millisecond)
		s := b.Snapshot()
		require.Equal(t, breaker.Closed, s.State)
		n := asks.Load()
		time.Sleep(time.Minute)
		require.Equal(t, n, asks.Load(), "not asked while closed")
	})
}

// One success is not enough, and real traffic that fails after a good probe holds it open longer each time (F37).
func TestProbeIsNotBelievedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		b := mustNew(t, breaker.Config{Probe: func(context.Context) error {
			if n.Add(1)%2 == 0 {
				return errVendor
			}
			return nil
		}})
		defer b.Close()
		kinds := kindsOf(b)
		trip(t, b)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, breaker.Open, b.Snapshot().State)
		require.NotContains(t, *kinds, breaker.EventClosed)
	})
	synctest.Test(t, func(t *testing.T) {
		b := mustNew(t, breaker.Config{Probe: callOK})
		defer b.Close()
		failed := 0
		for start := time.Now(); time.Since(start) < 10*time.Minute; {
			if b.Do(bg, callFail) == errVendor {
				failed++
			}
			time.Sleep(10 * time.Millisecond)
		}
		require.Less(t, b.Snapshot().Openings, uint64(20))
		require.Less(t, failed, 110)
	})
}

func kindsOf(b *breaker.Breaker) *[]breaker.EventKind {
	var mu sync.Mutex
	var kinds []breaker.EventKind
	b.Events(func(e breaker.Event) {
		mu.Lock()
		defer mu.Unlock()
		kinds = append(kinds, e.Kind)
	})
	return &kinds
}

// Panic, Goexit and asks that ignore their context are failed asks; when too many hang, calls are used as trials after all.
func TestBadProbes(t *testing.T) {
	for name, probe := range map[string]func(context.Context) error{
		"panic":  func(context.Context) error { panic("secret") },
		"goexit": goexit,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, breaker.Config{Probe: probe}, func(t *testing.T, b *breaker.Breaker) {
				trip(t, b)
				time.Sleep(time.Minute)
				require.Equal(t, breaker.Open, b.Snapshot().State)
				require.NotContains(t, refused(t, b).Error(), "secret")
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var asks atomic.Int32
		b := mustNew(t, breaker.Config{Probe: func(context.Context) error { asks.Add(1); <-release; return nil }})
		time.Sleep(5 * time.Minute) // it is the asks that count, not the breaker's age
		trip(t, b)
		time.Sleep(time.Minute)
		refused(t, b)
		require.EqualValues(t, 3, asks.Load(), "bounded")
		time.Sleep(10 * time.Second)
		require.NoError(t, b.Do(bg, callOK))
		times(2, b, callOK)
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		close(release)
		require.NoError(t, b.Close())
	})
}

// Death is seen within WatchEvery and twice the bound, however many calls succeed meanwhile.
func TestWatchOpens(t *testing.T) {
	for name, death := range map[string]func(context.Context) error{
		"fails": func(context.Context) error { return errVendor },
		"hangs": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"stuck": func(context.Context) error { time.Sleep(3 * time.Second); return nil },
	} {
		for phase := range 10 {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var dead atomic.Bool
					b := mustNew(t, breaker.Config{Watch: func(ctx context.Context) error {
						if dead.Load() {
							return death(ctx)
						}
						return nil
					}})
					defer b.Close()
					warm := 8*time.Second + time.Duration(phase)*537*time.Millisecond
					traffic{rate: 200}.play(b, warm, fine)
					dead.Store(true)
					at := time.Now()
					limit := 5*time.Second + 2*b.Snapshot().SlowAfter
					got := traffic{rate: 200}.play(b, limit+time.Second, fine)
					require.Len(t, got.openedAt, 1)
					require.LessOrEqual(t, got.openedAt[0], limit)
					require.Greater(t, got.ok, 0)
					s := b.Snapshot()
					require.Equal(t, breaker.ReasonWatch, s.Why)
					require.Equal(t, "unavailable", refused(t, b).Class())
					require.Greater(t, time.Since(at), limit)
					dead.Store(false)
					time.Sleep(5 * time.Second)
					require.Equal(t, breaker.Closed, b.Snapshot().State, "it stands in for Probe")
				})
			})
		}
	}
}

func TestWatch(t *testing.T) {
	t.Run("one failure is not confirmed", func(t *testing.T) {
		var n int
		bubble(t, breaker.Config{WatchEvery: time.Second, Watch: func(context.Context) error {
			if n++; n%2 == 1 {
				return errVendor
			}
			return nil
		}}, func(t *testing.T, b *breaker.Breaker) {
			time.Sleep(time.Minute)
			require.Zero(t, b.Snapshot().Openings)
			require.Greater(t, n, 100)
		})
	})
	t.Run("an answer is a success, a class is a reason", func(t *testing.T) {
		var untrusted atomic.Bool
		bubble(t, breaker.Config{WatchEvery: time.Second, Watch: func(context.Context) error {
			if untrusted.Load() {
				return classed{class: "security"}
			}
			return classed{class: "denied"}
		}}, func(t *testing.T, b *breaker.Breaker) {
			time.Sleep(time.Minute)
			require.Equal(t, breaker.Closed, b.Snapshot().State)
			untrusted.Store(true)
			time.Sleep(time.Second)
			require.Equal(t, breaker.ReasonSecurity, b.Snapshot().Why)
		})
	})
	for _, failure := range []error{errVendor, classed{class: "security"}} {
		t.Run("what Watch closed off, a Probe alone does not open: "+failure.Error(), func(t *testing.T) {
			var dead atomic.Bool
			dead.Store(true)
			bubble(t, breaker.Config{Probe: callOK, Watch: func(context.Context) error {
				if dead.Load() {
					return failure
				}
				return nil
			}}, func(t *testing.T, b *breaker.Breaker) {
				time.Sleep(time.Minute)
				require.EqualValues(t, 1, b.Snapshot().Openings)
				require.Equal(t, breaker.Open, b.Snapshot().State)
				dead.Store(false)
				time.Sleep(time.Second)
				require.Equal(t, breaker.Closed, b.Snapshot().State)
			})
		})
	}
	t.Run("nothing is asked at New", func(t *testing.T) {
		bubble(t, breaker.Config{Watch: func(context.Context) error { t.Error("asked"); return nil }}, func(*testing.T, *breaker.Breaker) {
			time.Sleep(4 * time.Second)
		})
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := false
		b := mustNew(t, breaker.Config{Probe: func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			left = true
			return ctx.Err()
		}})
		trip(t, b)
		time.Sleep(1100 * time.Millisecond)
		require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "drill", time.Minute))
		require.NoError(t, b.Close())
		require.True(t, left, "waited for the ask")
		require.NoError(t, b.Close())
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "after Close", time.Minute))
		time.Sleep(2 * time.Minute)
		require.NoError(t, b.Do(bg, callOK), "recovers by trials")
		times(2, b, callOK)
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		time.Sleep(10 * time.Second)
		trip(t, b)
		recovered(t, b)
	})
	t.Run("between a good probe and its confirmation", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			b := mustNew(t, breaker.Config{Probe: func(ctx context.Context) error {
				if n++; n == 2 {
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			}})
			trip(t, b)
			time.Sleep(1001 * time.Millisecond)
			require.Equal(t, breaker.HalfOpen, b.Snapshot().State)
			require.NoError(t, b.Close())
			recovered(t, b)
		})
	})
}

// A tiny OpenFor must not make the probe a busy loop.
func TestProbeIsPaced(t *testing.T) {
	var asks atomic.Int32
	bubble(t, breaker.Config{OpenFor: 1, Probe: func(context.Context) error { asks.Add(1); return errVendor }}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		time.Sleep(10 * time.Second)
		require.LessOrEqual(t, asks.Load(), int32(250))
		require.GreaterOrEqual(t, asks.Load(), int32(200))
	})
}

func TestErrorsOfAllAtOnceStayApart(t *testing.T) {
	require.NotErrorIs(t, breaker.ErrOpen, errVendor)
	require.True(t, errors.Is(&breaker.OpenError{}, breaker.ErrOpen))
}
