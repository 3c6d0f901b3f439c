package fallback_test

import (
	"context"
	"fmt"

	"github.com/detour-go/detour/fallback"
)

// An alternate that nobody has asked for months may not work on the day it is
// needed. A share of the calls asks it in good times.
func ExampleConfig_warm() {
	juso := func(context.Context, string) (Place, error) { return Place{"Sejong-daero 110", "04524"}, nil }
	epost := func(context.Context, string) (Place, error) { return Place{}, fmt.Errorf("the key has expired") }

	chain, err := fallback.New(fallback.Config[string, Place]{
		Name:    "address",
		Warm:    0.02,
		Sources: []fallback.Source[string, Place]{fallback.From("juso", juso, nil), fallback.From("epost", epost, nil)},
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = chain.Close() }()

	for range 100 {
		r, err := chain.Do(context.Background(), "Sejong-daero 110")
		if err != nil {
			panic(err)
		}
		if r.Flags.Has(fallback.FlagWarm) {
			fmt.Println(r.Value.Zip, "from", r.Source, r.Flags, "degraded:", r.Degraded())
			fmt.Println(r.Failed[0])
		}
	}
	for _, s := range chain.Inspect().Sources {
		fmt.Println(s.Name, "answers:", s.Answers, "unproven:", s.Unproven)
	}
	// Output:
	// 04524 from juso warm degraded: false
	// epost: unavailable [warm]
	// juso answers: 100 unproven: false
	// epost answers: 0 unproven: true
}
