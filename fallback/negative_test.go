package fallback_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

func TestNegativeIsRememberedForItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := failing(&says{class: "notfound"})
		var heard []fallback.Outcome
		c, store := remembering(t, s, func(cfg *config) {
			cfg.Memory.Negative = 5 * time.Second
			cfg.Observe = fallback.ObserverFunc(func(o fallback.Outcome) { heard = append(heard, o) })
		})
		_, err := c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrNotFound, err)
		require.Len(t, store.data, 1)
		said := time.Now()
		time.Sleep(3 * time.Second)
		r, err := c.Do(t.Context(), "q")
		e := failed(t, r, err)
		requireVerdict(t, fallback.ErrNotFound, err)
		require.Equal(t, fallback.FlagRemembered, r.Flags)
		require.Equal(t, "remembered", r.Flags.String())
		require.Equal(t, "address: notfound: a: notfound: remembered: nothing was found 3s ago", e.Error())
		require.Zero(t, r.Attempts)
		require.True(t, e.NotSent())
		require.Equal(t, "notfound", e.Class())
		require.Equal(t, said.UnixNano(), e.Failed[0].At.UnixNano())
		require.ErrorIs(t, e, e.Failed[0].Err)
		var nothing interface {
			Class() string
			NotSent() bool
		}
		require.ErrorAs(t, e.Failed[0].Err, &nothing)
		require.Equal(t, "notfound", nothing.Class())
		require.True(t, nothing.NotSent())
		require.EqualValues(t, 1, s.asked.Load())
		require.EqualValues(t, 1, c.Inspect().Memory.Negatives)
		s.answers("built yesterday")
		time.Sleep(2 * time.Second)
		r, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "built yesterday", r.Value.Text)
		require.NoError(t, c.Close())
		require.Equal(t, "notfound", heard[1].Verdict)
		require.Equal(t, fallback.FlagRemembered, heard[1].Flags)
	})
}

// TestNegativeOnlyWhatIsComplete: whose word is remembered.
func TestNegativeOnlyWhatIsComplete(t *testing.T) {
	next := func(error) bool { return true }
	forever := []fallback.Retention{fallback.Forever, fallback.Forever}
	for name, row := range map[string]struct {
		first, second string // classes
		retention     []fallback.Retention
		next          func(error) bool
		negative      time.Duration
		remembered    bool
	}{
		"one that knows":               {"notfound", "ok", forever, nil, time.Minute, true},
		"all of them":                  {"notfound", "notfound", forever, next, time.Minute, true},
		"not asked for":                {"notfound", "ok", forever, nil, 0, false},
		"the next says no":             {"notfound", "denied", forever, next, time.Minute, false},
		"denied, never":                {"denied", "ok", forever, nil, time.Minute, false},
		"invalid, never":               {"invalid", "ok", forever, nil, time.Minute, false},
		"F44 the first is down":        {"unavailable", "notfound", forever, nil, time.Minute, false},
		"F44 the second is down":       {"notfound", "unavailable", forever, next, time.Minute, false},
		"the second is limited":        {"notfound", "limited", forever, next, time.Minute, false},
		"all are down":                 {"unavailable", "unavailable", forever, nil, time.Minute, false},
		"the terms forbid":             {"notfound", "ok", []fallback.Retention{0, fallback.Forever}, nil, time.Minute, false},
		"the terms of one forbid":      {"notfound", "notfound", []fallback.Retention{fallback.Forever, 0}, next, time.Minute, false},
		"the terms of one, the other":  {"notfound", "notfound", []fallback.Retention{0, fallback.Forever}, next, time.Minute, false},
		"the terms allow a little":     {"notfound", "ok", []fallback.Retention{fallback.Retention(time.Second), 0}, nil, time.Minute, false},
		"the terms allow a bit longer": {"notfound", "ok", []fallback.Retention{fallback.Retention(2 * time.Second), 0}, nil, time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first, second := failing(&says{class: row.first}), failing(&says{class: row.second})
				if row.second == "ok" {
					second.answers("b")
				}
				c, _ := remembering(t, first, func(cfg *config) {
					cfg.Next, cfg.Memory.Negative = row.next, row.negative
					cfg.Sources[0].Retention = row.retention[0]
					cfg.Sources = append(cfg.Sources, source{Name: "b", Do: second.ask, Retention: row.retention[1]})
				})
				_, err := c.Do(t.Context(), "q")
				require.Error(t, err)
				time.Sleep(time.Second)
				r, err := c.Do(t.Context(), "q")
				require.Error(t, err)
				require.Equal(t, row.remembered, r.Flags.Has(fallback.FlagRemembered))
				require.Equal(t, row.remembered, first.asked.Load() == 1)
			})
		})
	}
}

// TestNegativeReplacesWhatWasKnown: what was found before is known to be wrong,
// and is not served again when everybody is down.
func TestNegativeReplacesWhatWasKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		c, _ := remembering(t, s, func(cfg *config) { cfg.Memory.Negative = 5 * time.Second })
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		s.fails(&says{class: "notfound"})
		_, err = c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrNotFound, err)
		s.fails(&says{class: "unavailable"})
		_, err = c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrNotFound, err)
		time.Sleep(5 * time.Second)
		_, err = c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrUnavailable, err)
	})
}

// TestNegativeIsNotReadWithoutIt: a chain that does not remember such answers
// does not believe those of another, and none is ever taken for an answer.
func TestNegativeIsNotReadWithoutIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := failing(&says{class: "notfound"})
		c, store := remembering(t, s, func(cfg *config) { cfg.Memory.Negative = time.Hour })
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
		without, _ := remembering(t, s, func(cfg *config) { cfg.Memory.Store = store })
		s.fails(&says{class: "unavailable"})
		_, err = without.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrUnavailable, err)
		s.answers("one")
		r, err := without.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Live, r.Freshness)
	})
}

// TestNegativeHasItsOwnTime: also when that is longer than Fresh.
func TestNegativeHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := failing(&says{class: "notfound"})
		c, _ := remembering(t, s, func(cfg *config) { cfg.Memory.Negative = 5 * time.Minute })
		for range 2 {
			_, err := c.Do(t.Context(), "q")
			requireVerdict(t, fallback.ErrNotFound, err)
			time.Sleep(2 * time.Minute)
		}
		require.EqualValues(t, 1, s.asked.Load())
	})
}

// TestNegativeFailingStore: it costs nothing but the memory.
func TestNegativeFailingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := failing(&says{class: "notfound"})
		c, _ := remembering(t, s, func(cfg *config) {
			cfg.Memory.Negative, cfg.Memory.Store = time.Hour, panicStore{}
		})
		for range 3 {
			_, err := c.Do(t.Context(), "q")
			requireVerdict(t, fallback.ErrNotFound, err)
		}
		require.EqualValues(t, 3, s.asked.Load())
	})
}

type panicStore struct{ fallback.Store }

// TestNegativeOfThoseWhoWereAsked: the terms of one that was not worth enough to
// be asked do not count.
func TestNegativeOfThoseWhoWereAsked(t *testing.T) {
	c, _ := remembering(t, failing(&says{class: "notfound"}), func(cfg *config) {
		cfg.Memory.Negative, cfg.MinAssurance, cfg.Answers = time.Minute, fallback.None, agrees
		cfg.Sources = append([]source{{Name: "weak", Do: answering("").ask}}, cfg.Sources...)
	})
	for _, flags := range []fallback.Flags{0, fallback.FlagRemembered} {
		r, err := c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrNotFound, err)
		require.Equal(t, flags, r.Flags)
	}
}

// TestNegativeThatIsNotKeptForgets: what was remembered is known to be wrong,
// also when that cannot be remembered instead.
func TestNegativeThatIsNotKeptForgets(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*config)
		before func(context.Context, string) error
		errors uint64
	}{
		"the terms forbid":    {func(cfg *config) { cfg.Sources[0].Retention = 0 }, nil, 0},
		"the store does not":  {func(*config) {}, only("save"), 1},
		"the store panics":    {func(*config) {}, func(_ context.Context, op string) error { panicOn(op, "save"); return nil }, 1},
		"it is not asked for": {func(cfg *config) { cfg.Memory.Negative = 0 }, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := failing(&says{class: "unavailable"}), answering("one")
				c, store := remembering(t, a, func(cfg *config) {
					cfg.Memory.Negative = time.Minute
					cfg.Sources = append(cfg.Sources, source{Name: "b", Do: b.ask, Retention: fallback.Forever})
					row.change(cfg)
				})
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Len(t, store.data, 1)
				time.Sleep(2 * time.Minute)
				a.fails(&says{class: "notfound"})
				store.before = row.before
				_, err = c.Do(t.Context(), "q")
				requireVerdict(t, fallback.ErrNotFound, err)
				require.Empty(t, store.data)
				require.Equal(t, row.errors, c.Inspect().Memory.Errors)
			})
		})
	}
}

func panicOn(op, bad string) {
	if op == bad {
		panic(op)
	}
}
