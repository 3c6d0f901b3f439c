package fallback_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestWordsOfWhatHasNone: values beyond those of today, and words that are none.
func TestWordsOfWhatHasNone(t *testing.T) {
	require.Equal(t, "assurance(5)", (fallback.High + 1).String())
	require.Equal(t, "person-verified,bit4,bit31", (fallback.PersonVerified | 1<<4 | 1<<31).String())
	require.Equal(t, "unavailable", (&fallback.Error{Kind: fallback.NotFound + 1}).Verdict())
	var level fallback.Assurance
	require.EqualError(t, level.UnmarshalText([]byte("higher")), `"higher" is no assurance: write one of unset, none, low, substantial, high`)
	var d fallback.Duration
	require.EqualError(t, d.UnmarshalText([]byte("soon")), `"soon" is no duration: write a number with a unit, as in "800ms", "2s" or "1h30m"`)
	require.Equal(t, "none answered, the first choice", fallback.Result[int]{Source: "none", Freshness: fallback.Live, Assurance: fallback.None}.Explain())
}

// TestF5TheCauseOfAnOpenBreakerIsNotShown, unless it was written to be: neither
// in an error nor in a view, nor in what an observer may look into.
func TestF5TheCauseOfAnOpenBreakerIsNotShown(t *testing.T) {
	for text, err := range map[string]error{
		"address: unavailable: a: open: breaker: open: faults":                              errors.New(`Get "https://vendor/?key=canary": EOF`),
		"address: unavailable: a: open: breaker: open: faults: vendor: search: unavailable": dead,
	} {
		b := opened(t, err)
		var heard []fallback.Outcome
		c := newChain(t, config{
			Sources: []source{{Name: "a", Do: answering("").ask, Upstream: &fallback.Upstream{Breaker: b}}},
			Observe: fallback.ObserverFunc(func(o fallback.Outcome) { heard = append(heard, o) }),
		})
		r, err := c.Do(t.Context(), "q")
		e := failed(t, r, err)
		require.EqualError(t, e, text)
		require.NotContains(t, e.Explain()+r.Explain(), "canary")
		if cause := c.Inspect().Sources[0].Breaker.Cause; cause != nil {
			require.NotContains(t, cause.Error(), "canary")
		}
		require.NoError(t, c.Close())
		var told *breaker.OpenError
		require.ErrorAs(t, heard[0].Failed[0].Err, &told)
		if told.Cause != nil {
			require.NotContains(t, told.Cause.Error(), "canary")
		}
	}
}

// TestChainNamesTheWeakWithTheirClass.
func TestChainNamesTheWeakWithTheirClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChain(t, config{Sources: []source{{Name: "weak", Do: answering("").ask}, {Name: "b", Do: answering("").ask, Assurance: fallback.Low}}})
		r, err := c.Do(fallback.WithMin(t.Context(), fallback.Low), "q")
		require.NoError(t, err)
		require.Equal(t, []fallback.Failure{{Source: "weak", Class: fallback.Refused, Skip: fallback.SkipAssurance, At: time.Now()}}, r.Failed)
	})
}

// TestFindThatItsCallerLeft says so.
func TestFindThatItsCallerLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChain(t, config{Once: true, Sources: []source{{Name: "a", Do: failing(dead).ask, Find: finding(nothing)}}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		r, err := c.Do(ctx, "q")
		requireVerdict(t, fallback.ErrUnknown, err)
		require.Equal(t, context.Canceled, r.Failed[0].FindErr)
	})
}
