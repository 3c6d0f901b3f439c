package phone

import (
	"context"
	"errors"
	"time"

	"github.com/detour-go/detour/providers"
)

// name is what errors of this package begin with.
const name = "phone"

// Why a code was not sent or not accepted, beside the kind; match them with errors.Is.
var (
	// ErrWrong: not the code. Denied; Pending() says whether a check is left.
	ErrWrong = errors.New("wrong code")
	// ErrSpent: all checks of this challenge are used up. Denied.
	ErrSpent = errors.New("no check left")
	// ErrExpired: the code is too old. Denied.
	ErrExpired = errors.New("the code has expired")
	// ErrUsed: the code was accepted before, or there never was such a challenge. Denied.
	ErrUsed = errors.New("no such challenge, or used before")
	// ErrTooSoon: the last message to this number is too recent. Limited; Wait() is
	// the most that is left.
	ErrTooSoon = errors.New("too soon after the last code")
	// ErrTooMany: too many messages to this number, to its neighbours or for this
	// visitor. Limited; Wait() is until they are counted anew.
	ErrTooMany = errors.New("too many codes")
	// ErrBudget: the site has sent what it allows itself. Limited, for everybody.
	ErrBudget = errors.New("the budget of the site is used up")
	// ErrAlarm: so many wrong codes were typed on the whole site that somebody
	// seems to be guessing. Limited, for everybody.
	ErrAlarm = errors.New("too many wrong codes on the whole site")
	// ErrUnanswered: many codes were sent and not one came back, so they go to the
	// wrong place or nowhere. Limited, for everybody.
	ErrUnanswered = errors.New("many codes, and none comes back")
	// ErrRisk: Config.Risk found a risk, or could not say. Denied.
	ErrRisk = errors.New("the number is at risk, or nobody can say")
	// ErrPolicy: Config.Policy refuses the number. Refused.
	ErrPolicy = errors.New("switched off for this number")
)

var (
	errCounter = errors.New("the counter cannot be asked")
	errSend    = errors.New("the message could not be sent")
	errText    = errors.New("the text and its last line are no single sms of 90 bytes")
)

// verdict is an error of this package with what a flow reads beside its class.
type verdict struct {
	is *providers.Error
	// pending: the same challenge may be tried again.
	pending bool
	// hearsay: what one citizen caused; no word about what sends the messages.
	hearsay bool
}

func (v *verdict) Error() string { return v.is.Error() }
func (v *verdict) Unwrap() error { return v.is }

// Pending reports that step two is not decided yet.
func (v *verdict) Pending() bool { return v.pending }

// Hearsay reports that the error is about this citizen alone.
func (v *verdict) Hearsay() bool { return v.hearsay }

// denied ends a challenge. Nobody was asked, so it says nothing about anybody.
func denied(op string, why error) error {
	return &verdict{is: &providers.Error{Provider: name, Op: op, Kind: providers.Denied, Unsent: true, Err: why}, hearsay: true}
}

// held is a limit that this citizen, or everybody, has reached.
func held(why error, after time.Duration, everybody bool) error {
	is := &providers.Error{Provider: name, Op: "limit", Kind: providers.Limited, Unsent: true, After: max(after, time.Second), Err: why}
	return &verdict{is: is, hearsay: !everybody}
}

// silent says what happened and keeps the cause reachable without its text,
// which is a stranger's and may hold a number.
type silent struct {
	says  error
	cause error
}

func (s *silent) Error() string { return s.says.Error() }

// Unwrap gives both.
func (s *silent) Unwrap() []error {
	if s.cause == nil {
		return []error{s.says}
	}
	return []error{s.says, s.cause}
}

// uncounted is a counter that could not be asked: nothing is sent or accepted.
func uncounted(op string, cause error) error {
	return &providers.Error{Provider: name, Op: op, Unsent: true, Err: &silent{errCounter, cause}}
}

// left is a caller who is gone before anything was done; nil while it is there.
func left(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return &providers.Error{Provider: name, Op: op, Unsent: true, Err: providers.Cause(err)}
	}
	return nil
}

// fate rebuilds an error of Send, and says whether the message may be under way
// nevertheless: after a fault that does not say NotSent. An answer (invalid,
// denied, notfound) is certain.
func fate(cause error) (is *providers.Error, unsure bool) {
	is = &providers.Error{Provider: name, Op: "send", Err: &silent{errSend, cause}}
	var class interface{ Class() string }
	if errors.As(cause, &class) {
		for k := providers.Unavailable; k <= providers.NotFound; k++ {
			if k.String() == class.Class() {
				is.Kind = k
			}
		}
	}
	var wait interface{ Wait() time.Duration }
	if errors.As(cause, &wait) {
		is.After = wait.Wait()
	}
	var sent interface{ NotSent() bool }
	is.Unsent = errors.As(cause, &sent) && sent.NotSent()
	return is, fault(is) && !is.Unsent
}

// fault reports an outage, which is no answer about the number.
func fault(is *providers.Error) bool { return is.Kind <= providers.Security }
