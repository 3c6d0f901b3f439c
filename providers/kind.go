package providers

import "fmt"

// Kind says what an error means for whoever must decide what to do next. It is
// an error itself, so errors.Is(err, providers.Limited) reads as it sounds.
//
// The zero value is [Unavailable]: what nobody classified counts as a fault.
type Kind uint8

// The kinds, in the words of the table in package fallback.
const (
	// Unavailable: the vendor could not answer (network, timeout, 5xx, garbage).
	Unavailable Kind = iota
	// Limited: a quota or rate limit; [Error.After] says for how long, if known.
	Limited
	// Refused: the vendor refuses us (key wrong, expired, not approved): a human is needed.
	Refused
	// Security: the answer cannot be trusted (TLS verification, redirect to another host).
	Security
	// Invalid: the question is wrong; no vendor would answer it.
	Invalid
	// Denied: the citizen or the proof said no.
	Denied
	// NotFound: the vendor answered that there is no such thing.
	NotFound
)

var kindWords = [...]string{"unavailable", "limited", "refused", "security", "invalid", "denied", "notfound"}

// String returns the class word, the same one [Error.Class] returns.
func (k Kind) String() string {
	if int(k) < len(kindWords) {
		return kindWords[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string { return k.String() }
