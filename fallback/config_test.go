package fallback_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestNewF67ListsEveryMistakeAtOnce: each row is one configuration and all of
// its mistakes.
func TestNewF67ListsEveryMistakeAtOnce(t *testing.T) {
	ok := answering("ok").ask
	good := func() config {
		return config{Name: "x", Sources: []source{{Name: "a", Do: ok, Retention: fallback.Forever}}}
	}
	remember := func(m memory) config {
		c := good()
		c.Memory = &m
		return c
	}
	for name, row := range map[string]struct {
		cfg  config
		want []string
	}{
		"good":    {good(), nil},
		"nothing": {config{}, []string{"name: missing", "no sources"}},
		"names": {
			config{Name: strings.Repeat("x", 65), Sources: []source{{Do: ok}, {Name: "a\x1b", Do: ok}, {Name: "b", Do: ok}, {Name: "b", Do: ok}, {Name: "\xff", Do: ok}}},
			[]string{"name: longer than 64 bytes", `source 0 "": name: missing`, `source 1 "a\x1b": name: holds a control character or is not UTF-8`,
				`source 3 "b": the name is taken`, `source 4 "\xff": name: holds a control character or is not UTF-8`},
		},
		"numbers": {
			config{Name: "x", MinAssurance: 9, Answers: agrees, Sources: []source{{
				Name: "a", Timeout: -1, Retry: fallback.Retry{Max: 11, First: -1}, Retention: -1, Assurance: 77,
				Upstream: &fallback.Upstream{Budget: &fallback.Budget{Tokens: -1}, Capacity: &fallback.Capacity{InFlight: -1}},
			}}},
			[]string{`source 0 "a": do is missing`, `source 0 "a": timeout must be between 0 and 1h`, `source 0 "a": retry: max must be between 0 and 10`,
				`source 0 "a": retry: waits must be between 0 and 1h`, `source 0 "a": retention is negative`, `source 0 "a": assurance: no such level`,
				`source 0 "a": budget: a number is negative`, `source 0 "a": capacity: in flight is negative`, "min assurance: no such level"},
		},
		"deadline":           {func() config { c := good(); c.Deadline = -1; return c }(), []string{"deadline must be between 0 and 1h"}},
		"deadline too great": {func() config { c := good(); c.Deadline = time.Hour + 1; return c }(), []string{"deadline must be between 0 and 1h"}},
		"hedge": {
			config{Name: "x", Once: true, Hedge: fallback.Hedge{After: -1, Quantile: 0.4}, Sources: []source{{Name: "a", Do: ok}}},
			[]string{"hedge: after must be between 0 and 1h", "hedge: quantile must be from 0.5 to below 1",
				"hedge cannot go with once: a question with an effect is asked one at a time", "hedge needs a second source"},
		},
		"capacity": {
			config{Name: "x", Sources: []source{{Name: "a", Do: ok, Upstream: &fallback.Upstream{Capacity: &fallback.Capacity{
				InFlight: -1, PerSecond: 100_001, PerDay: -1, Reset: 24 * time.Hour, CounterWait: -1, Key: "x",
			}}}, {Name: "b", Do: ok, Upstream: &fallback.Upstream{Capacity: &fallback.Capacity{Counter: &oddCounter{}}}}}},
			[]string{`source 0 "a": capacity: in flight is negative`, `source 0 "a": capacity: per second must be between 0 and 100000`,
				`source 0 "a": capacity: per day is negative`, `source 0 "a": capacity: reset must be from 0 to below 24h`,
				`source 0 "a": capacity: counter wait must be between 0 and 1h`, `source 0 "a": capacity: counter, key and per day go together`,
				`source 1 "b": capacity: counter, key and per day go together`, `source 1 "b": capacity: key: missing`},
		},
		"upper bounds": {
			config{Name: "x", Sources: []source{{Name: "a", Do: ok, Timeout: time.Hour + 1, Retry: fallback.Retry{Max: -1, MaxWait: time.Hour + 1}}}},
			[]string{`source 0 "a": timeout must be between 0 and 1h`, `source 0 "a": retry: max must be between 0 and 10`, `source 0 "a": retry: waits must be between 0 and 1h`},
		},
		"assurance without a check": {
			config{Name: "x", MinAssurance: fallback.Low, Sources: []source{{Name: "a", Do: ok, Assurance: fallback.Low}}},
			[]string{"min assurance needs answers: a proof that nobody checks proves nothing"},
		},
		"none on purpose needs no check": {
			config{Name: "x", MinAssurance: fallback.None, Sources: []source{{Name: "a", Do: ok, Assurance: fallback.None}}}, nil,
		},
		"assurance out of reach": {
			config{Name: "x", MinAssurance: fallback.High, Answers: agrees, Sources: []source{{Name: "a", Do: ok, Assurance: fallback.Low}}},
			[]string{"no source reaches assurance high with the traits required"},
		},
		"traits out of reach": {
			config{Name: "x", Require: fallback.Signature, Sources: []source{{Name: "a", Do: ok}}},
			[]string{"no source reaches assurance unset with the traits required"},
		},
		"once with retry and memory": {
			config{Name: "x", Once: true, Sources: []source{{Name: "a", Do: ok, Retry: fallback.Retry{Max: 1}, Retention: 1}}, Memory: &memory{Key: identity, Fresh: 1}},
			[]string{`source 0 "a": retry cannot go with once`, "memory: cannot go with once"},
		},
		"find and again without once": {
			config{Name: "x", Sources: []source{{Name: "a", Do: ok, Find: finding(nothing), FindTimeout: -1}, {Name: "b", Do: ok, FindTimeout: 1}}, Again: func(string, error) bool { return true }},
			[]string{`source 0 "a": find timeout must be between 0 and 1h`, `source 0 "a": find needs once: without an effect there is nothing to find`,
				`source 1 "b": find timeout without find`, "again needs once: without an effect the next source is asked anyway"},
		},
		"memory with assurance": {
			config{Name: "x", MinAssurance: fallback.Low, Answers: agrees, Sources: []source{{Name: "a", Do: ok, Assurance: fallback.Low, Retention: 1}}, Memory: &memory{Key: identity, Fresh: 1}},
			[]string{"memory: cannot go with min assurance or required traits: a proof is not served twice"},
		},
		"memory with traits": {
			config{Name: "x", Require: fallback.Signature, Sources: []source{{Name: "a", Do: ok, Traits: fallback.Signature, Retention: 1}}, Memory: &memory{Key: identity, Fresh: 1}},
			[]string{"memory: cannot go with min assurance or required traits: a proof is not served twice"},
		},
		"memory with nothing":                 {remember(memory{}), []string{"memory: key is missing", "memory: fresh and stale are both zero"}},
		"memory that may not":                 {func() config { c := remember(memory{Key: identity, Fresh: 1}); c.Sources[0].Retention = 0; return c }(), []string{"memory: no source has a retention, so nothing may be remembered"}},
		"stale below fresh":                   {remember(memory{Key: identity, Fresh: 2, Stale: 1}), []string{"memory: stale is below fresh; both count from when the answer was given"}},
		"memory with patience for nothing":    {remember(memory{Key: identity, Fresh: 1, Patience: 1}), []string{"memory: patience needs stale"}},
		"memory with negative patience":       {remember(memory{Key: identity, Fresh: 1, Stale: 1, Patience: -1}), []string{"memory: a number is negative"}},
		"memory with negatives":               {remember(memory{Key: identity, Fresh: 1, StoreWait: -1}), []string{"memory: a number is negative"}},
		"memory with negatives of every kind": {remember(memory{Key: identity, Fresh: 1, Revalidate: -1, Negative: -1}), []string{"memory: a number is negative"}},
		"memory with a negative age":          {remember(memory{Key: identity, Fresh: -1, Stale: 1}), []string{"memory: a number is negative"}},
		"revalidate without room":             {remember(memory{Key: identity, Fresh: 1, Stale: 1, Revalidate: 1}), []string{"memory: revalidate needs fresh, and stale above it"}},
		"revalidate without fresh":            {remember(memory{Key: identity, Stale: 1, Revalidate: 1}), []string{"memory: revalidate needs fresh, and stale above it"}},
		"memory that is good":                 {remember(memory{Key: identity, Stale: 1}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := fallback.New(row.cfg)
			if row.want == nil {
				require.NoError(t, err)
				require.NoError(t, c.Close())
				return
			}
			require.Nil(t, c)
			require.EqualError(t, err, fmt.Sprintf("fallback: %q: config: ", row.cfg.Name)+strings.Join(row.want, "\n"))
		})
	}
}

// TestNewMemoryNeedsAnswersThatSayCacheable: it is an allow-list.
func TestNewMemoryNeedsAnswersThatSayCacheable(t *testing.T) {
	_, err := fallback.New(fallback.Config[string, string]{
		Name:    "x",
		Sources: []fallback.Source[string, string]{{Name: "a", Retention: 1, Do: func(context.Context, string) (string, error) { return "", nil }}},
		Memory:  &fallback.Memory[string, string]{Key: identity, Fresh: 1},
	})
	require.EqualError(t, err, `fallback: "x": config: memory: string has no method Cacheable() bool`)
	_, err = fallback.New(fallback.Config[string, empty]{
		Name:    "x",
		Sources: []fallback.Source[string, empty]{{Name: "a", Retention: 1, Do: func(context.Context, string) (empty, error) { return empty{}, nil }}},
		Memory:  &fallback.Memory[string, empty]{Key: identity, Fresh: 1},
	})
	require.ErrorContains(t, err, "memory: codec is missing and gob cannot do it: gob: type fallback_test.empty has no exported fields")
}

type empty struct{ hidden int }

func (e empty) Cacheable() bool { return e.hidden == 0 }

// TestNewCopiesItsSources: what the caller does with its slice afterwards does
// not matter, nor for the settings that are put in force later.
func TestNewCopiesItsSources(t *testing.T) {
	cfg := config{Name: "x", Sources: []source{{Name: "a", Do: answering("ok").ask}}}
	c := newChain(t, cfg)
	cfg.Sources[0] = source{Name: "b", Do: answering("other").ask}
	r, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, "a", r.Source)
	require.NoError(t, c.Reconfigure(fallback.Settings{Order: []string{"a"}}))
	r, err = c.Do(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, "a", r.Source)
}

// TestNewTakesWhatItSaysItTakes: the greatest numbers are still good, and so is
// each of several that may be zero.
func TestNewTakesWhatItSaysItTakes(t *testing.T) {
	src := source{Name: strings.Repeat("x", 64), Do: answering("").ask, Timeout: time.Hour, Retry: fallback.Retry{Max: 10, First: time.Hour, MaxWait: time.Hour}}
	src.Upstream = &fallback.Upstream{Capacity: &fallback.Capacity{
		PerSecond: 100_000, PerDay: 1, Reset: 24*time.Hour - 1, Counter: &oddCounter{}, Key: strings.Repeat("k", 64), CounterWait: time.Hour,
	}}
	two := []source{src, {Name: "b", Do: src.Do, Retention: fallback.Forever}}
	for name, cfg := range map[string]config{
		"long":   {Name: strings.Repeat("n", 64), Deadline: time.Hour, Hedge: fallback.Hedge{After: time.Hour, Quantile: 0.5}, PanicTrials: 10, Warm: 0.1, Sources: two},
		"once":   {Name: "x", Once: true, Sources: []source{{Name: "a", Do: src.Do, Find: finding(nothing), FindTimeout: time.Hour}}},
		"memory": {Name: "x", MinAssurance: fallback.None, Answers: agrees, Sources: []source{{Name: "a", Do: src.Do, Retention: 1, Assurance: fallback.None}}, Memory: &memory{Key: identity, Fresh: time.Hour, Stale: time.Hour}},
	} {
		c, err := fallback.New(cfg)
		require.NoError(t, err, name)
		require.NoError(t, c.Close())
	}
	_, err := fallback.New(config{Name: "x", Hedge: fallback.Hedge{Quantile: 1}, Sources: two})
	require.ErrorContains(t, err, "hedge: quantile must be from 0.5 to below 1")
}
