package fallback_test

import (
	"context"
	"fmt"

	"github.com/detour-go/detour/fallback"
)

// What a vendor lets us ask in a day is kept to, and seen before it ends.
func ExampleCapacity() {
	vworld := &fallback.Upstream{Name: "vworld", Capacity: &fallback.Capacity{PerSecond: 50, PerDay: 2}}
	ask := func(context.Context, string) (Place, error) { return Place{"Sejong-daero 110", "04524"}, nil }
	chain, err := fallback.New(fallback.Config[string, Place]{
		Name:    "address",
		Sources: []fallback.Source[string, Place]{fallback.From("vworld", ask, vworld), fallback.From("epost", ask, nil)},
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = chain.Close() }()

	for range 3 {
		r, err := chain.Do(context.Background(), "Sejong-daero 110")
		if err != nil {
			panic(err)
		}
		u := vworld.Capacity.Usage()
		fmt.Println(r.Source, r.Failed, u.Day, "of", u.PerDay)
	}
	// Output:
	// vworld [] 1 of 2
	// vworld [] 2 of 2
	// epost [vworld: capacity: no calls left today] 2 of 2
}
