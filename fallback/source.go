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
	// ctx ends: a Do that ignores its context holds the caller up, unless Detach
	// is set. One that returned more than 10ms after that is told: FlagLate, and
	// Failure.Late. With Memory the call may be shared, and then ctx carries no
	// values.
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
	// Detach runs each Do in a goroutine of its own and leaves it behind when it
	// has not returned 10ms after its time was up, so that a Do that ignores its
	// context (a client without one, a library in C) cannot hold anybody up. It
	// has failed then with ErrLeftBehind, and is not asked again in this call;
	// what it returns later is thrown away, a panic or runtime.Goexit in it too.
	// Answers runs there as well. Find does not: it has to obey its context.
	//
	//   - What is left behind still runs at the vendor. It keeps its place in
	//     Capacity.InFlight until it returns; without such a bound at most
	//     DefaultDetached calls of the source are out at once, those left behind
	//     among them. Above that the source is passed over (SkipCapacity), for
	//     good when none ever returns. SourceView.Left counts them.
	//   - The breaker hears of each call once: as of a fault, when it was left
	//     behind because its own Timeout was up. When the time of the caller was
	//     shorter, it hears when the call returns or is slow by its measure.
	//   - With Once the effect of what is left behind is unknown, and stays so when
	//     Find finds nothing: it may still be done.
	//   - Close waits for what was left behind as long as for other calls.
	//
	// It costs a goroutine and a few allocations for each call, so make Do obey
	// its context where that can be done. False: Do runs in the caller's
	// goroutine, at no cost.
	Detach bool
	// Resends says that the vendor goes on by itself when this way fails (an
	// AlimTalk that it sends again as an SMS), for Check: behind such a source
	// the next one may do it a second time. The function Resends reads it from
	// whoever Do asks. False: it does not.
	Resends bool
}

// Resends reports whether v says of itself that it goes on by itself: whether it
// has a method Resends() bool that returns true (a message.Resender). It is what
// Source.Resends wants to know, since Do is a mere function and cannot tell.
func Resends(v any) bool {
	r, ok := v.(interface{ Resends() bool })
	return ok && r.Resends()
}

// From returns a Source with the defaults of everything else.
func From[Q, A any](name string, do func(context.Context, Q) (A, error), up *Upstream) Source[Q, A] {
	return Source[Q, A]{Name: name, Do: do, Upstream: up}
}
