package fallback

import (
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// flights counts the shared calls and bounds them in number and time.
type flights struct {
	group singleflight.Group
	most  int
	bound time.Duration // of one shared call

	mu     sync.Mutex
	n      int
	closed bool
	idle   chan struct{} // made by close, closed when n is zero
}

// begin reports whether one more shared call may begin.
func (f *flights) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.n >= f.most {
		return false
	}
	f.n++
	return true
}

func (f *flights) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n--
	if f.n == 0 && f.idle != nil {
		close(f.idle)
		f.idle = nil
	}
}

// close lets no more begin, waits for those in the air and reports whether all
// have landed in time.
func (f *flights) close(wait time.Duration) bool {
	f.mu.Lock()
	f.closed = true
	if f.n == 0 {
		f.mu.Unlock()
		return true
	}
	if f.idle == nil {
		f.idle = make(chan struct{})
	}
	idle := f.idle
	f.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-idle:
		return true
	case <-timer.C:
		return false
	}
}
