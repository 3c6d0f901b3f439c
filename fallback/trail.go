package fallback

import (
	"context"
	"errors"
	"time"

	"github.com/detour-go/detour/breaker"
)

// trail is what happened on the way through the sources.
type trail struct {
	failed   []Failure
	attempts int
	flags    Flags
	nothing  bool  // a source found nothing and the next was asked
	answer   error // the answer that ended the call
	unknown  error // the first fault after which nobody knows whether it was done
	gone     error // the caller went away
	due      bool  // who was asked before its turn has had it, and what it said counts
}

// pass notes a source that was not asked.
func (t *trail) pass(source string, class Class, why Skip, err error) {
	t.failed = append(t.failed, Failure{Source: source, Class: class, Skip: why, Err: err, At: time.Now()})
}

// note notes a source that failed. What it returns may be read until the next
// is noted.
func (t *trail) note(source string, err error, sent int, at time.Time) *Failure {
	f := t.more()
	f.Source, f.Err, f.Attempts, f.At = source, err, sent, at
	f.Class, f.Skip, f.Took = ClassOf(err), skipOf(err, sent), time.Since(at)
	return f
}

// refused is note for a source whose breaker refused at once: no time has passed.
func (t *trail) refused(source string, open *breaker.OpenError, at time.Time) *Failure {
	f := t.more()
	f.Source, f.Class, f.Skip, f.Err, f.At = source, classNamed(open.Class()), skipOfOpen(open), open, at
	return f
}

// more makes room for one failure. The first is made alone, for most calls that
// meet one meet no other.
func (t *trail) more() *Failure {
	if t.failed == nil {
		t.failed = make([]Failure, 1)
	} else {
		t.failed = append(t.failed, Failure{})
	}
	return &t.failed[len(t.failed)-1]
}

// late notes how long after the end of its time the source that failed last
// returned, and that it was left behind.
func (t *trail) late(by time.Duration, left bool) {
	if by > 0 || left {
		t.failed[len(t.failed)-1].Late = by
		t.flags |= FlagLate
	}
}

// effect notes what is known of the effect of the last failure.
func (t *trail) effect(known Effect, find error) {
	f := &t.failed[len(t.failed)-1]
	f.Effect, f.FindErr = known, find
	if known == EffectUnknown && t.unknown == nil {
		t.unknown = f.Err
	}
}

// left reports whether the caller went away, as opposed to out of time.
func (t *trail) left(ctx context.Context) bool {
	if !errors.Is(ctx.Err(), context.Canceled) {
		return false
	}
	t.gone = endOf(ctx)
	return true
}

// verdict makes the one error of the call; the order is that of type Error.
func (t *trail) verdict(chain string) *Error {
	e := &Error{Chain: chain, Failed: t.failed}
	fault := t.worst()
	switch {
	case t.unknown != nil:
		e.Unknown, e.Kind, e.Cause = true, ClassOf(t.unknown), t.unknown
		if t.gone != nil {
			e.Cause = errors.Join(t.unknown, t.gone)
		}
	case t.gone != nil:
		e.Cancelled, e.Kind, e.Cause = true, Unavailable, t.gone
	case t.answer != nil && ClassOf(t.answer) != NotFound:
		e.Kind, e.Cause = ClassOf(t.answer), t.answer
	case (t.answer != nil || t.nothing) && fault != nil:
		e.Incomplete, e.Kind, e.Cause = true, fault.Class, fault.Err
	case t.answer != nil:
		e.Kind, e.Cause = NotFound, t.answer
	case t.nothing:
		e.Kind, e.Cause = NotFound, t.failed[len(t.failed)-1].Err
	case fault != nil:
		e.Kind, e.Cause = fault.Class, fault.Err
	default:
		e.Kind, e.Cause = Refused, ErrNoSource
	}
	return e
}

// gravity orders faults for the verdict: the first that occurred wins.
var gravity = [...]Class{Security, Unavailable, Limited, Refused}

// worst returns the fault that decides, nil when there was none.
func (t *trail) worst() *Failure {
	for _, class := range gravity {
		for i := range t.failed {
			if f := &t.failed[i]; f.Class == class && f.Skip != SkipAssurance && (f.Turn != TurnWarm || t.due) {
				return f
			}
		}
	}
	return nil
}

// skipOf says why a source was not asked, from the error of its turn.
func skipOf(err error, sent int) Skip {
	if sent > 0 {
		return SkipNot
	}
	if _, full := err.(noRoom); full {
		return SkipCapacity
	}
	open, ok := find[*breaker.OpenError](err)
	switch {
	case !ok:
		return SkipNot
	}
	return skipOfOpen(open)
}

func skipOfOpen(open *breaker.OpenError) Skip {
	switch {
	case open.Forced:
		return SkipForced
	case open.State == breaker.Closed:
		return SkipRamp
	}
	return SkipOpen
}

// endOf returns why ctx ended: its error, and with it the caller's own cause
// when there is one.
func endOf(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || cause == err {
		return err
	}
	return errors.Join(err, cause)
}
