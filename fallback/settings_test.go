package fallback_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

func to[T any](v T) *T { return &v }

func in(d time.Duration) *fallback.Duration { return to(fallback.Duration(d)) }

// said is an answer with a level that may be kept.
type said string

func (said) Cacheable() bool { return true }

func saying(text string) func(context.Context, int) (said, error) {
	return func(context.Context, int) (said, error) { return said(text), nil }
}

func adjustable(t *testing.T, change func(*fallback.Config[int, said])) *fallback.Chain[int, said] {
	t.Helper()
	cfg := fallback.Config[int, said]{
		Name: "address",
		Sources: []fallback.Source[int, said]{
			{Name: "juso", Do: saying("juso"), Timeout: 2 * time.Second, Retry: fallback.Retry{Max: 1}, Retention: fallback.Forever},
			{Name: "kakao", Do: saying("kakao"), Assurance: fallback.Low},
			{Name: "local", Do: saying("local"), Assurance: fallback.High},
		},
		Deadline: 4 * time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	c, err := fallback.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	return c
}

func withMemory(cfg *fallback.Config[int, said]) {
	cfg.Memory = &fallback.Memory[int, said]{Key: func(int) string { return "k" }, Fresh: time.Second, Stale: time.Hour}
}

func TestSettingsWrittenOutChangeNothing(t *testing.T) {
	once := func(cfg *fallback.Config[int, said]) {
		cfg.Once, cfg.Sources[0].Retry.Max = true, 0
		cfg.Sources[1].Find = func(context.Context, int) (said, bool, error) { return "", false, nil }
	}
	parts := map[string]fallback.Adjustable{
		"chain": adjustable(t, nil), "memory": adjustable(t, withMemory), "once": adjustable(t, once),
		"single": adjustable(t, func(cfg *fallback.Config[int, said]) { cfg.Sources = cfg.Sources[:1] }), "flow": newIDSite(t, nil).flow,
	}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) {
			before := part.Settings()
			text, err := json.Marshal(before)
			require.NoError(t, err)
			var read fallback.Settings
			require.NoError(t, json.Unmarshal(text, &read))
			assert.Equal(t, before, read, "what is written is read again")
			wired := part.Inspect()
			apply, err := part.Prepare(read)
			require.NoError(t, err)
			apply()
			assert.Equal(t, wired, part.Inspect())
			assert.Equal(t, before, part.Settings())
		})
	}
}

func TestSettingsAsText(t *testing.T) {
	text, err := json.Marshal(adjustable(t, withMemory).Settings())
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"min_assurance": "unset", "order": ["juso", "kakao", "local"], "deadline": "4s", "panic_trials": 1, "warm": 0, "hedge": {"after": "0s", "quantile": 0},
		"memory": {"fresh": "1s", "stale": "1h", "revalidate": "0s", "negative": "0s", "patience": "0s", "store_wait": "5ms"},
		"sources": {
			"juso":  {"timeout": "2s", "retry": {"max": 1, "first": "100ms", "max_wait": "2s"}},
			"kakao": {"timeout": "3s", "retry": {"max": 0, "first": "100ms", "max_wait": "2s"}},
			"local": {"timeout": "3s", "retry": {"max": 0, "first": "100ms", "max_wait": "2s"}}
		}}`, string(text))
}

func TestSettingsOfAChainAreInForceAtOnce(t *testing.T) {
	c := adjustable(t, withMemory)
	require.NoError(t, c.Reconfigure(fallback.Settings{
		Order: []string{"local", "juso", "kakao"}, Deadline: in(time.Second), Hedge: &fallback.HedgeSettings{After: in(50 * time.Millisecond)},
		Memory: &fallback.MemorySettings{Fresh: in(0), Stale: in(2 * time.Hour)},
		Sources: map[string]fallback.SourceSettings{
			"juso": {Timeout: in(700 * time.Millisecond), Retry: &fallback.RetrySettings{Max: to(0)}},
		},
	}))
	r, err := c.Do(context.Background(), 1)
	require.NoError(t, err)
	assert.Equal(t, "local", r.Source)
	assert.Zero(t, r.Rank)
	assert.Equal(t, time.Second, c.Longest())
	in := c.Inspect()
	assert.Equal(t, 2*time.Hour, in.Memory.Stale)
	assert.Zero(t, in.Memory.Fresh)
	assert.Equal(t, "juso", in.Sources[1].Name)
	assert.Equal(t, 700*time.Millisecond, in.Sources[1].Timeout)
	assert.Zero(t, in.Sources[1].Retry.Max)
	assert.Equal(t, 50*time.Millisecond, time.Duration(*c.Settings().Hedge.After))

	require.NoError(t, c.Reconfigure(fallback.Settings{}), "nothing said: as it was wired")
	r, err = c.Do(context.Background(), 1)
	require.NoError(t, err)
	assert.Equal(t, "juso", r.Source)
	assert.Equal(t, 4*time.Second, c.Longest())
	assert.Equal(t, time.Hour, c.Inspect().Memory.Stale)
}

func TestSettingsThatAreWrong(t *testing.T) {
	level := func(a fallback.Assurance) *fallback.Assurance { return &a }
	checked := func(cfg *fallback.Config[int, said]) {
		cfg.MinAssurance, cfg.Answers = fallback.Low, func(said, int) error { return nil }
	}
	for name, row := range map[string]struct {
		wire func(*fallback.Config[int, said])
		s    fallback.Settings
		want []string
	}{
		"everything at once": {nil, fallback.Settings{
			Order: []string{"kakao", "kakao", "naver"}, Deadline: in(-1), PanicTrials: to(-1), Warm: to(0.2), TTL: in(time.Hour), Memory: &fallback.MemorySettings{},
			Hedge: &fallback.HedgeSettings{Quantile: to(2.0)},
			Sources: map[string]fallback.SourceSettings{
				"juso":   {Timeout: in(0), FindTimeout: in(time.Second), Tries: to(2), Retry: &fallback.RetrySettings{Max: to(11), First: in(0), MaxWait: in(-1)}},
				"nobody": {},
			},
		}, []string{
			`sources: there is no "nobody"`,
			`order: "kakao" stands there twice`, `order: there is no "naver"`,
			`order: "juso" is missing; to take it out force its breaker open`, `order: "local" is missing; to take it out force its breaker open`,
			`ttl: a chain has none`, `panic trials must be between 0 and 10`, `memory: the chain has none`,
			`source "juso": timeout must be above zero`, `source "juso": find timeout: it has no find`,
			`source "juso": tries: those of a chain are retries`,
			`source "juso": retry: first must be above zero`, `source "juso": retry: max wait must be above zero`,
			`source 1 "juso": retry: max must be between 0 and 10`, `source 1 "juso": retry: waits must be between 0 and 1h`,
			`deadline must be between 0 and 1h`, `hedge: quantile must be from 0.5 to below 1`, `warm must be between 0 and 0.1`,
		}},
		"below the minimum": {checked, fallback.Settings{MinAssurance: level(fallback.None)},
			[]string{`min assurance: none is below low, for which the part is wired: it can only be raised`}},
		"unreachable": {func(cfg *fallback.Config[int, said]) { checked(cfg); cfg.Sources = cfg.Sources[:2] }, fallback.Settings{MinAssurance: level(fallback.High)},
			[]string{`no source reaches assurance high with the traits required`}},
		"no level": {checked, fallback.Settings{MinAssurance: level(9)}, []string{`min assurance: no such level`}},
		"with memory": {withMemory, fallback.Settings{MinAssurance: level(fallback.Low)}, []string{
			`min assurance needs answers: a proof that nobody checks proves nothing`,
			`memory: cannot go with min assurance or required traits: a proof is not served twice`}},
		"ages": {withMemory, fallback.Settings{Memory: &fallback.MemorySettings{Stale: in(time.Millisecond), StoreWait: in(0)}}, []string{
			`memory: store wait must be above zero`, `memory: stale is below fresh; both count from when the answer was given`}},
	} {
		t.Run(name, func(t *testing.T) {
			c := adjustable(t, row.wire)
			before := c.Settings()
			err := c.Reconfigure(row.s)
			require.Error(t, err)
			want := ""
			for i, w := range row.want {
				if i > 0 {
					want += "\n"
				}
				want += w
			}
			assert.Equal(t, "fallback: address: settings: "+want, err.Error())
			assert.Equal(t, before, c.Settings(), "nothing has changed")
		})
	}
}

func TestSettingsRaiseTheMinimum(t *testing.T) {
	c := adjustable(t, func(cfg *fallback.Config[int, said]) { cfg.Answers = func(said, int) error { return nil } })
	require.NoError(t, c.Reconfigure(fallback.Settings{MinAssurance: to(fallback.High)}))
	r, err := c.Do(context.Background(), 1)
	require.NoError(t, err)
	assert.Equal(t, "local", r.Source)
	require.NoError(t, c.Reconfigure(fallback.Settings{MinAssurance: to(fallback.Low)}), "back to what it may be")
	r, err = c.Do(context.Background(), 1)
	require.NoError(t, err)
	assert.Equal(t, "kakao", r.Source)
}

// Fault 66 of the table: what is in flight ends on the old settings.
func TestF66InFlightEndsOnTheOldSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context, _ int) (said, error) {
			select {
			case <-time.After(1500 * time.Millisecond):
				return "late", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		c := adjustable(t, func(cfg *fallback.Config[int, said]) {
			cfg.Sources = cfg.Sources[:1]
			cfg.Sources[0].Do, cfg.Sources[0].Retry.Max = slow, 0
		})
		ends := make(chan error, 1)
		go func() { _, err := c.Do(context.Background(), 1); ends <- err }()
		synctest.Wait()
		require.NoError(t, c.Reconfigure(fallback.Settings{
			Deadline: in(time.Second), Sources: map[string]fallback.SourceSettings{"juso": {Timeout: in(time.Second)}}}))
		_, err := c.Do(context.Background(), 1)
		assert.Error(t, err, "a new call has the new time")
		assert.NoError(t, <-ends, "an old one the old")
	})
}

// Fault 66: reload in mid-outage.
func TestF66SettingsForgetNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		guard, err := breaker.New(breaker.Config{Name: "juso", Consecutive: 2, OpenFor: time.Minute})
		require.NoError(t, err)
		defer guard.Close()
		asked := 0
		c := adjustable(t, func(cfg *fallback.Config[int, said]) {
			withMemory(cfg)
			cfg.Sources[0].Upstream = &fallback.Upstream{Name: "juso", Breaker: guard}
			cfg.Sources[0].Retry.Max = 0
			cfg.Sources[0].Do = func(context.Context, int) (said, error) {
				if asked++; asked > 1 {
					return "", errors.New("down")
				}
				return "before", nil
			}
			cfg.Sources[1].Do = func(context.Context, int) (said, error) { return "", errors.New("down") }
			cfg.Sources = cfg.Sources[:2]
		})
		ask := func() fallback.Result[said] {
			r, err := c.Do(context.Background(), 1)
			require.NoError(t, err)
			return r
		}
		ask()
		time.Sleep(2 * time.Second)
		for range 3 {
			assert.Equal(t, fallback.Stale, ask().Freshness)
		}
		require.Equal(t, breaker.Open, guard.Snapshot().State)
		require.NoError(t, c.Reconfigure(fallback.Settings{
			Order: []string{"kakao", "juso"}, Sources: map[string]fallback.SourceSettings{"juso": {Timeout: in(time.Second)}}}))
		r := ask()
		assert.Equal(t, said("before"), r.Value, "memory is still there, of a source that stands elsewhere now")
		assert.Equal(t, fallback.Stale, r.Freshness)
		assert.Equal(t, 1, r.Rank)
		assert.Equal(t, breaker.Open, guard.Snapshot().State)
		assert.Equal(t, 3, asked, "the breaker stayed open")
		assert.Equal(t, uint64(4), c.Inspect().Memory.Stales, "what was counted goes on")
	})
}

func TestSettingsKeepWhatABudgetHasSpent(t *testing.T) {
	c := adjustable(t, func(cfg *fallback.Config[int, said]) {
		cfg.Sources[0].Do = func(context.Context, int) (said, error) { return "", errors.New("down") }
	})
	synctest.Test(t, func(t *testing.T) {
		_, err := c.Do(context.Background(), 1)
		require.NoError(t, err)
	})
	require.Equal(t, 490, c.Inspect().Sources[0].BudgetLeft)
	require.NoError(t, c.Reconfigure(fallback.Settings{Order: []string{"local", "kakao", "juso"}}))
	assert.Equal(t, 490, c.Inspect().Sources[2].BudgetLeft)
}

func TestSettingsOfAFlow(t *testing.T) {
	s := newIDSite(t, nil)
	names := []string{}
	for _, src := range s.flow.Inspect().Sources {
		names = append(names, src.Name)
	}
	last := names[len(names)-1]
	require.NoError(t, s.flow.Reconfigure(fallback.Settings{
		MinAssurance: to(fallback.High), Order: append([]string{last}, names[:len(names)-1]...), TTL: in(time.Minute),
		Sources: map[string]fallback.SourceSettings{last: {Timeout: in(time.Second), Tries: to(3)}},
	}))
	offers := s.flow.Offers(context.Background())
	require.Len(t, offers, 1, "those below the new minimum are not offered")
	assert.Equal(t, last, offers[0].Source)
	view := s.flow.Inspect()
	assert.Equal(t, fallback.High, view.MinAssurance)
	assert.Equal(t, last, view.Sources[0].Name)
	assert.Equal(t, time.Second, view.Sources[0].Timeout)
	assert.Equal(t, fallback.Duration(time.Minute), *s.flow.Settings().TTL)
	assert.Equal(t, 3, *s.flow.Settings().Sources[last].Tries)

	before := s.flow.Settings()
	err := s.flow.Reconfigure(fallback.Settings{
		MinAssurance: to(fallback.Unset), Deadline: in(1), Hedge: &fallback.HedgeSettings{}, PanicTrials: to(0), Warm: to(0.0), Memory: &fallback.MemorySettings{}, TTL: in(48 * time.Hour),
		Sources: map[string]fallback.SourceSettings{last: {Timeout: in(2 * time.Hour), Tries: to(0), Retry: &fallback.RetrySettings{}}},
	})
	assert.EqualError(t, err, `fallback: login: settings: deadline: a flow has none; its legs have timeouts
hedge: a flow has none
warm: a flow has none
panic trials: a flow has none
memory: a flow has none
ttl must be at most 24h
min assurance: unset is below low, for which the part is wired: it can only be raised
leg "`+last+`": tries must be above zero
leg "`+last+`": retry and find timeout: a leg has neither
leg "`+last+`": timeout must be between 0 and 1h`)
	assert.Equal(t, before, s.flow.Settings())
}

func TestARaisedMinimumHoldsForWhoIsHalfWay(t *testing.T) {
	s := newIDSite(t, nil)
	b, err := s.flow.Begin(context.Background(), "kakao", idClaim{})
	require.NoError(t, err)
	require.Less(t, b.Assurance, fallback.High)
	require.NoError(t, s.flow.Reconfigure(fallback.Settings{MinAssurance: to(fallback.High)}))
	_, err = s.flow.Finish(context.Background(), b.Ticket, idReply{})
	assert.ErrorIs(t, err, fallback.ErrRestart)
	assert.ErrorIs(t, err, fallback.ErrWeak)
}

func TestUpstreamsOfAPartStandOnce(t *testing.T) {
	a, b := &fallback.Upstream{Name: "a"}, &fallback.Upstream{Name: "b"}
	c := adjustable(t, func(cfg *fallback.Config[int, said]) {
		cfg.Sources[0].Upstream, cfg.Sources[1].Upstream, cfg.Sources[2].Upstream = b, a, b
	})
	assert.Equal(t, []*fallback.Upstream{b, a}, c.Upstreams())
}
