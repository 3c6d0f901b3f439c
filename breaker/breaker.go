package breaker

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Breaker guards one upstream. Make it with New and share it by pointer; all methods are safe for concurrent use, and
// all are safe on a nil *Breaker, which guards nothing.
type Breaker struct {
	// Read by every call, written rarely: one cache line.
	base  time.Time              // all times are nanoseconds since then, on the monotonic clock
	gate  atomic.Uint64          // generation, ramp, forced, state; written under mu only
	win   atomic.Pointer[window] // recent past
	bound atomic.Int64           // slow bound now, ns
	group *Group                 // whose member it is; nil: alone
	set   atomic.Pointer[Config] // in force, with its defaults

	// Read by every call and written when faults begin and end, so apart from the rest.
	run   atomic.Uint64 // faults in a row, see tally.go
	looks atomic.Uint64 // faults until the rates are looked at
	_     [48]byte

	// Read while not closed.
	hold    atomic.Int64              // refuse until then without taking the lock
	refusal atomic.Pointer[OpenError] // what refused calls get
	forced  atomic.Pointer[forcing]
	ramp    atomic.Pointer[ramping]
	parent  bool // of a group: judged by its members alone

	// Written now and then.
	lostTries atomic.Int32
	samples   atomic.Int32 // answers learned from, up to learnFrom
	usual     atomic.Int64 // estimate of the 95th percentile, ns
	lastSlow  atomic.Int64 // when a late answer last came
	slowFrom  atomic.Int64 // when that call began
	late      atomic.Uint64
	lastErr   atomic.Pointer[noted]

	mu       sync.Mutex   // transitions; never held during a call or a callback
	genStart atomic.Int64 // when this generation began
	recovery *recovery    // made at the first opening
	keeper   *keeper      // background asks; nil while there was never a Probe or Watch
	fleet    *enlisted    // nil: in none
	events   *events      // made at the first subscription
	seq      uint64       // of the last event
	dice     *rand.Rand   // nil: the process's; the one thing besides calls and clock that decides
	closed   bool         // by Close
}

// The gate word: generation << genShift | ramp | forced | state. All zero below the generation is the plain closed breaker.
const (
	stateMask = 3
	forcedBit = 4
	rampBit   = 8
	busyMask  = stateMask | forcedBit | rampBit
	genShift  = 4
)

// never is a time that does not come.
const never = int64(1<<63 - 1)

// New makes a breaker. All mistakes of c are reported at once (errors.Join). It asks nothing of the network; with Watch it
// starts a goroutine that Close ends.
func New(c Config) (*Breaker, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	b := build(c, time.Now())
	b.start()
	return b, nil
}

// build makes a breaker whose times count from base. It does nothing yet in the background.
func build(c Config, base time.Time) *Breaker {
	b := &Breaker{base: base}
	b.set.Store(c.filled())
	w, now := newWindow(c.window()), b.now()
	w.turned.Store(int64(spotOf(w.epoch(now) - windowSlots - 1))) // nothing in all of the window
	b.win.Store(w)
	b.genStart.Store(now)
	b.bound.Store(b.firstBound())
	b.lookAt(b.set.Load().faultsToLook(0, 0))
	if c.Probe != nil || c.Watch != nil {
		b.keeper = newKeeper()
	}
	return b
}

// start begins what a breaker does in the background while closed.
func (b *Breaker) start() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keepLocked(b.now())
}

// Name is Config.Name; "" for nil.
func (b *Breaker) Name() string {
	if b == nil {
		return ""
	}
	return b.set.Load().Name
}

// Do makes the call if the upstream is worth asking, else returns an *OpenError without making it. The error of call is returned as it is.
// A panic or runtime.Goexit in call is counted as a fault and goes on. A nil *Breaker just calls.
func (b *Breaker) Do(ctx context.Context, call func(context.Context) error) error {
	if b == nil {
		return call(ctx)
	}
	var t ticket
	if refusal := b.admit(&t); refusal != nil {
		return refusal
	}
	return b.through(ctx, call, &t)
}

// DoAt is Do for a caller who has just read the clock: at is that reading, by time.Now of this process, and saves another one, which costs
// about as much as all the rest of Do. It is taken for the time of the admission when it lies in the slot of the window that is being
// filled, as it does nearly always; else the clock is read. So a wrong one is off by a slot at most.
func (b *Breaker) DoAt(ctx context.Context, at time.Time, call func(context.Context) error) error {
	if b == nil {
		return call(ctx)
	}
	var t ticket
	if refusal := b.admitAt(&t, at); refusal != nil {
		return refusal
	}
	return b.through(ctx, call, &t)
}

// Refusal refuses a call, and counts it, when it is plain that it would be refused: it returns the *OpenError that Do would return while open and
// no trial is due. Nil says nothing: only an attempt (Do, Enter) tells. It is for callers who would have to prepare that attempt.
func (b *Breaker) Refusal() *OpenError {
	if b == nil || b.group != nil {
		return nil
	}
	if g := b.gate.Load(); g&forcedBit != 0 || State(g&stateMask) != Open {
		return nil
	}
	if hold := b.hold.Load(); hold != never && b.now() >= hold {
		return nil
	}
	refusal := b.refusal.Load()
	if refusal != nil {
		b.rejected()
	}
	return refusal
}

// through makes a call that was admitted.
func (b *Breaker) through(ctx context.Context, call func(context.Context) error, t *ticket) (err error) {
	err = errAborted // unless call returns: panic or Goexit
	defer func() { b.settle(t, ctx, err) }()
	err = call(ctx)
	return err
}

// Pass is one admission, to be ended by Exit. The zero Pass does nothing. Copies of a Pass are the same admission.
type Pass struct{ held *held }

type held struct {
	b      *Breaker
	ctx    context.Context
	ticket ticket
	exited atomic.Bool
}

// Enter is Do for calls that do not fit into a function, such as streams: it admits, or returns an *OpenError. Whoever got
// a Pass must Exit it, once the upstream has shown whether it is well: what stays out counts as a hang, and as a failed trial
// after Lease. ctx is the caller's, as in Do. A nil *Breaker admits everything.
func (b *Breaker) Enter(ctx context.Context) (Pass, error) {
	if b == nil {
		return Pass{}, nil
	}
	h := &held{b: b, ctx: ctx}
	if refusal := b.admit(&h.ticket); refusal != nil {
		return Pass{}, refusal
	}
	h.ticket.exact = true
	return Pass{h}, nil
}

// Exit records the outcome. Only the first Exit of an admission counts, from whatever goroutine.
func (p Pass) Exit(err error) {
	if p.held == nil || !p.held.exited.CompareAndSwap(false, true) {
		return
	}
	p.held.b.settle(&p.held.ticket, p.held.ctx, err)
}

// Close ends Probe, Watch and the timers of a forced state and of the open interval, and waits for them (as long as they take to obey their context, so it must
// not be called from them). It may be called more than once. The breaker stays usable; it then recovers by trials.
func (b *Breaker) Close() error {
	if b == nil {
		return nil
	}
	b.halt()
	b.mu.Lock()
	k := b.keeper
	b.mu.Unlock()
	if k != nil {
		k.running.Wait()
	}
	return nil
}

// halt is Close without the wait. It reports whether there is something to wait for.
func (b *Breaker) halt() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.keeper
	if b.closed {
		return k != nil
	}
	b.closed = true
	if f := b.forced.Load(); f != nil {
		f.timer.Stop()
	}
	if k != nil {
		k.stop()
	}
	if b.recovery != nil && b.state() == Open {
		b.holdOpenLocked() // from here on, trials
	}
	return k != nil
}

// now is the time since New, on the monotonic clock.
func (b *Breaker) now() int64 { return int64(time.Since(b.base)) }

// at turns a time since New into one for people.
func (b *Breaker) at(ns int64) time.Time { return b.base.Add(time.Duration(ns)) }
