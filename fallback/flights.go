package fallback

import (
	"slices"
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
	air    map[string]*progress
	closed bool
	idle   chan struct{} // made by close, closed when none is in the air
}

// progress is what a shared call met so far, for those who cannot wait for its
// end. Nil: nobody waits, nothing is known.
type progress struct {
	mu sync.Mutex
	t  trail
}

// tell publishes t; the failures in it do not change any more.
func (p *progress) tell(t *trail) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t = *t
}

// soFar returns what was told last; the failures are the caller's own.
func (p *progress) soFar() trail {
	if p == nil {
		return trail{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.t
	t.failed = slices.Clone(t.failed)
	return t
}

// begin returns the progress of one more shared call, nil when none may begin.
func (f *flights) begin(key string) *progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || len(f.air) >= f.most {
		return nil
	}
	if f.air == nil {
		f.air = make(map[string]*progress)
	}
	p := new(progress)
	f.air[key] = p
	return p
}

// of returns the progress of the call for key that is in the air, or nil.
func (f *flights) of(key string) *progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.air[key]
}

func (f *flights) end(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.air, key)
	if len(f.air) == 0 && f.idle != nil {
		close(f.idle)
		f.idle = nil
	}
}

// close lets no more begin, waits for those in the air and reports whether all
// have landed in time.
func (f *flights) close(wait time.Duration) bool {
	f.mu.Lock()
	f.closed = true
	if len(f.air) == 0 {
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
