package fallback

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// PanicError is a panic of a source or of a hook, recovered. It holds the type
// of the value and the stack, never the value itself: it may be anything, a
// person's data too.
type PanicError struct {
	In    string // what panicked: a source, answers, valid ...
	Type  string // Go type of the value; for runtime errors their text
	Stack []byte // of the goroutine, as debug.Stack gives it
}

// Error returns "panic in IN: TYPE".
func (p *PanicError) Error() string { return "panic in " + p.In + ": " + p.Type }

// errExited: a source ended its goroutine (runtime.Goexit).
var errExited = errors.New("the source ended its goroutine")

// errNoAnswer: a source returned nil and no error.
var errNoAnswer = errors.New("the source returned nothing and no error")

// panicked rewords a recovered value.
func panicked(in string, value any) *PanicError {
	what := fmt.Sprintf("%T", value)
	var re runtime.Error
	if err, ok := value.(error); ok && errors.As(err, &re) {
		what = re.Error()
	}
	return &PanicError{In: in, Type: what, Stack: debug.Stack()}
}
