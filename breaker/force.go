package breaker

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// MaxForce is the longest time for which a state can be forced.
const MaxForce = 24 * time.Hour

const maxForceText = 256 // bytes of by and of reason

// forcing is one imposed state.
type forcing struct {
	what    Forced
	by, why string
	until   int64
	refusal *OpenError
	timer   *time.Timer
}

// Force imposes a state over everything else, whatever the evidence, for ttl (more than 0, at most MaxForce). It ends by Release or by
// time, whichever is first, and replaces an earlier one. by and reason are required (at most 256 bytes each) and are
// shown in snapshots and events; what is counted meanwhile decides the state that follows. The same state forced again is
// prolonged and keeps its beginning (Since). All mistakes are reported at once.
//
// ForcedClosed sends calls to the upstream even if it was closed off for ReasonSecurity.
func (b *Breaker) Force(f Forced, by, reason string, ttl time.Duration) error {
	var errs []error
	if b == nil {
		errs = append(errs, errors.New("breaker: force: no breaker"))
	}
	if f != ForcedOpen && f != ForcedClosed {
		errs = append(errs, fmt.Errorf("breaker: force: neither open nor closed: %v (Release ends a forced state)", f))
	}
	errs = append(errs, checkActor("force", by, reason)...)
	if ttl <= 0 || ttl > MaxForce {
		errs = append(errs, fmt.Errorf("breaker: force: ttl must be more than 0 and at most %v: %v", MaxForce, ttl))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	b.expireLocked(now) // one that is over but was not noticed yet
	from := b.effective(now)
	since := b.at(now)
	if old := b.forced.Load(); old != nil {
		old.timer.Stop()
		if old.what == f { // prolonged: it began when the first one did
			since = old.refusal.Since
		}
	}
	n := &forcing{what: f, by: by, why: reason, until: now + int64(ttl)}
	n.refusal = &OpenError{Name: b.set.Load().Name, State: Open, Since: since, Until: b.at(n.until), Why: ReasonForced, Forced: true}
	n.timer = time.AfterFunc(ttl, b.expire)
	if b.closed {
		n.timer.Stop() // it ends when somebody looks
	}
	b.forced.Store(n)
	b.gate.Store(b.gate.Load() | forcedBit)
	b.emitLocked(now, Event{Kind: EventForcedOn, From: from, To: b.effective(now), By: by, Reason: reason})
	return nil
}

// Release ends a forced state. by and reason are required. Without a forced state it does nothing.
func (b *Breaker) Release(by, reason string) error {
	var errs []error
	if b == nil {
		errs = append(errs, errors.New("breaker: release: no breaker"))
	}
	errs = append(errs, checkActor("release", by, reason)...)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	b.expireLocked(now)
	if b.forced.Load() != nil {
		b.endForceLocked(now, by, reason)
	}
	return nil
}

// expire ends a forced state whose time is over: by its timer, or by whoever notices first.
func (b *Breaker) expire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expireLocked(b.now())
}

func (b *Breaker) expireLocked(now int64) {
	if f := b.forced.Load(); f != nil && now >= f.until {
		b.endForceLocked(now, "", "expired")
	}
}

func (b *Breaker) endForceLocked(now int64, by, reason string) {
	f := b.forced.Load()
	f.timer.Stop()
	from := b.effective(min(now, f.until-1))
	b.forced.Store(nil)
	b.gate.Store(b.gate.Load() &^ forcedBit)
	b.emitLocked(now, Event{Kind: EventForcedOff, From: from, To: b.effective(now), By: by, Reason: reason})
}

// effective is the state that callers meet.
func (b *Breaker) effective(now int64) State {
	if f := b.forced.Load(); f != nil && now < f.until {
		if f.what == ForcedOpen {
			return Open
		}
		return Closed
	}
	return b.state()
}

func checkActor(op, by, reason string) (errs []error) {
	for _, t := range []struct{ name, text string }{{"by", by}, {"reason", reason}} {
		if strings.TrimSpace(t.text) == "" {
			errs = append(errs, fmt.Errorf("breaker: %s: %s is required", op, t.name))
		} else if len(t.text) > maxForceText {
			errs = append(errs, fmt.Errorf("breaker: %s: %s is longer than %d bytes", op, t.name, maxForceText))
		}
	}
	return errs
}
