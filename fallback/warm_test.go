package fallback_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// warming returns a chain of three sources that keeps the last two warm.
func warming(t testing.TB, change func(*config)) (*chain, [3]*script) {
	t.Helper()
	scripts := [3]*script{answering("a"), answering("b"), answering("c")}
	cfg := config{Warm: 0.1}
	for i, s := range scripts {
		cfg.Sources = append(cfg.Sources, fallback.From(string(rune('a'+i)), s.ask, nil))
	}
	if change != nil {
		change(&cfg)
	}
	return newChain(t, cfg), scripts
}

// lookIn returns a group that the chain called address asks first of the source.
func lookIn(t testing.TB, source string) func(string) string {
	t.Helper()
	c, _ := warming(t, func(cfg *config) { cfg.Group = identity })
	for i := range 1000 {
		name := fmt.Sprint("view ", i)
		if r, err := c.Do(t.Context(), name); err == nil && r.Source == source {
			return func(string) string { return name }
		}
	}
	t.Fatal("no group is kept with", source)
	return nil
}

// onB makes every call of three sources one that asks b first.
func onB(t testing.TB) func(*config) {
	group := lookIn(t, "b")
	return func(cfg *config) { cfg.Group = group }
}

func TestWarmShare(t *testing.T) {
	for _, share := range []float64{0, 0.001, 0.01, 0.1} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			c, s := warming(t, func(cfg *config) { cfg.Warm = share })
			var mu sync.Mutex
			of := map[string]int{}
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					for range 1000 {
						r, err := c.Do(t.Context(), "q")
						if err != nil || r.Attempts != 1 || r.Failed != nil || r.Value.Text != r.Source ||
							r.Rank != int(r.Source[0]-'a') || r.Flags.Has(fallback.FlagWarm) != (r.Rank > 0) || r.Degraded() {
							t.Error(r, err)
						}
						mu.Lock()
						of[r.Source]++
						mu.Unlock()
					}
				})
			}
			all.Wait()
			want := int(10_000 * share)
			require.InDelta(t, want, of["b"]+of["c"], 2)
			require.InDelta(t, of["b"], of["c"], 1)
			require.EqualValues(t, 10_000, s[0].asked.Load()+s[1].asked.Load()+s[2].asked.Load())
		})
	}
}

func TestWarmKeepsAGroupWithOneSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := warming(t, func(cfg *config) { cfg.Group = identity })
		elsewhere, _ := warming(t, func(cfg *config) { cfg.Group = identity })
		other, _ := warming(t, func(cfg *config) { cfg.Group, cfg.Name = identity, "tiles" })
		of := func(c *chain, i int) string {
			r, err := c.Do(t.Context(), fmt.Sprint("view ", i))
			require.NoError(t, err)
			require.Equal(t, r.Source != "a", r.Flags.Has(fallback.FlagWarm))
			return r.Source
		}
		const groups = 1000
		var now [groups]string
		ever := map[int]bool{}
		for step := range 8 * 15 {
			moved, warm, apart := 0, 0, 0
			for i := range groups {
				source := of(c, i)
				if step%10 == 0 {
					require.Equal(t, source, of(elsewhere, i), "the same in all processes")
					require.Equal(t, source, of(c, i))
				}
				if step > 0 && source != now[i] {
					moved++
				}
				if now[i] = source; source != "a" {
					warm++
					ever[i] = true
				}
				if step == 0 && source != of(other, i) {
					apart++
				}
			}
			require.InDelta(t, groups/10, warm, 40)
			require.Less(t, moved, 40, "they do not all move at once")
			if step == 0 {
				require.Greater(t, apart, 100, "two chains do not pick the same groups")
			}
			time.Sleep(4 * time.Minute)
		}
		require.Greater(t, len(ever), 450, "it is not always the same ones")
	})
}

// TestWarmGroupStaysForAnHour: from one move to the next is an hour.
func TestWarmGroupStaysForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := warming(t, func(cfg *config) { cfg.Group = identity })
		var moves []time.Duration
		last, began := "", time.Now()
		for range 200 * 60 {
			r, err := c.Do(t.Context(), "view")
			require.NoError(t, err)
			if last != "" && r.Source != last {
				moves = append(moves, time.Since(began))
			}
			last = r.Source
			time.Sleep(time.Minute)
		}
		require.NotEmpty(t, moves)
		for _, at := range moves {
			require.Zero(t, (at-moves[0])%time.Hour)
		}
	})
}

func TestWarmWithoutAGroup(t *testing.T) {
	for name, group := range map[string]func(string) string{
		"empty": func(string) string { return "" }, "F56 panic": func(string) string { panic("x") },
	} {
		t.Run(name, func(t *testing.T) {
			c, s := warming(t, func(cfg *config) { cfg.Group = group })
			for range 1000 {
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
			}
			require.InDelta(t, 100, s[1].asked.Load()+s[2].asked.Load(), 2)
		})
	}
}

// TestWarmFailureIsNotNoticed: whatever the alternate does, the first source
// answers at once; only a denial stands.
func TestWarmFailureIsNotNoticed(t *testing.T) {
	for class, text := range map[string]string{
		"unavailable": "", "limited": "", "refused": "", "security": "security,", "invalid": "", "notfound": "", "denied": "",
	} {
		t.Run(class, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := warming(t, func(cfg *config) {
					onB(t)(cfg)
					cfg.Sources[1].Retry = fallback.Retry{Max: 3}
				})
				s[1].fails(&says{class: class})
				began := time.Now()
				r, err := c.Do(t.Context(), "q")
				require.Zero(t, time.Since(began))
				require.EqualValues(t, 1, s[1].asked.Load(), "no retry")
				require.Equal(t, text+"warm", r.Flags.String())
				if class == "denied" {
					failed(t, r, err)
					requireVerdict(t, fallback.ErrDenied, err)
					require.Zero(t, s[0].asked.Load())
					require.Equal(t, 1, r.Attempts)
					return
				}
				require.NoError(t, err)
				require.Equal(t, "a", r.Source)
				require.Zero(t, r.Rank)
				require.Equal(t, 2, r.Attempts)
				require.False(t, r.Degraded())
				require.Len(t, r.Failed, 1)
				require.Equal(t, "b: "+class+": vendor: search: "+class+" [warm]", r.Failed[0].String())
				require.Zero(t, s[2].asked.Load())
				require.Equal(t, 1, strings.Count(r.Explain(), " when it was asked before its turn, to see that it works: vendor"))
				require.Contains(t, r.Explain(), "\n- a source was asked before its turn, to see that it works\n- 2 calls went out")

				_, err = c.Do(t.Context(), "q")
				require.NoError(t, err)
				rests := int64(1)
				if class == "invalid" || class == "notfound" {
					rests = 2 // it is well, it only knows less
				}
				require.Equal(t, rests, s[1].asked.Load())
				time.Sleep(10*time.Second - 1)
				_, _ = c.Do(t.Context(), "q")
				require.Equal(t, rests+rests-1, s[1].asked.Load())
				time.Sleep(time.Nanosecond)
				_, _ = c.Do(t.Context(), "q")
				require.Equal(t, rests+rests, s[1].asked.Load())
			})
		})
	}
}

// TestWarmChangesNoVerdict: for every combination of what three sources say, a
// call that asked b first ends as it would have, unless b answered or denied.
func TestWarmChangesNoVerdict(t *testing.T) {
	words := []string{"ok", "unavailable", "limited", "refused", "security", "invalid", "denied", "notfound"}
	for name, hedge := range map[string]fallback.Hedge{"plain": {}, "hedged": {After: ms(100)}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				group := lookIn(t, "b")
				for i := range len(words) * len(words) * len(words) {
					said := []string{words[i%8], words[i/8%8], words[i/64]}
					took := []string{"150ms", "0s", "0s"} // so that with a hedge the next is asked beside a
					var scripts [3]*script
					ask := func(warm float64) (fallback.Result[reply], error) {
						cfg := config{Name: "address", Warm: warm, Group: group, Hedge: hedge, Next: func(error) bool { return true }}
						for i, word := range said {
							source := string(rune('a' + i))
							scripts[i] = timed(source, word+" "+took[i])
							cfg.Sources = append(cfg.Sources, fallback.From(source, scripts[i].ask, nil))
						}
						c, err := fallback.New(cfg)
						require.NoError(t, err)
						defer c.Close()
						return c.Do(t.Context(), "q")
					}
					plain, plainErr := ask(0)
					warm, warmErr := ask(0.1)
					require.True(t, warm.Flags.Has(fallback.FlagWarm), said)
					require.EqualValues(t, 1, scripts[1].asked.Load(), said)
					switch {
					case name == "hedged" && warm.Source == "c": // b was not asked beside a, so c was
						require.Equal(t, "ok", said[2])
					case said[1] == "ok":
						require.NoError(t, warmErr)
						require.Equal(t, "b", warm.Source)
					case said[1] == "denied":
						requireVerdict(t, fallback.ErrDenied, warmErr)
					case plainErr == nil:
						require.NoError(t, warmErr, said)
						require.Equal(t, plain.Source, warm.Source, said)
					default:
						require.Error(t, warmErr, said)
						require.Equal(t, plainErr.(*fallback.Error).Verdict(), warmErr.(*fallback.Error).Verdict(), said)
					}
				}
			})
		})
	}
}

// TestWarmIsBoundedInTime: a second, the slow bound, or a quarter of what is left.
func TestWarmIsBoundedInTime(t *testing.T) {
	for name, row := range map[string]struct {
		guarded  bool
		timeout  time.Duration
		deadline time.Duration
		took     time.Duration
		late     uint64 // slow calls that the breaker counted
	}{
		"a second":               {false, 0, 0, time.Second, 0},
		"its own timeout":        {false, ms(300), 0, ms(300), 0},
		"the slow bound":         {true, 0, 0, ms(801), 1},
		"a quarter of what left": {true, 0, ms(2000), ms(500), 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(t, breaker.Config{})
				c, s := warming(t, func(cfg *config) {
					onB(t)(cfg)
					cfg.Sources[1].Timeout = row.timeout
					if row.guarded {
						cfg.Sources[1].Upstream = &fallback.Upstream{Breaker: b}
					}
				})
				s[1].hangs()
				ctx := t.Context()
				if row.deadline > 0 {
					within, cancel := context.WithTimeout(ctx, row.deadline)
					defer cancel()
					ctx = within
				}
				began := time.Now()
				r, err := c.Do(ctx, "q")
				require.NoError(t, err)
				require.Equal(t, "a", r.Source)
				require.Equal(t, row.took, time.Since(began))
				require.Equal(t, row.late, b.Snapshot().Slow)
			})
		})
	}
	t.Run("too short for what it needs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, s := warming(t, onB(t))
			s[1].does(func(context.Context, string) (reply, error) { time.Sleep(ms(200)); return reply{Text: "b"}, nil })
			for range 8 {
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, "b", r.Source)
			}
			ctx, cancel := context.WithTimeout(t.Context(), ms(700))
			defer cancel()
			r, err := c.Do(ctx, "q")
			require.NoError(t, err)
			require.Equal(t, "a", r.Source)
			require.Zero(t, r.Flags)
			require.EqualValues(t, 8, s[1].asked.Load())
			s[1].answers("quick")
			r, err = c.Do(within(t, ms(800)), "q")
			require.NoError(t, err)
			require.Equal(t, "quick", r.Value.Text, "a quarter is just what it usually needs")
		})
	})
}

func TestWarmCallerWhoLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := warming(t, onB(t))
		s[1].hangs()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(ms(10), cancel)
		_, err := c.Do(ctx, "q")
		requireVerdict(t, fallback.ErrCancelled, err)
		require.Zero(t, s[0].asked.Load())
		require.EqualValues(t, 1, s[1].asked.Load())
		time.Sleep(time.Minute)
		_, err = c.Do(ctx, "q")
		requireVerdict(t, fallback.ErrCancelled, err)
		require.EqualValues(t, 1, s[1].asked.Load())
	})
}

// TestWarmAndHedgeOutOfTime: each source stands in the failures once.
func TestWarmAndHedgeOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := warming(t, func(cfg *config) {
			onB(t)(cfg)
			cfg.Hedge.After = ms(100)
			cfg.Sources[2].Upstream = &fallback.Upstream{Budget: &fallback.Budget{Tokens: 1, Hedge: 2}} // no hedge can be paid
		})
		s[1].fails(dead)
		s[0].does(func(context.Context, string) (reply, error) { time.Sleep(time.Second); return reply{}, dead }) // whatever its context says
		s[2].hangs()
		for _, left := range []time.Duration{ms(50), ms(200)} { // before a hedge could go out, and after
			time.Sleep(time.Minute)
			ctx, cancel := context.WithTimeout(t.Context(), left)
			r, err := c.Do(ctx, "q")
			cancel()
			e := failed(t, r, err)
			of := map[string]int{}
			for _, f := range e.Failed {
				of[f.Source]++
			}
			synctest.Wait()
			require.Equal(t, map[string]int{"a": 1, "b": 1, "c": 1}, of)
		}
	})
}
