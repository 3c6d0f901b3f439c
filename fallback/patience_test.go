package fallback_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

func patient(cfg *config) { cfg.Memory.Patience = ms(250) }

// TestPatienceServesWhatIsKnown: after it, and not before, to everybody who
// waits; the call goes on and is remembered.
func TestPatienceServesWhatIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		c, _ := remembering(t, s, patient)
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		s.does(timed("two", "ok 700ms").ask)
		for range 2 { // the second joins the call of the first
			began := time.Now()
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, ms(250), time.Since(began))
			require.Equal(t, fallback.Stale, r.Freshness)
			require.Equal(t, "one", r.Value.Text)
			require.True(t, r.Degraded())
			require.Len(t, r.Failed, 1)
			require.Equal(t, "shared call: deadline: not waited for any longer", r.Failed[0].String())
			require.ErrorIs(t, r.Failed[0].Err, fallback.ErrPatience)
			require.Equal(t, ms(250), r.Failed[0].Took)
			require.Contains(t, r.Explain(), "and nobody has answered yet; kept until it is 1h0m0s old\n- after 250ms it was not waited for any longer, and the call goes on")
		}
		time.Sleep(ms(201))
		require.EqualValues(t, 2, s.asked.Load())
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Cached, r.Freshness)
		require.Equal(t, "two", r.Value.Text)
		require.EqualValues(t, 2, c.Inspect().Memory.Stales)
	})
}

// TestPatienceOnlyWhereStaleMayBeServed: else the caller waits as ever.
func TestPatienceOnlyWhereStaleMayBeServed(t *testing.T) {
	unavailable := func(ctx context.Context, _ string) (reply, error) { return reply{}, &says{class: "unavailable"} }
	stubbornly := func(context.Context, string) (reply, error) {
		time.Sleep(ms(200))
		return reply{}, &says{class: "unavailable"}
	}
	insecure := func(ctx context.Context, _ string) (reply, error) { return reply{}, &says{class: "security"} }
	for name, row := range map[string]struct {
		change func(*config)
		q      string
		age    time.Duration
		do     func(context.Context, string) (reply, error) // of a
		then   string                                       // of b
		takes  time.Duration
		want   string
	}{
		"it answers in time":               {nil, "q", time.Minute, timed("a", "ok 249ms").ask, "ok 1ms", ms(249), "live a"},
		"it does not":                      {nil, "q", time.Minute, timed("a", "ok 251ms").ask, "ok 1ms", ms(250), "stale old"},
		"denied in time":                   {nil, "q", time.Minute, timed("a", "denied 249ms").ask, "ok 1ms", ms(249), "denied"},
		"the next one does":                {nil, "q", time.Minute, unavailable, "ok 100ms", ms(100), "live b"},
		"the next one does not":            {nil, "q", time.Minute, unavailable, "ok 1s", ms(250), "stale old"},
		"no patience":                      {func(cfg *config) { cfg.Memory.Patience = 0 }, "q", time.Minute, timed("a", "ok 900ms").ask, "ok 1ms", ms(900), "live a"},
		"nothing is known":                 {nil, "new", time.Minute, timed("a", "ok 900ms").ask, "ok 1ms", ms(900), "live a"},
		"what is known is too old":         {nil, "q", time.Hour, timed("a", "ok 900ms").ask, "ok 1ms", ms(900), "live a"},
		"it gets too old meanwhile":        {nil, "q", time.Hour - ms(200), timed("a", "ok 900ms").ask, "ok 1ms", ms(900), "live a"},
		"it must be asked for":             {func(cfg *config) { cfg.Memory.StaleFor = func(reply) time.Duration { return 0 } }, "q", time.Minute, timed("a", "ok 900ms").ask, "ok 1ms", ms(900), "live a"},
		"flagged after a security failure": {nil, "q", time.Minute, insecure, "ok 1s", ms(250), "stale old security"},
		"flagged after one that was late":  {func(cfg *config) { cfg.Sources[0].Timeout = ms(100) }, "q", time.Minute, stubbornly, "ok 1s", ms(250), "stale old late"},
		"not what is worth less": {func(cfg *config) { cfg.Sources[0].Assurance = fallback.High; cfg.Sources[1].Assurance = fallback.High },
			"b's", time.Minute, insecure, "ok 900ms", ms(900), "live b security"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := answering("old"), timed("b", row.then)
				c, store := remembering(t, a, patient, func(cfg *config) {
					cfg.Sources = append(cfg.Sources, source{Name: "b", Do: b.ask, Retention: fallback.Forever, Assurance: fallback.Low})
					if row.change != nil {
						row.change(cfg)
					}
				})
				low, _ := remembering(t, answering("old"), func(cfg *config) { cfg.Memory.Store = store })
				_, err := low.Do(t.Context(), "b's") // saved when a was worth less
				require.NoError(t, err)
				_, err = c.Do(t.Context(), "q")
				require.NoError(t, err)
				time.Sleep(row.age)
				a.does(row.do)
				began := time.Now()
				r, err := c.Do(t.Context(), row.q)
				require.Equal(t, row.takes, time.Since(began))
				got := r.Freshness.String() + " " + r.Value.Text
				if err != nil {
					got = failed(t, r, err).Verdict()
				}
				require.Equal(t, row.want, strings.TrimSpace(got+" "+r.Flags.String()))
			})
		})
	}
}

// TestPatienceBeforeTheBreakerOpens: the first source hangs, the second has no
// room, the breaker has not opened yet: what is known is served after the hedge
// and 50ms, and who asks for something new waits as long as the first may take.
func TestPatienceBeforeTheBreakerOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := answering("a")
		full := &fallback.Capacity{PerSecond: 1}
		c, _ := remembering(t, a, patient, func(cfg *config) {
			cfg.Hedge.After = ms(200)
			cfg.Sources[0].Upstream = &fallback.Upstream{Breaker: newBreaker(t, breaker.Config{})}
			cfg.Sources = append(cfg.Sources, source{Name: "b", Do: timed("b", "ok 40ms").ask, Timeout: time.Second, Upstream: &fallback.Upstream{Capacity: full}})
		})
		_, err := c.Do(t.Context(), "known")
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		a.hangs()
		ask := func(q string) (fallback.Result[reply], time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			r, err := c.Do(ctx, q)
			return r, time.Since(began), err
		}
		r, took, err := ask("new 1")
		require.NoError(t, err)
		require.Equal(t, "b", r.Source)
		require.Equal(t, ms(240), took)
		r, took, err = ask("known")
		require.NoError(t, err)
		require.Equal(t, fallback.Stale, r.Freshness)
		require.Equal(t, ms(250), took)
		_, took, err = ask("new 2")
		require.Error(t, err)
		require.Equal(t, ms(500), took, "a's part of the time")
	})
}
