package fallback_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestHedgeLoserIsLabelled: when it was asked and how long it was waited for;
// its breaker counts it as slow, nothing else.
func TestHedgeLoserIsLabelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		br := newBreaker(t, breaker.Config{SlowAfter: ms(500)})
		a := new(script)
		var ended time.Time
		a.does(func(ctx context.Context, _ string) (reply, error) {
			<-ctx.Done()
			ended = time.Now()
			return reply{}, ctx.Err()
		})
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
			{Name: "a", Do: a.ask, Upstream: &fallback.Upstream{Breaker: br}}, {Name: "b", Do: timed("b", "ok 10ms").ask},
		}})
		began := time.Now()
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, 2, r.Attempts)
		require.Equal(t, []fallback.Failure{{
			Source: "a", Class: fallback.Unavailable, Err: fallback.ErrOvertaken, Attempts: 1, At: began, Took: ms(110),
		}}, r.Failed)
		require.EqualValues(t, 0, br.Snapshot().Slow)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, began.Add(ms(501)), ended)
		require.EqualValues(t, 1, br.Snapshot().Slow)
		require.Zero(t, br.Snapshot().Faults)
	})
}

// TestHedgeThatSaidNoIsLabelled: with the time that it took, not that for which
// it had to wait for the first.
func TestHedgeThatSaidNoIsLabelled(t *testing.T) {
	for first, at := range map[string]int{"ok 300ms": 0, "unavailable 300ms": 1} {
		t.Run(first, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
					{Name: "a", Do: timed("a", first).ask}, {Name: "b", Do: timed("b", "denied 50ms").ask},
				}})
				began := time.Now()
				r, _ := c.Do(t.Context(), "q")
				b := r.Failed[at]
				require.Equal(t, "b", b.Source)
				require.Equal(t, fallback.Denied, b.Class)
				require.Equal(t, began.Add(ms(100)), b.At)
				require.Equal(t, ms(50), b.Took)
				require.Equal(t, 1, b.Attempts)
			})
		})
	}
}

// TestHedgeItsCallerLeaves: both are ended at once and named, and one that said
// no meanwhile has said so.
func TestHedgeItsCallerLeaves(t *testing.T) {
	for second, failed := range map[string]string{
		"ok 9s":        "[a: unavailable: context canceled b: unavailable: context canceled]",
		"denied 10ms":  "[b: denied: vendor: search: denied a: unavailable: context canceled]",
		"refused 10ms": "[b: refused: vendor: search: refused a: unavailable: context canceled]",
	} {
		t.Run(second, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				ended := make(map[string]time.Time)
				watch := func(name string, s *script) func(context.Context, string) (reply, error) {
					return func(ctx context.Context, q string) (reply, error) {
						context.AfterFunc(ctx, func() {
							mu.Lock()
							defer mu.Unlock()
							ended[name] = time.Now()
						})
						return s.ask(ctx, q)
					}
				}
				c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
					{Name: "a", Do: watch("a", timed("a", "ok 1s"))}, {Name: "b", Do: watch("b", timed("b", second))},
				}})
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(ms(200), cancel)
				began := time.Now()
				r, err := c.Do(ctx, "q")
				requireVerdict(t, fallback.ErrCancelled, err)
				require.Equal(t, failed, fmt.Sprint(r.Failed))
				require.Equal(t, 2, r.Attempts)
				synctest.Wait()
				require.Equal(t, began.Add(ms(200)), ended["a"])
				require.Contains(t, ended, "b")
			})
		})
	}
}

// TestHedgeThatWasNotMade: nobody was asked beside, and the result does not say so.
func TestHedgeThatWasNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		br := newBreaker(t, breaker.Config{})
		require.NoError(t, br.Force(breaker.ForcedOpen, "op", "maintenance", time.Hour))
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
			{Name: "a", Do: timed("a", "ok 200ms").ask}, {Name: "b", Do: answering("b").ask, Upstream: &fallback.Upstream{Breaker: br}},
		}})
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "a", r.Source)
		require.Zero(t, r.Flags)
		require.Equal(t, 1, r.Attempts)
	})
}

// TestHedgeGoesToWhoIsQuickEnough: one that usually needs more than is left is
// left out, and the one after it is asked beside.
func TestHedgeGoesToWhoIsQuickEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, last := failing(&says{class: "unavailable"}), timed("b", "ok 400ms"), failing(&says{class: "unavailable"})
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(250)}, Sources: []source{
			{Name: "a", Do: a.ask, Timeout: 20 * time.Second}, {Name: "b", Do: b.ask}, {Name: "c", Do: last.ask},
		}})
		for range 10 {
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, "b", r.Source)
		}
		a.hangs()
		last.does(timed("c", "ok 10ms").ask)
		r, err := c.Do(within(t, ms(600)), "q")
		require.NoError(t, err)
		require.Equal(t, "c", r.Source)
		require.Equal(t, "b: deadline: 350ms left, usually needs 400ms", r.Failed[0].String())
		require.Equal(t, fallback.FlagHedged, r.Flags)
	})
}

// TestHedgeLearnsFromItsOwnTurns: how long answers usually take is learned also
// while a hedge is possible, and from answers alone.
func TestHedgeLearnsFromItsOwnTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := new(script), timed("b", "ok 10ms")
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(500), Quantile: 0.9}, Sources: []source{{Name: "a", Do: a.ask}, {Name: "b", Do: b.ask}}})
		for i := range 20 {
			a.does(timed("a", fmt.Sprintf("ok %dms", 10*(i+1))).ask)
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			a.fails(&says{class: "unavailable"})
			_, err = c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		a.hangs()
		began := time.Now()
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, ms(180+10), time.Since(began))
	})
}

// TestCloseSaysWhoStillRuns: a call that was overtaken and ignores its context.
func TestCloseSaysWhoStillRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := fallback.New(config{Name: "address", Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
			{Name: "a", Do: deaf(time.Minute).ask, Timeout: time.Second}, {Name: "b", Do: answering("b").ask, Timeout: time.Second},
		}})
		require.NoError(t, err)
		_, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		began := time.Now()
		require.EqualError(t, c.Close(), "fallback: address: close: a call that was overtaken or left behind still runs")
		require.Equal(t, c.Longest()+time.Second, time.Since(began))
		time.Sleep(time.Minute)
		require.NoError(t, c.Close())
	})
}

// TestHedgeSaysWhoIgnoredItsTime: the source that was waited for, and the one
// beside it whose no had to wait.
func TestHedgeSaysWhoIgnoredItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		no := new(script)
		no.does(func(context.Context, string) (reply, error) {
			time.Sleep(ms(500))
			return reply{}, &says{class: "denied"}
		})
		b := source{Name: "b", Do: no.ask, Timeout: ms(200)}
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{{Name: "a", Do: timed("a", "ok 900ms").ask}, b}})
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, ms(300), r.Failed[0].Late)
		require.Equal(t, fallback.FlagHedged|fallback.FlagLate, r.Flags)

		c = newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{{Name: "a", Do: deaf(ms(900)).ask, Timeout: ms(500)}, b}})
		r, err = c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrDenied, err)
		require.Equal(t, []string{"a", "b"}, []string{r.Failed[0].Source, r.Failed[1].Source})
		require.Equal(t, []time.Duration{ms(400), ms(300)}, []time.Duration{r.Failed[0].Late, r.Failed[1].Late})
	})
}
