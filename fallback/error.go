package fallback

import (
	"errors"
	"strings"
	"time"
)

// The verdicts. An *Error matches exactly one of them with errors.Is.
var (
	ErrUnavailable = errors.New("unavailable")
	ErrLimited     = errors.New("limited")
	ErrRefused     = errors.New("refused")
	ErrSecurity    = errors.New("security")
	ErrInvalid     = errors.New("invalid")
	ErrDenied      = errors.New("denied")
	ErrNotFound    = errors.New("notfound")

	// ErrIncomplete: a source found nothing, and another that might know could
	// not be asked. Not found is not the same as could not ask.
	ErrIncomplete = errors.New("incomplete")
	// ErrUnknown: a call with an effect (Config.Once) was sent, and nobody
	// knows whether it was done, Source.Find included. Asking again may do it
	// twice.
	ErrUnknown = errors.New("unknown")
	// ErrCancelled: the caller went away. The error also matches
	// context.Canceled.
	ErrCancelled = errors.New("cancelled")
)

// Causes of an *Error that no source gave. They are no verdicts: an error that
// matches one of them has a verdict besides.
var (
	// ErrNoSource: no source reaches the assurance and the traits that the call
	// asks for. Its verdict is ErrRefused.
	ErrNoSource = errors.New("no source reaches the assurance asked for")
	// ErrPatience: a caller was served from memory and waited no longer
	// (Memory.Patience). It stands in a Failure of a Result, never in an *Error.
	ErrPatience = errors.New("not waited for any longer")
	// ErrClosed: the part was closed. Its verdict is ErrUnavailable.
	ErrClosed = errors.New("closed")
)

var verdicts = [...]error{
	Unavailable: ErrUnavailable,
	Limited:     ErrLimited,
	Refused:     ErrRefused,
	Security:    ErrSecurity,
	Invalid:     ErrInvalid,
	Denied:      ErrDenied,
	NotFound:    ErrNotFound,
}

// Error is why a chain or a flow gave no answer. It matches one verdict only:
// a chain whose sources failed in different ways does not match all of them.
// errors.Is and errors.As reach the Cause for everything else.
//
// Which verdict, when several sources failed:
//
//   - a call with an effect that may have been done: ErrUnknown, also when
//     Config.Again let others be asked after it and whatever they said;
//   - the caller went away: ErrCancelled;
//   - a source found nothing: ErrNotFound, or ErrIncomplete when another
//     source could not be asked;
//   - any other answer (invalid, denied) is the verdict, for it ended the call;
//   - else a security failure, for it must never be hidden by an outage;
//   - else the failure that is likeliest to pass by itself: unavailable before
//     limited before refused. So ErrLimited means that nothing but limits
//     (and refusals) stood in the way, ErrRefused that only people can help.
//
// The text holds names, verdict and causes that are known to be clean: of
// errors that tell no class only the class is shown, since their text may hold
// an address with a key in it.
type Error struct {
	Chain      string // name of the chain or flow
	Kind       Class  // of the failure that decided
	Incomplete bool
	Unknown    bool
	Cancelled  bool
	Failed     []Failure // every source that gave no answer, in order
	Cause      error     // the error that decided
}

// verdict returns the one sentinel that e matches.
func (e *Error) verdict() error {
	switch {
	case e.Unknown:
		return ErrUnknown
	case e.Cancelled:
		return ErrCancelled
	case e.Incomplete:
		return ErrIncomplete
	case int(e.Kind) < len(verdicts):
		return verdicts[e.Kind]
	}
	return ErrUnavailable
}

// Verdict returns the word of the verdict: one of the words of Class, or
// incomplete, unknown, cancelled.
func (e *Error) Verdict() string { return e.verdict().Error() }

// Error returns `chain: verdict: source: class: cause; source: class: skip`.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Chain != "" {
		b.WriteString(e.Chain)
		b.WriteString(": ")
	}
	b.WriteString(e.Verdict())
	if len(e.Failed) == 0 {
		if text := cleanText(e.Cause); text != "" {
			b.WriteString(": ")
			b.WriteString(text)
		}
		return b.String()
	}
	sep := ": "
	for _, f := range e.Failed {
		b.WriteString(sep)
		b.WriteString(f.String())
		sep = "; "
	}
	return b.String()
}

// Is reports whether target is the verdict of e or is found in its cause. There
// is no Unwrap on purpose: it would let a second verdict through.
func (e *Error) Is(target error) bool {
	if isVerdict(target) {
		return target == e.verdict()
	}
	return errors.Is(e.Cause, target)
}

// As looks for target in the cause.
func (e *Error) As(target any) bool { return errors.As(e.Cause, target) }

// Class tells the class to a guard around this chain, as one of the words of
// Class: an incomplete answer and a cancelled call are no answers.
func (e *Error) Class() string {
	if e.Incomplete || e.Cancelled {
		return Unavailable.String()
	}
	return e.Kind.String()
}

// Wait returns the shortest time after which a failed source asked to be tried
// again, zero when none named one.
func (e *Error) Wait() time.Duration {
	var least time.Duration
	for _, f := range e.Failed {
		if w := waitOf(f.Err); w > 0 && (least == 0 || w < least) {
			least = w
		}
	}
	return least
}

// NotSent reports whether the call certainly had no effect: nobody was asked,
// or everybody who was says so, or Find found nothing there.
func (e *Error) NotSent() bool {
	for _, f := range e.Failed {
		if !f.notSent() {
			return false
		}
	}
	return !e.Unknown
}

func isVerdict(target error) bool {
	switch target {
	case ErrIncomplete, ErrUnknown, ErrCancelled:
		return true
	}
	for _, v := range verdicts {
		if target == v {
			return true
		}
	}
	return false
}

// waitOf returns the wait that err names, zero when none.
func waitOf(err error) time.Duration {
	if w, ok := find[interface{ Wait() time.Duration }](err); ok {
		return max(0, w.Wait())
	}
	return 0
}

// notSent reports whether err says that the call certainly had no effect.
func notSent(err error) bool {
	n, ok := find[interface{ NotSent() bool }](err)
	return ok && n.NotSent()
}

// find is errors.As, without its allocation when err itself is a T.
func find[T any](err error) (T, bool) {
	if t, ok := err.(T); ok {
		return t, true
	}
	var t T
	if err == nil {
		return t, false
	}
	ok := errors.As(err, &t)
	return t, ok
}
