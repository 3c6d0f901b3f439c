package message

import (
	"context"
	"errors"

	"github.com/detour-go/detour/providers"
)

var errExcepted = errors.New("switched off for this message")

// Except makes a source that leaves some messages to the others: why is asked
// before each one, and its error is class notfound, not sent, so that with [Next]
// another channel carries it, no breaker counts it, and everybody else is served as
// before. It is the switch for what a site learns about one channel and some
// citizens: no codes by SMS to the numbers of a carrier whose SIMs were stolen, no
// AlimTalk in the night. Who is left with no channel gets that answer.
//
// The error says nothing of why's own, which is reachable by errors.Is. A why that
// panics has said no. It must be safe for concurrent use and soon back.
func Except(send func(context.Context, Message) (Receipt, error), why func(context.Context, Message) error) func(context.Context, Message) (Receipt, error) {
	return func(ctx context.Context, m Message) (Receipt, error) {
		if err := excepted(ctx, m, why); err != nil {
			return Receipt{}, &providers.Error{Provider: "message", Op: "except", Kind: providers.NotFound, Unsent: true, Err: except{err}}
		}
		return send(ctx, m)
	}
}

func excepted(ctx context.Context, m Message, why func(context.Context, Message) error) (err error) {
	defer func() {
		if recover() != nil { // a stranger's words, which may hold a number
			err = errExcepted
		}
	}()
	return why(ctx, m)
}

// except keeps the cause reachable without its text, which may hold a number.
type except struct{ cause error }

func (e except) Error() string { return errExcepted.Error() }
func (e except) Unwrap() error { return e.cause }
