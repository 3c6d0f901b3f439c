package cert

import (
	"time"

	"github.com/detour-go/detour/providers"
)

// Ticket is what Request hands to Collect. It stays with the site, sealed
// (fallback.Flow does so) and used once; only Scheme and Expires are for the
// citizen.
type Ticket struct {
	// Provider names the adapter that gave it ("kakao"); no other takes it.
	Provider string
	// ID is the vendor's name of the request.
	ID string
	// Scheme opens the vendor's app on the telephone, where the vendor gave one.
	Scheme string
	// Expires is when the request ends, by our clock.
	Expires time.Time
	// Token must come back signed: random, for this request alone.
	Token providers.Secret
	// Phone and Name are what this vendor wants to hear again when it verifies;
	// empty where it does not.
	Phone, Name string
}

// Reply is step two. Nothing comes from the citizen's browser but the wish to
// go on, so a site finishes with Reply{} and the flow adds the ticket.
type Reply struct {
	Ticket Ticket
}

// Resume gives the reply the ticket that it answers.
func (r Reply) Resume(t Ticket) Reply {
	r.Ticket = t
	return r
}

// Proof is who confirmed, in the vendor's words. What the vendor did not say is
// empty, and [Match] fails on it when it was claimed.
type Proof struct {
	// Name as the vendor has it.
	Name string
	// Birthday is yyyyMMdd.
	Birthday string
	// Gender is "M" or "F"; empty: not said, or not understood.
	Gender string
	// Phone in digits, a label.
	Phone string
	// CI names the person everywhere: see the package comment before you keep it.
	CI providers.Secret
	// Signed is what the citizen's certificate signed, as the vendor gave it: the
	// evidence to keep, where something was signed.
	Signed string
	// At is when the citizen confirmed, or when that was learned where the
	// vendor does not say. Never zero.
	At time.Time
}
