package cert

import (
	"errors"

	"github.com/detour-go/detour/providers"
)

// The ends of a Collect that are not a proof. Each comes as the cause of a
// *providers.Error of the kind Denied: the vendor is well and has answered.
var (
	// ErrPending: the citizen has not answered yet. It has a method Pending()
	// bool, by which a flow leaves the ticket to be asked again; its class is
	// denied, so that waiting for a citizen never speaks against a vendor. It is
	// the only one of these after which asking again makes sense.
	ErrPending error = pending{}
	// ErrExpired: nobody answered in time.
	ErrExpired = errors.New("the request expired")
	// ErrRejected: the citizen said no, or took the request back.
	ErrRejected = errors.New("the citizen refused")
	// ErrFailed: the citizen tried and the vendor did not accept it.
	ErrFailed = errors.New("the authentication failed")
	// ErrToken: what was signed is not what was asked for.
	ErrToken = errors.New("the signature is over another token")
	// ErrSpent: this request was verified before.
	ErrSpent = errors.New("the request was verified before")
	// ErrTicket: no ticket of this provider.
	ErrTicket = errors.New("not a ticket of this provider")
)

type pending struct{}

func (pending) Error() string { return "the citizen has not answered yet" }
func (pending) Pending() bool { return true }

func invalid(op string, cause error) error {
	return &providers.Error{Provider: "cert", Op: op, Kind: providers.Invalid, Unsent: true, Err: cause}
}

func denied(cause error) error {
	return &providers.Error{Provider: "cert", Op: "match", Kind: providers.Denied, Err: cause}
}
