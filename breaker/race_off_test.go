//go:build !race

package breaker_test

import "time"

const (
	longRun    = 10 * time.Minute
	modelWalks = 1300 // of about a hundred steps each
)
