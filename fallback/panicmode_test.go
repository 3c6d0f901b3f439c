package fallback_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// opened returns a breaker that opens at the first fault and has no trial of
// its own for an hour, opened by err.
func opened(t testing.TB, err error) *breaker.Breaker {
	t.Helper()
	b := newBreaker(t, breaker.Config{Consecutive: 1, OpenFor: time.Hour, MaxOpenFor: time.Hour})
	if err != nil {
		require.Error(t, b.Do(t.Context(), func(context.Context) error { return err }))
		require.Equal(t, breaker.Open, b.Snapshot().State)
	}
	return b
}

var dead = &says{class: "unavailable"}

// panicking returns a chain of two sources that are both closed off.
func panicking(t testing.TB, change func(*config)) (*chain, [2]*script, [2]*breaker.Breaker) {
	t.Helper()
	scripts := [2]*script{failing(dead), failing(dead)}
	breakers := [2]*breaker.Breaker{opened(t, dead), opened(t, dead)}
	var cfg config
	for i, s := range scripts {
		cfg.Sources = append(cfg.Sources, source{Name: string(rune('a' + i)), Do: s.ask, Upstream: &fallback.Upstream{Breaker: breakers[i]}})
	}
	if change != nil {
		change(&cfg)
	}
	return newChain(t, cfg), scripts, breakers
}

func TestPanicModeIsBounded(t *testing.T) {
	for name, row := range map[string]struct {
		trials, want int
		once         bool
	}{
		"by default one a second":    {0, 30, false},
		"as many as allowed":         {4, 4 * 30, false},
		"ten at most":                {10, 10 * 30, false},
		"none":                       {-1, 0, false},
		"none by default, with Once": {0, 0, true},
		"with Once on purpose":       {2, 2 * 30, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s, _ := panicking(t, func(cfg *config) { cfg.PanicTrials, cfg.Once = row.trials, row.once })
				time.Sleep(time.Second)
				attempts := 0
				var sent []time.Time
				for range 30 * 200 { // 200 calls a second
					r, err := c.Do(t.Context(), "q")
					require.Error(t, err)
					if attempts += r.Attempts; r.Attempts > 0 {
						sent = append(sent, time.Now())
						require.Equal(t, fallback.FlagPanic, r.Flags)
					}
					time.Sleep(5 * time.Millisecond)
				}
				require.Equal(t, row.want, attempts)
				require.EqualValues(t, row.want, s[0].asked.Load()+s[1].asked.Load())
				require.EqualValues(t, row.want, c.Inspect().PanicTrials)
				n := max(row.trials, 1)
				for i := n; i < len(sent); i++ { // no second has more
					require.GreaterOrEqual(t, sent[i].Sub(sent[i-n]), time.Second)
				}
				require.Equal(t, s[0].asked.Load(), s[1].asked.Load(), "the one tried in vain longest ago")
			})
		})
	}
}

func TestPanicModeAsksOneOfManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s, _ := panicking(t, nil)
		s[0].does(func(context.Context, string) (reply, error) { time.Sleep(time.Second / 2); return reply{}, dead })
		time.Sleep(time.Second)
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() { _, err := c.Do(t.Context(), "q"); requireVerdict(t, fallback.ErrUnavailable, err) })
		}
		all.Wait()
		require.EqualValues(t, 1, s[0].asked.Load()+s[1].asked.Load())
	})
}

// TestPanicModeBegins a second after a source was given up, not before.
func TestPanicModeBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s, _ := panicking(t, nil)
		time.Sleep(500 * time.Millisecond)
		for range 49 {
			_, err := c.Do(t.Context(), "q")
			require.Error(t, err)
			time.Sleep(10 * time.Millisecond)
		}
		require.Zero(t, s[0].asked.Load()+s[1].asked.Load())
		time.Sleep(110 * time.Millisecond)
		_, _ = c.Do(t.Context(), "q")
		require.EqualValues(t, 1, s[0].asked.Load())
	})
}

// TestPanicModeEndsAnOutage: the first answer ends the open interval, and the
// next callers are the trials that close the breaker.
func TestPanicModeEndsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s, b := panicking(t, nil)
		time.Sleep(time.Second)
		_, err := c.Do(t.Context(), "q") // a, in vain
		require.Error(t, err)
		s[1].answers("back")
		time.Sleep(time.Second)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Result[reply]{
			Value: reply{Text: "back"}, Source: "b", Rank: 1, Freshness: fallback.Live, ObtainedAt: r.ObtainedAt,
			Flags: fallback.FlagPanic, Attempts: 1, Failed: r.Failed,
		}, r)
		require.Len(t, r.Failed, 1)
		require.Equal(t, "a", r.Failed[0].Source)
		require.Equal(t, fallback.SkipOpen, r.Failed[0].Skip)
		require.True(t, r.Degraded())
		require.Equal(t, breaker.Open, b[1].Snapshot().State, "by itself it closes nothing")
		for range 3 {
			r, err = c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Zero(t, r.Flags, "an ordinary trial")
		}
		require.Equal(t, breaker.Closed, b[1].Snapshot().State)
		require.Equal(t, breaker.Open, b[0].Snapshot().State)
	})
}

// TestPanicModeNeverPasses what an operator or the upstream itself closed.
func TestPanicModeNeverPasses(t *testing.T) {
	for name, open := range map[string]func(t testing.TB) *breaker.Breaker{
		"forced": func(t testing.TB) *breaker.Breaker {
			b := newBreaker(t, breaker.Config{})
			require.NoError(t, b.Force(breaker.ForcedOpen, "op", "maintenance", time.Hour))
			return b
		},
		"forced while open": func(t testing.TB) *breaker.Breaker {
			b := opened(t, dead)
			require.NoError(t, b.Force(breaker.ForcedOpen, "op", "maintenance", time.Hour))
			return b
		},
		"refused":     func(t testing.TB) *breaker.Breaker { return opened(t, &says{class: "refused"}) },
		"security":    func(t testing.TB) *breaker.Breaker { return opened(t, &says{class: "security"}) },
		"limited":     func(t testing.TB) *breaker.Breaker { return opened(t, &says{class: "limited", wait: time.Minute}) },
		"retry after": func(t testing.TB) *breaker.Breaker { return opened(t, &says{class: "unavailable", wait: time.Minute}) },
		"no breaker":  func(t testing.TB) *breaker.Breaker { return nil },
		"capacity":    func(t testing.TB) *breaker.Breaker { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := failing(dead)
				cfg := config{PanicTrials: 10, Sources: []source{{Name: "a", Do: a.ask, Upstream: &fallback.Upstream{Breaker: open(t)}}}}
				want := int64(0)
				switch name {
				case "no breaker":
					want = 100 // it was asked in turn
				case "capacity":
					cfg.Sources[0].Upstream = &fallback.Upstream{Capacity: &fallback.Capacity{PerDay: 1}, Breaker: opened(t, nil)}
					want = 1
				}
				c := newChain(t, cfg)
				time.Sleep(time.Second)
				for range 100 {
					r, err := c.Do(t.Context(), "q")
					require.Error(t, err)
					require.False(t, r.Flags.Has(fallback.FlagPanic))
					time.Sleep(100 * time.Millisecond)
				}
				require.Equal(t, want, a.asked.Load())
			})
		})
	}
}

// TestPanicModeOnlyWhenNobodyIsLeft: a source that is full, or that was asked,
// is not closed off; one that an operator took out, or that is not worth enough,
// does not count.
func TestPanicModeOnlyWhenNobodyIsLeft(t *testing.T) {
	forced := func(t testing.TB) *fallback.Upstream {
		b := newBreaker(t, breaker.Config{})
		require.NoError(t, b.Force(breaker.ForcedOpen, "op", "maintenance", time.Hour))
		return &fallback.Upstream{Breaker: b}
	}
	for name, row := range map[string]struct {
		second func(t testing.TB) source
		want   int64
	}{
		"full": {func(t testing.TB) source {
			up := &fallback.Upstream{Capacity: &fallback.Capacity{PerDay: 1}}
			c := newChain(t, config{Sources: []source{{Name: "x", Do: answering("").ask, Upstream: up}}})
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			return source{Do: answering("ok").ask, Upstream: up}
		}, 0},
		"asked and failing": {func(testing.TB) source { return source{Do: failing(dead).ask} }, 0},
		"forced":            {func(t testing.TB) source { return source{Do: answering("ok").ask, Upstream: forced(t)} }, 1},
		"worth less":        {func(testing.TB) source { return source{Do: answering("ok").ask, Assurance: fallback.None} }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, second := failing(dead), row.second(t)
				if second.Name = "b"; second.Assurance == 0 {
					second.Assurance = fallback.Low
				}
				c := newChain(t, config{MinAssurance: fallback.Low, Answers: func(reply, string) error { return nil }, Sources: []source{
					{Name: "a", Do: a.ask, Assurance: fallback.Low, Upstream: &fallback.Upstream{Breaker: opened(t, dead)}}, second,
				}})
				time.Sleep(time.Second)
				r, err := c.Do(t.Context(), "q")
				require.Error(t, err)
				require.Equal(t, row.want, a.asked.Load())
				require.Equal(t, row.want == 1, r.Flags.Has(fallback.FlagPanic))
			})
		})
	}
}

// TestPanicModeKeepsTheAssurance: after a source that could not be trusted
// nobody is tried who is worth less.
func TestPanicModeKeepsTheAssurance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		weak, strong := answering("ok"), answering("ok")
		c := newChain(t, config{Sources: []source{
			{Name: "a", Do: weak.ask, Assurance: fallback.Low, Upstream: &fallback.Upstream{Breaker: opened(t, dead)}},
			{Name: "b", Do: answering("").ask, Assurance: fallback.Substantial, Upstream: &fallback.Upstream{Breaker: opened(t, &says{class: "security"})}},
			{Name: "c", Do: strong.ask, Assurance: fallback.High, Upstream: &fallback.Upstream{Breaker: opened(t, dead)}},
		}})
		time.Sleep(time.Second)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "c", r.Source)
		require.Equal(t, fallback.FlagPanic|fallback.FlagSecurity, r.Flags)
		require.Zero(t, weak.asked.Load())
	})
}

// TestPanicModePrefersWhoIsComingBack: the one in its ramp before one that is open.
func TestPanicModePrefersWhoIsComingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		healing := newBreaker(t, breaker.Config{Consecutive: 1, OpenFor: time.Second, Trials: 1, Ramp: time.Minute})
		a, b := failing(dead), failing(dead)
		c := newChain(t, config{Sources: []source{
			{Name: "a", Do: a.ask, Upstream: &fallback.Upstream{Breaker: opened(t, dead)}},
			{Name: "b", Do: b.ask, Upstream: &fallback.Upstream{Breaker: healing}},
		}})
		_, err := c.Do(t.Context(), "q") // opens b
		require.Error(t, err)
		b.answers("ok")
		time.Sleep(time.Second)
		for healing.Snapshot().State != breaker.Closed {
			_, _ = c.Do(t.Context(), "q")
		}
		asked := a.asked.Load()
		for range 40 { // the ramp admits a tenth; one a second passes all the same
			r, err := c.Do(t.Context(), "q")
			if err != nil {
				require.Equal(t, fallback.SkipRamp, r.Failed[len(r.Failed)-1].Skip)
				break
			}
		}
		time.Sleep(time.Second)
		r, err := c.Do(t.Context(), "q")
		for err == nil && !r.Flags.Has(fallback.FlagPanic) {
			r, err = c.Do(t.Context(), "q")
		}
		require.NoError(t, err)
		require.Equal(t, "b", r.Source)
		require.Equal(t, asked, a.asked.Load())
	})
}

// TestPanicModeServesWhatIsRemembered at once, and tries only for those who
// would get nothing.
func TestPanicModeServesWhatIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := answering("one"), opened(t, nil)
		c := newChain(t, config{
			Sources: []source{{Name: "a", Do: s.ask, Upstream: &fallback.Upstream{Breaker: b}, Retention: fallback.Forever}},
			Memory:  &memory{Key: identity, Stale: time.Minute, Sharing: 1},
		})
		_, err := c.Do(t.Context(), "known")
		require.NoError(t, err)
		s.fails(dead)
		_, err = c.Do(t.Context(), "new")
		require.Error(t, err)
		time.Sleep(2 * time.Second)
		asked := s.asked.Load()
		r, err := c.Do(t.Context(), "known")
		require.NoError(t, err)
		require.Equal(t, fallback.Stale, r.Freshness)
		require.Zero(t, r.Flags)
		require.Equal(t, asked, s.asked.Load())

		s.answers("two")
		r, err = c.Do(t.Context(), "new")
		require.NoError(t, err)
		require.Equal(t, fallback.FlagPanic, r.Flags)
		require.Equal(t, asked+1, s.asked.Load())
		s.fails(dead)
		_ = b.Do(t.Context(), func(context.Context) error { return dead })
		time.Sleep(2 * time.Second)
		r, err = c.Do(t.Context(), "new")
		require.NoError(t, err)
		require.Equal(t, fallback.Stale, r.Freshness)
		require.Zero(t, r.Flags, "how it was once obtained is not remembered")
	})
}

func TestPanicTrialsConfig(t *testing.T) {
	_, err := fallback.New(config{Name: "x", PanicTrials: 11, Sources: []source{{Name: "a", Do: answering("").ask}}})
	require.ErrorContains(t, err, "panic trials must be at most 10")
}
