package fallback_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func agrees(reply, string) error { return nil }

func TestChainLeavesOutTheWeakBeforeAnyBreaker(t *testing.T) {
	b := newBreaker(t, breaker.Config{})
	weak, strong := answering("weak"), failing(&says{class: "unavailable"})
	c := newChain(t, config{
		Sources: []source{
			{Name: "weak", Do: weak.ask, Assurance: fallback.Low, Upstream: &fallback.Upstream{Breaker: b}},
			{Name: "strong", Do: strong.ask, Assurance: fallback.High},
		},
		MinAssurance: fallback.Substantial, Answers: agrees,
	})
	r, err := c.Do(t.Context(), "q")
	failed(t, r, err)
	requireVerdict(t, fallback.ErrUnavailable, err)
	require.Zero(t, weak.asked.Load())
	require.Zero(t, b.Snapshot().Calls)
	require.Equal(t, "address: unavailable: weak: assurance; strong: unavailable: vendor: search: unavailable", err.Error())
	strong.answers("ok")
	r, err = c.Do(t.Context(), "q")
	require.NoError(t, err)
	require.False(t, r.Degraded(), "leaving out the weak is no degradation")
}

func TestChainACallMayRaiseNeverLower(t *testing.T) {
	low, high := answering("low"), answering("high")
	c := newChain(t, config{
		Sources: []source{
			{Name: "low", Do: low.ask, Assurance: fallback.Low, Traits: fallback.Restricted},
			{Name: "high", Do: high.ask, Assurance: fallback.High, Traits: fallback.Signature | fallback.PhishingResistant},
		},
		MinAssurance: fallback.Low, Answers: agrees,
	})
	ctx := t.Context()
	for name, row := range map[string]struct {
		ctx  context.Context
		want string
	}{
		"nothing asked":          {ctx, "low"},
		"lower is ignored":       {fallback.WithMin(ctx, fallback.None), "low"},
		"raised":                 {fallback.WithMin(ctx, fallback.Substantial), "high"},
		"not lowered by a later": {fallback.WithMin(fallback.WithMin(ctx, fallback.High), fallback.None), "high"},
		"trait":                  {fallback.WithTraits(ctx, fallback.Signature), "high"},
		"traits add up":          {fallback.WithTraits(fallback.WithTraits(ctx, fallback.Signature), fallback.PhishingResistant), "high"},
		"a session is no demand": {fallback.WithSession(ctx, "s"), "low"},
		"all at once":            {fallback.WithSession(fallback.WithTraits(fallback.WithMin(ctx, fallback.High), fallback.Signature), "s"), "high"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := c.Do(row.ctx, "q")
			require.NoError(t, err)
			require.Equal(t, row.want, r.Source)
		})
	}
	t.Run("a later demand replaces no earlier one", func(t *testing.T) {
		_, err := c.Do(fallback.WithTraits(fallback.WithTraits(ctx, fallback.Signature), fallback.Restricted), "q")
		require.ErrorIs(t, err, fallback.ErrNoSource)
	})
	t.Run("nobody is left", func(t *testing.T) {
		r, err := c.Do(fallback.WithTraits(ctx, fallback.Restricted|fallback.Signature), "q")
		e := failed(t, r, err)
		require.ErrorIs(t, err, fallback.ErrNoSource)
		requireVerdict(t, fallback.ErrRefused, err)
		require.True(t, e.NotSent())
		require.Equal(t, "address: refused: low: assurance; high: assurance", err.Error())
	})
}

// levelled is a proof that says how strong it is.
type levelled struct{ level string }

func (l levelled) Level() string { return l.level }

func TestChainAnswerOnlyLowersItsLevel(t *testing.T) {
	for _, row := range []struct {
		says    string
		ceiling fallback.Assurance
		want    fallback.Assurance
	}{
		{"high", fallback.High, fallback.High},
		{"high", fallback.Low, fallback.Low}, // T5: an answer raises nothing
		{"low", fallback.High, fallback.Low},
		{"substantial", fallback.High, fallback.Substantial},
		{"", fallback.High, fallback.None}, // no acr: the minimum (ASVS 6.8.4)
		{"gold", fallback.High, fallback.None},
		{"unset", fallback.High, fallback.None},
		{"none", fallback.High, fallback.None},
		{"high", fallback.Unset, fallback.Unset},
	} {
		t.Run(fmt.Sprintf("%q below %v", row.says, row.ceiling), func(t *testing.T) {
			b := newBreaker(t, breaker.Config{Consecutive: 1})
			next := 0
			c, err := fallback.New(fallback.Config[string, levelled]{
				Name: "login",
				Sources: []fallback.Source[string, levelled]{{
					Name: "a", Assurance: row.ceiling, Upstream: &fallback.Upstream{Breaker: b},
					Do: func(context.Context, string) (levelled, error) { return levelled{row.says}, nil },
				}, {
					Name: "b", Assurance: fallback.High,
					Do: func(context.Context, string) (levelled, error) { next++; return levelled{"high"}, nil },
				}},
			})
			require.NoError(t, err)
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, row.want, r.Assurance)
			// The same answer where more is needed: an answer that denies, no fault, and nobody else is asked.
			if row.want < row.ceiling {
				_, err = c.Do(fallback.WithMin(t.Context(), row.ceiling), "q")
				requireVerdict(t, fallback.ErrDenied, err)
				require.ErrorIs(t, err, fallback.ErrWeak)
				require.Equal(t, breaker.Closed, b.Snapshot().State)
				require.Zero(t, next)
			}
		})
	}
}

func TestChainSecurityFailureRaisesTheFloorForTheRest(t *testing.T) {
	last := answering("ok")
	c := newChain(t, config{Sources: []source{
		{Name: "a", Do: failing(&says{class: "security"}).ask, Assurance: fallback.Substantial},
		{Name: "b", Do: failing(&says{class: "unavailable"}).ask, Assurance: fallback.High},
		{Name: "c", Do: answering("weak").ask, Assurance: fallback.Low},
		{Name: "d", Do: last.ask, Assurance: fallback.Substantial},
	}})
	r, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, "d", r.Source)
	require.Equal(t, fallback.SkipAssurance, r.Failed[2].Skip)
	require.Equal(t, "security", r.Flags.String())
	last.fails(&says{class: "unavailable"})
	r, err = c.Do(t.Context(), "q")
	failed(t, r, err)
	requireVerdict(t, fallback.ErrSecurity, err)
	require.True(t, r.Flags.Has(fallback.FlagSecurity))
}

// TestChainSecurityCountsWhileTheBreakerIsOpen: that the other side is not asked
// any more makes it no more trustworthy.
func TestChainSecurityCountsWhileTheBreakerIsOpen(t *testing.T) {
	b := newBreaker(t, breaker.Config{})
	first := failing(&says{class: "security"})
	c := newChain(t, config{Sources: []source{
		{Name: "a", Do: first.ask, Assurance: fallback.High, Upstream: &fallback.Upstream{Breaker: b}},
		{Name: "b", Do: answering("weak").ask, Assurance: fallback.Low},
	}})
	for range 3 {
		r, err := c.Do(t.Context(), "q")
		failed(t, r, err)
		requireVerdict(t, fallback.ErrSecurity, err)
		require.Equal(t, fallback.SkipAssurance, r.Failed[1].Skip)
	}
	require.EqualValues(t, 1, first.asked.Load())
}

func TestAssuranceWords(t *testing.T) {
	require.Equal(t, "unset none low substantial high assurance(9)", fmt.Sprint(
		fallback.Unset, " ", fallback.None, " ", fallback.Low, " ", fallback.Substantial, " ", fallback.High, " ", fallback.Assurance(9)))
	require.True(t, (fallback.Signature | fallback.Restricted).Has(fallback.Signature))
	require.False(t, fallback.Signature.Has(fallback.Signature|fallback.Restricted))
}

// TestChainF1NeverBelowTheMinimum: whatever fails, is forced or is asked, what
// comes back is worth at least the minimum, and a denial ends the call.
func TestChainF1NeverBelowTheMinimum(t *testing.T) {
	classes := []string{"", "", "unavailable", "limited", "refused", "security", "invalid", "denied", "notfound"}
	words := []string{"unset", "none", "low", "substantial", "high", "gold"}
	level := rapid.Map(rapid.IntRange(0, 4), func(i int) fallback.Assurance { return fallback.Assurance(i) })
	rapid.Check(t, func(rt *rapid.T) {
		minimum, raised := level.Draw(rt, "min"), level.Draw(rt, "raised")
		n := rapid.IntRange(1, 5).Draw(rt, "sources")
		cfg := fallback.Config[string, levelled]{
			Name: "login", MinAssurance: minimum, Answers: func(levelled, string) error { return nil },
			Next: func(error) bool { return true },
		}
		var asked []int
		outcome := make([]string, n)
		reachable := false
		for i := range n {
			class, word := rapid.SampledFrom(classes).Draw(rt, "class"), rapid.SampledFrom(words).Draw(rt, "word")
			outcome[i] = class
			s := fallback.Source[string, levelled]{
				Name: fmt.Sprint("s", i), Assurance: level.Draw(rt, "ceiling"), Retry: fallback.Retry{Max: 0},
				Do: func(context.Context, string) (levelled, error) {
					asked = append(asked, i)
					if class != "" {
						return levelled{"high"}, &says{class: class}
					}
					return levelled{word}, nil
				},
			}
			if rapid.IntRange(0, 4).Draw(rt, "forced") == 0 {
				b, err := breaker.New(breaker.Config{})
				require.NoError(rt, err)
				require.NoError(rt, b.Force(breaker.ForcedOpen, "op", "test", time.Minute))
				s.Upstream = &fallback.Upstream{Breaker: b}
				outcome[i] = "forced"
			}
			reachable = reachable || s.Assurance >= minimum
			cfg.Sources = append(cfg.Sources, s)
		}
		c, err := fallback.New(cfg)
		require.Equal(rt, reachable, err == nil, "%v", err)
		if err != nil {
			return
		}
		r, err := c.Do(fallback.WithMin(t.Context(), raised), "q")
		floor := max(minimum, raised)
		trusted := floor
		for k, i := range asked {
			require.GreaterOrEqual(rt, cfg.Sources[i].Assurance, trusted, "a source too weak was asked")
			require.NotEqual(rt, "forced", outcome[i])
			if outcome[i] == "security" {
				trusted = max(trusted, cfg.Sources[i].Assurance)
			}
			if outcome[i] == "denied" || outcome[i] == "invalid" {
				require.Len(rt, asked, k+1, "nobody is asked after such an answer")
			}
		}
		require.Equal(rt, len(asked), r.Attempts)
		if err != nil {
			require.Zero(rt, r.Freshness)
			return
		}
		require.GreaterOrEqual(rt, r.Assurance, floor)
		require.GreaterOrEqual(rt, cfg.Sources[r.Rank].Assurance, r.Assurance)
		require.Equal(rt, cfg.Sources[r.Rank].Name, r.Source)
		require.Equal(rt, fallback.Live, r.Freshness)
	})
}
