//go:build !race

package breaker_test

import "time"

const (
	longRun     = 10 * time.Minute
	healthyRuns = 2
	modelWalks  = 1300 // of about a hundred steps each
	modelSteps  = 100_000
)
