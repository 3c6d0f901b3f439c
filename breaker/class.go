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
	o := outcome(err, late)
	if o.kind == good || o.kind == slow || err == errAborted || ctx == nil {
		return o
	}
	cerr := ctx.Err() // the caller's context, not the error: a custom cause hides it there
	switch {
	case cerr == nil:
		return o
	case (trial || age > patience) && errors.Is(cerr, context.DeadlineExceeded):
		return told{kind: fault, late: true}
	case late:
		return told{kind: lost}
	default:
		return told{kind: gone}
	}
}

// outcome is classify for a caller who has not left.
func outcome(err error, late bool) told {
	if err == errAborted {
		return told{kind: fault, late: late}
	}
	class, refused := read(err)
	why, isAnswer := reasonIn(class)
	switch {
	case (err == nil || isAnswer) && late:
		return told{kind: slow}
	case err == nil || isAnswer:
		return told{kind: good}
	case refused:
		return told{kind: gone}
	default:
		return told{kind: fault, late: late, why: why}
	}
}

// reasonOf reads the class of err: what it opens with at once (ReasonNone: it only counts), or that it is an answer.
func reasonOf(err error) (why Reason, answer bool) {
	class, _ := read(err)
	return reasonIn(class)
}

func reasonIn(class string) (why Reason, answer bool) {
	switch class {
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

type classer = interface{ Class() string } // without a name of its own, as others look for it with errors.As

// read returns the first Class() in the tree of err, or "", and whether a breaker refused the call. On the usual paths, the error itself or one
// below fmt.Errorf("%w"), it looks at each once and allocates nothing.
func read(err error) (class string, refused bool) {
	told := false
	for e := err; e != nil; {
		if e == ErrOpen {
			refused = true
		}
		if c, ok := e.(classer); ok && !told {
			class, told = c.Class(), true
		}
		switch u := e.(type) {
		case *OpenError:
			return class, true
		case interface{ As(any) bool }, interface{ Is(error) bool }, interface{ Unwrap() []error }:
			var c classer
			if !told && errors.As(e, &c) {
				class = c.Class()
			}
			return class, refused || errors.Is(e, ErrOpen)
		case interface{ Unwrap() error }:
			e = u.Unwrap()
		default:
			e = nil
		}
	}
	return class, refused
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
