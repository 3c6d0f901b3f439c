package fallback_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestExplainACallThatWentFar: from the result alone, each turn of the call.
func TestExplainACallThatWentFar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, forced := newBreaker(t, breaker.Config{Consecutive: 1}), newBreaker(t, breaker.Config{})
		require.NoError(t, forced.Force(breaker.ForcedOpen, "op", "maintenance", time.Hour))
		require.Error(t, open.Do(t.Context(), func(context.Context) error { return &says{class: "unavailable"} }))
		full := &fallback.Capacity{PerDay: 1}
		ok := func(reply, string) error { return nil }
		low := fallback.Low
		c := newChain(t, config{
			Answers: ok, MinAssurance: low, Hedge: fallback.Hedge{After: ms(100)},
			Sources: []source{
				{Name: "weak", Do: answering("").ask},
				{Name: "juso", Do: failing(&says{class: "unavailable"}).ask, Assurance: low},
				{Name: "open", Do: answering("").ask, Assurance: low, Upstream: &fallback.Upstream{Breaker: open}},
				{Name: "out", Do: answering("").ask, Assurance: low, Upstream: &fallback.Upstream{Breaker: forced}},
				{Name: "vworld", Do: timed("", "limited 5ms").ask, Assurance: low, Upstream: &fallback.Upstream{Capacity: full}},
				{Name: "slow", Do: timed("", "ok 2s").ask, Assurance: low},
				{Name: "epost", Do: timed("", "ok 30ms").ask, Assurance: low},
			},
		})
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		text := r.Explain()
		require.Regexp(t, strings.Join([]string{
			`^epost answered, the 7th choice, worth assurance low`,
			`- weak was not asked: it is not worth as much as the call needs`,
			`- juso could not answer: vendor: search: unavailable`,
			`- open was not asked: its breaker is open: .*vendor: search: unavailable.*`,
			`- out was not asked: an operator took it out: .*`,
			`- vworld was not asked: it carries as much as it may: no calls left today`,
			`- slow was slow, and another answered first, after 130ms`,
			`- a second source was asked beside a slow one`,
			`- 3 calls went out$`,
		}, "\n"), text)
	})
}

func TestExplainMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := answering("one")
		c, _ := remembering(t, s, revalidating, func(cfg *config) { cfg.Memory.Negative = time.Minute })
		for _, row := range []struct {
			wait time.Duration
			act  string
			want string
		}{
			{0, "", "a answered, the first choice, worth assurance low"},
			{3 * time.Second, "", "answered from memory: a said so 3s ago, which is fresh, so nobody was asked"},
			{57 * time.Second, "unavailable", "answered from memory: a said so 1m0s ago, which is not fresh any more, so the sources are asked anew meanwhile"},
			{9 * time.Minute, "unavailable", "answered from memory: a said so 10m0s ago, and nobody could answer now; kept until it is 1h0m0s old\n- a could not answer: vendor: search: unavailable"},
			{0, "notfound", "address: no answer: notfound, whoever may know was asked and found nothing\n- a found nothing: vendor: search: notfound"},
			{2 * time.Second, "notfound", "address: no answer: notfound, whoever may know was asked and found nothing\n- a found nothing: remembered: nothing was found 2s ago"},
		} {
			time.Sleep(row.wait)
			if row.act != "" {
				s.fails(&says{class: row.act})
			}
			r, err := c.Do(t.Context(), "q")
			text := r.Explain()
			if e := new(fallback.Error); errors.As(err, &e) {
				require.True(t, strings.HasPrefix(text, "no answer\n- "))
				text = e.Explain()
			}
			require.Equal(t, row.want, text)
			synctest.Wait()
		}
	})
}

// TestExplainTellsEverythingApart: no two reasons, verdicts, effects or flags
// read alike, and none is left without words.
func TestExplainTellsEverythingApart(t *testing.T) {
	seen := map[string]string{}
	note := func(what, text string) {
		require.NotContains(t, seen, text, "%s and %s", what, seen[text])
		require.NotEmpty(t, text)
		require.Equal(t, strings.TrimRight(text, " -\n"), text, "%s: it ends in the middle", what)
		seen[text] = what
	}
	one := func(f fallback.Failure) string {
		f.Source = "a"
		return (fallback.Result[reply]{Failed: []fallback.Failure{f}}).Explain()
	}
	for skip := fallback.SkipNot; skip <= fallback.SkipDrill; skip++ {
		note("skip "+skip.String(), one(fallback.Failure{Skip: skip}))
	}
	for class := fallback.Limited; class <= fallback.NotFound; class++ {
		note("class "+class.String(), one(fallback.Failure{Class: class}))
	}
	for effect := fallback.EffectAbsent; effect <= fallback.EffectDone; effect++ {
		note("effect "+effect.String(), one(fallback.Failure{Effect: effect}))
	}
	for turn := fallback.TurnPanic; turn <= fallback.TurnDrill; turn++ {
		require.NotEmpty(t, turn.String())
		note("turn "+turn.String(), one(fallback.Failure{Turn: turn}))
	}
	note("overtaken", one(fallback.Failure{Err: fallback.ErrOvertaken}))
	note("given up", one(fallback.Failure{Err: fallback.ErrGivenUp}))
	note("worth less", one(fallback.Failure{Skip: fallback.SkipAssurance, Attempts: 1}))
	for flag := fallback.FlagSecurity; flag <= fallback.FlagDrill; flag <<= 1 {
		require.NotEmpty(t, flag.String())
		note("flag "+flag.String(), fallback.Result[reply]{Flags: flag}.Explain())
	}
	for f := fallback.Live; f <= fallback.Updating; f++ {
		note("freshness "+f.String(), fallback.Result[reply]{Source: "a", Freshness: f}.Explain())
	}
	for class := fallback.Unavailable; class <= fallback.NotFound; class++ {
		note("verdict "+class.String(), (&fallback.Error{Kind: class}).Explain())
	}
	note("incomplete", (&fallback.Error{Incomplete: true}).Explain())
	note("unknown", (&fallback.Error{Unknown: true}).Explain())
	note("cancelled", (&fallback.Error{Cancelled: true}).Explain())
	note("a shared call", (&fallback.Error{Failed: []fallback.Failure{{Took: time.Second}}}).Explain())
}

// TestExplainCountsAndTimes: how often each was asked, how long it took and why,
// in a result and in an error alike.
func TestExplainCountsAndTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChain(t, config{Sources: []source{
			{Name: "a", Do: timed("", "unavailable 1ms").ask, Retry: fallback.Retry{Max: 2, First: 1, MaxWait: 1}},
			{Name: "b", Do: failing(errors.New("secret")).ask}, {Name: "c", Do: timed("", "ok 1us").ask, Assurance: fallback.None},
		}})
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		lines := "\n- a could not answer, 3 times, after 3ms: vendor: search: unavailable\n- b could not answer\n- 4 calls went out"
		require.Equal(t, "c answered, the third choice"+strings.Replace(lines, "4", "5", 1), r.Explain())
		e := &fallback.Error{Chain: "address", Failed: r.Failed}
		require.Equal(t, "address: no answer: unavailable, those who might answer could not, and nothing that is remembered may stand in"+lines, e.Explain())
		e = &fallback.Error{Kind: fallback.Invalid, Cause: &says{class: "invalid"}}
		require.Equal(t, "no answer: invalid, the question is wrong: vendor: search: invalid", e.Explain())
		unknown := fallback.Failure{Source: "a", Effect: fallback.EffectUnknown, FindErr: &says{class: "limited"}}
		require.Equal(t, "no answer\n- a could not answer; nobody knows whether it was done: vendor: search: limited",
			(fallback.Result[reply]{Failed: []fallback.Failure{unknown}}).Explain())
		waited := fallback.Failure{Took: time.Second}
		require.Equal(t, "no answer\n- the time of the caller ended after 1s, while the call that it shared went on",
			(fallback.Result[reply]{Failed: []fallback.Failure{waited}}).Explain())
	})
}

// TestF5ExplainShowsNoSecret: of a cause only what was written to be shown.
func TestF5ExplainShowsNoSecret(t *testing.T) {
	secret := errors.New(`Get "https://vendor/?key=canary": EOF`)
	c := newChain(t, config{Once: true, Sources: []source{{Name: "a", Do: failing(secret).ask, Find: finding(func(context.Context) (reply, bool, error) {
		return reply{}, false, &hidden{secret}
	})}}})
	r, err := c.Do(t.Context(), "canary")
	require.NotContains(t, r.Explain()+failed(t, r, err).Explain(), "canary")
	r, err = newChain(t, config{Valid: func(string) error { return secret }, Sources: []source{{Name: "a", Do: failing(secret).ask}}}).Do(t.Context(), "canary")
	require.NotContains(t, failed(t, r, err).Explain(), "canary")
}

// hidden is refused with a cause that is not to be shown.
type hidden struct{ cause error }

func (h *hidden) Error() string { return "vendor: find: refused" }
func (h *hidden) Class() string { return "refused" }
func (h *hidden) Unwrap() error { return h.cause }
