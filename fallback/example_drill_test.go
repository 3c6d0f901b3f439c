package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/detour-go/detour/fallback"
)

// What would happen if juso were down? A tenth of the calls finds out. Those
// that its substitute is not good for are answered by juso after all.
func ExampleChain_Drill() {
	juso := func(context.Context, string) (Place, error) { return Place{"Sejong-daero 110", "04524"}, nil }
	epost := func(context.Context, string) (Place, error) { return Place{}, errors.New("the key has expired") }

	chain, err := fallback.New(fallback.Config[string, Place]{
		Name:    "address",
		Sources: []fallback.Source[string, Place]{fallback.From("juso", juso, nil), fallback.From("epost", epost, nil)},
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = chain.Close() }()

	drill, err := chain.Drill(fallback.Drill{Source: "juso", Share: 0.1, By: "kim", Reason: "quarterly exercise", For: time.Hour})
	if err != nil {
		panic(err)
	}
	drilled := 0
	for range 1000 {
		r, err := chain.Do(context.Background(), "Sejong-daero 110")
		if err != nil {
			panic(err)
		}
		if r.Flags.Has(fallback.FlagDrill) {
			drilled++
		}
	}
	<-drill.Done() // the guard has ended it
	r := drill.Report()
	fmt.Println(drilled, "drilled,", r.OK, "ok,", r.Failed, "failed,", r.Spared, "answered by juso after all:", r.End)
	// Output:
	// 2 drilled, 0 ok, 2 failed, 2 answered by juso after all: guarded
}
