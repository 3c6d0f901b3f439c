package breaker_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// Bugs that were reported of other breakers. Each is a test here.

// The slot of a half-open trial is never freed: rejects for ever.
func TestReportedTrialNeverFreed(t *testing.T) {
	hang := make(chan struct{})
	for name, bad := range map[string]func(*breaker.Breaker){
		"hang": func(b *breaker.Breaker) { go b.Do(bg, func(context.Context) error { <-hang; return nil }) },
		"panic": func(b *breaker.Breaker) {
			defer func() { _ = recover() }()
			_ = b.Do(bg, func(context.Context) error { panic("x") })
		},
		"goexit":    func(b *breaker.Breaker) { go b.Do(bg, goexit) },
		"forgotten": func(b *breaker.Breaker) { _, _ = b.Enter(bg) },
		"transport": func(b *breaker.Breaker) {
			base := roundTrip(func(*http.Request) (*http.Response, error) { return nil, errVendor })
			req, _ := http.NewRequest(http.MethodGet, "http://vendor.invalid/", nil)
			_, _ = breaker.Transport(b, base).RoundTrip(req)
		},
		"cancelled": func(b *breaker.Breaker) {
			ctx, cancel := context.WithCancel(bg)
			cancel()
			_ = b.Do(ctx, func(ctx context.Context) error { return ctx.Err() })
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
				hang = make(chan struct{})
				trip(t, b)
				for range 4 {
					untilDue(b)
					time.Sleep(time.Microsecond)
					bad(b)
					synctest.Wait()
				}
				time.Sleep(2 * time.Minute)
				for range 3 {
					time.Sleep(time.Second)
					_ = b.Do(bg, callOK)
				}
				untilDue(b)
				times(3, b, callOK)
				require.Equal(t, breaker.Closed, b.Snapshot().State)
				close(hang)
			})
		})
	}
}

// The result of a call from an older state is counted in the new one.
func TestReportedResultOfOlderState(t *testing.T) {
	for name, late := range map[string]error{"fault": errVendor, "success": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, breaker.Config{Consecutive: 5}, func(t *testing.T, b *breaker.Breaker) {
				var out sync.WaitGroup
				release := make(chan struct{})
				for range 100 { // admitted in the first generation
					out.Go(func() { _ = b.Do(bg, func(context.Context) error { <-release; return late }) })
				}
				synctest.Wait()
				trip(t, b)
				recovered(t, b)
				before := b.Snapshot()
				close(release)
				out.Wait()
				after := b.Snapshot()
				require.Equal(t, before.Late+100, after.Late)
				after.Late = before.Late
				require.Equal(t, before, after, "nothing but Late moved")
			})
		})
	}
	t.Run("in half-open", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			old, err := b.Enter(bg)
			require.NoError(t, err)
			trip(t, b)
			untilDue(b)
			_, err = b.Enter(bg) // the trial
			require.NoError(t, err)
			old.Exit(nil)
			old.Exit(errVendor)
			require.Equal(t, breaker.HalfOpen, b.Snapshot().State)
			require.EqualValues(t, 1, b.Snapshot().Late)
		})
	})
}

// A race from half-open to open lets an extra call through.
func TestReportedExtraCallAroundHalfOpen(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		for range 20 {
			untilDue(b)
			time.Sleep(time.Microsecond)
			var made atomic.Int32
			var out sync.WaitGroup
			for range 100 {
				out.Go(func() {
					_ = b.Do(bg, func(context.Context) error { made.Add(1); return errVendor })
				})
			}
			out.Wait()
			require.EqualValues(t, 1, made.Load(), "one trial finds out for all")
			require.Equal(t, breaker.Open, b.Snapshot().State)
		}
	})
}

// The state is read from the wrong variable: the breaker silently does nothing.
func TestReportedSilentNoOp(t *testing.T) {
	ways := map[string]func(*breaker.Breaker) error{
		"Do":    func(b *breaker.Breaker) error { return b.Do(bg, callFail) },
		"Enter": func(b *breaker.Breaker) error { p, err := b.Enter(bg); p.Exit(errVendor); return err },
		"Transport": func(b *breaker.Breaker) error {
			base := roundTrip(func(*http.Request) (*http.Response, error) { return nil, errVendor })
			req, _ := http.NewRequest(http.MethodGet, "http://vendor.invalid/", nil)
			_, err := breaker.Transport(b, base).RoundTrip(req)
			return err
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
				for range 5 {
					require.NotErrorIs(t, way(b), breaker.ErrOpen)
				}
				for _, other := range ways {
					require.ErrorIs(t, other(b), breaker.ErrOpen)
				}
			})
		})
	}
}

// A lock is held during the call; a ticker is never stopped.
func TestReportedLockHeldDuringCall(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		inside := func(context.Context) error {
			_ = b.Snapshot()
			require.NoError(t, b.Force(breaker.ForcedClosed, "test", "from within", time.Second))
			require.NoError(t, b.Release("test", "from within"))
			b.Report(time.Now(), nil)
			return b.Do(bg, callOK)
		}
		require.NoError(t, b.Do(bg, inside))
		trip(t, b)
		untilDue(b)
		require.ErrorIs(t, b.Do(bg, inside), breaker.ErrOpen, "the trial goes alone")
	}) // the bubble ends only when no goroutine is left
}

// Data races: everything is called at once. The race detector judges.
func TestReportedDataRaces(t *testing.T) {
	b := mustNew(t, breaker.Config{OpenFor: time.Millisecond, MaxOpenFor: time.Millisecond, Ramp: 1, Watch: callOK, WatchEvery: 10 * time.Millisecond})
	stop := b.Events(func(breaker.Event) { _ = b.Snapshot() })
	var out sync.WaitGroup
	for i := range 8 {
		out.Go(func() {
			for n := range 500 {
				switch (n + i) % 10 {
				case 0:
					_ = b.Snapshot()
				case 1:
					_ = b.Force(breaker.ForcedClosed, "kim", "drill", time.Millisecond)
				case 2:
					_ = b.Release("kim", "over")
				case 3:
					b.Report(time.Now(), errVendor)
				case 4:
					_ = b.Reconfigure(b.Settings())
				case 5:
					b.Suspect()
				case 6:
					tried(b, callOK)
				case 7:
					times(5, b, callFail)
				default:
					_ = b.Do(bg, callOK)
				}
			}
		})
	}
	out.Wait()
	stop()
	require.NoError(t, b.Close())
	s := b.Snapshot()
	require.Positive(t, s.Openings)
	require.LessOrEqual(t, s.Faults, s.Calls)
}

// A ticker is never stopped: after Close nothing runs, whatever it had, and in every state.
func TestReportedTickerNeverStopped(t *testing.T) {
	for name, before := range map[string]func(*breaker.Breaker){
		"closed": func(*breaker.Breaker) {},
		"open":   trip2,
		"forced": func(b *breaker.Breaker) { _ = b.Force(breaker.ForcedOpen, "kim", "drill", time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			ask := func(context.Context) error { asked++; return errVendor }
			synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
				b := mustNew(t, breaker.Config{Probe: ask, Watch: ask})
				b.Events(func(breaker.Event) {})
				before(b)
				time.Sleep(7 * time.Second)
				require.NoError(t, b.Close())
				require.Positive(t, asked)
				n := asked
				time.Sleep(time.Hour)
				require.Equal(t, n, asked)
			})
		})
	}
}

// Reset or force swaps the object while calls are in flight.
func TestReportedForceWhileInFlight(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		var out []breaker.Pass
		for range 10 {
			p, err := b.Enter(bg)
			require.NoError(t, err)
			out = append(out, p)
		}
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "drill", time.Minute))
		require.NoError(t, b.Release("kim", "over"))
		require.EqualValues(t, 10, b.Snapshot().Calls)
		for _, p := range out {
			p.Exit(nil)
		}
		s := b.Snapshot()
		require.EqualValues(t, 10, s.Calls)
		require.Zero(t, s.Late+s.Faults+s.Slow)
	})
}

// A cancelled context of one caller leaks to the next.
func TestReportedCancelledContextLeaks(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		untilDue(b)
		ctx, cancel := context.WithCancelCause(bg)
		cancel(errors.New("user left"))
		require.Error(t, b.Do(ctx, func(ctx context.Context) error { return context.Cause(ctx) }))
		require.NoError(t, b.Do(bg, func(ctx context.Context) error { return ctx.Err() }), "the place was given back")
	})
}

// A callback that looks at the breaker deadlocks.
func TestReportedCallbackDeadlock(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		var seen []breaker.EventKind
		var stop func()
		stop = b.Events(func(e breaker.Event) {
			seen = append(seen, e.Kind)
			_ = b.Snapshot()
			_ = b.Do(bg, callOK)
			if e.Kind == breaker.EventOpened {
				_ = b.Force(breaker.ForcedClosed, "callback", "try", time.Minute)
			}
			if e.Kind == breaker.EventForcedOff {
				stop()
			} else {
				_ = b.Release("callback", "tried")
			}
		})
		trip2(b)
		synctest.Wait()
		require.Equal(t, []breaker.EventKind{breaker.EventOpened, breaker.EventForcedOn, breaker.EventForcedOff}, seen[:3])
	})
}

func trip2(b *breaker.Breaker) { times(5, b, callFail) }

// Counters vanish at the moment of tripping.
func TestReportedCountsGoneInEvent(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		var got breaker.Event
		b.Events(func(e breaker.Event) { got = e })
		times(7, b, callOK)
		trip2(b)
		synctest.Wait()
		require.EqualValues(t, 12, got.Snapshot.Calls)
		require.EqualValues(t, 5, got.Snapshot.Faults)
	})
}

// Calling done six times trips the breaker.
func TestReportedDoneTwice(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		p, err := b.Enter(bg)
		require.NoError(t, err)
		same := p
		for range 10 {
			p.Exit(errVendor)
			same.Exit(errVendor)
		}
		require.EqualValues(t, 1, b.Snapshot().Faults)
		require.Equal(t, breaker.Closed, b.Snapshot().State)
	})
}

// A metrics scraper moves the state.
func TestReportedSnapshotMovesState(t *testing.T) {
	bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
		trip(t, b)
		time.Sleep(time.Hour)
		first := b.Snapshot()
		require.Equal(t, breaker.Open, first.State)
		require.Equal(t, first, b.Snapshot())
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
