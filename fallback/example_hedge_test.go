package fallback_test

import (
	"context"
	"fmt"
	"time"

	"github.com/detour-go/detour/fallback"
)

// A read need not wait for a source that hangs.
func ExampleHedge() {
	juso := func(ctx context.Context, _ string) (Place, error) {
		<-ctx.Done() // today it does not answer
		return Place{}, ctx.Err()
	}
	epost := func(context.Context, string) (Place, error) { return Place{"Sejong-daero 110", "04524"}, nil }

	chain, err := fallback.New(fallback.Config[string, Place]{
		Name:    "address",
		Hedge:   fallback.Hedge{After: time.Millisecond, Quantile: 0.95},
		Sources: []fallback.Source[string, Place]{fallback.From("juso", juso, nil), fallback.From("epost", epost, nil)},
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = chain.Close() }()

	r, err := chain.Do(context.Background(), "Sejong-daero 110")
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Value.Zip, "from", r.Source, r.Flags, "calls:", r.Attempts, "degraded:", r.Degraded())
	fmt.Println(r.Failed[0])
	// Output:
	// 04524 from epost hedged calls: 2 degraded: false
	// juso: unavailable: overtaken: another source answered first
}
