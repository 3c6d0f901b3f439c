package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/detour-go/detour/breaker"
)

// A vendor dies; after five failures in a row nobody waits for it any more.
func Example() {
	b, err := breaker.New(breaker.Config{Name: "kakao"}) // the zero value is good
	if err != nil {
		panic(err)
	}
	defer b.Close()

	dead := func(context.Context) error { return errors.New("connection refused") }
	for range 6 {
		err = b.Do(context.Background(), dead)
	}

	var open *breaker.OpenError
	fmt.Println(errors.Is(err, breaker.ErrOpen), errors.As(err, &open))
	fmt.Println(err)
	fmt.Println("asked:", !open.NotSent(), "again within a second:", open.RetryAfter() <= time.Second)
	// Output:
	// true true
	// kakao: breaker: open: faults
	// asked: false again within a second: true
}

// An operator takes a vendor out for a drill. It ends by itself.
func ExampleBreaker_Force() {
	b, err := breaker.New(breaker.Config{Name: "kakao"})
	if err != nil {
		panic(err)
	}
	if err := b.Force(breaker.ForcedOpen, "kim", "drill of the week", 10*time.Minute); err != nil {
		panic(err)
	}
	s := b.Snapshot()
	fmt.Println(s.State, s.Forced, s.ForcedBy, s.ForcedReason)
	fmt.Println(b.Force(breaker.ForcedOpen, "", "no name", 48*time.Hour))
	// Output:
	// open open kim drill of the week
	// breaker: force: by is required
	// breaker: force: ttl must be more than 0 and at most 24h0m0s: 48h0m0s
}

// An own http.Client, guarded.
func ExampleTransport() {
	b, err := breaker.New(breaker.Config{Name: "vworld"})
	if err != nil {
		panic(err)
	}
	client := &http.Client{Transport: breaker.Transport(b, nil), Timeout: 2 * time.Second}
	_ = client
}

// A breaker per host: one dead shard does not take the others with it.
func ExampleGroup() {
	g, err := breaker.NewGroup(breaker.GroupConfig{Config: breaker.Config{Name: "tiles"}, Max: 100})
	if err != nil {
		panic(err)
	}
	defer g.Close()
	dead := func(context.Context) error { return errors.New("connection refused") }
	well := func(context.Context) error { return nil }
	for range 5 {
		_ = g.Of("a.tiles.example").Do(context.Background(), dead)
	}
	fmt.Println(g.Of("a.tiles.example").Do(context.Background(), well))
	fmt.Println(g.Of("b.tiles.example").Do(context.Background(), well))
	fmt.Println(g.Snapshot().Keys, g.Snapshot().Open, g.Parent().Snapshot().State)
	// Output:
	// tiles/a.tiles.example: breaker: open: faults
	// <nil>
	// 2 1 closed
}
