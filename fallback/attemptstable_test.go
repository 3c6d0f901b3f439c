package fallback_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// situation is one row of the arithmetic of attempts: what a call meets, and how
// many calls each source gets for it. All that is expected was worked out by hand.
type situation struct {
	name string
	acts string           // what each source does, attempt by attempt, sources by comma; see doing
	warm bool             // b is asked before its turn
	wire func(*config)    // before the chain is made; nil: nothing
	met  func(*encounter) // what happened before the call; nil: nothing
	asks string           // calls to each source, for this call
	got  string           // freshness and source, or the verdict
	says string           // Failed: source:skip or source:class, calls, turn and effect
}

// encounter is a chain of sources a, b, c, d, each with an upstream of its own.
type encounter struct {
	t  *testing.T
	c  *chain
	s  []*script
	b  []*breaker.Breaker
	up []*fallback.Upstream
}

// doing is a source that does one word after the other, and the last for good: ok
// or a class; with unsent behind it an error that says NotSent, with @ a time that
// it takes first, with + a wait that it asks for.
func doing(name, acts string) *script {
	s, words := new(script), strings.Fields(acts)
	s.does(func(ctx context.Context, _ string) (reply, error) {
		word := words[min(int(s.asked.Load()), len(words))-1]
		word, wait, _ := strings.Cut(word, "+")
		word, takes, _ := strings.Cut(word, "@")
		word, unsent := strings.CutSuffix(word, "-unsent")
		if d, err := time.ParseDuration(takes); err == nil {
			select {
			case <-time.After(d):
			case <-ctx.Done():
				return reply{}, ctx.Err()
			}
		}
		if word == "ok" {
			return reply{Text: name}, nil
		}
		e := &says{class: word, unsent: unsent}
		e.wait, _ = time.ParseDuration(wait)
		return reply{}, e
	})
	return s
}

// What the rows are wired with.
func retries(n int) func(*config) {
	return func(cfg *config) {
		for i := range cfg.Sources {
			cfg.Sources[i].Retry = fallback.Retry{Max: n, First: ms(10), MaxWait: time.Second}
		}
	}
}

func once(cfg *config) { cfg.Once = true }

func again(cfg *config) {
	cfg.Once, cfg.Again = true, func(string, error) bool { return true }
}

func finds(done bool) func(*config) {
	return func(cfg *config) {
		cfg.Once = true
		cfg.Sources[0].Find = func(context.Context, string) (reply, bool, error) { return reply{Text: "a"}, done, nil }
	}
}

func hedges(cfg *config) { cfg.Hedge.After = ms(100) }

func next(cfg *config) { cfg.Next = func(error) bool { return true } }

func unguarded(cfg *config) {
	for i := range cfg.Sources {
		cfg.Sources[i].Upstream.Breaker = nil
	}
}

func remembers(cfg *config) {
	cfg.Memory = &memory{Key: identity, Fresh: time.Minute, Stale: time.Hour, Negative: time.Minute}
	for i := range cfg.Sources {
		cfg.Sources[i].Retention = fallback.Forever
	}
}

func atLeast(level fallback.Assurance, of ...fallback.Assurance) func(*config) {
	return func(cfg *config) {
		cfg.MinAssurance, cfg.Answers = level, func(reply, string) error { return nil }
		for i := range of {
			cfg.Sources[i].Assurance = of[i]
		}
	}
}

func ends(d time.Duration) func(*config) { return func(cfg *config) { cfg.Deadline = d } }

func one(sources ...int) func(*config) { // one call at a time
	return func(cfg *config) {
		for _, i := range sources {
			cfg.Sources[i].Upstream.Capacity = &fallback.Capacity{InFlight: 1}
		}
	}
}

func broke(sources ...int) func(*config) {
	return func(cfg *config) {
		for _, i := range sources {
			cfg.Sources[i].Upstream.Budget.Tokens, cfg.Sources[i].Upstream.Budget.Hedge = 1, 2
		}
	}
}

func also(all ...func(*config)) func(*config) {
	return func(cfg *config) {
		for _, f := range all {
			f(cfg)
		}
	}
}

// What happened before.
func opens(sources ...int) func(*encounter) { // just now
	return func(e *encounter) {
		for _, i := range sources {
			for e.b[i].Snapshot().State != breaker.Open {
				_ = e.b[i].Do(e.t.Context(), func(context.Context) error { return &says{class: "unavailable"} })
			}
		}
	}
}

func busy(sources ...int) func(*encounter) { // somebody else is there
	return func(e *encounter) {
		for _, i := range sources {
			other := newChain(e.t, config{Sources: []source{{Name: "other", Do: timed("", "ok 10s").ask, Timeout: time.Minute, Upstream: e.up[i]}}})
			go func() { _, _ = other.Do(e.t.Context(), "other") }()
		}
		synctest.Wait()
	}
}

func beside(e *encounter) { // somebody else asks the same chain
	go func() { _, _ = e.c.Do(e.t.Context(), "other") }()
	synctest.Wait()
}

func forced(sources ...int) func(*encounter) {
	return func(e *encounter) {
		for _, i := range sources {
			require.NoError(e.t, e.b[i].Force(breaker.ForcedOpen, "test", "test", time.Minute))
		}
	}
}

func waited(d time.Duration) func(*encounter) { return func(*encounter) { time.Sleep(d) } }

func asked(e *encounter) { _, _ = e.c.Do(e.t.Context(), "q") } // once before

func drilled(e *encounter) {
	_, err := e.c.Drill(fallback.Drill{Source: "a", Share: 1, By: "test", Reason: "test", For: time.Minute})
	require.NoError(e.t, err)
}

func then(all ...func(*encounter)) func(*encounter) {
	return func(e *encounter) {
		for _, f := range all {
			f(e)
		}
	}
}

func (row *situation) play(t *testing.T) {
	e := &encounter{t: t}
	var cfg config
	for i, acts := range strings.Split(row.acts, ",") {
		name := string(rune('a' + i))
		e.s, e.b = append(e.s, doing(name, acts)), append(e.b, newBreaker(t, breaker.Config{Consecutive: 3, OpenFor: 3 * time.Second}))
		cfg.Sources = append(cfg.Sources, source{Name: name, Do: e.s[i].ask, Upstream: &fallback.Upstream{
			Breaker: e.b[i], Budget: new(fallback.Budget), Capacity: new(fallback.Capacity),
		}})
	}
	if row.warm {
		cfg.Warm, cfg.Group = 0.1, lookIn(t, "b")
	}
	if row.wire != nil {
		row.wire(&cfg)
	}
	for i := range cfg.Sources {
		e.up = append(e.up, cfg.Sources[i].Upstream)
	}
	e.c = newChain(t, cfg)
	if row.met != nil {
		row.met(e)
	}
	before := make([]int64, len(e.s))
	for i, s := range e.s {
		before[i] = s.asked.Load()
	}
	r, err := e.c.Do(t.Context(), "q")
	synctest.Wait()
	got := r.Freshness.String() + " " + r.Source
	if err != nil {
		got = failed(t, r, err).Verdict()
	}
	var asks, says []string
	sum := 0
	for i, s := range e.s {
		n := int(s.asked.Load() - before[i])
		asks, sum = append(asks, fmt.Sprint(n)), sum+n
	}
	for _, f := range r.Failed {
		says = append(says, sayingOf(f))
	}
	require.Equal(t, row.asks, strings.Join(asks, " "))
	require.Equal(t, row.got, got)
	require.Equal(t, row.says, strings.Join(says, " "))
	require.Equal(t, sum, r.Attempts)
}

// sayingOf is a Failure in one word.
func sayingOf(f fallback.Failure) string {
	s := f.Source + ":" + f.Class.String()
	if f.Skip != fallback.SkipNot {
		s = f.Source + ":" + f.Skip.String()
	}
	if f.Err == fallback.ErrOvertaken { //nolint:errorlint // this very error
		s = f.Source + ":overtaken"
	}
	if f.Attempts > 0 {
		s += fmt.Sprint("*", f.Attempts)
	}
	if f.Turn != 0 {
		s += "/" + f.Turn.String()
	}
	if f.Effect != 0 {
		s += "/" + f.Effect.String()
	}
	return s
}

// TestAttemptsTable is the arithmetic of attempts as one table.
func TestAttemptsTable(t *testing.T) {
	for _, row := range situations {
		t.Run(row.name, func(t *testing.T) { synctest.Test(t, row.play) })
	}
}
