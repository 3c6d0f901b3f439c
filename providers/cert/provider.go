package cert

import "context"

// Provider is one vendor's certificate. It is safe for concurrent use.
type Provider interface {
	// Request sends the request to the citizen's telephone. A subject that
	// [Subject.Validate] or the vendor's bounds refuse is Invalid and nobody is
	// asked. Errors are *providers.Error.
	Request(context.Context, Subject) (Ticket, error)
	// Collect gives the proof when the citizen has confirmed; see [ErrPending],
	// [ErrExpired], [ErrRejected], [ErrToken] and [ErrSpent], all of which are
	// Denied, for the ends that are none. A reply without a ticket of this
	// provider is Denied and nobody is asked. Errors are *providers.Error.
	Collect(context.Context, Reply) (Proof, error)
}

// Watcher is a Provider that can tell whether its vendor would take a request
// now, without sending one. It costs the vendor a request or two, so ask once a
// second at most; nil means alive.
type Watcher interface {
	Watch(context.Context) error
}

// Canceller is a Provider whose requests can be taken back while they wait. A
// cancelled request is never a success again. Vendors that document no such
// call (Barocert) do not have it: their requests end by expiring. It is made to be
// the Cancel of a fallback.Leg.
type Canceller interface {
	Cancel(context.Context, Ticket) error
}
