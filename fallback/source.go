package fallback

import (
	"context"
	"time"
)

// DefaultTimeout bounds one attempt at a source that names no Timeout.
const DefaultTimeout = 3 * time.Second

// DefaultFindTimeout bounds Find of a source that names no FindTimeout.
const DefaultFindTimeout = 3 * DefaultTimeout

// Source is one way to answer a question. Name and Do are required.
type Source[Q, A any] struct {
	// Name is unique within the chain and appears on every result; at most 64
	// bytes, no control characters.
	Name string
	// Do asks once. It must be safe for concurrent use and return soon after
	// ctx ends: a Do that ignores its context cannot be bounded from outside.
	// With Memory the call may be shared, and then ctx carries no values.
	Do func(ctx context.Context, q Q) (A, error)
	// Upstream is what this source shares with others of its vendor. Nil: no
	// breaker, no shared budget, no capacity.
	Upstream *Upstream
	// Timeout bounds one attempt, the check of the answer included. Zero:
	// DefaultTimeout.
	Timeout time.Duration
	// Find asks, by our own key in q, whether a question with an effect was
	// carried out although Do did not say so. It is asked after every fault of
	// Do that does not say NotSent, while the caller waits, and with the rules of
	// Do (concurrency, context):
	//
	//   - the answer and true: it was done. The answer passes Config.Answers and
	//     is the result of this source, live; Failed tells what went wrong before;
	//   - false: the vendor has nothing under this key. The next source is asked;
	//   - an error, no time left, or an answer that Answers refuses: nobody knows.
	//     The verdict is ErrUnknown, unless Config.Again agrees to go on.
	//
	// FindTimeout is cut into three equal parts, and Find is asked once at the
	// beginning of each, bounded by its end: what was just accepted may not be
	// listed yet. True is believed at once, false only from the third ask, so
	// never before two thirds of FindTimeout have passed. An error that is not
	// retried (see the table of classes) ends the search; a wait that an error
	// names is kept, the parts within it pass without an ask.
	//
	// The breaker neither hinders Find nor hears of it; the place in the Capacity
	// is held meanwhile. The context of the caller is respected: when it ends,
	// nothing more is asked and the effect is unknown. So leave the caller's
	// deadline room for Timeout and FindTimeout. Only with Config.Once. Nil:
	// nobody can be asked.
	Find func(ctx context.Context, q Q) (a A, done bool, err error)
	// FindTimeout bounds the search after one fault, all its asks and pauses
	// included. Take one whose two thirds are longer than the vendor can take to
	// list what it accepted. Zero: DefaultFindTimeout.
	FindTimeout time.Duration
	// Retry asks the same source again after a fault. The zero value never
	// does.
	Retry Retry
	// Assurance is the most that an answer of this source is worth. An answer
	// with a method Level() string can only lower it. Zero: Unset.
	Assurance Assurance
	// Traits are the properties of this source.
	Traits Trait
	// Retention is what the terms of the vendor let us keep. Zero: nothing.
	Retention Retention
	// Resends says that the vendor goes on by itself when this way fails (an
	// AlimTalk that it sends again as an SMS), for Check: behind such a source
	// the next one may do it a second time.
	Resends bool
}

// From returns a Source with the defaults of everything else.
func From[Q, A any](name string, do func(context.Context, Q) (A, error), up *Upstream) Source[Q, A] {
	return Source[Q, A]{Name: name, Do: do, Upstream: up}
}
