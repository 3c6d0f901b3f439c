package settings_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/settings"
)

// loaderOf returns a loader of that upstream alone.
func loaderOf(t *testing.T, up *fallback.Upstream) *settings.Loader {
	t.Helper()
	l, err := settings.New(settings.Config{Upstreams: []*fallback.Upstream{up}})
	require.NoError(t, err)
	return l
}

// Each number of a breaker can be set, is in force then, and stands in the document.
func TestADocumentSaysAllOfABreaker(t *testing.T) {
	b, err := breaker.New(breaker.Config{Name: "x", Watch: func(context.Context) error { return nil }, WatchEvery: time.Hour})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	l := loaderOf(t, &fallback.Upstream{Name: "x", Breaker: b})
	const all = `{"upstreams": {"x": {"breaker": {"window": "20s", "min_calls": 30, "fault_rate": 0.4, "slow_rate": 0.6, "consecutive": 9,
		"slow_after": "700ms", "open_for": "3s", "max_open_for": "40s", "watch_every": "7m", "ramp": "11s", "trials": 4, "trial_rate": 0.9, "lease": "13s"}}}}`
	_, err = l.Load([]byte(all))
	require.NoError(t, err)
	assert.JSONEq(t, all, string(l.Document().JSON()))
	now := b.Settings()
	assert.NotNil(t, now.Watch)
	now.Watch = nil
	assert.Equal(t, breaker.Config{
		Name: "x", Window: 20 * time.Second, MinCalls: 30, FaultRate: 0.4, SlowRate: 0.6, Consecutive: 9, SlowAfter: 700 * time.Millisecond,
		OpenFor: 3 * time.Second, MaxOpenFor: 40 * time.Second, WatchEvery: 7 * time.Minute, Ramp: 11 * time.Second, Trials: 4, TrialRate: 0.9, Lease: 13 * time.Second,
	}, now)
}

// A document is a file for people.
func TestADocumentReadsWell(t *testing.T) {
	l := loaderOf(t, &fallback.Upstream{Name: "R&D <b>", Budget: &fallback.Budget{}})
	assert.Equal(t, `{
  "upstreams": {
    "R&D <b>": {
      "budget": {
        "tokens": 500,
        "retry": 10,
        "timeout": 20,
        "success": 1,
        "hedge": 1
      }
    }
  }
}
`, string(l.Document().JSON()))
}

func TestWhatAnUpstreamHasNotGotCannotBeSet(t *testing.T) {
	l := loaderOf(t, &fallback.Upstream{Name: "x"})
	assert.Empty(t, l.Document().Upstreams)
	_, err := l.Load([]byte(`{"upstreams": {"x": {"breaker": {}, "budget": {}, "capacity": {}}}}`))
	assert.EqualError(t, err, `settings: text:1:33: upstreams.x.breaker: breaker: it has none
settings: text:1:47: upstreams.x.budget: budget: it has none
settings: text:1:63: upstreams.x.capacity: capacity: it has none`)
	_, err = l.Load([]byte(`{"parts": {"x": {}}}`))
	assert.EqualError(t, err, "settings: text:1:12: parts.x: there is no such part; there are none")
}

// An upstream may stand behind several parts, a name behind one upstream.
func TestUpstreamsOfSeveralParts(t *testing.T) {
	part := func(name string, up *fallback.Upstream) fallback.Adjustable {
		c, err := fallback.New(fallback.Config[int, answer]{Name: name, Sources: []fallback.Source[int, answer]{
			{Name: "a", Do: func(context.Context, int) (answer, error) { return "a", nil }, Upstream: up}}})
		require.NoError(t, err)
		return c
	}
	shared := &fallback.Upstream{Name: "x", Budget: &fallback.Budget{}}
	l, err := settings.New(settings.Config{Parts: []fallback.Adjustable{part("a", shared), part("b", shared)}, Upstreams: []*fallback.Upstream{shared}})
	require.NoError(t, err)
	assert.Len(t, l.Document().Upstreams, 1)
	_, err = settings.New(settings.Config{Parts: []fallback.Adjustable{part("a", shared), part("b", &fallback.Upstream{Name: "x"})}})
	assert.EqualError(t, err, `settings: config: two upstreams have the name "x"`)
}

func TestAFileOfTheGreatestSize(t *testing.T) {
	s := newSite(t)
	text := "{}" + strings.Repeat(" ", settings.MaxSize-2)
	assert.NoError(t, s.loader.Check([]byte(text)))
	assert.EqualError(t, s.loader.Check([]byte(text+" ")), "settings: text:1:1: larger than 1048576 bytes")
}

func TestNullIsNoName(t *testing.T) {
	s := newSite(t)
	assert.EqualError(t, s.loader.Check([]byte(`{"parts": {"address": {"order": ["juso", null]}}}`)),
		"settings: text:1:42: parts.address.order[1]: null where a name is needed")
}

// changed is a part with which something is wrong, whatever the file says.
type changed struct{ fallback.Adjustable }

func (changed) Prepare(fallback.Settings) (func(), error) {
	return nil, errors.New("it was changed since")
}

// What is wrong without the file is said where the part stands, or at the
// beginning when it stands nowhere.
func TestWhatIsWrongWithoutTheFile(t *testing.T) {
	l, err := settings.New(settings.Config{Parts: []fallback.Adjustable{changed{newSite(t).address}}})
	require.NoError(t, err)
	for text, want := range map[string]string{
		` {}`:                                    "1:2: parts.address: it was changed since",
		`{"parts": {"address": {"warm": 0.05}}}`: "1:23: parts.address: it was changed since",
	} {
		assert.EqualError(t, l.Check([]byte(text)), "settings: text:"+want)
	}
}
