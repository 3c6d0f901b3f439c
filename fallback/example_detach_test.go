package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/detour-go/detour/fallback"
)

// A client without contexts (a driver, a library in C) hangs for as long as it
// likes. Detach leaves it behind, within a bound; better is to give it a context.
func ExampleSource_detach() {
	hung := make(chan struct{})
	old := func(context.Context, string) (string, error) { <-hung; return "", nil }
	c, err := fallback.New(fallback.Config[string, string]{
		Name: "address",
		Sources: []fallback.Source[string, string]{
			{Name: "old", Do: old, Detach: true, Timeout: 20 * time.Millisecond, Upstream: &fallback.Upstream{
				Capacity: &fallback.Capacity{InFlight: 20}, // those that were left behind are among them
			}},
			{Name: "new", Do: func(context.Context, string) (string, error) { return "110 Sejong-daero", nil }},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := c.Do(context.Background(), "city hall")
	fmt.Println(r.Source, r.Flags, errors.Is(r.Failed[0].Err, fallback.ErrLeftBehind), err)
	fmt.Println("still running:", c.Inspect().Sources[0].Left)
	close(hung)
	fmt.Println(c.Close())
	// Output:
	// new late true <nil>
	// still running: 1
	// <nil>
}
