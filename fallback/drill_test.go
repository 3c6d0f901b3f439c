package fallback_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// past is a drill of all calls past the source a.
func past(change func(*fallback.Drill)) fallback.Drill {
	d := fallback.Drill{Source: "a", Share: 1, By: "kim", Reason: "quarterly", For: time.Hour}
	if change != nil {
		change(&d)
	}
	return d
}

func drill(t testing.TB, c *chain, change func(*fallback.Drill)) *fallback.Drilling {
	t.Helper()
	d, err := c.Drill(past(change))
	require.NoError(t, err)
	return d
}

// TestDrillShare: who is asked, what the result says, and what is reported.
func TestDrillShare(t *testing.T) {
	for _, share := range []float64{0.01, 0.25, 1} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := &fallback.Upstream{Breaker: newBreaker(t, slowBreaker), Capacity: new(fallback.Capacity)}
				c, s := warming(t, func(cfg *config) { cfg.Warm, cfg.Sources[0].Upstream = 0, up })
				n := 0
				s[1].does(func(context.Context, string) (reply, error) {
					n++
					time.Sleep(time.Duration(n) * time.Millisecond)
					return reply{Text: "b"}, nil
				})
				began := time.Now()
				d := drill(t, c, func(d *fallback.Drill) { d.Share = share })
				want := int(math.Round(400 * share))
				drilled := 0
				for range 400 {
					r, err := c.Do(t.Context(), "q")
					require.NoError(t, err)
					require.Equal(t, 1, r.Attempts)
					require.False(t, r.Degraded())
					if !r.Flags.Has(fallback.FlagDrill) {
						require.Equal(t, "a", r.Source)
						require.Nil(t, r.Failed)
						continue
					}
					drilled++
					require.Equal(t, "b", r.Source)
					require.Equal(t, 1, r.Rank)
					require.Len(t, r.Failed, 1)
					require.Equal(t, "a: drill", r.Failed[0].String())
					require.ErrorIs(t, r.Failed[0].Err, fallback.ErrDrill)
					require.Equal(t, "b answered, the second choice\n- a was not asked: a drill passes it over\n- a drill passes a source over", r.Explain())
				}
				require.InDelta(t, want, drilled, 1)
				require.EqualValues(t, 400-drilled, s[0].asked.Load())
				require.EqualValues(t, 400-drilled, up.Breaker.Snapshot().Calls, "the breaker hears nothing of it")
				require.Zero(t, up.Breaker.Snapshot().Rejected)
				ms := func(n int) fallback.Duration { return fallback.Duration(ms(n)) }
				require.Equal(t, fallback.DrillReport{
					Part: "address", Source: "a", Share: share, Guard: 0.95, By: "kim", Reason: "quarterly", Began: began, Until: began.Add(time.Hour),
					Calls: uint64(drilled), OK: uint64(drilled), Sources: []fallback.DrillSource{{Name: "b", Calls: uint64(drilled)}},
					P50: ms((drilled + 1) / 2), P90: ms((9*drilled + 9) / 10), P99: ms((99*drilled + 99) / 100), Max: ms(drilled),
				}, d.Report())
				require.Equal(t, d.Report(), *c.Inspect().Sources[0].Drill)
				require.Nil(t, c.Inspect().Sources[1].Drill)
			})
		})
	}
}

// TestDrillEnds by time, by hand or with its chain, and then nobody is drilled.
func TestDrillEnds(t *testing.T) {
	for name, row := range map[string]struct {
		end  func(t testing.TB, c *chain, d *fallback.Drilling)
		want fallback.DrillReport
	}{
		"expired": {func(testing.TB, *chain, *fallback.Drilling) { time.Sleep(59 * time.Minute) }, fallback.DrillReport{End: fallback.DrillExpired}},
		"stopped": {func(t testing.TB, _ *chain, d *fallback.Drilling) {
			require.ErrorContains(t, d.Stop(" ", "seen enough"), "by is required")
			require.ErrorContains(t, d.Stop("lee", strings.Repeat("x", 257)), "reason is longer than 256 bytes")
			time.Sleep(59*time.Minute - 1)
			require.NoError(t, d.Stop("lee", "seen enough"))
			require.NoError(t, d.Stop("park", "too"), "it has ended as it has ended")
			time.Sleep(time.Nanosecond)
		}, fallback.DrillReport{End: fallback.DrillStopped, StoppedBy: "lee", StopWhy: "seen enough"}},
		"closed": {func(t testing.TB, c *chain, _ *fallback.Drilling) { require.NoError(t, c.Close()) }, fallback.DrillReport{End: fallback.DrillClosed}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := warming(t, func(cfg *config) { cfg.Warm = 0 })
				d := drill(t, c, nil)
				time.Sleep(time.Minute)
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, "b", r.Source)
				select {
				case <-d.Done():
					t.Fatal("it runs")
				default:
				}
				require.Zero(t, d.Report().End)
				row.end(t, c, d)
				<-d.Done()
				for range 3 {
					r, err = c.Do(t.Context(), "q")
					require.NoError(t, err)
					require.Equal(t, "a", r.Source)
					require.Zero(t, r.Flags)
				}
				got := d.Report()
				require.Equal(t, row.want, fallback.DrillReport{End: got.End, StoppedBy: got.StoppedBy, StopWhy: got.StopWhy})
				require.WithinRange(t, got.Ended, got.Began, got.Until)
				require.EqualValues(t, 1, got.Calls)
				require.EqualValues(t, 3, s[0].asked.Load())
				_, err = c.Drill(past(nil))
				if name == "closed" {
					require.ErrorIs(t, err, fallback.ErrClosed)
					return
				}
				require.NoError(t, err, "one after another")
			})
		})
	}
}

// TestDrillGuard: how many citizens wait for two sources until the drill is
// over. None of them gets an error.
func TestDrillGuard(t *testing.T) {
	for name, row := range map[string]struct {
		guard    float64
		minCalls int
		good     int // calls before the alternates break
		every    int // then each so many fails; 1: all
		failed   int // until it ends; 0: it does not
	}{
		"by default the second failure of twenty": {0, 0, 0, 1, 2},
		"half of ten":                               {0.5, 10, 0, 1, 6},
		"no failure":                                {1, 20, 0, 1, 1},
		"one call":                                  {0.5, 1, 0, 1, 1},
		"after many good ones, of the last 100":     {0.95, 20, 1000, 1, 6},
		"after fifty good ones":                     {0.95, 20, 50, 1, 3},
		"three of a hundred are allowed":            {0.95, 20, 0, 33, 0},
		"ten of a hundred are not":                  {0.95, 20, 0, 10, 2},
		"0.56 of 25 is 14, not 15":                  {0.56, 25, 0, 1, 12},
		"five of a hundred are allowed":             {0.95, 20, 30, 20, 0},
		"a guard that is kept exactly, from now on": {0.9, 10, 0, 10, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := warming(t, func(cfg *config) { cfg.Warm = 0 })
				d := drill(t, c, func(d *fallback.Drill) { d.Guard, d.MinCalls = row.guard, row.minCalls })
				failed := 0
				for i := range 3000 {
					bad := i >= row.good && (i-row.good)%row.every == row.every-1
					s[1].answers("b")
					s[2].answers("c")
					if bad {
						s[1].fails(dead)
						s[2].fails(dead)
					}
					r, err := c.Do(t.Context(), "q")
					require.NoError(t, err, "nobody pays for a drill")
					if !r.Flags.Has(fallback.FlagDrill) {
						break
					}
					if bad {
						failed++
						require.Equal(t, "a", r.Source)
						require.Equal(t, 3, r.Attempts)
						require.Equal(t, "[b: unavailable: vendor: search: unavailable c: unavailable: vendor: search: unavailable]", fmt.Sprint(r.Failed))
						require.True(t, r.Degraded())
					}
				}
				got := d.Report()
				if row.failed == 0 {
					require.Zero(t, got.End)
					require.EqualValues(t, 3000, got.Calls)
					return
				}
				require.Equal(t, row.failed, failed)
				require.Equal(t, fallback.DrillGuarded, got.End)
				require.EqualValues(t, failed, got.Failed)
				require.EqualValues(t, failed, got.Spared)
				require.Equal(t, got.Calls, got.OK+got.Failed)
			})
		})
	}
}

// TestDrillGroups are in it or out of it, in all processes alike.
func TestDrillGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		grouped := func(cfg *config) { cfg.Warm, cfg.Group = 0, identity }
		c, _ := warming(t, grouped)
		other, _ := warming(t, grouped)
		another, _ := warming(t, grouped)
		tenth := func(d *fallback.Drill) { d.Share = 0.1 }
		drill(t, c, tenth)
		drill(t, other, tenth)
		drill(t, another, func(d *fallback.Drill) { d.Share, d.Reason = 0.1, "another day" })
		in, moved := 0, 0
		for i := range 1000 {
			view := fmt.Sprint("view ", i)
			first, err := c.Do(t.Context(), view)
			require.NoError(t, err)
			for range 3 {
				r, err := c.Do(t.Context(), view)
				require.NoError(t, err)
				require.Equal(t, first.Source, r.Source)
			}
			r, err := other.Do(t.Context(), view)
			require.NoError(t, err)
			require.Equal(t, first.Source, r.Source)
			r, err = another.Do(t.Context(), view)
			require.NoError(t, err)
			if first.Source != r.Source {
				moved++
			}
			if first.Source == "b" {
				in++
			}
			time.Sleep(time.Second)
		}
		require.InDelta(t, 100, in, 40)
		require.Greater(t, moved, 100, "it is not always the same ones")
	})
}

func TestDrillCountsWhoLeavesAndWhoExits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := warming(t, func(cfg *config) { cfg.Warm = 0 })
		d := drill(t, c, func(d *fallback.Drill) { d.Guard = 0.5 })
		s[1].hangs()
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(ms(10), cancel)
			_, err := c.Do(ctx, "q")
			requireVerdict(t, fallback.ErrCancelled, err)
		}
		s[1].does(func(context.Context, string) (reply, error) { runtime.Goexit(); panic("no") })
		var all sync.WaitGroup
		for range 2 {
			all.Add(1)
			go func() { defer all.Done(); _, _ = c.Do(t.Context(), "q") }()
		}
		all.Wait()
		got := d.Report()
		require.Equal(t, [5]uint64{5, 0, 2, 3, 0}, [...]uint64{got.Calls, got.OK, got.Failed, got.Left, got.Spared})
		require.EqualValues(t, ms(10), got.Max)
	})
}

// TestDrillForgets: times of the latest 1024 calls, and nothing of a call that
// ended after the drill.
func TestDrillForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := warming(t, func(cfg *config) { cfg.Warm = 0 })
		d := drill(t, c, nil)
		slow := func(context.Context, string) (reply, error) { time.Sleep(time.Second); return reply{}, nil }
		s[1].does(slow)
		for range 10 {
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		s[1].does(func(context.Context, string) (reply, error) { time.Sleep(ms(10)); return reply{}, nil })
		for range 1014 {
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		require.EqualValues(t, time.Second, d.Report().Max)
		for range 10 {
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		require.EqualValues(t, ms(10), d.Report().Max)
		require.EqualValues(t, 1034, d.Report().Calls)
		s[1].does(slow)
		go func() { _, _ = c.Do(t.Context(), "q") }()
		time.Sleep(ms(1))
		require.NoError(t, d.Stop("kim", "done"))
		time.Sleep(time.Minute)
		require.EqualValues(t, 1034, d.Report().Calls)
	})
}

// TestDrillWhileMany: a drill that begins and ends among many calls loses none.
func TestDrillWhileMany(t *testing.T) {
	c, s := warming(t, func(cfg *config) { cfg.Warm = 0 })
	s[1].fails(dead)
	s[2].fails(dead)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 500 {
				if r, err := c.Do(t.Context(), "q"); err != nil || r.Source != "a" {
					t.Error(r, err)
				}
			}
		})
	}
	for range 20 {
		d, err := c.Drill(past(func(d *fallback.Drill) { d.MinCalls = 1 }))
		require.NoError(t, err)
		all.Go(func() { d.Report(); c.Inspect() })
		require.NoError(t, d.Stop("kim", "next"))
	}
	all.Wait()
}

func TestDrillConfig(t *testing.T) {
	c, _ := warming(t, func(cfg *config) { cfg.Warm = 0 })
	for want, change := range map[string]func(*fallback.Drill){
		`no such source: "x"`:                          func(d *fallback.Drill) { d.Source = "x" },
		"share must be above 0 and at most 1":          func(d *fallback.Drill) { d.Share = 0 },
		"share must be above 0":                        func(d *fallback.Drill) { d.Share = math.NaN() },
		"share must be":                                func(d *fallback.Drill) { d.Share = 1.01 },
		"by is required":                               func(d *fallback.Drill) { d.By = " " },
		"reason is longer than 256 bytes":              func(d *fallback.Drill) { d.Reason = strings.Repeat("x", 257) },
		"for must be more than 0 and at most 24h":      func(d *fallback.Drill) { d.For = 0 },
		"for must be more than 0":                      func(d *fallback.Drill) { d.For = 24*time.Hour + 1 },
		"guard must be from 0.5 to 1":                  func(d *fallback.Drill) { d.Guard = 0.4 },
		"guard must be":                                func(d *fallback.Drill) { d.Guard = 1.1 },
		"min calls must be between 0 and 100":          func(d *fallback.Drill) { d.MinCalls = 101 },
		"min calls must be":                            func(d *fallback.Drill) { d.MinCalls = -1 },
		"by is required\nreason is required\nfor must": func(d *fallback.Drill) { d.By, d.Reason, d.For = "", "", 0 },
	} {
		_, err := c.Drill(past(change))
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "fallback: address: drill: ")
	}
	_, err := chainOf(t, answering("")).Drill(past(nil))
	require.ErrorContains(t, err, "nobody else is enough")
	_, err = newChain(t, config{MinAssurance: fallback.Low, Answers: func(reply, string) error { return nil }, Sources: []source{
		{Name: "a", Do: answering("").ask, Assurance: fallback.Low}, {Name: "b", Do: answering("").ask},
	}}).Drill(past(nil))
	require.ErrorContains(t, err, "nobody else is enough")

	_, err = c.Drill(past(nil))
	require.NoError(t, err)
	_, err = c.Drill(past(nil))
	require.ErrorContains(t, err, `a drill of "a" is under way: by kim, until `)
	_, err = c.Drill(past(func(d *fallback.Drill) { d.Source = "b" }))
	require.NoError(t, err)
}

func TestDrillReportForPeople(t *testing.T) {
	began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := fallback.DrillReport{
		Part: "address", Source: "juso", Share: 0.105, Guard: 0.95, By: "kim", Reason: "quarterly", Began: began, Until: began.Add(time.Hour),
	}
	require.Equal(t, "drill of address past juso, 10.5% of the calls, by kim: quarterly\nruns since 2026-03-02T09:00:00Z\n"+
		"0 calls: 0 ok, 0 failed (0 answered by juso after all), 0 left; the guard asks for 95%", r.String())
	r.End, r.Ended, r.StoppedBy, r.StopWhy = fallback.DrillStopped, began.Add(90*time.Second), "lee", "seen enough"
	r.Calls, r.OK, r.Failed, r.Left, r.Spared = 12, 8, 3, 1, 2
	r.Sources = []fallback.DrillSource{{Name: "epost", Calls: 8}, {Name: "juso", Calls: 2}}
	r.P50, r.P90, r.P99, r.Max = fallback.Duration(ms(20)), fallback.Duration(ms(30)), fallback.Duration(ms(40)), fallback.Duration(ms(1500))
	require.Equal(t, "drill of address past juso, 10.5% of the calls, by kim: quarterly\nstopped after 1m30s, by lee: seen enough\n"+
		"12 calls: 8 ok, 3 failed (2 answered by juso after all), 1 left; the guard asks for 95%\n"+
		"answered by epost 8, juso 2\nhalf within 20ms, 90% within 30ms, 99% within 40ms, all within 1.5s", r.String())
	data, err := json.Marshal(r)
	require.NoError(t, err)
	require.JSONEq(t, `{"part":"address","source":"juso","share":0.105,"guard":0.95,"by":"kim","reason":"quarterly","began":"2026-03-02T09:00:00Z",
		"until":"2026-03-02T10:00:00Z","end":"stopped","ended":"2026-03-02T09:01:30Z","stopped_by":"lee","stop_why":"seen enough","calls":12,"ok":8,
		"failed":3,"left":1,"spared":2,"sources":[{"name":"epost","calls":8},{"name":"juso","calls":2}],"p50":"20ms","p90":"30ms","p99":"40ms",
		"max":"1.5s"}`, string(data))
	for end := fallback.DrillEnd(0); end <= fallback.DrillClosed; end++ {
		require.NotEmpty(t, end.String())
	}
}
