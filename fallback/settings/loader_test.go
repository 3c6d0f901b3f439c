package settings_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/fallback/settings"
)

const good = `{
  "parts": {
    "address": {
      "order": ["kakao", "juso", "list"],
      "deadline": "2s",
      "hedge": {"after": "300ms", "quantile": 0.95},
      "panic_trials": 3, "warm": 0.05,
      "memory": {"fresh": "10m", "stale": "24h", "revalidate": "1m", "negative": "30s", "patience": "1s", "store_wait": "9ms"},
      "sources": {"juso": {"timeout": "800ms", "retry": {"max": 1, "first": "50ms", "max_wait": "1s"}}}
    },
    "message": {"min_assurance": "substantial"},
    "login": {"ttl": "5m", "sources": {"kakao": {"timeout": "5s", "tries": 3}}}
  },
  "upstreams": {
    "juso": {
      "breaker": {"slow_after": "900ms", "open_for": "2s", "consecutive": 7, "fault_rate": 0.3, "lease": "0s"},
      "budget": {"tokens": 300},
      "capacity": {"in_flight": 5, "per_second": 50, "per_day": 30000}
    }
  }
}`

func TestAFileIsPutInForce(t *testing.T) {
	s := newSite(t)
	before := s.loader.Document()
	c, err := s.loader.Load([]byte(good))
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSpace(`
parts.address.deadline: "4s", now "2s"
parts.address.hedge.after: "0s", now "300ms"
parts.address.hedge.quantile: 0, now 0.95
parts.address.memory.fresh: "0s", now "10m"
parts.address.memory.negative: "0s", now "30s"
parts.address.memory.patience: "0s", now "1s"
parts.address.memory.revalidate: "0s", now "1m"
parts.address.memory.stale: "1h", now "24h"
parts.address.memory.store_wait: "5ms", now "9ms"
parts.address.order: ["juso","kakao","list"], now ["kakao","juso","list"]
parts.address.panic_trials: 1, now 3
parts.address.sources.juso.retry.first: "100ms", now "50ms"
parts.address.sources.juso.retry.max: 0, now 1
parts.address.sources.juso.retry.max_wait: "2s", now "1s"
parts.address.sources.juso.timeout: "3s", now "800ms"
parts.address.warm: 0, now 0.05
parts.login.sources.kakao.timeout: "10s", now "5s"
parts.login.sources.kakao.tries: 1, now 3
parts.login.ttl: "10m", now "5m"
parts.message.min_assurance: "low", now "substantial"
upstreams.juso.breaker.consecutive: 5, now 7
upstreams.juso.breaker.fault_rate: 0.25, now 0.3
upstreams.juso.breaker.open_for: "1s", now "2s"
upstreams.juso.breaker.slow_after: "0s", now "900ms"
upstreams.juso.budget.tokens: 500, now 300
upstreams.juso.capacity.in_flight: 20, now 5
upstreams.juso.capacity.per_day: 0, now 30000
upstreams.juso.capacity.per_second: 0, now 50`), c.String())

	r, err := s.address.Do(context.Background(), 1)
	require.NoError(t, err)
	assert.Equal(t, "kakao", r.Source)
	sent, err := s.message.Do(context.Background(), "hello")
	require.NoError(t, err)
	assert.Equal(t, "sms", sent.Source, "the other is below the minimum now")
	now := s.juso.Breaker.Settings()
	assert.Equal(t, 7, now.Consecutive)
	assert.Equal(t, 900*time.Millisecond, now.SlowAfter)
	assert.Equal(t, 300, s.juso.Budget.Left())
	assert.Equal(t, 5, s.juso.Capacity.Usage().MaxInFlight)

	c, err = s.loader.Load([]byte(good))
	require.NoError(t, err)
	assert.Equal(t, "nothing has changed", c.String())
	c, err = s.loader.Load([]byte("{}"))
	require.NoError(t, err)
	assert.Len(t, c.Differences, 28)
	assert.Equal(t, before, s.loader.Document(), "an empty file undoes all")
}

func TestADocumentAsAFileChangesNothing(t *testing.T) {
	s := newSite(t)
	for _, text := range []string{"{}", good} {
		_, err := s.loader.Load([]byte(text))
		require.NoError(t, err)
		d := s.loader.Document()
		c, err := s.loader.Load(d.JSON())
		require.NoError(t, err)
		assert.Empty(t, c.Differences)
		assert.Equal(t, d, s.loader.Document())
		var read settings.Document
		require.NoError(t, json.Unmarshal(d.JSON(), &read), "it is plain JSON")
		assert.Equal(t, d, read)
	}
}

// What two upstreams share is set at one of them.
func TestWhatIsSharedIsSetOnce(t *testing.T) {
	s := newSite(t)
	assert.NotNil(t, s.loader.Document().Upstreams["juso"].Budget)
	assert.Nil(t, s.loader.Document().Upstreams["sms"].Budget)
	_, err := s.loader.Load([]byte(`{"upstreams": {"sms": {"budget": {"tokens": 9}, "capacity": {}}}}`))
	assert.EqualError(t, err, `settings: text:1:34: upstreams.sms.budget: budget: it is that of "juso" as well, and set there
settings: text:1:61: upstreams.sms.capacity: capacity: it has none`)
}

// Fault 66, and capability 20 of the research: a reload in mid-outage keeps the breaker open.
func TestF66AReloadInMidOutageKeepsTheBreakerOpen(t *testing.T) {
	s := newSite(t)
	_, err := s.loader.Load([]byte(`{"upstreams": {"juso": {"breaker": {"consecutive": 2, "open_for": "1m", "max_open_for": "5m"}}}}`))
	require.NoError(t, err)
	s.down.Store(true)
	for range 4 {
		_, err := s.address.Do(context.Background(), 1)
		require.NoError(t, err)
	}
	open := s.juso.Breaker.Snapshot()
	require.Equal(t, breaker.Open, open.State)
	require.NoError(t, s.sms.Breaker.Force(breaker.ForcedOpen, "kim", "drill", time.Hour))
	asked := s.asked.Load()
	for _, text := range []string{good, "{}", `{"upstreams": {"juso": {"breaker": {"consecutive": 9}}}}`} {
		_, err = s.loader.Load([]byte(text))
		require.NoError(t, err)
		now := s.juso.Breaker.Snapshot()
		assert.Equal(t, open.State, now.State)
		assert.Equal(t, open.Since, now.Since)
		assert.Equal(t, open.Openings, now.Openings)
		assert.Equal(t, breaker.ForcedOpen, s.sms.Breaker.Snapshot().Forced)
		_, err := s.address.Do(context.Background(), 1)
		require.NoError(t, err)
	}
	assert.Equal(t, asked, s.asked.Load(), "nobody was sent to it")
}

func TestAnAskOfTheBreakerStays(t *testing.T) {
	ask := func(context.Context) error { return nil }
	guard, err := breaker.New(breaker.Config{Name: "a", Watch: ask, WatchEvery: time.Hour})
	require.NoError(t, err)
	defer guard.Close()
	l, err := settings.New(settings.Config{Upstreams: []*fallback.Upstream{{Name: "a", Breaker: guard}}})
	require.NoError(t, err)
	_, err = l.Load([]byte(`{"upstreams": {"a": {"breaker": {"watch_every": "30m"}}}}`))
	require.NoError(t, err)
	assert.NotNil(t, guard.Settings().Watch)
	assert.Equal(t, 30*time.Minute, guard.Settings().WatchEvery)
	assert.Equal(t, "a", guard.Settings().Name)
	require.NoError(t, guard.Reconfigure(breaker.Config{Name: "a", Probe: ask, Watch: ask}))
	_, err = l.Load([]byte(`{}`))
	require.NoError(t, err)
	assert.NotNil(t, guard.Settings().Probe, "what the code has set since is not in a file")
	assert.Equal(t, time.Hour, guard.Settings().WatchEvery)
}

func TestLoaderConfig(t *testing.T) {
	s := newSite(t)
	_, err := settings.New(settings.Config{})
	assert.EqualError(t, err, "settings: config: no parts")
	_, err = settings.New(settings.Config{
		Parts:     []fallback.Adjustable{s.address, nil, (*fallback.Chain[int, int])(nil), s.address},
		Upstreams: []*fallback.Upstream{nil, {}, s.juso, {Name: "juso"}},
	})
	assert.EqualError(t, err, `settings: config: part 1 is nil
settings: config: part 2 is nil
settings: config: part 3: the name "address" is taken
settings: config: two upstreams have the name "juso"`)
}

func TestLoadFile(t *testing.T) {
	s := newSite(t)
	file := write(t, "detour.json", good)
	c, err := s.loader.LoadFile(file)
	require.NoError(t, err)
	assert.Len(t, c.Differences, 28)
	_, err = s.loader.LoadFile(file + "x")
	assert.ErrorContains(t, err, "no such file")
	_, err = s.loader.LoadFile(filepath.Dir(file))
	assert.ErrorContains(t, err, "not a regular file")
	_, err = s.loader.LoadFile(write(t, "big.json", `{"parts": {}`+strings.Repeat(" ", settings.MaxSize)+"}"))
	assert.ErrorContains(t, err, "larger than 1048576 bytes")
	_, err = s.loader.LoadFile(write(t, file, `{"parts": {"x": {}}}`))
	assert.EqualError(t, err, "settings: "+file+`:1:12: parts.x: there is no such part; there is address, login, message`)
}

func TestCheckOfAFileChangesNothing(t *testing.T) {
	s := newSite(t)
	before := s.loader.Document()
	assert.NoError(t, s.loader.Check([]byte(good)))
	assert.Error(t, s.loader.Check([]byte(`{"parts": 1}`)))
	assert.Equal(t, before, s.loader.Document())
}
