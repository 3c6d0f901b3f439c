package fallback_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestDetachIsBounded: above the bound the source is passed over, and says so,
// until a call returns.
func TestDetachIsBounded(t *testing.T) {
	for name, row := range map[string]struct {
		up    *fallback.Upstream
		bound int
		says  string
	}{
		"in flight":         {&fallback.Upstream{Capacity: &fallback.Capacity{InFlight: 3}}, 3, "a: capacity"},
		"above the default": {&fallback.Upstream{Capacity: &fallback.Capacity{InFlight: 300}}, 300, "a: capacity"},
		"no bound":          {&fallback.Upstream{Capacity: &fallback.Capacity{PerDay: 1000}}, fallback.DefaultDetached, "a: capacity: no calls left beside the 256 that run, 256 of them left behind"},
		"no upstream":       {nil, fallback.DefaultDetached, "a: capacity: no calls left beside the 256 that run, 256 of them left behind"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s, _ := detaching(t, func(cfg *config) { cfg.Sources[0].Upstream = row.up })
				arrivals(1000, time.Duration(row.bound)*time.Millisecond, func(int) (fallback.Result[reply], error) { return c.Do(t.Context(), "q") })
				require.Equal(t, row.bound, c.Inspect().Sources[0].Left)
				for range 2 {
					began := time.Now()
					r, err := c.Do(t.Context(), "q")
					require.NoError(t, err)
					require.Zero(t, time.Since(began))
					require.Equal(t, fallback.SkipCapacity, r.Failed[0].Skip)
					require.Equal(t, row.says, r.Failed[0].String())
				}
				require.EqualValues(t, row.bound, s.asked.Load())
				if row.up != nil {
					require.EqualValues(t, 2, row.up.Capacity.Refused())
					require.Equal(t, row.bound, row.up.Capacity.Load())
				}
				s.comesBack(lateAnswer)
				s.does(answering("a").ask)
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, "a", r.Source, "there is room again")
				for range row.bound - 1 {
					s.comesBack(lateAnswer)
				}
				require.Zero(t, c.Inspect().Sources[0].Left)
			})
		})
	}
}

// TestDetachRefusedCallsTakeNoPlace: what the breaker refuses never went out.
func TestDetachRefusedCallsTakeNoPlace(t *testing.T) {
	b := newBreaker(t, breaker.Config{})
	c := newChain(t, config{Sources: []source{{Name: "a", Do: answering("a").ask, Detach: true, Upstream: &fallback.Upstream{Breaker: b}}}})
	require.NoError(t, b.Force(breaker.ForcedOpen, "test", "test", time.Hour))
	for range 2 * fallback.DefaultDetached {
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
	}
	require.NoError(t, b.Release("test", "test"))
	_, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
}

// TestDetachArithmetic: how often it is asked where else it would be asked more.
func TestDetachArithmetic(t *testing.T) {
	t.Run("what was left behind is not retried", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, s, _ := detaching(t, func(cfg *config) { cfg.Sources[0].Retry.Max = 3 })
			first := true
			s.does(func(context.Context, string) (reply, error) {
				if first {
					first = false
					return reply{}, &says{class: "unavailable"}
				}
				return s.stays(context.Background(), "")
			})
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, "b", r.Source)
			require.EqualValues(t, 2, s.asked.Load(), "once after the fault, and no more")
			s.comesBack(lateAnswer)
		})
	})
	t.Run("nor is it when the first try was left behind", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, s, _ := detaching(t, func(cfg *config) { cfg.Sources[0].Retry.Max = 3 })
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, "b", r.Source)
			require.EqualValues(t, 1, s.asked.Load())
			s.comesBack(lateAnswer)
		})
	})
	t.Run("a hedge wins and the other is let go", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, s, _ := detaching(t, func(cfg *config) { cfg.Hedge.After = ms(200) })
			began := time.Now()
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, ms(200), time.Since(began))
			require.Equal(t, "b", r.Source)
			time.Sleep(time.Minute)
			require.Equal(t, 1, c.Inspect().Sources[0].Left)
			s.comesBack(lateAnswer)
			require.Zero(t, c.Inspect().Sources[0].Left)
		})
	})
	t.Run("a panic trial is told once and does not hold up", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(t, breaker.Config{Consecutive: 1, OpenFor: time.Minute})
			c, s, _ := detaching(t, func(cfg *config) {
				cfg.Sources[0].Upstream = &fallback.Upstream{Breaker: b}
				cfg.Sources = cfg.Sources[:1]
			})
			_, err := c.Do(t.Context(), "q")
			require.Error(t, err)
			require.Equal(t, breaker.Open, b.Snapshot().State)
			time.Sleep(2 * time.Second)
			began := time.Now()
			r, err := c.Do(t.Context(), "q")
			require.Equal(t, time.Second+slack, time.Since(began))
			require.Equal(t, fallback.TurnPanic, failed(t, r, err).Failed[0].Turn)
			require.True(t, r.Flags.Has(fallback.FlagLate|fallback.FlagPanic))
			require.Equal(t, 2, c.Inspect().Sources[0].Left)
			s.comesBack(lateAnswer)
			s.comesBack(lateAnswer)
			require.Equal(t, breaker.Open, b.Snapshot().State, "an answer that comes so late closes nothing")
		})
	})
}

// TestDetachWithOnceIsUnknown: what was left behind may still have its effect, so
// nobody else is asked, also when it is not to be found.
func TestDetachWithOnceIsUnknown(t *testing.T) {
	for name, row := range map[string]struct {
		find    func(context.Context, string) (reply, bool, error)
		again   bool
		verdict string
		effect  fallback.Effect
		next    int64
	}{
		"no find":       {nil, false, "unknown", fallback.EffectUnknown, 0},
		"not found":     {func(context.Context, string) (reply, bool, error) { return reply{}, false, nil }, false, "unknown", fallback.EffectUnknown, 0},
		"found":         {func(context.Context, string) (reply, bool, error) { return reply{Text: "a"}, true, nil }, false, "ok", fallback.EffectDone, 0},
		"agreed to it":  {nil, true, "ok", fallback.EffectUnknown, 1},
		"find is asked": {func(context.Context, string) (reply, bool, error) { return reply{}, false, nil }, true, "ok", fallback.EffectUnknown, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s, next := detaching(t, func(cfg *config) {
					cfg.Once, cfg.Sources[0].Find = true, row.find
					if row.again {
						cfg.Again = func(string, error) bool { return true }
					}
				})
				r, err := c.Do(t.Context(), "q")
				verdict := "ok"
				if err != nil {
					verdict = failed(t, r, err).Verdict()
				}
				require.Equal(t, row.verdict, verdict)
				require.Equal(t, row.effect, r.Failed[0].Effect)
				require.Equal(t, row.next, next.asked.Load())
				s.comesBack(lateAnswer)
			})
		})
	}
}

// TestDetachCloses: Close waits for what was left behind and says when it still
// runs; a closed chain detaches nothing.
func TestDetachCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := newStubborn(t), newBreaker(t, breaker.Config{MinCalls: 1000, Consecutive: 1000})
		c, err := fallback.New(config{Name: "address", Sources: []source{
			{Name: "a", Do: s.ask, Detach: true, Timeout: time.Second, Upstream: &fallback.Upstream{Breaker: b}},
		}})
		require.NoError(t, err)
		_, err = c.Do(t.Context(), "q")
		require.Error(t, err)
		require.EqualError(t, c.Close(), "fallback: address: close: a call that was overtaken or left behind still runs")
		time.AfterFunc(time.Second, func() { s.let <- lateAnswer })
		require.NoError(t, c.Close())
		time.AfterFunc(5*time.Second, func() { s.let <- lateAnswer })
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "late", r.Value.Text)
		require.True(t, r.Flags.Has(fallback.FlagLate))
		require.Zero(t, c.Inspect().Sources[0].Left)
		s.does(func(context.Context, string) (reply, error) { panic("x") })
		before := b.Snapshot().Faults
		for range 2 * fallback.DefaultDetached {
			_, err = c.Do(t.Context(), "q")
			require.ErrorContains(t, err, "panic")
		}
		require.Equal(t, before+2*fallback.DefaultDetached, b.Snapshot().Faults)
	})
}
