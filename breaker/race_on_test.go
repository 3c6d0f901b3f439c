//go:build race

package breaker_test

import "time"

// The race detector makes everything about eight times slower.
const (
	longRun    = 2 * time.Minute
	modelWalks = 200
)
