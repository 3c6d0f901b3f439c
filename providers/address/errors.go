package address

import (
	"errors"

	"github.com/detour-go/detour/providers"
)

// ErrLacking is the cause of an error of kind notfound when a vendor found
// something, but nothing that has all fields required, or nothing that is an
// address: a region or a road is none.
var ErrLacking = errors.New("found, but nothing with all required fields")

// Next reports whether another vendor may know more: after [ErrLacking]. It is
// for the Next of a chain. A plain notfound is believed: addresses are public
// records, and every vendor has the same ones.
func Next(err error) bool { return errors.Is(err, ErrLacking) }

// wrong is an error of the capability itself, of no vendor.
func wrong(op string, kind providers.Kind, cause error) error {
	return &providers.Error{Provider: "address", Op: op, Kind: kind, Unsent: kind == providers.Invalid, Err: cause}
}
