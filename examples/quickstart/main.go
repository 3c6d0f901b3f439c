// Quickstart: one chain of two sources. The primary dies; the label says who
// answered instead, and why. Runs offline: go run ./examples/quickstart
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	dead := false
	vendor := func(context.Context, string) (string, error) {
		if dead {
			return "", errors.New("connection refused")
		}
		return "04524", nil
	}
	offline := func(context.Context, string) (string, error) { return "04524", nil }

	guard, err := breaker.New(breaker.Config{Name: "vendor"}) // opens after 5 faults in a row
	if err != nil {
		return err
	}
	defer guard.Close()
	postcode, err := fallback.New(fallback.Config[string, string]{
		Name: "postcode",
		Sources: []fallback.Source[string, string]{
			fallback.From("vendor", vendor, &fallback.Upstream{Name: "vendor", Breaker: guard}),
			fallback.From("offline index", offline, nil),
		},
	})
	if err != nil {
		return err
	}
	defer postcode.Close()
	for call := range 8 {
		dead = call >= 2
		r, err := postcode.Do(context.Background(), "서울 중구 세종대로 110")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s from %q, rank %d, %v, failed before: %v\n", r.Value, r.Source, r.Rank, r.Freshness, r.Failed)
	}
	return nil
}
