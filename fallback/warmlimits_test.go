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

// TestWarmOnlyInGoodTimes: not while the first source is not well, nor an
// alternate that may not be asked.
func TestWarmOnlyInGoodTimes(t *testing.T) {
	open := func(t testing.TB, b *breaker.Breaker) {
		for range 5 {
			_ = b.Do(t.Context(), func(context.Context) error { return dead })
		}
	}
	for name, row := range map[string]struct {
		first, second func(t testing.TB, b *breaker.Breaker)
		warm          bool
	}{
		"all well":       {nil, nil, true},
		"the first open": {open, nil, false},
		"the first taken out": {func(t testing.TB, b *breaker.Breaker) {
			require.NoError(t, b.Force(breaker.ForcedOpen, "op", "x", time.Hour))
		}, nil, false},
		"the first held in": {func(t testing.TB, b *breaker.Breaker) {
			require.NoError(t, b.Force(breaker.ForcedClosed, "op", "x", time.Hour))
		}, nil, false},
		"the first coming back": {func(t testing.TB, b *breaker.Breaker) {
			open(t, b)
			time.Sleep(time.Second)
			for range 3 {
				_ = b.Do(t.Context(), func(context.Context) error { return nil })
			}
			require.Equal(t, breaker.Closed, b.Snapshot().State)
		}, nil, false},
		"the second open": {nil, open, false},
		"the second due for a trial": {nil, func(t testing.TB, b *breaker.Breaker) {
			open(t, b)
			time.Sleep(time.Second)
		}, true},
		"the second taken out": {nil, func(t testing.TB, b *breaker.Breaker) {
			require.NoError(t, b.Force(breaker.ForcedOpen, "op", "x", time.Hour))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ba, bb := newBreaker(t, breaker.Config{}), newBreaker(t, breaker.Config{})
				c, s := warming(t, func(cfg *config) {
					onB(t)(cfg)
					cfg.Sources[0].Upstream, cfg.Sources[1].Upstream = &fallback.Upstream{Breaker: ba}, &fallback.Upstream{Breaker: bb}
				})
				if row.first != nil {
					row.first(t, ba)
				}
				if row.second != nil {
					row.second(t, bb)
				}
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, row.warm, r.Flags.Has(fallback.FlagWarm))
				if row.first == nil {
					require.Equal(t, row.warm, s[0].asked.Load() == 0 && s[1].asked.Load() == 1)
				}
			})
		})
	}
}

// TestWarmHealsAnAlternate: in good times nobody else makes its trials.
func TestWarmHealsAnAlternate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t, breaker.Config{Consecutive: 1})
		c, s := warming(t, func(cfg *config) {
			onB(t)(cfg)
			cfg.Sources[1].Upstream = &fallback.Upstream{Breaker: b}
		})
		s[1].fails(dead)
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, breaker.Open, b.Snapshot().State)
		s[1].answers("b")
		time.Sleep(10 * time.Second)
		for range 3 {
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, "b", r.Source)
		}
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		require.EqualValues(t, 1, s[0].asked.Load())
	})
}

// TestWarmEatsNoQuota: a tenth of each bound, whoever used it.
func TestWarmEatsNoQuota(t *testing.T) {
	for name, row := range map[string]struct {
		capacity *fallback.Capacity
		want     int // of 1000 calls, ten a second, that would all be warm
	}{
		"no bound":        {&fallback.Capacity{}, 1000},
		"a day":           {&fallback.Capacity{PerDay: 200}, 20},
		"a small day":     {&fallback.Capacity{PerDay: 5}, 1},
		"a second":        {&fallback.Capacity{PerSecond: 50}, 500},
		"a small second":  {&fallback.Capacity{PerSecond: 1}, 100},
		"enough a second": {&fallback.Capacity{PerSecond: 100}, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := warming(t, func(cfg *config) {
					onB(t)(cfg)
					cfg.Sources[1].Upstream = &fallback.Upstream{Capacity: row.capacity}
				})
				for range 1000 {
					_, err := c.Do(t.Context(), "q")
					require.NoError(t, err)
					time.Sleep(ms(100))
				}
				require.EqualValues(t, row.want, s[1].asked.Load())
				require.Zero(t, row.capacity.Refused())
				require.EqualValues(t, 1000-row.want, s[0].asked.Load())
				require.Zero(t, s[2].asked.Load(), "a group does not go to the next alternate")
				if row.capacity.PerDay > 0 {
					time.Sleep(24 * time.Hour)
					again := false
					for range 7 * 24 * 60 { // its hour comes again
						r, err := c.Do(t.Context(), "q")
						require.NoError(t, err)
						again = again || r.Source == "b"
						time.Sleep(time.Minute)
					}
					require.True(t, again)
				}
			})
		})
	}
	t.Run("as settings have it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			room := &fallback.Capacity{InFlight: 10, PerSecond: 1000, PerDay: 10}
			c, s := warming(t, func(cfg *config) {
				onB(t)(cfg)
				cfg.Sources[1].Upstream = &fallback.Upstream{Capacity: room}
			})
			asked := func(set fallback.CapacitySettings) int64 {
				apply, err := room.Prepare(set)
				require.NoError(t, err)
				apply()
				before := s[1].asked.Load()
				for range 20 {
					_, err := c.Do(t.Context(), "q")
					require.NoError(t, err)
				}
				return s[1].asked.Load() - before
			}
			require.EqualValues(t, 20, asked(fallback.CapacitySettings{PerDay: to(int64(0))}))
			require.EqualValues(t, 10, asked(fallback.CapacitySettings{PerDay: to(int64(100))}))
			time.Sleep(time.Second)
			require.EqualValues(t, 2, asked(fallback.CapacitySettings{PerDay: to(int64(0)), PerSecond: to(20)}))
		})
	})
	t.Run("no bound in flight", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, s := warming(t, func(cfg *config) {
				onB(t)(cfg)
				cfg.Sources[1].Upstream = &fallback.Upstream{Capacity: new(fallback.Capacity)}
			})
			s[1].does(timed("b", "ok 500ms").ask)
			together(10, func(int) { _, _ = c.Do(t.Context(), "q") })
			require.EqualValues(t, 10, s[1].asked.Load())
		})
	})
	t.Run("in flight", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			up := &fallback.Upstream{Capacity: &fallback.Capacity{InFlight: 20}}
			c, s := warming(t, func(cfg *config) {
				onB(t)(cfg)
				cfg.Sources[1].Upstream = up
			})
			s[1].does(func(context.Context, string) (reply, error) { time.Sleep(ms(500)); return reply{}, nil })
			for range 10 {
				go c.Do(t.Context(), "q")
				synctest.Wait()
			}
			require.EqualValues(t, 2, s[1].asked.Load())
			require.Equal(t, 2, up.Capacity.Load())
			time.Sleep(time.Second)
		})
	})
}

// TestWarmKeepsTheAssurance: those who are worth less, more, or too little for
// the call are not asked before their turn, nor is a courtesy server.
func TestWarmKeepsTheAssurance(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*config)
		ctx    func(context.Context) context.Context
		warm   bool
	}{
		"as much":       {func(*config) {}, nil, true},
		"less":          {func(cfg *config) { cfg.Sources[1].Assurance = fallback.None }, nil, false},
		"more":          {func(cfg *config) { cfg.Sources[1].Assurance = fallback.High }, nil, false},
		"no trait":      {func(cfg *config) { cfg.Require, cfg.Sources[1].Traits = fallback.Signature, 0 }, nil, false},
		"the trait":     {func(cfg *config) { cfg.Require = fallback.Signature }, nil, true},
		"courtesy":      {func(cfg *config) { cfg.Sources[1].Upstream = &fallback.Upstream{Courtesy: true} }, nil, false},
		"enough":        {func(*config) {}, func(ctx context.Context) context.Context { return fallback.WithMin(ctx, fallback.Low) }, true},
		"not enough":    {func(*config) {}, func(ctx context.Context) context.Context { return fallback.WithMin(ctx, fallback.High) }, false},
		"not the first": {func(cfg *config) { cfg.Sources[0].Traits = 0 }, func(ctx context.Context) context.Context { return fallback.WithTraits(ctx, fallback.Signature) }, false},
		"not as good":   {func(cfg *config) { cfg.Sources[1].Traits = 0 }, func(ctx context.Context) context.Context { return fallback.WithTraits(ctx, fallback.Signature) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, s := warming(t, func(cfg *config) {
				cfg.Warm = 0.1
				for i := range cfg.Sources {
					cfg.Sources[i].Assurance, cfg.Sources[i].Traits = fallback.Low, fallback.Signature
				}
				row.change(cfg)
			})
			ctx := t.Context()
			if row.ctx != nil {
				ctx = row.ctx(ctx)
			}
			warm := false
			for range 100 {
				r, err := c.Do(ctx, "q")
				warm = warm || err == nil && r.Source == "b" && r.Flags.Has(fallback.FlagWarm)
			}
			require.Equal(t, row.warm, warm)
			if s[0].asked.Load() > 0 && !warm {
				require.Zero(t, s[1].asked.Load())
			}
		})
	}
}

// TestWarmFirstIsWhoIsEnough: who is asked first in good times is the first that
// reaches what the chain requires; the others that do are kept warm.
func TestWarmFirstIsWhoIsEnough(t *testing.T) {
	c, s := warming(t, func(cfg *config) {
		cfg.Require = fallback.Signature
		cfg.Sources[1].Traits, cfg.Sources[2].Traits = fallback.Signature, fallback.Signature
	})
	for range 100 {
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
	}
	require.Zero(t, s[0].asked.Load())
	require.InDelta(t, 10, s[2].asked.Load(), 1)
}

// TestWarmAndMemory: what is remembered does not tell how it was obtained, and
// that there is nothing is remembered whatever an alternate said before.
func TestWarmAndMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := warming(t, func(cfg *config) {
			onB(t)(cfg)
			cfg.Memory = &memory{Key: identity, Fresh: time.Minute, Stale: time.Hour, Negative: time.Minute}
			for i := range cfg.Sources {
				cfg.Sources[i].Retention = fallback.Forever
			}
		})
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.FlagWarm, r.Flags)
		r, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Cached, r.Freshness)
		require.Equal(t, "b", r.Source)
		require.Equal(t, 1, r.Rank)
		require.Zero(t, r.Flags)

		s[1].fails(dead)
		s[0].fails(&says{class: "notfound"})
		r, err = c.Do(t.Context(), "nowhere")
		requireVerdict(t, fallback.ErrNotFound, err)
		require.Equal(t, fallback.FlagWarm, r.Flags)
		r, err = c.Do(t.Context(), "nowhere")
		requireVerdict(t, fallback.ErrNotFound, err)
		require.Equal(t, fallback.FlagRemembered, r.Flags)
		require.EqualValues(t, 1, s[0].asked.Load())
	})
}

func TestWarmConfig(t *testing.T) {
	two := []source{{Name: "a", Do: answering("").ask}, {Name: "b", Do: answering("").ask}}
	for want, cfg := range map[string]config{
		"warm must be between 0 and 0.1": {Warm: 0.11, Sources: two},
		"warm cannot go with once":       {Warm: 0.01, Once: true, Sources: two},
		"warm needs a second source":     {Warm: 0.01, Sources: []source{two[0], {Name: "b", Do: answering("").ask, Assurance: fallback.Low}}},
		"max idle is negative":           {MaxIdle: -1, Sources: two},
	} {
		cfg.Name = "x"
		_, err := fallback.New(cfg)
		require.ErrorContains(t, err, want)
	}
	_, err := fallback.New(config{Name: "x", Warm: -0.01, Sources: two})
	require.ErrorContains(t, err, "warm must be")
}
