//go:build race

package breaker_test

import "time"

// The race detector makes everything about ten times slower.
const (
	longRun     = 10 * time.Minute
	healthyRuns = 1
	modelWalks  = 200
	modelSteps  = 12_000
)
