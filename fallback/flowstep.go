package fallback

import (
	"context"
	"errors"
	"time"

	"github.com/detour-go/detour/breaker"
)

// wants is what a step needs: the flow's own minimum, raised by the context
// and, in step two, by what step one asked for.
type wants struct {
	floor   Assurance
	need    Trait
	session string
}

func (f *course[Q, C, R, A]) wants(ctx context.Context) wants {
	a := asksOf(ctx)
	return wants{floor: max(f.min, a.min), need: f.require | a.traits, session: a.session}
}

// by reports whether level and traits are enough.
func (w wants) by(level Assurance, traits Trait) bool {
	return level >= w.floor && traits.Has(w.need)
}

// leg returns the leg of that name and its place, nil when there is none.
func (f *course[Q, C, R, A]) leg(name string) (*Leg[Q, C, R, A], int) {
	for i := range f.legs {
		if f.legs[i].Name == name {
			return &f.legs[i], i
		}
	}
	return nil, 0
}

func (l *Leg[Q, C, R, A]) breaker() *breaker.Breaker {
	if l.Upstream == nil {
		return nil
	}
	return l.Upstream.Breaker
}

func (l *Leg[Q, C, R, A]) capacity() *Capacity {
	if l.Upstream == nil {
		return nil
	}
	return l.Upstream.Capacity
}

// step is one Begin or Finish on its way: what becomes of its error and its
// outcome.
type step struct {
	flow string
	at   time.Time
	leg  string // empty: none yet
	sent int
}

// fail makes the one error of a step. Nobody else was asked, so at most one leg
// failed.
func (s *step) fail(ctx context.Context, err, mark error) *Error {
	e := &Error{Chain: s.flow, Kind: ClassOf(err)}
	if s.leg != "" {
		e.Failed = []Failure{{
			Source: s.leg, Class: e.Kind, Skip: skipOf(err, s.sent), Err: err, Attempts: s.sent, At: s.at, Took: time.Since(s.at),
		}}
		if s.sent == 0 && (errors.Is(err, errTooWeak) || errors.Is(err, ErrWeak)) {
			e.Failed[0].Skip = SkipAssurance
		}
		if err == ErrDrill {
			e.Failed[0].Skip = SkipDrill
		}
		if errors.Is(err, errTime) {
			e.Failed[0].Skip = SkipDeadline
		}
	}
	if e.Kind.Fault() && errors.Is(ctx.Err(), context.Canceled) {
		e.Cancelled, e.Kind, err = true, Unavailable, endOf(ctx)
	}
	e.Cause = err
	if mark != nil {
		e.Cause = &marked{err, mark}
	}
	return e
}

// over is the error of a step whose caller went away, or out of time, before
// anybody was asked.
func (s *step) over(ctx context.Context, mark error) *Error {
	return s.fail(ctx, because(errTime, Unavailable, endOf(ctx)), mark)
}

// tell tells the observer how a step ended. It is deferred, so that a leg that
// ends its goroutine is told of as well.
func (f *course[Q, C, R, A]) tell(o *Outcome, err *error) {
	if f.teller == nil {
		return
	}
	if *err != nil {
		o.Verdict = verdictOf(*err)
		var e *Error
		if errors.As(*err, &e) {
			o.Failed = e.Failed
			for _, x := range e.Failed {
				o.Attempts += x.Attempts
			}
		}
	}
	o.Took = time.Since(o.At)
	f.teller.tell(*o)
}

// once asks a leg once, within its time, and settles with its upstream. A panic
// is a fault of the source; runtime.Goexit goes on, after it was counted.
func once[T any](
	ctx context.Context, timeout time.Duration, source string, settle func(error), call func(context.Context) (T, error),
) (v T, err error) {
	over := false
	defer func() {
		if !over {
			err = errExited
			if p := recover(); p != nil {
				err = panicked("source "+source, p)
			}
		}
		settle(err)
	}()
	tctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	v, err = call(tctx)
	over = true
	return v, err
}

// hook runs a function of the site. One that panics has failed.
func hook(in string, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(in, p)
		}
	}()
	return call()
}

// askTickets asks Tickets once, within its time. Whatever goes wrong there is
// ErrTickets.
func (f *course[Q, C, R, A]) askTickets(ctx context.Context, call func(context.Context) error) error {
	tctx, cancel := context.WithTimeout(ctx, ticketsTime)
	defer cancel()
	if err := hook("tickets", func() error { return call(tctx) }); err != nil {
		return because(ErrTickets, Unavailable, err)
	}
	return nil
}

// evidence reports whether the end of an ask says anything about the upstream.
// A browser's word does not, nor does an answer that the adapter gave without
// asking.
func evidence(err error) bool {
	if err == nil {
		return true
	}
	return !hearsay(err) && (ClassOf(err).Fault() || !notSent(err))
}
