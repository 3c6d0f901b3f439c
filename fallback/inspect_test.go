package fallback_test

import (
	"testing"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

var _ fallback.Inspectable = (*fallback.Chain[string, reply])(nil)

func TestInspect(t *testing.T) {
	b := newBreaker(t, breaker.Config{Name: "juso"})
	up := &fallback.Upstream{
		Name: "juso", Breaker: b, Budget: new(fallback.Budget), Capacity: &fallback.Capacity{InFlight: 3},
		Fate: []string{"naver cloud"}, Recipient: fallback.Recipient{Company: "MOIS", Country: "KR"},
	}
	c := newChain(t, config{Sources: []source{
		{Name: "juso", Do: failing(&says{class: "unavailable"}).ask, Upstream: up, Retry: fallback.Retry{Max: 1, First: 1}, Assurance: fallback.Low,
			Traits: fallback.Signature, Retention: fallback.Retention(time.Hour)},
		{Name: "plain", Do: answering("ok").ask},
	}})
	_, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
	in := c.Inspect()
	first := in.Sources[0]
	require.EqualValues(t, 2, first.Breaker.Faults)
	first.Breaker = breaker.Snapshot{}
	require.Equal(t, fallback.SourceView{
		Name: "juso", Upstream: "juso", Fate: []string{"naver cloud"}, Recipient: fallback.Recipient{Company: "MOIS", Country: "KR"},
		Timeout: fallback.DefaultTimeout, Retry: fallback.Retry{Max: 1, First: 1, MaxWait: 2 * time.Second}, Assurance: fallback.Low,
		Traits: fallback.Signature, Retention: fallback.Retention(time.Hour), Stated: true, Guarded: true, Budgeted: true, Capped: true, Room: 3, Usage: fallback.Usage{MaxInFlight: 3}, BudgetLeft: 490, Unproven: true,
	}, first)
	require.False(t, in.Sources[1].Guarded)
	require.Zero(t, in.Sources[1].BudgetLeft, "who never asks again has no budget to show")
	require.Equal(t, fallback.Inspection{
		Kind: "chain", Name: "address", Question: "string", Longest: c.Longest(), Sources: in.Sources, MaxIdle: fallback.DefaultMaxIdle,
	}, in)
	in.Sources[0].Fate[0] = "changed"
	require.Equal(t, "naver cloud", c.Inspect().Sources[0].Fate[0], "it is a copy")
}
