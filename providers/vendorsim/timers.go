package vendorsim

import (
	"sync"
	"time"
)

// timers are things that a vendor will do later, on real time. Stop forgets what has not begun and waits for the rest.
type timers struct {
	mu      sync.Mutex
	stopped bool
	pending map[*time.Timer]struct{}
	running sync.WaitGroup
}

// after does f once d has passed, unless the timers were stopped by then.
func (t *timers) after(d time.Duration, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return
	}
	if t.pending == nil {
		t.pending = map[*time.Timer]struct{}{}
	}
	var self *time.Timer
	self = time.AfterFunc(d, func() {
		if t.begin(&self) {
			defer t.running.Done()
			f()
		}
	})
	t.pending[self] = struct{}{}
}

// begin reads the timer only once after has filed it: both hold the mutex.
func (t *timers) begin(self **time.Timer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.pending, *self)
	if t.stopped {
		return false
	}
	t.running.Add(1)
	return true
}

func (t *timers) stop() {
	t.mu.Lock()
	t.stopped = true
	for p := range t.pending {
		p.Stop()
	}
	clear(t.pending)
	t.mu.Unlock()
	t.running.Wait()
}
