package fallback

import "errors"

// What a site does next after an error of a flow. They are no verdicts: an
// error that matches one of them has a verdict besides.
var (
	// ErrRestart: the ticket is worth nothing any more. The flow starts again
	// from Offers.
	ErrRestart = errors.New("the flow starts again from its offers")
	// ErrPending: the ticket was not used up. Step two may be asked again with
	// it (Leg.Tries, or a moment without capacity).
	ErrPending = errors.New("the ticket may be used again")
)

// Why a ticket was refused. All have the verdict ErrDenied and match
// ErrRestart: which of them it was is for the log. Whoever holds a ticket that
// is not his learns nothing from the verdict.
var (
	// ErrTicketForged: not a ticket of this flow, or changed, or sealed with a
	// key that is gone.
	ErrTicketForged error = &flowError{says: "ticket: not one of this flow", class: Denied, causes: []error{ErrRestart}}
	// ErrTicketExpired: the time between the steps was too long.
	ErrTicketExpired error = &flowError{says: "ticket: expired", class: Denied, causes: []error{ErrRestart}}
	// ErrTicketUsed: used before, or being used at this moment.
	ErrTicketUsed error = &flowError{says: "ticket: used", class: Denied, causes: []error{ErrRestart}}
	// ErrTicketSession: begun in another session.
	ErrTicketSession error = &flowError{says: "ticket: begun in another session", class: Denied, causes: []error{ErrRestart}}
)

var (
	// ErrMismatch: the proof does not answer the claim of step one. Its verdict
	// is ErrDenied, unless the error of Match tells a class.
	ErrMismatch error = &flowError{says: "the proof does not match the claim", class: Denied}
	// ErrWeak: the proof is worth less than the flow, the begin or this call
	// asks for. Its verdict is ErrDenied.
	ErrWeak error = &flowError{says: "the proof is below the assurance asked for", class: Denied}
	// ErrTickets: the Counter behind the tickets could not be asked or had no
	// room. Its verdict is ErrUnavailable: without it no ticket is single-use.
	ErrTickets error = &flowError{says: "the tickets could not be kept", class: Unavailable}
)

var (
	errSource  = &flowError{says: "no such source", class: Invalid}
	errGone    = &flowError{says: "the source of the ticket is gone", class: Unavailable}
	errTooWeak = &flowError{says: "the source is below the assurance asked for", class: Invalid}
	errTime    = &flowError{says: "no time was left", class: Unavailable}
	errKeep    = &flowError{says: "claim and challenge are larger than 64 KiB together", class: Invalid}
	errPacking = &flowError{says: "claim or challenge cannot be kept between the steps", class: Refused}
)

// flowError is an error written for this package: its text is clean, its causes
// are reached by errors.Is only.
type flowError struct {
	says   string
	class  Class
	causes []error
}

func (e *flowError) Error() string   { return e.says }
func (e *flowError) Class() string   { return e.class.String() }
func (e *flowError) Unwrap() []error { return e.causes }

// because returns said with a cause whose text is not shown.
func because(said error, class Class, cause error) error {
	causes := []error{said}
	if cause != nil {
		causes = append(causes, cause)
	}
	return &flowError{says: said.Error(), class: class, causes: causes}
}

// marked adds ErrRestart or ErrPending to an error and changes neither its
// class nor its text.
type marked struct{ err, mark error }

func (m *marked) Error() string   { return m.err.Error() }
func (m *marked) Unwrap() []error { return []error{m.err, m.mark} }

// tellsClass reports whether err tells a class of its own.
func tellsClass(err error) bool {
	var said interface{ Class() string }
	return errors.As(err, &said)
}

// hearsay reports whether err rests on what a browser brought rather than on
// what the upstream told us.
func hearsay(err error) bool {
	var h interface{ Hearsay() bool }
	return errors.As(err, &h) && h.Hearsay()
}

// pending reports whether err says that step two is not decided yet.
func pending(err error) bool {
	var p interface{ Pending() bool }
	return errors.As(err, &p) && p.Pending()
}
