package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

// Place is an answer; Cacheable allows a Memory to keep it.
type Place struct{ Road, Zip string }

func (p Place) Cacheable() bool { return p.Zip != "" }

// down is what a provider returns when its vendor is out of order.
type down struct{}

func (down) Error() string { return "juso: search: unavailable: connection refused" }
func (down) Class() string { return "unavailable" }

// nobody is an answer that says no.
type nobody struct{}

func (nobody) Error() string { return "juso: search: notfound" }
func (nobody) Class() string { return "notfound" }

// A chain asks one source after another and says who answered.
func ExampleChain() {
	guard, err := breaker.New(breaker.Config{Name: "juso"})
	if err != nil {
		panic(err)
	}
	defer func() { _ = guard.Close() }()

	juso := func(context.Context, string) (Place, error) { return Place{}, down{} }
	epost := func(context.Context, string) (Place, error) { return Place{"Sejong-daero 110", "04524"}, nil }

	chain, err := fallback.New(fallback.Config[string, Place]{
		Name: "address",
		Sources: []fallback.Source[string, Place]{
			fallback.From("juso", juso, &fallback.Upstream{Name: "juso", Breaker: guard}),
			fallback.From("epost", epost, nil),
		},
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = chain.Close() }()

	r, err := chain.Do(context.Background(), "Sejong-daero 110")
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Value.Zip, "from", r.Source, r.Freshness)
	for _, f := range r.Failed {
		fmt.Println("before:", f)
	}
	// Output:
	// 04524 from epost live
	// before: juso: unavailable: juso: search: unavailable: connection refused
}

// The error of a chain has one verdict.
func ExampleError() {
	juso := func(context.Context, string) (Place, error) { return Place{}, down{} }
	epost := func(context.Context, string) (Place, error) { return Place{}, nobody{} }
	chain, err := fallback.New(fallback.Config[string, Place]{
		Name: "address",
		Sources: []fallback.Source[string, Place]{
			fallback.From("juso", juso, nil),
			fallback.From("epost", epost, nil),
		},
	})
	if err != nil {
		panic(err)
	}
	_, err = chain.Do(context.Background(), "Sejong-daero 110")
	switch {
	case errors.Is(err, fallback.ErrNotFound):
		fmt.Println("there is no such place")
	case errors.Is(err, fallback.ErrIncomplete):
		fmt.Println("we could not find out:", err)
	}
	// Output:
	// we could not find out: address: incomplete: juso: unavailable: juso: search: unavailable: connection refused; epost: notfound: juso: search: notfound
}

// A Memory stands in when all sources fail, and says how old the answer is.
func ExampleMemory() {
	up := true
	juso := func(context.Context, string) (Place, error) {
		if !up {
			return Place{}, down{}
		}
		return Place{"Sejong-daero 110", "04524"}, nil
	}
	source := fallback.From("juso", juso, nil)
	source.Retention = fallback.Retention(24 * time.Hour) // what the vendor's terms allow
	chain, err := fallback.New(fallback.Config[string, Place]{
		Name:    "address",
		Sources: []fallback.Source[string, Place]{source},
		Memory: &fallback.Memory[string, Place]{
			Key:   func(q string) string { return q }, // a person's address: hash it with a key
			Stale: time.Hour,
		},
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = chain.Close() }()

	for range 2 {
		r, err := chain.Do(context.Background(), "Sejong-daero 110")
		if err != nil {
			panic(err)
		}
		fmt.Println(r.Value.Zip, r.Freshness, "degraded:", r.Degraded())
		up = false
	}
	// Output:
	// 04524 live degraded: false
	// 04524 stale degraded: true
}

// New lists everything that is wrong at once.
func ExampleNew() {
	_, err := fallback.New(fallback.Config[string, Place]{
		Sources: []fallback.Source[string, Place]{{Name: "juso", Retry: fallback.Retry{Max: 100}}},
	})
	fmt.Println(err)
	// Output:
	// fallback: "": config: name: missing
	// source 0 "juso": do is missing
	// source 0 "juso": retry: max must be between 0 and 10
}
