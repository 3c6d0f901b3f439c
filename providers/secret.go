package providers

import (
	"fmt"
	"log/slog"
)

// masked is what every way of printing a Secret yields.
const masked = "***"

// Secret is text that must not be printed: keys, tokens, codes, verifiers.
// fmt, encoding/json and log/slog all show "***"; [Secret.Reveal] is the one way out,
// and easy to find in a review. The zero value is no secret at all.
//
// encoding/gob writes the text itself: sealed tickets need it. Never gob to the clear.
type Secret string

// Reveal returns the text.
func (s Secret) Reveal() string { return string(s) }

// String implements fmt.Stringer.
func (s Secret) String() string { return masked }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return masked }

// Format covers the verbs that bypass String, such as %x and %d.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(masked)) }

// MarshalJSON implements json.Marshaler.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + masked + `"`), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(masked) }

var (
	_ fmt.Formatter  = Secret("")
	_ slog.LogValuer = Secret("")
)
