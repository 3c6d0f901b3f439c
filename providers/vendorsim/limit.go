package vendorsim

import (
	"sync"
	"time"
)

// limiter counts calls in windows that follow each other, on the vendor's clock. A limit of 0 lets everything pass.
type limiter struct {
	limit int
	per   time.Duration
	mu    sync.Mutex
	since time.Time
	used  int
}

func (l *limiter) allow(now time.Time) bool {
	if l.limit == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if gone := now.Sub(l.since); l.since.IsZero() || gone >= l.per || gone < 0 {
		l.since, l.used = now, 0
	}
	l.used++
	return l.used <= l.limit
}
