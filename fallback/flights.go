package fallback

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// flights counts the shared calls and bounds them in number.
type flights struct {
	group      singleflight.Group
	most       int
	mostBehind int // of those that nobody waits for

	mu     sync.Mutex
	air    map[string]*progress
	coming map[string]time.Time // deadlines of those whose call has not begun yet
	behind int                  // of those in the air
	closed bool
	idle   chan struct{} // made by close, closed when none is in the air
}

// progress is what a shared call met so far, for those who cannot wait for its
// end. Nil: nobody waits, nothing is known.
type progress struct {
	mu     sync.Mutex
	t      trail
	turn   string    // whose turn it is
	behind bool      // begun for nobody
	kept   bool      // a remembered answer may stand in
	until  time.Time // when the last of those who wait will have gone; zero: nobody will
}

// horizon returns until when somebody waits, zero when there is no such end.
func (p *progress) horizon() time.Time {
	if p == nil {
		return time.Time{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until
}

// tell publishes t, whose failures do not change any more, and whose turn it is.
func (p *progress) tell(t *trail, turn string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t, p.turn = *t, turn
}

// exited returns what a call met until the source whose turn it is ended the
// goroutine.
func (p *progress) exited(at time.Time) trail {
	t := p.soFar()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.turn != "" {
		t.note(p.turn, errExited, 1, at)
		t.attempts++
	}
	return t
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

// endless is the deadline of a caller who has none.
var endless = time.Unix(1<<40, 0)

// deadline returns when ctx ends.
func deadline(ctx context.Context) time.Time {
	if d, ok := ctx.Deadline(); ok {
		return d
	}
	return endless
}

// join says that one more waits for key, and until when.
func (f *flights) join(key string, until time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.air[key]; p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.until = later(p.until, until)
		return
	}
	if f.coming == nil {
		f.coming = make(map[string]time.Time)
	}
	f.coming[key] = later(f.coming[key], until)
}

// leave forgets a join whose call never began.
func (f *flights) leave(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.coming, key)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// begin returns the progress of one more shared call for somebody who waits
// until the given time, or behind everybody's back; nil when none may begin.
func (f *flights) begin(key string, until time.Time, behind bool) *progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	until = later(f.coming[key], until)
	delete(f.coming, key)
	if f.closed || len(f.air) >= f.most || behind && f.behind >= f.mostBehind {
		return nil
	}
	if f.air == nil {
		f.air = make(map[string]*progress)
	}
	p := &progress{until: until, behind: behind}
	if behind {
		f.behind++
	}
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
	if p := f.air[key]; p != nil && p.behind {
		f.behind--
	}
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
