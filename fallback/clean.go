package fallback

import (
	"context"
	"errors"

	"github.com/detour-go/detour/breaker"
)

// The text of an error may hold an address with a key in it (*url.Error does).
// Shown are only texts that were written to be shown: those of errors that tell
// a class, and those of this package.

// plainErrors have texts without any values.
var plainErrors = [...]error{
	context.DeadlineExceeded, context.Canceled, ErrNoSource, ErrClosed, errNoAnswer, errExited, ErrOvertaken, ErrGivenUp, ErrPatience,
}

// cleanError returns an error for err whose text may be shown, nil when there
// is none.
func cleanError(err error) error {
	if err == nil {
		return nil
	}
	if open, ok := find[*breaker.OpenError](err); ok {
		if open.Cause == nil {
			return open
		}
		shown := *open
		shown.Cause = cleanError(open.Cause)
		return &shown
	}
	if said, ok := find[classed](err); ok {
		return said
	}
	if panicked, ok := find[*PanicError](err); ok {
		return panicked
	}
	for _, plain := range plainErrors {
		if errors.Is(err, plain) {
			return plain
		}
	}
	return nil
}

// cleanText returns the text of cleanError, empty when there is none.
func cleanText(err error) string {
	if err = cleanError(err); err != nil {
		return err.Error()
	}
	return ""
}
