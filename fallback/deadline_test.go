package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// within returns a call that ends after d.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// practise lets every source of c answer some calls, the first first, so that
// it is known what each usually needs.
func practise(t testing.TB, c *chain, scripts []*script, took []time.Duration) {
	t.Helper()
	for i, s := range scripts {
		d := took[i]
		s.does(func(ctx context.Context, q string) (reply, error) {
			select {
			case <-time.After(d):
				return reply{Text: q}, nil
			case <-ctx.Done():
				return reply{}, ctx.Err()
			}
		})
		for range 20 {
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, i, r.Rank)
		}
		s.fails(&says{class: "unavailable"})
	}
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// TestDeadlineIsDivided: how long each source is let hang.
func TestDeadlineIsDivided(t *testing.T) {
	for name, row := range map[string]struct {
		usual    []time.Duration // what each source needs in good times; zero: nothing is known
		timeouts []time.Duration
		left     time.Duration
		own      time.Duration // Config.Deadline
		took     []time.Duration
		skipped  string
	}{
		"plenty of time":               {nil, []time.Duration{ms(300), ms(300)}, time.Second, 0, []time.Duration{ms(300), ms(300)}, ""},
		"no deadline":                  {nil, []time.Duration{ms(300), ms(300)}, 0, 0, []time.Duration{ms(300), ms(300)}, ""},
		"unknown: by their timeouts":   {nil, []time.Duration{ms(600), ms(300)}, ms(300), 0, []time.Duration{ms(200), ms(100)}, ""},
		"three links in two seconds":   {nil, []time.Duration{time.Second, time.Second, time.Second}, ms(1500), 0, []time.Duration{ms(500), ms(500), ms(500)}, ""},
		"its own deadline":             {nil, []time.Duration{time.Second, time.Second}, 0, ms(500), []time.Duration{ms(250), ms(250)}, ""},
		"the earlier of two":           {nil, []time.Duration{time.Second, time.Second}, ms(400), time.Second, []time.Duration{ms(200), ms(200)}, ""},
		"the earlier of two is ours":   {nil, []time.Duration{time.Second, time.Second}, time.Second, ms(400), []time.Duration{ms(200), ms(200)}, ""},
		"known: the rest is the first": {[]time.Duration{ms(50), ms(80)}, []time.Duration{ms(600), ms(600)}, ms(500), 0, []time.Duration{ms(420), ms(80)}, ""},
		"shares shrink alike":          {[]time.Duration{ms(100), ms(300)}, []time.Duration{time.Second, time.Second}, ms(400), 0, []time.Duration{ms(100), ms(300)}, ""},
		"not below what it needs":      {[]time.Duration{ms(200), ms(300)}, []time.Duration{time.Second, time.Second}, ms(400), 0, []time.Duration{ms(200)}, "b: deadline: 200ms left, usually needs 300ms"},
		"too little for the first":     {[]time.Duration{ms(200), ms(100)}, []time.Duration{time.Second, time.Second}, ms(150), 0, []time.Duration{0, ms(150)}, "a: deadline: 150ms left, usually needs 200ms"},
		"too little for anybody":       {[]time.Duration{ms(200), ms(100)}, []time.Duration{time.Second, time.Second}, ms(50), 0, nil, "b: deadline: 50ms left, usually needs 100ms"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var cfg config
				var scripts []*script
				for i, d := range row.timeouts {
					s := answering("")
					scripts = append(scripts, s)
					cfg.Sources = append(cfg.Sources, source{Name: string(rune('a' + i)), Do: s.ask, Timeout: d})
				}
				cfg.Deadline = row.own
				c := newChain(t, cfg)
				if row.usual != nil {
					practise(t, c, scripts, row.usual)
				}
				for _, s := range scripts {
					s.hangs()
				}
				ctx := t.Context()
				if row.left > 0 {
					ctx = within(t, row.left)
				}
				began := time.Now()
				r, err := c.Do(ctx, "q")
				e := failed(t, r, err)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				var sum time.Duration
				for i, d := range row.took {
					require.InDelta(t, d, r.Failed[i].Took, 100, "source %d", i)
					sum += d
				}
				require.InDelta(t, sum, time.Since(began), 1000, "F2")
				if row.skipped != "" {
					require.Contains(t, e.Error(), row.skipped)
				}
			})
		})
	}
}

// TestDeadlineLastResortGetsItsTurn: whatever hangs in front, the last source
// is asked before the end, and a quick one answers, as long as there is time for
// the first and the last.
func TestDeadlineLastResortGetsItsTurn(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test
		synctest.Test(t, func(t *testing.T) {
			var cfg config
			var scripts []*script
			var took []time.Duration
			for i := range 2 + rng.IntN(4) {
				s := answering("")
				scripts = append(scripts, s)
				took = append(took, ms(1+rng.IntN(400)))
				cfg.Sources = append(cfg.Sources, source{
					Name: string(rune('a' + i)), Do: s.ask, Timeout: ms(500 + rng.IntN(3000)), Retry: fallback.Retry{Max: rng.IntN(3)},
				})
			}
			c := newChain(t, cfg)
			if rng.IntN(2) == 0 {
				practise(t, c, scripts, took)
			}
			for _, s := range scripts {
				s.hangs()
			}
			last := scripts[len(scripts)-1]
			last.answers("last resort")
			patience := took[0] + took[len(took)-1] + ms(10+rng.IntN(4000))
			began := time.Now()
			r, err := c.Do(within(t, patience), "q")
			require.NoError(t, err, "seed %d", seed)
			require.Equal(t, "last resort", r.Value.Text)
			require.Less(t, time.Since(began), patience)
			var spent time.Duration
			for _, f := range r.Failed {
				spent += f.Took
				require.True(t, f.Skip == fallback.SkipNot || f.Skip == fallback.SkipDeadline)
			}
			require.Equal(t, time.Since(began), spent)
		})
	}
}

// TestDeadlineOpenSourcesNeedNoTime: what will not be asked reserves nothing.
func TestDeadlineOpenSourcesNeedNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t, breaker.Config{})
		require.NoError(t, b.Force(breaker.ForcedOpen, "op", "maintenance", time.Hour))
		first := answering("")
		first.hangs()
		c := newChain(t, config{Sources: []source{
			{Name: "a", Do: first.ask}, {Name: "b", Do: answering("").ask, Upstream: &fallback.Upstream{Breaker: b}},
		}})
		r, err := c.Do(within(t, time.Second), "q")
		failed(t, r, err)
		require.Equal(t, time.Second, r.Failed[0].Took)
	})
}

// TestDeadlineAQuickSourceIsFoundAgain: who was left out for want of time gets
// another try, or it could never show that it is quick again.
func TestDeadlineAQuickSourceIsFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := answering(""), answering("b")
		c := newChain(t, config{Sources: []source{{Name: "a", Do: a.ask}, {Name: "b", Do: b.ask}}})
		practise(t, c, []*script{a}, []time.Duration{ms(300)})
		a.answers("a")
		r, err := c.Do(within(t, ms(200)), "q")
		require.NoError(t, err)
		require.Equal(t, "b", r.Source)
		require.Equal(t, "a: deadline: 200ms left, usually needs 300ms", r.Failed[0].String())
		require.True(t, errors.Is(r.Failed[0].Err, context.DeadlineExceeded))
		time.Sleep(11 * time.Second)
		r, err = c.Do(within(t, ms(200)), "q")
		require.NoError(t, err)
		require.Equal(t, "a", r.Source)
	})
}

// TestF60DeadlineOfOursIsNoFaultOfTheirs: a turn that was cut short speaks
// against the upstream only when it had the time that it usually needs.
func TestF60DeadlineOfOursIsNoFaultOfTheirs(t *testing.T) {
	for _, left := range []int{80, 1000} {
		t.Run(fmt.Sprint(left), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				br := newBreaker(t, breaker.Config{})
				a, b := answering(""), answering("b")
				c := newChain(t, config{Sources: []source{
					{Name: "a", Do: a.ask, Upstream: &fallback.Upstream{Breaker: br}}, {Name: "b", Do: b.ask},
				}})
				practise(t, c, []*script{a}, []time.Duration{ms(20)})
				a.hangs()
				r, err := c.Do(within(t, ms(left)), "q")
				require.NoError(t, err)
				require.Equal(t, "b", r.Source)
				require.Equal(t, left == 1000, br.Snapshot().Faults > 0)
			})
		})
	}
}

// TestDeadlineOnceIsNotDivided: cutting a call with an effect short would leave
// its effect unknown.
func TestDeadlineOnceIsNotDivided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := answering(""), answering("b")
		c := newChain(t, config{Once: true, Sources: []source{{Name: "a", Do: a.ask}, {Name: "b", Do: b.ask}}})
		for range 10 {
			a.does(func(context.Context, string) (reply, error) { time.Sleep(ms(300)); return reply{}, nil })
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		a.hangs()
		r, err := c.Do(within(t, time.Second), "q")
		failed(t, r, err)
		requireVerdict(t, fallback.ErrUnknown, err)
		require.Equal(t, time.Second, r.Failed[0].Took)
		r, err = c.Do(within(t, ms(200)), "q")
		require.NoError(t, err)
		require.Equal(t, "b", r.Source, "it would not have ended in time")
		require.Equal(t, fallback.SkipDeadline, r.Failed[0].Skip)
	})
}

// TestDeadlineOfASharedCall: the time of the most patient is divided, and the
// answer that comes for nobody is remembered all the same.
func TestDeadlineOfASharedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := answering(""), slowly(ms(300))
		a.hangs()
		c, _ := remembering(t, a, func(cfg *config) {
			cfg.Sources = append(cfg.Sources, source{Name: "b", Do: b.ask, Retention: fallback.Forever})
		})
		began := time.Now()
		r, err := c.Do(within(t, time.Second), "q")
		require.NoError(t, err)
		require.Equal(t, "b", r.Source)
		require.Equal(t, ms(250+300), time.Since(began))

		began = time.Now()
		together(2, func(i int) {
			time.Sleep(ms(i))
			_, err := c.Do(within(t, ms(300+4000*i)), "more patience")
			require.Equal(t, i == 0, err != nil)
		})
		require.Equal(t, ms(75+300), time.Since(began), "first a's share of the impatient one, then b")
		r, err = c.Do(t.Context(), "more patience")
		require.NoError(t, err)
		require.Equal(t, fallback.Cached, r.Freshness)
	})
}

func TestDeadlineLongest(t *testing.T) {
	c := newChain(t, config{Deadline: time.Second, Sources: []source{{Name: "a", Do: answering("").ask}}})
	require.Equal(t, time.Second, c.Longest())
	c = newChain(t, config{Deadline: time.Minute, Sources: []source{{Name: "a", Do: answering("").ask}}})
	require.Equal(t, fallback.DefaultTimeout, c.Longest())
}
