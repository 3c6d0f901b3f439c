package fallback_test

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// walks checks a property so many times over, each walk in a bubble of its own.
// What rapid panics with to shrink a failure must not leave the bubble's
// goroutine, so it is carried out.
func walks(t *testing.T, times int, walk func(t *testing.T, rt *rapid.T)) {
	_ = flag.Set("rapid.nofailfile", "true")
	for range times {
		rapid.Check(t, func(rt *rapid.T) {
			var failure any
			synctest.Test(t, func(t *testing.T) {
				defer func() { failure = recover() }()
				walk(t, rt)
			})
			// rapid takes what panics in one place for one failure: what it runs out of
			// while it shrinks must not stand in for what it shrinks.
			switch {
			case failure == nil:
			case fmt.Sprintf("%T", failure) == "rapid.invalidData":
				panic(failure)
			default:
				panic(failure)
			}
		})
	}
}
