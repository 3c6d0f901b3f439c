package breaker

import (
	"context"
	"errors"
	"time"
)

const (
	classUnavailable = "unavailable"
	classLimited     = "limited"
	classRefused     = "refused"
	classSecurity    = "security"
	classInvalid     = "invalid"
	classDenied      = "denied"
	classNotFound    = "notfound"
)

// kind is what one finished call says about the upstream.
type kind uint8

const (
	good  kind = iota // an answer within the slow bound
	slow              // an answer after it
	gone              // nothing: the caller left before it was slow
	lost              // the caller left after it was slow: slow, and no answer
	fault             // the upstream could not answer
)

// told is the record of one finished call.
type told struct {
	kind kind
	late bool   // a fault that came after the slow bound: slow as well
	why  Reason // what to open with when this alone is reason enough, else ReasonNone
}

// classify reads an outcome. age is that of the call, bound the slow bound, patience what a caller's deadline must have left.
func classify(ctx context.Context, err error, age, bound, patience int64, trial bool) told {
	late := age > bound
	answer := good
	if late {
		answer = slow
	}
	if err == nil {
		return told{kind: answer}
	}
	if err == errAborted {
		return told{kind: fault, late: late}
	}
	why, isAnswer := reasonOf(err)
	if isAnswer {
		return told{kind: answer}
	}
	if ctx != nil {
		if cerr := ctx.Err(); cerr != nil { // the caller's context, not the error: a custom cause hides it there
			deadline := errors.Is(cerr, context.DeadlineExceeded)
			switch {
			case deadline && (trial || age > patience):
				return told{kind: fault, late: true}
			case late:
				return told{kind: lost}
			default:
				return told{kind: gone}
			}
		}
	}
	if errors.Is(err, ErrOpen) {
		return told{kind: gone}
	}
	return told{kind: fault, late: late, why: why}
}

// reasonOf reads the class of err: what it opens with at once (ReasonNone: it only counts), or that it is an answer.
func reasonOf(err error) (why Reason, answer bool) {
	switch classOf(err) {
	case classInvalid, classDenied, classNotFound:
		return ReasonNone, true
	case classLimited:
		return ReasonLimited, false
	case classRefused:
		return ReasonRefused, false
	case classSecurity:
		return ReasonSecurity, false
	default:
		return ReasonNone, false
	}
}

// classOf returns the first Class() in the tree of err, or "".
func classOf(err error) string {
	if c, ok := find[interface{ Class() string }](err); ok {
		return c.Class()
	}
	return ""
}

// waitOf returns the first Wait() in the tree of err, or 0; never negative.
func waitOf(err error) time.Duration {
	if w, ok := find[interface{ Wait() time.Duration }](err); ok {
		return max(0, w.Wait())
	}
	return 0
}

// find is errors.As for interfaces without its allocation on the usual paths: the error itself, or one below fmt.Errorf("%w").
func find[T any](err error) (T, bool) {
	for e := err; e != nil; {
		if t, ok := e.(T); ok {
			return t, true
		}
		switch u := e.(type) {
		case interface{ As(any) bool }, interface{ Unwrap() []error }:
			var t T
			ok := errors.As(e, &t)
			return t, ok
		case interface{ Unwrap() error }:
			e = u.Unwrap()
		default:
			e = nil
		}
	}
	var none T
	return none, false
}
