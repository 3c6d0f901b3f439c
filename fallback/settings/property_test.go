package settings_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/settings"
)

// proof is an answer with a level of its own.
type proof struct{ level fallback.Assurance }

func (p proof) Level() string { return p.level.String() }

var errDown = errors.New("down")

// mood is how a source behaves for one call.
type mood struct {
	takes time.Duration
	fails bool
	level fallback.Assurance
}

// moody is a source. A call that was overtaken may still look at its mood when the next one is given.
type moody struct{ now atomic.Pointer[mood] }

func (s *moody) ask(ctx context.Context, _ int) (proof, error) {
	m := s.now.Load()
	select {
	case <-time.After(m.takes):
	case <-ctx.Done():
		return proof{}, ctx.Err()
	}
	if m.fails {
		return proof{}, errDown
	}
	return proof{m.level}, nil
}

func drawSpan(t *rapid.T, name string) fallback.Duration {
	return fallback.Duration(rapid.SampledFrom([]time.Duration{-1, 0, 1, time.Millisecond, 80 * time.Millisecond, 700 * time.Millisecond,
		2 * time.Second, time.Minute, time.Hour, 2 * time.Hour}).Draw(t, name))
}

// drawFile draws settings of every kind, good and bad ones.
func drawFile(t *rapid.T, names []string) settings.Document {
	var s fallback.Settings
	some := func(name string, odds int) bool { return rapid.IntRange(0, odds).Draw(t, "with "+name) == 0 }
	span := func(name string, odds int) *fallback.Duration {
		if !some(name, odds) {
			return nil
		}
		return to(drawSpan(t, name))
	}
	if some("minimum", 2) {
		s.MinAssurance = to(rapid.SampledFrom([]fallback.Assurance{fallback.Unset, fallback.None, fallback.Low, fallback.Substantial, fallback.High}).Draw(t, "minimum"))
	}
	if some("order", 1) {
		s.Order = rapid.Permutation(names).Draw(t, "order")
	}
	s.Deadline = span("deadline", 1)
	if some("hedge", 2) {
		s.Hedge = &fallback.HedgeSettings{After: span("after", 1)}
	}
	s.Sources = make(map[string]fallback.SourceSettings)
	for _, name := range names {
		one := fallback.SourceSettings{Timeout: span(name, 2)}
		if some("retry", 3) {
			one.Retry = &fallback.RetrySettings{Max: to(rapid.IntRange(0, 3).Draw(t, "max")), First: span("first", 5), MaxWait: span("max wait", 5)}
		}
		s.Sources[name] = one
	}
	d := settings.Document{Parts: map[string]fallback.Settings{"id": s}, Upstreams: map[string]settings.Upstream{}}
	for _, name := range names {
		if some("breaker", 3) {
			d.Upstreams[name] = settings.Upstream{Breaker: &settings.Breaker{
				Consecutive: to(rapid.IntRange(0, 5).Draw(t, "consecutive")), OpenFor: span("open for", 2), MaxOpenFor: span("max open for", 2)}}
		}
	}
	return d
}

// Capability 20 of the research: whatever file is accepted, no answer is worth less than the wired minimum, and no call outlives its deadline.
func TestEveryAcceptedFileKeepsTheMinimumAndTheDeadline(t *testing.T) {
	_ = flag.Set("rapid.nofailfile", "true")
	accepted, answered := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		names := []string{"a", "b", "c"}
		sources := make([]moody, 3)
		levels := []fallback.Assurance{fallback.Low, fallback.Substantial, fallback.High}
		file := drawFile(rt, names)
		type call struct{ moods [3]mood }
		var calls []call
		for i := range rapid.IntRange(1, 8).Draw(rt, "calls") {
			var c call
			for j := range c.moods {
				c.moods[j] = mood{
					takes: rapid.SampledFrom([]time.Duration{0, time.Millisecond, 300 * time.Millisecond, 3 * time.Second, 3 * time.Hour}).Draw(rt, fmt.Sprint("takes ", i, j)),
					fails: rapid.Bool().Draw(rt, "fails"),
					level: rapid.SampledFrom([]fallback.Assurance{fallback.None, fallback.Low, fallback.High}).Draw(rt, "level"),
				}
			}
			calls = append(calls, c)
		}
		var failure any
		synctest.Test(t, func(*testing.T) {
			defer func() { failure = recover() }() // rapid's own, which must not leave the bubble's goroutine
			cfg := fallback.Config[int, proof]{Name: "id", MinAssurance: fallback.Low, Deadline: 4 * time.Second, Answers: func(proof, int) error { return nil }}
			for i, name := range names {
				guard, err := breaker.New(breaker.Config{Name: name})
				require.NoError(rt, err)
				cfg.Sources = append(cfg.Sources, fallback.Source[int, proof]{Name: name, Do: sources[i].ask, Assurance: levels[i],
					Upstream: &fallback.Upstream{Name: name, Breaker: guard}})
			}
			c, err := fallback.New(cfg)
			require.NoError(rt, err)
			l, err := settings.New(settings.Config{Parts: []fallback.Adjustable{c}})
			require.NoError(rt, err)
			before := l.Document()
			text, err := json.Marshal(file)
			require.NoError(rt, err)
			if _, err := l.Load(text); err != nil {
				require.Equal(rt, before, l.Document())
			} else {
				accepted++
			}
			now := c.Settings()
			require.GreaterOrEqual(rt, *now.MinAssurance, fallback.Low)
			bound := c.Longest()
			if d := time.Duration(*now.Deadline); d > 0 {
				require.LessOrEqual(rt, bound, d)
			}
			for _, call := range calls {
				for j := range sources {
					sources[j].now.Store(&call.moods[j])
				}
				began := time.Now()
				r, err := c.Do(context.Background(), 1)
				require.LessOrEqual(rt, time.Since(began), bound)
				if err == nil {
					answered++
					require.GreaterOrEqual(rt, r.Assurance, *now.MinAssurance)
				}
				time.Sleep(100 * time.Millisecond)
			}
			require.NoError(rt, c.Close())
		})
		if failure != nil {
			panic(failure)
		}
	})
	require.Positive(t, accepted)
	require.Positive(t, answered)
}
