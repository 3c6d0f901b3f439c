package fallback_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// timed is a source that takes a time and then does what a word says: ok, a
// class, panic or goexit. It respects its context.
func timed(name, act string) *script {
	s := new(script)
	word, text, _ := strings.Cut(act, " ")
	d, err := time.ParseDuration(text)
	if err != nil {
		panic(err)
	}
	s.does(func(ctx context.Context, _ string) (reply, error) {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return reply{}, ctx.Err()
		}
		switch word {
		case "ok":
			return reply{Text: name}, nil
		case "panic":
			panic("secret")
		case "goexit":
			runtime.Goexit()
		}
		return reply{}, &says{class: word}
	})
	return s
}

// TestHedgeArithmetic: who is asked, who wins and when. The hedge goes out after
// 100ms.
func TestHedgeArithmetic(t *testing.T) {
	for _, row := range []struct {
		name    string
		sources string
		got     string // source, or verdict
		took    int
		asked   string
		flags   fallback.Flags
		failed  string
	}{
		{"quick: no hedge", "ok 99ms,ok 10ms", "a", 99, "1 0", 0, ""},
		{"slow: the hedge wins", "ok 300ms,ok 50ms", "b", 150, "1 1", fallback.FlagHedged, "a: unavailable: overtaken: another source answered first"},
		{"slow: the first wins", "ok 120ms,ok 50ms", "a", 120, "1 1", fallback.FlagHedged, "b: unavailable: overtaken: another source answered first"},
		{"a fault before its time", "unavailable 10ms,ok 50ms", "b", 60, "1 1", 0, "a: unavailable: vendor: search: unavailable"},
		{"a fault before its time, then a hedge", "unavailable 10ms,ok 300ms,ok 50ms", "c", 160, "1 1 1", fallback.FlagHedged,
			"a: unavailable: vendor: search: unavailable; b: unavailable: overtaken: another source answered first"},
		{"one hedge per call", "ok 9s,ok 9s,ok 10ms", "c", 3000 + 100 + 10, "1 1 1", fallback.FlagHedged, ""},
		{"both fail, the third answers", "unavailable 200ms,unavailable 50ms,ok 10ms", "c", 210, "1 1 1", fallback.FlagHedged, ""},
		{"all fail", "unavailable 200ms,limited 50ms", "unavailable", 200, "1 1", fallback.FlagHedged, ""},
		{"the first says no", "denied 200ms,ok 500ms", "denied", 200, "1 1", fallback.FlagHedged, ""},
		{"the hedge says no, the first answers", "ok 300ms,denied 50ms", "a", 300, "1 1", fallback.FlagHedged, "b: denied: vendor: search: denied"},
		{"the hedge says no, the first fails", "unavailable 300ms,denied 50ms,ok 1ms", "denied", 300, "1 1 0", fallback.FlagHedged, ""},
		{"the hedge found nothing, the first fails", "unavailable 300ms,notfound 50ms,ok 1ms", "incomplete", 300, "1 1 0", fallback.FlagHedged, ""},
		{"both say no", "notfound 300ms,denied 50ms", "notfound", 300, "1 1", fallback.FlagHedged, ""},
		{"F56 the first panics", "panic 200ms,ok 150ms", "b", 250, "1 1", fallback.FlagHedged, "a: unavailable: panic in source a: string"},
		{"F56 the hedge panics", "ok 200ms,panic 50ms", "a", 200, "1 1", fallback.FlagHedged, "b: unavailable: panic in source b: string"},
		{"F57 the first exits", "goexit 200ms,ok 150ms", "b", 250, "1 1", fallback.FlagHedged, "a: unavailable: the source ended its goroutine"},
		{"F57 the hedge exits", "ok 200ms,goexit 50ms", "a", 200, "1 1", fallback.FlagHedged, "b: unavailable: the source ended its goroutine"},
		{"F57 exits in its time", "goexit 20ms,ok 50ms", "b", 70, "1 1", 0, ""},
		{"security: flagged", "security 200ms,ok 150ms", "b", 250, "1 1", fallback.FlagHedged | fallback.FlagSecurity, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := config{Hedge: fallback.Hedge{After: ms(100)}}
				var scripts []*script
				for i, act := range strings.Split(row.sources, ",") {
					name := string(rune('a' + i))
					s := timed(name, act)
					scripts = append(scripts, s)
					cfg.Sources = append(cfg.Sources, fallback.From(name, s.ask, nil))
				}
				c := newChain(t, cfg)
				began := time.Now()
				r, err := c.Do(t.Context(), "q")
				require.Equal(t, ms(row.took), time.Since(began))
				got := r.Source
				if err != nil {
					got = failed(t, r, err).Verdict()
				} else {
					require.Equal(t, got, r.Value.Text)
				}
				require.Equal(t, row.got, got)
				require.Equal(t, row.flags, r.Flags)
				var asked []string
				var sum int64
				for _, s := range scripts {
					asked = append(asked, fmt.Sprint(s.asked.Load()))
					sum += s.asked.Load()
				}
				require.Equal(t, row.asked, strings.Join(asked, " "))
				require.EqualValues(t, sum, r.Attempts)
				if row.failed != "" {
					require.Equal(t, row.failed, failures(r.Failed))
				}
			})
		})
	}
}

// TestHedgeLoserIsNoFault: the loser is cancelled, and its breaker counts
// nothing against it; nobody has degraded.
func TestHedgeLoserIsNoFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ba, bb := newBreaker(t, breaker.Config{}), newBreaker(t, breaker.Config{})
		var causes atomic.Int64
		a := new(script)
		a.does(func(ctx context.Context, _ string) (reply, error) {
			<-ctx.Done()
			if context.Cause(ctx) == fallback.ErrOvertaken {
				causes.Add(1)
			}
			return reply{}, ctx.Err()
		})
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
			{Name: "a", Do: a.ask, Upstream: &fallback.Upstream{Breaker: ba}},
			{Name: "b", Do: timed("b", "ok 10ms").ask, Upstream: &fallback.Upstream{Breaker: bb}},
		}})
		ctx, cancel := context.WithCancel(t.Context())
		r, err := c.Do(ctx, "q")
		cancel() // as a server does when the page is written
		require.NoError(t, err)
		require.False(t, r.Degraded())
		require.ErrorIs(t, r.Failed[0].Err, fallback.ErrOvertaken)
		synctest.Wait()
		require.Zero(t, causes.Load(), "its breaker may still learn that it hangs")
		time.Sleep(time.Second)
		require.EqualValues(t, 1, causes.Load())
		require.Zero(t, ba.Snapshot().Faults)
		require.Equal(t, breaker.Closed, ba.Snapshot().State)

		a.does(timed("a", "ok 105ms").ask)
		r, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "a", r.Source)
		synctest.Wait()
		require.Zero(t, bb.Snapshot().Faults)
		require.EqualValues(t, 1, bb.Snapshot().Calls, "the hedge that was cancelled never was")
	})
}

// TestHedgeHangIsSeen: the vendor hangs at 200 calls a second; nobody waits a
// second, nobody gets an error, and the breaker opens although every call was
// overtaken. Then it comes back.
func TestHedgeHangIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		br := newBreaker(t, breaker.Config{Name: "a", MaxOpenFor: 2 * time.Second})
		a := timed("a", "ok 30ms")
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(150)}, Sources: []source{
			{Name: "a", Do: a.ask, Upstream: &fallback.Upstream{Breaker: br}}, {Name: "b", Do: timed("b", "ok 40ms").ask},
		}})
		var slow, errs, calls, opened atomic.Int64
		began := time.Now()
		together(60*200, func(i int) {
			time.Sleep(time.Duration(i) * ms(5))
			at := time.Now()
			_, err := c.Do(t.Context(), "q")
			calls.Add(1)
			if time.Since(at) > time.Second {
				slow.Add(1)
			}
			if err != nil {
				errs.Add(1)
			}
			switch i {
			case 10 * 200:
				a.hangs()
			case 12 * 200:
				opened.Store(int64(br.Snapshot().Openings))
			case 40 * 200:
				a.does(timed("a", "ok 30ms").ask)
			}
		})
		require.Less(t, time.Since(began), 61*time.Second)
		require.EqualValues(t, 12000, calls.Load())
		require.Zero(t, slow.Load())
		require.Zero(t, errs.Load())
		require.Positive(t, opened.Load(), "within two seconds")
		require.Equal(t, breaker.Closed, br.Snapshot().State)
	})
}

// TestHedgeIsPaidByTheOneHedgedTo: an upstream that does not answer either is
// not asked for ever, and first attempts are never refused for it.
func TestHedgeIsPaidByTheOneHedgedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &fallback.Upstream{Budget: &fallback.Budget{Tokens: 10, Hedge: 4}}
		a, b := timed("a", "ok 300ms"), timed("b", "unavailable 10ms")
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
			{Name: "a", Do: a.ask}, {Name: "b", Do: b.ask, Upstream: up},
		}})
		for range 5 {
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		// 4, 8, refused and 1 earned, the same, 4 again.
		require.EqualValues(t, 3, b.asked.Load())
		require.Zero(t, up.Budget.Left())
		require.EqualValues(t, 2, up.Budget.Refused())
		a.fails(&says{class: "unavailable"})
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
		require.EqualValues(t, 4, b.asked.Load())
		a.does(timed("a", "ok 10ms").ask)
		for range 3 {
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		require.Equal(t, 3, up.Budget.Left(), "calls that are answered without a hedge earn")
	})
}

// TestHedgeGoesToWhoMayBeAsked: below the level, open, or without room, and the
// one after it is asked beside at once.
func TestHedgeGoesToWhoMayBeAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		br := newBreaker(t, breaker.Config{})
		require.NoError(t, br.Force(breaker.ForcedOpen, "op", "maintenance", time.Hour))
		full, budget := &fallback.Capacity{InFlight: 1}, new(fallback.Budget)
		ok := func(reply, string) error { return nil }
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, MinAssurance: fallback.Low, Answers: ok, Sources: []source{
			{Name: "a", Do: timed("a", "ok 900ms").ask, Assurance: fallback.Low},
			{Name: "weak", Do: timed("weak", "ok 1ms").ask},
			{Name: "open", Do: timed("open", "ok 1ms").ask, Assurance: fallback.Low, Upstream: &fallback.Upstream{Breaker: br, Budget: budget}},
			{Name: "full", Do: timed("full", "ok 700ms").ask, Assurance: fallback.Low, Upstream: &fallback.Upstream{Capacity: full}},
			{Name: "e", Do: timed("e", "ok 10ms").ask, Assurance: fallback.Low},
		}})
		go func() { _, _ = c.Do(t.Context(), "q") }()
		time.Sleep(ms(200))
		began := time.Now()
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "e", r.Source)
		require.Equal(t, ms(110), time.Since(began))
		require.Equal(t, 2, r.Attempts)
		require.Equal(t, 500, budget.Left(), "what did not go out is not paid for")
		var skips []string
		for _, f := range r.Failed {
			skips = append(skips, f.Source+" "+f.Skip.String())
		}
		require.Equal(t, "weak assurance,open forced,full capacity,a ", strings.Join(skips, ","))
		time.Sleep(time.Second)
	})
}

// TestHedgeSecurityKeepsTheLevel: an answer that came beside a source that could
// not be trusted must be worth as much as that one.
func TestHedgeSecurityKeepsTheLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
			{Name: "a", Do: timed("a", "security 200ms").ask, Assurance: fallback.High},
			{Name: "b", Do: timed("b", "ok 150ms").ask, Assurance: fallback.Low},
			{Name: "c", Do: timed("c", "ok 10ms").ask, Assurance: fallback.High},
		}})
		began := time.Now()
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "c", r.Source)
		require.True(t, r.Flags.Has(fallback.FlagSecurity))
		require.Equal(t, 3, r.Attempts)
		b := r.Failed[1]
		require.Equal(t, fallback.Failure{
			Source: "b", Class: fallback.Refused, Skip: fallback.SkipAssurance, Attempts: 1, At: began.Add(ms(100)), Took: ms(150),
		}, b)
	})
}

// TestHedgeByQuantile: the wait is learned from the source that is waited for.
func TestHedgeByQuantile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := new(script), timed("b", "ok 10ms")
		c := newChain(t, config{Hedge: fallback.Hedge{Quantile: 0.9}, Sources: []source{{Name: "a", Do: a.ask}, {Name: "b", Do: b.ask}}})
		for i := range 20 {
			a.does(timed("a", fmt.Sprintf("ok %dms", 10*(i+1))).ask)
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		require.Zero(t, b.asked.Load(), "nothing is known yet")
		a.hangs()
		began := time.Now()
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "b", r.Source)
		require.Equal(t, ms(180+10), time.Since(began))
	})
}

// TestHedgeEndsWithItsCaller: also when a source ignores its context.
func TestHedgeEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := func(context.Context, string) (reply, error) { time.Sleep(time.Second); return reply{}, nil }
		c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
			{Name: "a", Do: deaf}, {Name: "b", Do: deaf}, {Name: "c", Do: deaf},
		}})
		for _, d := range []int{50, 150} {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(ms(d), cancel)
			began := time.Now()
			r, err := c.Do(ctx, "q")
			failed(t, r, err)
			requireVerdict(t, fallback.ErrCancelled, err)
			require.Equal(t, ms(d), time.Since(began))
			require.Equal(t, 1+d/100, r.Attempts)
		}
		r, err := c.Do(within(t, ms(400)), "q")
		failed(t, r, err)
		requireVerdict(t, fallback.ErrUnavailable, err)
		require.Equal(t, "c", r.Failed[2].Source)
		began := time.Now()
		require.NoError(t, c.Close())
		require.NotZero(t, time.Since(began), "it waits for those who were left")
		r, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "a", r.Source)
		require.Zero(t, r.Flags, "after Close nothing is hedged")
	})
}

// TestHedgeModel: over random sources no call lasts longer than without a hedge,
// no source is asked twice, nothing is left running, and the answer is that of
// somebody who gave one.
func TestHedgeModel(t *testing.T) {
	words := []string{"ok", "ok", "ok", "unavailable", "limited", "refused", "denied", "notfound", "panic"}
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a test
		synctest.Test(t, func(t *testing.T) {
			cfg := config{Hedge: fallback.Hedge{After: ms(1 + rng.IntN(300))}}
			var scripts []*script
			var acts []string
			var sum time.Duration
			for i := range 2 + rng.IntN(3) {
				d := rng.IntN(500)
				acts = append(acts, fmt.Sprintf("%s %dms", words[rng.IntN(len(words))], d))
				s := timed(string(rune('a'+i)), acts[i])
				scripts = append(scripts, s)
				sum += ms(d)
				cfg.Sources = append(cfg.Sources, source{Name: string(rune('a' + i)), Do: s.ask})
			}
			c := newChain(t, cfg)
			began := time.Now()
			r, err := c.Do(t.Context(), "q")
			require.LessOrEqual(t, time.Since(began), sum, "seed %d %v", seed, acts)
			var asked int64
			for _, s := range scripts {
				asked += s.asked.Load()
				require.LessOrEqual(t, s.asked.Load(), int64(1))
			}
			require.EqualValues(t, asked, r.Attempts)
			if err == nil {
				require.True(t, strings.HasPrefix(acts[r.Rank], "ok "), "seed %d %v", seed, acts)
				for i, act := range acts[:r.Rank] { // a no in front stops
					if scripts[i].asked.Load() > 0 && (strings.HasPrefix(act, "denied") || strings.HasPrefix(act, "notfound")) {
						require.ErrorIs(t, r.Failed[i].Err, fallback.ErrOvertaken, "seed %d %v", seed, acts)
					}
				}
			}
		})
	}
}
