package providers

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
)

// masked is what every way of printing a Secret yields.
const masked = "***"

// Secret is text that must not be printed: keys, tokens, codes, verifiers.
// Make one with [NewSecret], or let encoding/json or flag.TextVar read it.
// [Secret.Reveal] is the one way out, and easy to find in a review. The zero
// value is no secret at all. It is safe for concurrent use.
//
// fmt, encoding/json and log/slog show "***". A type that only has methods to
// say so is not enough: fmt calls none for an unexported field, nor behind a
// verb that it thinks wrong, and printers that walk values by reflection call
// none at all. The text is therefore held by a function, into which none can look.
// It follows that secrets, and structs with one, cannot be compared by ==, and
// that reflect.DeepEqual calls two of them different: use [Secret.Equal].
//
// encoding/gob writes the text itself: sealed tickets need it. Never gob to the clear.
type Secret struct{ reveal func() string }

// NewSecret hides text. NewSecret("") is the zero value.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{func() string { return text }}
}

// Reveal returns the text; empty for the zero value.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports that there is no secret.
func (s Secret) IsZero() bool { return s.reveal == nil }

// Equal compares the texts in a time that does not depend on where they differ.
func (s Secret) Equal(other Secret) bool {
	a, b := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(other.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// String implements fmt.Stringer.
func (s Secret) String() string { return masked }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return masked }

// Format covers the verbs that bypass String, such as %x and %d.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(masked)) }

// MarshalText implements encoding.TextMarshaler, also for JSON and XML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(masked) }

var errMasked = errors.New("providers: secret: this is what a secret prints, not one")

// UnmarshalText reads the text. What MarshalText wrote is refused: a
// configuration that was printed and read back has lost its secrets.
func (s *Secret) UnmarshalText(text []byte) error {
	if string(text) == masked {
		return errMasked
	}
	*s = NewSecret(string(text))
	return nil
}

// GobEncode implements gob.GobEncoder: it reveals the text.
func (s Secret) GobEncode() ([]byte, error) { return []byte(s.Reveal()), nil }

// GobDecode implements gob.GobDecoder.
func (s *Secret) GobDecode(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

var (
	_ fmt.Formatter  = Secret{}
	_ slog.LogValuer = Secret{}
)
