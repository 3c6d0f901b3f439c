package fallback_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestPanicModeCountsOnlyWhatGoesOut: a trial that the breaker lets nobody make
// costs no quota, and one that is answered earns for the budget and tells how
// long the source takes.
func TestPanicModeCountsOnlyWhatGoesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := failing(dead)
		up := &fallback.Upstream{
			Breaker: newBreaker(t, breaker.Config{Consecutive: 2, OpenFor: time.Hour, MaxOpenFor: time.Hour}),
			Budget:  new(fallback.Budget), Capacity: &fallback.Capacity{PerDay: 1000},
		}
		cfg := config{PanicTrials: 10, Sources: []source{{Name: "a", Do: a.ask, Upstream: up, Retry: fallback.Retry{Max: 1, First: 1}}}}
		one, two := newChain(t, cfg), newChain(t, cfg)
		_, err := one.Do(t.Context(), "q")
		require.Error(t, err)
		require.Equal(t, 490, up.Budget.Left())
		require.EqualValues(t, 2, up.Capacity.Usage().Day)
		time.Sleep(time.Second)
		for range 100 {
			for _, c := range []*chain{one, two} {
				_, err = c.Do(t.Context(), "q")
				require.Error(t, err)
			}
			time.Sleep(ms(50))
		}
		require.Less(t, a.asked.Load(), int64(60), "ten a second, whoever asks")
		require.Equal(t, a.asked.Load(), up.Capacity.Usage().Day)
		require.Zero(t, up.Capacity.Load())
		a.answers("back")
		time.Sleep(time.Second)
		r, err := one.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.FlagPanic, r.Flags)
		require.Equal(t, 491, up.Budget.Left())
		require.EqualValues(t, 1, one.Inspect().Sources[0].Answers)
	})
}

// TestPanicModeWhereThereIsNoRoom: an upstream that carries as much as it may is
// not tried, and not looked at again by every call.
func TestPanicModeWhereThereIsNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := &fallback.Capacity{InFlight: 1}
		c, s, _ := panicking(t, func(cfg *config) {
			for i := range cfg.Sources {
				cfg.Sources[i].Upstream.Capacity = room
			}
		})
		// The place is taken between the look at the breakers and the trial.
		taken := newChain(t, config{Sources: []source{{Name: "x", Do: slowly(10 * time.Second).ask, Upstream: &fallback.Upstream{Capacity: room}}}})
		time.Sleep(time.Second)
		go func() { _, _ = taken.Do(context.Background(), "q") }()
		synctest.Wait()
		r, err := c.Do(t.Context(), "q")
		require.Error(t, err)
		require.Zero(t, r.Flags)
		require.Equal(t, fallback.SkipCapacity, r.Failed[0].Skip)
		require.Zero(t, s[0].asked.Load()+s[1].asked.Load())
		time.Sleep(10 * time.Second)
	})
}

// TestF57PanicTrialThatExits: its breaker hears of it at once, not by its lease.
func TestF57PanicTrialThatExits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s, b := panicking(t, func(cfg *config) { cfg.PanicTrials, cfg.Sources = 10, cfg.Sources[:1] })
		s[0].does(func(context.Context, string) (reply, error) { runtime.Goexit(); return reply{}, nil })
		time.Sleep(time.Second)
		for range 10 { // the breaker lets three out at once
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = c.Do(context.Background(), "q")
			}()
			<-done
			time.Sleep(ms(100))
		}
		require.EqualValues(t, 10, s[0].asked.Load())
		require.Zero(t, b[0].Snapshot().Late)
	})
}

// TestPanicModeOfASharedCall: its answer is worth remembering when those who
// waited have gone.
func TestPanicModeOfASharedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s, _ := panicking(t, func(cfg *config) {
			cfg.Memory = &memory{Key: identity, Fresh: time.Minute, Stale: time.Hour}
			cfg.Sources[0].Retention = fallback.Forever
		})
		s[0].does(timed("a", "ok 300ms").ask)
		time.Sleep(time.Second)
		r, err := c.Do(within(t, ms(100)), "q")
		failed(t, r, err)
		require.Len(t, r.Failed, 3, "both are closed off, and the wait ended")
		time.Sleep(time.Second)
		r, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Cached, r.Freshness)
	})
}

// TestReconfigureGoesOnWhereItWas: settings give no further trial, take nobody's
// level or observer, and Close still waits for those who began before.
func TestReconfigureGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := new(ear)
		c, s, _ := panicking(t, func(cfg *config) { cfg.Observe = e })
		time.Sleep(time.Second)
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
		require.NoError(t, c.Reconfigure(fallback.Settings{}))
		_, err = c.Do(t.Context(), "q")
		require.Error(t, err)
		require.EqualValues(t, 1, s[0].asked.Load()+s[1].asked.Load())
		require.EqualValues(t, 1, c.Inspect().PanicTrials)
		synctest.Wait()
		require.Len(t, e.all(), 2)

		slow := deaf(3 * time.Second)
		c, _ = remembering(t, slow, func(cfg *config) { cfg.Sources[0].Timeout = 5 * time.Second })
		_, err = c.Do(within(t, ms(10)), "q")
		require.Error(t, err)
		require.NoError(t, c.Reconfigure(fallback.Settings{Sources: map[string]fallback.SourceSettings{"a": {Timeout: in(time.Second)}}}))
		require.Equal(t, time.Second, c.Longest())
		require.NoError(t, c.Close())
	})
}

// TestReconfigureKeepsWhatTheAnswersSay: their level is read and an empty one is
// none, before and after; when a source last answered is still known.
func TestReconfigureKeepsWhatTheAnswersSay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		var next *graded
		c, err := fallback.New(fallback.Config[string, *graded]{Name: "x", Sources: []fallback.Source[string, *graded]{
			{Name: "a", Assurance: fallback.High, Do: func(context.Context, string) (*graded, error) { return next, nil }},
		}})
		require.NoError(t, err)
		for range 2 {
			next = &graded{"low"}
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, fallback.Low, r.Assurance)
			require.Equal(t, time.Now(), c.Inspect().Sources[0].Answered)
			next = nil
			_, err = c.Do(t.Context(), "q")
			requireVerdict(t, fallback.ErrUnavailable, err)
			time.Sleep(time.Hour)
			require.NoError(t, c.Reconfigure(fallback.Settings{}))
		}
		require.NoError(t, c.Close())

		nothing, err := fallback.New(fallback.Config[string, *reply]{Name: "x", Sources: []fallback.Source[string, *reply]{
			{Name: "a", Do: func(context.Context, string) (*reply, error) { return nil, nil }},
		}})
		require.NoError(t, err)
		require.NoError(t, nothing.Reconfigure(fallback.Settings{}))
		_, err = nothing.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrUnavailable, err)
	})
}

type graded struct{ word string }

func (l *graded) Level() string { return l.word }
