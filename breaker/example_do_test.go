package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/detour-go/detour/breaker"
)

// The breaker alone: six callers ask a vendor that is down; the last of them does not wait for it. README.md shows this code.
func ExampleDo() {
	ctx := context.Background()
	geocode := func(context.Context, string) (string, error) { return "", errors.New("connection refused") }

	guard, err := breaker.New(breaker.Config{Name: "geocoder"}) // the zero value is good; all mistakes are told at once
	if err != nil {
		log.Fatal(err)
	}
	defer guard.Close()

	for range 6 {
		place, err := breaker.Do(ctx, guard, func(ctx context.Context) (string, error) { return geocode(ctx, "110 Sejong-daero") })
		var open *breaker.OpenError
		switch {
		case errors.As(err, &open): // nobody was asked, and nobody waited
			fmt.Println(open.Name, "is closed off for its", open.Why)
		case err != nil:
			fmt.Println("asked in vain:", err)
		default:
			fmt.Println(place)
		}
	}
	// Output:
	// asked in vain: connection refused
	// asked in vain: connection refused
	// asked in vain: connection refused
	// asked in vain: connection refused
	// asked in vain: connection refused
	// geocoder is closed off for its faults
}
