package fallback_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
)

// all writes settings out.
func all(t *testing.T, s fallback.Settings) string {
	t.Helper()
	text, err := json.Marshal(s)
	require.NoError(t, err)
	return string(text)
}

// TestSettingsOfEveryKindAreTaken: what is set is what is said to be in force,
// and nothing else changes.
func TestSettingsOfEveryKindAreTaken(t *testing.T) {
	c := adjustable(t, withMemory)
	require.NoError(t, c.Reconfigure(fallback.Settings{
		PanicTrials: to(0), Warm: to(0.0), Hedge: &fallback.HedgeSettings{Quantile: to(0.9)},
		Memory: &fallback.MemorySettings{Stale: in(3 * time.Hour), Revalidate: in(time.Minute), Negative: in(2 * time.Second), Patience: in(ms(90)), StoreWait: in(ms(7))},
		Sources: map[string]fallback.SourceSettings{
			"kakao": {Retry: &fallback.RetrySettings{Max: to(2), First: in(ms(30)), MaxWait: in(time.Second)}},
		},
	}))
	assert.JSONEq(t, `{
		"min_assurance": "unset", "order": ["juso", "kakao", "local"], "deadline": "4s", "panic_trials": 0, "warm": 0, "hedge": {"after": "0s", "quantile": 0.9},
		"memory": {"fresh": "1s", "stale": "3h", "revalidate": "1m", "negative": "2s", "patience": "90ms", "store_wait": "7ms"},
		"sources": {
			"juso":  {"timeout": "2s", "retry": {"max": 1, "first": "100ms", "max_wait": "2s"}},
			"kakao": {"timeout": "3s", "retry": {"max": 2, "first": "30ms", "max_wait": "1s"}},
			"local": {"timeout": "3s", "retry": {"max": 0, "first": "100ms", "max_wait": "2s"}}
		}}`, all(t, c.Settings()))

	once := adjustable(t, func(cfg *fallback.Config[int, said]) {
		cfg.Once, cfg.Deadline, cfg.Sources = true, 0, cfg.Sources[1:]
		cfg.Sources[0].Find = func(context.Context, int) (said, bool, error) { return "", false, nil }
	})
	assert.JSONEq(t, `{"min_assurance": "unset", "order": ["kakao", "local"], "deadline": "0s", "panic_trials": 0, "warm": 0,
		"sources": {"kakao": {"timeout": "3s", "find_timeout": "9s"}, "local": {"timeout": "3s"}}}`, all(t, once.Settings()))
	require.NoError(t, once.Reconfigure(fallback.Settings{Sources: map[string]fallback.SourceSettings{"kakao": {FindTimeout: in(ms(700))}}}))
	assert.Equal(t, in(ms(700)), once.Settings().Sources["kakao"].FindTimeout)
	assert.ErrorContains(t, once.Reconfigure(fallback.Settings{Sources: map[string]fallback.SourceSettings{"kakao": {FindTimeout: in(0)}}}),
		`source "kakao": find timeout must be above zero`)

	single := adjustable(t, func(cfg *fallback.Config[int, said]) { cfg.Sources = cfg.Sources[:1] })
	assert.Nil(t, single.Settings().Hedge, "there is nobody to ask beside")
}

// TestSettingsThatSayNothingLowerNothing: the minimum that is wired stays.
func TestSettingsThatSayNothingLowerNothing(t *testing.T) {
	c := adjustable(t, func(cfg *fallback.Config[int, said]) {
		cfg.MinAssurance, cfg.Answers = fallback.Low, func(said, int) error { return nil }
	})
	s := newIDSite(t, nil)
	for _, part := range []fallback.Adjustable{c, s.flow} {
		apply, err := part.Prepare(fallback.Settings{})
		require.NoError(t, err)
		apply()
		assert.Equal(t, fallback.Low, part.Inspect().MinAssurance)
		_, err = part.Prepare(fallback.Settings{MinAssurance: to(fallback.None)})
		assert.ErrorContains(t, err, "min assurance: none is below low, for which the part is wired: it can only be raised")
		_, err = part.Prepare(fallback.Settings{MinAssurance: to(fallback.High + 1)})
		assert.ErrorContains(t, err, "min assurance: no such level")
	}
}

// TestFlowSettingsOfEveryKind: as they are said, as they are refused.
func TestFlowSettingsOfEveryKind(t *testing.T) {
	s := newIDSite(t, nil)
	assert.JSONEq(t, `{"min_assurance": "low", "order": ["kakao", "naver", "pass"], "ttl": "10m",
		"sources": {"kakao": {"timeout": "10s", "tries": 1}, "naver": {"timeout": "10s", "tries": 1}, "pass": {"timeout": "10s", "tries": 1}}}`, all(t, s.flow.Settings()))
	require.NoError(t, s.flow.Reconfigure(fallback.Settings{TTL: in(24 * time.Hour), MinAssurance: to(fallback.High)}), "one leg is enough")
	assert.Equal(t, fallback.High, s.flow.Inspect().MinAssurance)
	for want, set := range map[string]fallback.Settings{
		"ttl must be above zero":                     {TTL: in(0)},
		"ttl must be at most 24h":                    {TTL: in(24*time.Hour + 1)},
		`leg "kakao": timeout must be above zero`:    {Sources: map[string]fallback.SourceSettings{"kakao": {Timeout: in(0)}}},
		`leg "kakao": timeout must be between 0 and`: {Sources: map[string]fallback.SourceSettings{"kakao": {Timeout: in(time.Hour + 1)}}},
	} {
		assert.ErrorContains(t, s.flow.Reconfigure(set), want)
	}
	weak := newIDSite(t, func(c *idConfig) { c.Legs = c.Legs[:2] })
	assert.EqualError(t, weak.flow.Reconfigure(fallback.Settings{MinAssurance: to(fallback.High)}),
		"fallback: login: settings: no leg reaches assurance high with the traits required")
}

// TestUpstreamsAreEachListedOnce, of chains and flows alike.
func TestUpstreamsAreEachListedOnce(t *testing.T) {
	a, b := &fallback.Upstream{Name: "a"}, &fallback.Upstream{Name: "b"}
	s := newIDSite(t, func(c *idConfig) { c.Legs[0].Upstream, c.Legs[1].Upstream, c.Legs[2].Upstream = b, a, b })
	assert.Equal(t, []*fallback.Upstream{b, a}, s.flow.Upstreams())
	c := adjustable(t, func(cfg *fallback.Config[int, said]) { cfg.Sources[1].Upstream, cfg.Sources[2].Upstream = a, a })
	assert.Equal(t, []*fallback.Upstream{a}, c.Upstreams())
}

// TestUpstreamSettingsOfEveryKind: each number by its name.
func TestUpstreamSettingsOfEveryKind(t *testing.T) {
	b := new(fallback.Budget)
	set := fallback.BudgetSettings{Tokens: to(11), Retry: to(12), Timeout: to(13), Success: to(14), Hedge: to(15)}
	apply, err := b.Prepare(set)
	require.NoError(t, err)
	apply()
	assert.Equal(t, set, b.Settings())
	_, err = b.Prepare(fallback.BudgetSettings{Tokens: to(0), Retry: to(0), Timeout: to(0), Success: to(0), Hedge: to(0)})
	assert.EqualError(t, err, "budget: tokens must be above zero\nbudget: retry must be above zero\nbudget: timeout must be above zero\n"+
		"budget: success must be above zero\nbudget: hedge must be above zero")

	room := &fallback.Capacity{InFlight: 1, PerSecond: 2, PerDay: 3}
	apply, err = room.Prepare(fallback.CapacitySettings{InFlight: to(9)})
	require.NoError(t, err)
	apply()
	assert.Equal(t, fallback.CapacitySettings{InFlight: to(9), PerSecond: to(2), PerDay: to(int64(3))}, room.Settings())
}
