// Guard: the breaker alone, around a vendor that hangs for four seconds. Two hundred callers a second come, each with two seconds
// of patience; a probe finds out when the vendor is back. Runs offline, in nine seconds: go run ./examples/guard
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/detour-go/detour/breaker"
)

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	start := time.Now()
	vendor := func(ctx context.Context) error {
		if at := time.Since(start); at >= 2*time.Second && at < 6*time.Second {
			<-ctx.Done() // it accepts the question and says nothing
			return ctx.Err()
		}
		time.Sleep(10 * time.Millisecond)
		return nil
	}
	guard, err := breaker.New(breaker.Config{Name: "vendor", Probe: vendor})
	if err != nil {
		return err
	}
	defer guard.Close()
	var events sync.WaitGroup
	events.Add(3) // it opens, tries, and closes
	guard.Events(func(e breaker.Event) {
		fmt.Fprintf(out, "after %3.1f s: %v, why: %v\n", e.At.Sub(start).Seconds(), e.Kind, e.Why)
		events.Done()
	})

	var callers sync.WaitGroup
	var served, lost, spared atomic.Int64
	for time.Since(start) < 9*time.Second {
		callers.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			switch err := guard.Do(ctx, vendor); {
			case err == nil:
				served.Add(1)
			case errors.Is(err, breaker.ErrOpen): // here a site shows its substitute
				spared.Add(1)
			default:
				lost.Add(1)
			}
		})
		time.Sleep(5 * time.Millisecond)
	}
	callers.Wait()
	events.Wait()
	fmt.Fprintf(out, "%d were served, %d waited in vain, %d were told at once and waited for nothing\n", served.Load(), lost.Load(), spared.Load())
	return nil
}
