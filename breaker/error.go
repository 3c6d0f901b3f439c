package breaker

import (
	"errors"
	"time"
)

// ErrOpen is matched (errors.Is) by every refusal of a breaker.
var ErrOpen error = sentinel("breaker: open")

// sentinel is an error that is only compared. Of a type of its own it is told from others, which are mostly made by errors.New, by that alone.
type sentinel string

func (s sentinel) Error() string { return string(s) }

// OpenError is the refusal of a call. The upstream was not asked. One value is shared by all refusals of an
// opening, so it must not be changed; it is safe for concurrent use.
//
// It does not unwrap to Cause: that error belongs to an earlier call, and a refusal must not look like, say, a
// context.DeadlineExceeded of this one. Find the *OpenError with errors.As and read Cause.
type OpenError struct {
	Name   string    // of the breaker
	State  State     // Open; HalfOpen: all trials are taken; Closed: refused by the ramp after closing
	Since  time.Time // when the upstream was given up
	Until  time.Time // when the next trial or probe is due; no promise that it will succeed
	Why    Reason
	Forced bool  // by an operator: nothing but time or a Release ends it
	Cause  error // the error that opened it, as the call returned it; may be nil
}

// Error returns "name: breaker: open: reason: cause". Of the cause it shows only a text that was written to be shown: that of an
// error which tells a class, or one of this package. Others may print an address with a key in it, as *url.Error does; read Cause for them.
func (e *OpenError) Error() string {
	s := "breaker: open: " + e.Why.String()
	if e.Name != "" {
		s = e.Name + ": " + s
	}
	if text := shownText(e.Cause); text != "" {
		s += ": " + text
	}
	return s
}

func shownText(cause error) string {
	if classed, ok := find[interface {
		error
		Class() string
	}](cause); ok {
		return classed.Error()
	}
	for _, ours := range [...]error{errAborted, errLease, errNoReply, errStuck, errKeys} {
		if errors.Is(cause, ours) {
			return cause.Error()
		}
	}
	return ""
}

// Is reports whether target is ErrOpen.
func (e *OpenError) Is(target error) bool { return target == ErrOpen }

// RetryAfter is the time left until the next trial is due; never negative.
func (e *OpenError) RetryAfter() time.Duration { return max(0, time.Until(e.Until)) }

// Class is "refused", "security" or "limited" when that opened the breaker, else "unavailable".
func (e *OpenError) Class() string {
	switch e.Why {
	case ReasonRefused, ReasonSecurity, ReasonLimited:
		return e.Why.String()
	default:
		return classUnavailable
	}
}

// Wait is RetryAfter, under the name by which errors tell how long to leave the upstream alone.
func (e *OpenError) Wait() time.Duration { return e.RetryAfter() }

// NotSent is true: nothing left this process, so the call had no effect.
func (e *OpenError) NotSent() bool { return true }

// plain errors are causes made here.
var (
	errAborted error = sentinel("call ended by panic or runtime.Goexit")
	errLease         = errors.New("trial did not report before its lease ended")
	errNoReply       = errors.New("no answer in time")
	errStuck         = errors.New("earlier asks have not returned: they ignore their context")
	errKeys          = errors.New("have opened")
	errTrip          = errors.New("trip")
)
