package fallback_test

import (
	"context"
	"fmt"

	"github.com/detour-go/detour/fallback"
)

// Why did this call go where it went? The result knows.
func ExampleResult_Explain() {
	juso := func(context.Context, string) (Place, error) { return Place{}, down{} }
	epost := func(context.Context, string) (Place, error) { return Place{"Sejong-daero 110", "04524"}, nil }
	chain, err := fallback.New(fallback.Config[string, Place]{
		Name:    "address",
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
	fmt.Println(r.Explain())
	// Output:
	// epost answered, the second choice
	// - juso could not answer: juso: search: unavailable: connection refused
	// - 2 calls went out
}
