package fallback

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// turnContext is context.WithDeadline whose timer is set when somebody begins
// to wait for its end. A source that answers from its own disk or memory never
// does, and that timer is most of what a call costs. Whoever waits gets the
// context of the standard library, so that what is derived from it costs no
// goroutine.
type turnContext struct {
	context.Context           // of the caller
	until           time.Time // its own end
	state           atomic.Uint32
	making          sync.Mutex
	timed           context.Context // once it is turnTimed
	cancel          context.CancelFunc
}

const (
	turnRuns  uint32 = iota // nobody waits for its end
	turnTimed               // somebody does
	turnOver                // it is over, and nobody waited
)

// endedContext is what a turn that is over gives to those who wait only then.
var endedContext = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// turnUntil returns a context for one turn, to be ended by end.
func turnUntil(ctx context.Context, until time.Time) *turnContext {
	return &turnContext{Context: ctx, until: until}
}

// end ends the turn, as a CancelFunc does.
func (t *turnContext) end() {
	if t.state.CompareAndSwap(turnRuns, turnOver) {
		return
	}
	t.making.Lock() // it may just be made
	cancel := t.cancel
	t.making.Unlock()
	if cancel != nil {
		cancel()
	}
}

// wait returns what ends when the turn does.
func (t *turnContext) wait() context.Context {
	if t.state.Load() == turnTimed {
		return t.timed
	}
	t.making.Lock()
	defer t.making.Unlock()
	if t.cancel != nil {
		return t.timed
	}
	t.timed, t.cancel = context.WithDeadline(t.Context, t.until)
	if !t.state.CompareAndSwap(turnRuns, turnTimed) {
		t.cancel()
		t.timed, t.cancel = nil, nil
		return endedContext
	}
	return t.timed
}

// Deadline returns the end of the turn, or that of the caller if it is sooner.
func (t *turnContext) Deadline() (time.Time, bool) {
	if d, ok := t.Context.Deadline(); ok && d.Before(t.until) {
		return d, true
	}
	return t.until, true
}

// late returns how long before now the turn should have ended, zero when it was
// just then or is yet to come.
func (t *turnContext) late(now time.Time) time.Duration {
	end, _ := t.Deadline()
	if late := now.Sub(end); late > lateSlack {
		return late
	}
	return 0
}

// Done is closed at the end.
func (t *turnContext) Done() <-chan struct{} { return t.wait().Done() }

// Err asks the clock while nobody waits.
func (t *turnContext) Err() error {
	if t.state.Load() == turnRuns && t.Context.Err() == nil && time.Now().Before(t.until) {
		return nil
	}
	return t.wait().Err()
}

// Value also finds the context of the standard library, by which its own know
// their kind and their cause.
func (t *turnContext) Value(key any) any {
	switch t.state.Load() {
	case turnTimed:
		return t.timed.Value(key)
	case turnOver:
		if v := endedContext.Value(key); v != nil {
			return v
		}
	}
	return t.Context.Value(key)
}
