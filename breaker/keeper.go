package breaker

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// keeper is the one background goroutine of a breaker with Probe or Watch: it exists while there is something to ask.
type keeper struct {
	ctx     context.Context
	stop    context.CancelFunc
	wake    chan struct{}  // the state changed
	running sync.WaitGroup // the goroutine and its asks
	out     atomic.Int32   // asks that have not returned
	on      bool           // under Breaker.mu, as next
	next    int64          // when to ask
	asked   int64          // when Watch was last asked while closed
	stuck   int64          // since when no ask can be made; 0: one can
	gaveUp  bool           // calls are used as trials after all
}

const (
	maxStuck = 3           // asks at once that outlive their context
	giveUp   = time.Minute // how long nothing can be asked before calls are used as trials
)

func newKeeper() *keeper {
	k := &keeper{wake: make(chan struct{}, 1), asked: math.MinInt64 / 2}
	k.ctx, k.stop = context.WithCancel(context.Background())
	return k
}

// asking reports whether background asks decide about recovery.
func (b *Breaker) asking() bool {
	return b.keeper != nil && !b.closed && !b.keeper.gaveUp && b.set.Load().asks()
}

// pace is the time to the next ask while open.
func (b *Breaker) pace() int64 {
	d := max(min(probeEvery, b.set.Load().OpenFor), minProbeEvery)
	return int64(d - b.upTo(d/5))
}

// keepLocked starts or wakes the goroutine after a transition.
func (b *Breaker) keepLocked(now int64) {
	k := b.keeper
	if k == nil || b.closed {
		return
	}
	if b.state() == Closed {
		if b.set.Load().Watch == nil {
			return
		}
		k.next = now + b.watchPace()
	}
	if k.on {
		k.rouse()
		return
	}
	k.on = true
	k.running.Go(b.keep)
}

// rouse makes the goroutine look again.
func (k *keeper) rouse() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

func (b *Breaker) watchPace() int64 {
	every := b.set.Load().WatchEvery
	return int64(every - b.upTo(every/10))
}

// keep asks until there is nothing to ask.
func (b *Breaker) keep() {
	k := b.keeper
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		b.mu.Lock()
		s := b.state()
		if c := b.set.Load(); b.closed || !c.asks() || s == Closed && c.Watch == nil {
			k.on = false
			b.mu.Unlock()
			return
		}
		next := k.next
		b.mu.Unlock()
		if wait := next - b.now(); wait > 0 {
			timer.Reset(time.Duration(wait))
			select {
			case <-k.ctx.Done():
			case <-k.wake:
			case <-timer.C:
			}
			continue // look again: it may not be time, or another state
		}
		if s == Closed {
			b.askWatch()
		} else {
			b.askProbe()
		}
	}
}

// ask makes one background ask. Panic, Goexit and an ask that outlives its context have failed.
func (b *Breaker) ask(f func(context.Context) error, limit time.Duration) error {
	k := b.keeper
	if err := k.ctx.Err(); err != nil { // closed: not even to confirm
		return err
	}
	if k.out.Load() >= maxStuck {
		return errStuck
	}
	ctx, cancel := context.WithTimeout(k.ctx, limit)
	defer cancel()
	answer := make(chan error, 1)
	k.out.Add(1)
	k.running.Go(func() {
		err := errAborted
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: %T", errAborted, p) // not the value: it may hold secrets
			}
			k.out.Add(-1)
			answer <- err
		}()
		err = f(ctx)
	})
	select {
	case err := <-answer:
		if _, isAnswer := reasonOf(err); isAnswer {
			return nil
		}
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w of %v", errNoReply, limit)
	}
}

// askWatch asks for our own evidence while closed; a failure is confirmed at once.
func (b *Breaker) askWatch() {
	b.mu.Lock()
	c := b.set.Load()
	g := b.gate.Load()
	b.keeper.asked = b.now()
	b.keeper.next = b.keeper.asked + b.watchPace()
	b.mu.Unlock()
	if c.Watch == nil { // taken away just now
		return
	}
	limit := min(c.WatchEvery, time.Duration(b.bound.Load()))
	if b.ask(c.Watch, limit) == nil {
		return
	}
	err := b.ask(c.Watch, limit)
	if err == nil || b.keeper.ctx.Err() != nil {
		return
	}
	why, _ := reasonOf(err)
	if why == ReasonNone {
		why = ReasonWatch
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if State(g&stateMask) == Closed && b.gate.Load()>>genShift == g>>genShift { // it still is
		b.openLocked(b.now(), why, err, waitOf(err), true)
	}
}

// askProbe asks whether the upstream is back; two successes in a row close.
func (b *Breaker) askProbe() {
	b.mu.Lock()
	c := b.set.Load()
	b.keeper.next = b.now() + b.pace()
	b.mu.Unlock()
	if !c.asks() { // taken away just now
		return
	}
	err := b.inquire(c)
	b.mu.Lock()
	defer b.mu.Unlock()
	now, r := b.now(), b.recovery
	if b.closed || b.state() != Open || b.set.Load() != c { // what another Config's probe found is not this one's
		return
	}
	if err != nil {
		b.stillOpenLocked(now, err)
		return
	}
	k := b.keeper
	k.stuck, k.gaveUp = 0, false
	if now < r.until || !b.halfOpenLocked(now) {
		return
	}
	b.refuseLocked(HalfOpen, now+2*b.bound.Load())
	gen := b.gate.Load() >> genShift
	b.mu.Unlock()
	err = b.inquire(c)
	b.mu.Lock()
	now = b.now()
	if b.gate.Load()>>genShift != gen {
		return
	}
	if err == nil {
		b.closeLocked(now)
		return
	}
	why, _ := reasonOf(err)
	b.reopenLocked(now, now, why, err)
}

// stillOpenLocked is the consequence of a failed probe.
func (b *Breaker) stillOpenLocked(now int64, err error) {
	r, k := b.recovery, b.keeper
	if why, _ := reasonOf(err); why != ReasonNone {
		r.blame(why, err)
	}
	if wait := waitOf(err); wait > 0 {
		r.asked = now + b.waited(wait)
		r.until = max(r.until, r.asked)
		k.next = max(k.next, r.until)
	}
	switch {
	case err != errStuck: //nolint:errorlint // ours, as it is
		k.stuck = 0
		if k.gaveUp { // it can be asked again: no more calls as trials
			k.gaveUp = false
			b.holdOpenLocked()
		}
	case k.stuck == 0:
		k.stuck = now
	case now-k.stuck >= int64(giveUp) && !k.gaveUp:
		k.gaveUp = true
		b.holdOpenLocked()
	}
	b.refuseLocked(Open, max(r.until, k.next))
}

// inquire is the question that decides recovery. What Watch closed, Watch must release.
func (b *Breaker) inquire(c *Config) error {
	limit := time.Duration(b.bound.Load())
	if c.Probe == nil {
		return b.ask(c.Watch, limit)
	}
	if err := b.ask(c.Probe, limit); err != nil {
		return err
	}
	b.mu.Lock()
	byWatch := b.recovery.byWatch
	b.mu.Unlock()
	if byWatch && c.Watch != nil {
		return b.ask(c.Watch, limit)
	}
	return nil
}
