package breaker

import (
	"math/rand/v2"
	"time"

	"github.com/sony/gobreaker/v2"
)

// recovery holds what only a breaker that was once open needs. Everything in it is under Breaker.mu.
//
// The transitions are gobreaker's. It is told of nothing else: it has no way to trip, so it is handed one failure that it must trip
// on; its own open time is 1 ns, because ours grows; State() is never called, because that moves it; and in half-open
// one done is held while the trials are tallied here, so that a hung or forgotten trial cannot wedge it.
type recovery struct {
	machine  *gobreaker.TwoStepCircuitBreaker[struct{}]
	tripping bool
	done     func(error) // held in half-open

	lease  []int64 // of every trial; 0: free; reported; else when the trial there has failed
	needed int     // trials that must be answered well
	tally  int     // that were
	failed int     // that failed

	extra     [extraTrials]extra // of Trial
	lastExtra int64              // when the last of them began

	openFor  time.Duration // grown so far
	closedAt int64         // of the last closing; 0: none yet
	since    int64         // start of this outage
	alarm    *time.Timer   // of the open interval
	until    int64         // no trial, and no closing by probe, before
	asked    int64         // until when the upstream asked to be left alone; 0: it did not
	why      Reason
	cause    error
	byWatch  bool // what Watch closed off, Watch must release
	openings uint64
	last     counts // the window at the last opening
}

const reported = -1

func (b *Breaker) newRecovery() *recovery {
	r := &recovery{openFor: b.set.Load().OpenFor, lastExtra: -int64(extraPace)}
	r.machine = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:   1,
		Timeout:       1,
		ReadyToTrip:   func(gobreaker.Counts) bool { return r.tripping },
		OnStateChange: b.follow,
	})
	return r
}

// follow derives the gate from gobreaker's transition. It runs under gobreaker's lock, which is only taken under ours.
func (b *Breaker) follow(_ string, _, to gobreaker.State) {
	g := b.gate.Load()
	next := (g>>genShift+1)<<genShift | g&forcedBit
	switch to {
	case gobreaker.StateOpen:
		next |= uint64(Open)
	case gobreaker.StateHalfOpen:
		next |= uint64(HalfOpen)
	case gobreaker.StateClosed:
		if b.ramp.Load() != nil {
			next |= rampBit
		}
	}
	b.gate.Store(next)
}

// state is the one of the machine, whatever is forced.
func (b *Breaker) state() State { return State(b.gate.Load() & stateMask) }

// open takes a closed breaker of g's generation out of service.
func (b *Breaker) open(g uint64, why Reason, cause error, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := b.gate.Load(); now>>genShift != g>>genShift || State(now&stateMask) != Closed {
		return
	}
	b.openLocked(b.now(), why, cause, wait, false)
}

func (b *Breaker) openLocked(now int64, why Reason, cause error, wait time.Duration, byWatch bool) {
	r := b.recovery
	if r == nil {
		r = b.newRecovery()
		b.recovery = r
	}
	done, err := r.machine.Allow()
	if err != nil { // cannot be: it is closed
		return
	}
	again := r.closedAt != 0 && now-r.closedAt <= int64(b.relapse(r.openFor, byWatch))
	if again {
		r.openFor = min(2*r.openFor, b.longest())
	} else {
		r.openFor = b.set.Load().OpenFor
	}
	r.since, r.why, r.cause, r.byWatch = now, why, cause, byWatch
	r.openings++
	r.last = b.countLocked(b.gate.Load()>>genShift, now)
	b.holdLocked(now, now, wait, again)
	r.tripping = true
	done(errTrip)
	r.tripping = false
	b.enteredLocked(now)
	b.emitLocked(now, Event{Kind: EventOpened, From: Closed, To: Open})
}

const (
	relapseAsks = 20          // one that fails three asks of Watch in ten, each for itself, fails two in a row once in eleven asks
	relapseTime = time.Minute // an upstream that two asks take out more often than this has not recovered
)

// relapse is how soon after closing an opening is a failed recovery: within twice the interval, and never sooner than what opened it takes
// to show. A vendor that fails now and then would else be let in and thrown out again and again at the shortest interval.
func (b *Breaker) relapse(openFor time.Duration, byWatch bool) time.Duration {
	c := b.set.Load()
	evidence := 2 * c.Window
	if byWatch {
		evidence = max(relapseTime, relapseAsks*c.WatchEvery)
	}
	return max(2*openFor, evidence)
}

// reopenLocked ends half-open with a failure that happened at from.
func (b *Breaker) reopenLocked(now, from int64, why Reason, cause error) {
	r := b.recovery
	r.openFor = min(2*r.openFor, b.longest())
	r.blame(why, cause)
	b.holdLocked(now, from, waitOf(cause), true)
	b.verdictLocked(errTrip)
	b.enteredLocked(now)
	b.emitLocked(now, Event{Kind: EventOpened, From: HalfOpen, To: Open})
}

func (b *Breaker) closeLocked(now int64) {
	r := b.recovery
	r.closedAt = max(now, 1)
	b.win.Load().clear() // 64 generations on, what is there would look new
	b.hold.Store(0)
	b.ramp.Store(b.newRamp(now))
	b.verdictLocked(nil)
	b.enteredLocked(now)
	b.emitLocked(now, Event{Kind: EventClosed, From: HalfOpen, To: Closed})
}

// verdictLocked gives gobreaker the one outcome it waits for.
func (b *Breaker) verdictLocked(err error) {
	done := b.recovery.done
	b.recovery.done = nil
	done(err)
}

// enteredLocked sets up what a new generation starts with.
func (b *Breaker) enteredLocked(now int64) {
	b.genStart.Store(now)
	b.endRun()
	b.lookAt(b.set.Load().faultsToLook(0, 0))
	if b.group != nil && b.state() == Open {
		b.group.pending.Store(true)
	}
	b.keepLocked(now)
}

// holdLocked decides how long an opening that began at from lasts: the vendor's own wait first of all, then the interval. With background
// asks the interval only holds when recovery has just failed, and calls wait for the verdict of the ask.
func (b *Breaker) holdLocked(now, from int64, wait time.Duration, failed bool) {
	r := b.recovery
	interval := r.openFor - b.upTo(r.openFor/5)
	if b.asking() && !failed {
		interval = 0
	}
	r.until, r.asked = from+int64(interval), 0
	if wait > 0 {
		r.asked = now + b.waited(wait)
		r.until = max(r.until, r.asked)
	}
	next := r.until
	if b.asking() {
		b.keeper.next = now + b.pace()
		if wait > 0 {
			b.keeper.next = max(b.keeper.next, r.until)
		}
		next = max(next, b.keeper.next)
	}
	b.refuseLocked(Open, next)
	b.holdOpenLocked()
}

// waited is how long a wait that the upstream asked for is obeyed: never shorter, a little longer at random, and with a cap, because it
// may be a mistake.
func (b *Breaker) waited(wait time.Duration) int64 {
	wait = min(wait, max(waitCap, b.set.Load().MaxOpenFor))
	return int64(wait + b.upTo(wait/10))
}

// upTo is a random time between 0 and most, so that not everybody comes at once.
func (b *Breaker) upTo(most time.Duration) time.Duration {
	if b.dice != nil {
		return time.Duration(b.dice.Int64N(int64(most) + 1))
	}
	return rand.N(most + 1)
}

// alarmEarly is how long before the end of the open interval calls begin to look at the clock.
const alarmEarly = time.Millisecond

// holdOpenLocked makes calls be refused without a look at anything: for good while background asks decide, else until shortly before the
// interval ends. That end is kept by the clock, not by the timer, which only spares refused calls the look at it.
func (b *Breaker) holdOpenLocked() {
	r := b.recovery
	if r.alarm != nil {
		r.alarm.Stop()
		r.alarm = nil
	}
	rest := time.Duration(r.until-b.now()) - alarmEarly
	switch {
	case b.asking():
		b.hold.Store(never)
	case b.closed || rest <= 0:
		b.hold.Store(r.until)
	default:
		b.hold.Store(never)
		var alarm *time.Timer
		alarm = time.AfterFunc(rest, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			if r.alarm == alarm && b.state() == Open {
				b.hold.Store(r.until)
			}
		})
		r.alarm = alarm
	}
}

// refuseLocked makes the error that refused calls get from now on.
func (b *Breaker) refuseLocked(s State, until int64) {
	b.refusal.Store(b.newRefusal(s, until))
}

func (b *Breaker) newRefusal(s State, until int64) *OpenError {
	r := b.recovery
	return &OpenError{Name: b.set.Load().Name, State: s, Since: b.at(r.since), Until: b.at(until), Why: b.toldWhy(), Cause: r.cause}
}

// halfOpenLocked asks gobreaker for the trial period. It refuses within the nanosecond in which it opened.
func (b *Breaker) halfOpenLocked(now int64) bool {
	r := b.recovery
	done, err := r.machine.Allow()
	if err != nil {
		return false
	}
	c := b.set.Load()
	r.done, r.lease, r.needed, r.tally, r.failed = done, make([]int64, c.Trials), c.needed(), 0, 0
	b.genStart.Store(now)
	b.emitLocked(now, Event{Kind: EventHalfOpened, From: Open, To: HalfOpen})
	return true
}
