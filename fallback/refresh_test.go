package fallback_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// revalidating is fresh for a minute, updating for another, stale for an hour.
func revalidating(cfg *config) { cfg.Memory.Revalidate = time.Minute }

func TestRevalidateServesAtOnceAndAsksBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		c, _ := remembering(t, s, revalidating)
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		s.does(func(ctx context.Context, _ string) (reply, error) {
			time.Sleep(ms(500))
			return reply{Text: "two"}, ctx.Err()
		})
		began := time.Now()
		for range 5 { // while another refreshes
			ctx, cancel := context.WithCancel(t.Context())
			r, err := c.Do(ctx, "q")
			cancel() // F59: the refresh is nobody's
			require.NoError(t, err)
			require.Equal(t, "one", r.Value.Text)
			require.Equal(t, fallback.Updating, r.Freshness)
			require.Equal(t, "updating", r.Freshness.String())
			require.Equal(t, time.Minute, r.Age)
			require.False(t, r.Degraded())
			require.Zero(t, r.Attempts)
		}
		require.Zero(t, time.Since(began), "a slow refresh blocks nobody")
		time.Sleep(ms(501))
		require.EqualValues(t, 2, s.asked.Load(), "one per key")
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "two", r.Value.Text)
		require.Equal(t, fallback.Cached, r.Freshness)
		m := c.Inspect().Memory
		require.EqualValues(t, 5, m.Updates)
		require.EqualValues(t, 1, m.Refreshed)
	})
}

// TestRevalidateWindow: by age, what a call gets while the sources fail, and
// when they do not.
func TestRevalidateWindow(t *testing.T) {
	for name, row := range map[string]struct {
		age    time.Duration
		change func(*config)
		down   string // class
		want   string // freshness or verdict
		asked  int64  // after the first call
	}{
		"fresh":                         {time.Minute - 1, nil, "unavailable", "cached", 0},
		"updating":                      {time.Minute, nil, "unavailable", "updating", 1},
		"updating to the last":          {2*time.Minute - 1, nil, "unavailable", "updating", 1},
		"the window ceases":             {2 * time.Minute, nil, "unavailable", "stale", 1},
		"it ends":                       {time.Hour, nil, "unavailable", "unavailable", 1},
		"not by default":                {time.Minute, func(cfg *config) { cfg.Memory.Revalidate = 0 }, "unavailable", "stale", 1},
		"not beyond stale":              {90 * time.Second, func(cfg *config) { cfg.Memory.Stale = 90 * time.Second }, "unavailable", "unavailable", 1},
		"not beyond the terms":          {90 * time.Second, func(cfg *config) { cfg.Sources[0].Retention = fallback.Retention(80 * time.Second) }, "unavailable", "unavailable", 1},
		"must revalidate":               {time.Minute, func(cfg *config) { cfg.Memory.StaleFor = func(reply) time.Duration { return 0 } }, "unavailable", "unavailable", 1},
		"shorter by the answer":         {70 * time.Second, func(cfg *config) { cfg.Memory.FreshFor = func(reply) time.Duration { return 10 * time.Second } }, "unavailable", "stale", 1},
		"counts from the answer's own":  {69 * time.Second, func(cfg *config) { cfg.Memory.FreshFor = func(reply) time.Duration { return 10 * time.Second } }, "unavailable", "updating", 1},
		"never fresh, never updating":   {time.Second, func(cfg *config) { cfg.Memory.FreshFor = func(reply) time.Duration { return 0 } }, "unavailable", "stale", 1},
		"a denial behind is a denial":   {time.Minute, nil, "denied", "updating", 1},
		"nothing behind is nothing too": {time.Minute, nil, "notfound", "updating", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := answering("one")
				changes := []func(*config){revalidating}
				if row.change != nil {
					changes = append(changes, row.change)
				}
				c, store := remembering(t, s, changes...)
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				time.Sleep(row.age)
				s.fails(&says{class: row.down})
				r, err := c.Do(t.Context(), "q")
				got := r.Freshness.String()
				if err != nil {
					got = failed(t, r, err).Verdict()
				}
				require.Equal(t, row.want, got)
				synctest.Wait()
				require.Equal(t, row.asked, s.asked.Load()-1)
				if row.down != "unavailable" {
					require.Empty(t, store.data, "it forgets what is known to be wrong")
					_, err = c.Do(t.Context(), "q")
					require.Error(t, err)
				}
			})
		})
	}
}

// TestRevalidateIsBounded: in number, and by the breaker when it fails.
func TestRevalidateIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		br := newBreaker(t, breaker.Config{Consecutive: 3})
		s := answering("one")
		c, _ := remembering(t, s, revalidating, func(cfg *config) {
			cfg.Memory.Refreshes = 3
			cfg.Sources[0].Upstream = &fallback.Upstream{Breaker: br}
		})
		for i := range 10 {
			_, err := c.Do(t.Context(), fmt.Sprint(i))
			require.NoError(t, err)
		}
		time.Sleep(time.Minute)
		s.does(func(context.Context, string) (reply, error) { time.Sleep(ms(100)); return reply{Text: "two"}, nil })
		for i := range 10 {
			r, err := c.Do(t.Context(), fmt.Sprint(i))
			require.NoError(t, err)
			require.Equal(t, fallback.Updating, r.Freshness)
		}
		synctest.Wait()
		require.EqualValues(t, 13, s.asked.Load())
		require.EqualValues(t, 7, c.Inspect().Memory.Unrefreshed)
		time.Sleep(time.Second)
		s.fails(&says{class: "unavailable"})
		before := s.asked.Load()
		for range 50 {
			for i := range 10 {
				_, err := c.Do(t.Context(), fmt.Sprint(i))
				require.NoError(t, err)
			}
			synctest.Wait()
		}
		require.LessOrEqual(t, s.asked.Load()-before, int64(5))
		require.Equal(t, breaker.Open, br.Snapshot().State)

		s.does(func(context.Context, string) (reply, error) { time.Sleep(ms(100)); return reply{Text: "three"}, nil })
		time.Sleep(5 * time.Second)
		for i := range 10 {
			_, err := c.Do(t.Context(), fmt.Sprint(i))
			require.NoError(t, err)
		}
		synctest.Wait()
		began := time.Now()
		require.NoError(t, c.Close())
		require.Equal(t, ms(100), time.Since(began), "close waits for it")
	})
}

// TestRevalidateF57PanicAndGoexit: nobody hears of it and nothing is left.
func TestRevalidateF57PanicAndGoexit(t *testing.T) {
	for _, act := range []string{"panic 1ms", "goexit 1ms"} {
		synctest.Test(t, func(t *testing.T) {
			s := answering("one")
			c, _ := remembering(t, s, revalidating)
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			time.Sleep(time.Minute)
			s.does(timed("a", act).ask)
			for range 3 {
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, fallback.Updating, r.Freshness)
				time.Sleep(time.Second)
			}
			require.EqualValues(t, 4, s.asked.Load())
		})
	}
}

// TestMemoryModel: over random times, answers and outages, what comes from
// memory is what was last said, within its age, and is labelled by it.
func TestMemoryModel(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 4)) //nolint:gosec // a test
		synctest.Test(t, func(t *testing.T) {
			s := answering("0")
			fresh := time.Duration(1+rng.IntN(20)) * time.Second
			late, stale, negative := fresh+time.Duration(rng.IntN(20))*time.Second, fresh+time.Duration(5+rng.IntN(60))*time.Second, time.Duration(rng.IntN(5))*time.Second
			c, _ := remembering(t, s, func(cfg *config) {
				cfg.Memory.Fresh, cfg.Memory.Stale, cfg.Memory.Revalidate, cfg.Memory.Negative = fresh, stale, late-fresh, negative
			})
			said, at, found := "", time.Time{}, false // the last answer, which may be that there is nothing
			now := "0"
			for i := range 60 {
				switch rng.IntN(4) {
				case 0:
					now = fmt.Sprint(i)
				case 1:
					now = "unavailable"
				case 2:
					now = "notfound"
				}
				switch now {
				case "unavailable", "notfound":
					s.fails(&says{class: now})
				default:
					s.answers(now)
				}
				time.Sleep(time.Duration(rng.IntN(10)) * time.Second)
				age := time.Since(at)
				asked := s.asked.Load()
				r, err := c.Do(t.Context(), "q")
				synctest.Wait()
				live := s.asked.Load() > asked
				info := fmt.Sprintf("seed %d step %d: %v %v, said %q %v ago, now %q", seed, i, r, err, said, age, now)
				switch r.Freshness {
				case fallback.Cached:
					require.True(t, !live && found && r.Value.Text == said && age < fresh, info)
				case fallback.Updating:
					require.True(t, live && found && r.Value.Text == said && age >= fresh && age < late && age < stale, info)
				case fallback.Stale:
					require.True(t, live && found && r.Value.Text == said && age < stale && now == "unavailable", info)
				case fallback.Live:
					require.True(t, live && r.Value.Text == now, info)
				default:
					require.Error(t, err)
					if !live {
						require.True(t, r.Flags.Has(fallback.FlagRemembered) && !found && age < negative, info)
						requireVerdict(t, fallback.ErrNotFound, err)
					} else if now == "unavailable" {
						require.True(t, !found || age >= stale, info)
					}
				}
				if live && now != "unavailable" {
					said, at, found = now, time.Now(), now != "notfound"
				}
			}
		})
	}
}
