package fallback

import "time"

// Retry says how often the same source is asked again after a fault. The zero
// value never asks again.
type Retry struct {
	// Max is the greatest number of extra attempts, at most 10. Zero: none.
	Max int
	// First is the first wait; each later one grows by half, with jitter of half
	// its length. Zero: 100ms.
	First time.Duration
	// MaxWait bounds each wait. A source that asks to be left alone for longer
	// (Retry-After) is not asked again in this call. Zero: 2s.
	MaxWait time.Duration
}
