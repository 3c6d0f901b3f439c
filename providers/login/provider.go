package login

import "context"

// Provider is one vendor's login. It is safe for concurrent use.
type Provider interface {
	// Begin says where to send the browser. It makes no network call; its only
	// error is the Invalid one of [Request.Validate].
	Begin(context.Context, Request) (Challenge, error)
	// Finish turns what came back into an identity. A reply that does not answer
	// its Challenge is Denied and nobody is asked. Errors are *providers.Error.
	Finish(context.Context, Reply) (Identity, error)
}

// Watcher is a Provider that can tell whether a citizen sent to the vendor now
// would come back: its authorise page and its token endpoint answer. It costs
// the vendor one request to each, so ask once a second at most; nil means alive.
type Watcher interface {
	Watch(context.Context) error
}

// Refresher is a Provider whose tokens can be renewed. The Token that comes
// back replaces the one given, at once and whole: some vendors rotate the
// refresh token, and others leave it out, in which case it is carried over.
// Serialise refreshes of one token: two at once may leave you with a dead one.
// Denied means that the citizen has to log in again.
type Refresher interface {
	Refresh(context.Context, Token) (Token, error)
}
