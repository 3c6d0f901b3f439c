package cert

import (
	"fmt"
	"io"
	"log/slog"
)

// maskedJSON is what these types are in JSON: log/slog encodes what lies inside
// other values without asking for LogValue.
var maskedJSON = []byte(`"***"`)

func mask(f fmt.State, text string) { _, _ = io.WriteString(f, text) }

// Format masks everything.
func (s Subject) Format(f fmt.State, _ rune) { mask(f, "cert.Subject{***}") }

// LogValue implements slog.LogValuer.
func (s Subject) LogValue() slog.Value { return slog.StringValue("cert.Subject{***}") }

// MarshalJSON masks, as Format does.
func (s Subject) MarshalJSON() ([]byte, error) { return maskedJSON, nil }

// Format shows the provider and masks the rest.
func (t Ticket) Format(f fmt.State, _ rune) { mask(f, t.text()) }

// LogValue implements slog.LogValuer.
func (t Ticket) LogValue() slog.Value { return slog.StringValue(t.text()) }

// MarshalJSON masks, as Format does.
func (t Ticket) MarshalJSON() ([]byte, error) { return maskedJSON, nil }

func (t Ticket) text() string { return fmt.Sprintf("cert.Ticket{%.*q ***}", maxProvider, t.Provider) }

// Format masks everything.
func (r Reply) Format(f fmt.State, _ rune) { mask(f, "cert.Reply{***}") }

// LogValue implements slog.LogValuer.
func (r Reply) LogValue() slog.Value { return slog.StringValue("cert.Reply{***}") }

// MarshalJSON masks, as Format does.
func (r Reply) MarshalJSON() ([]byte, error) { return maskedJSON, nil }

// Format masks everything.
func (p Proof) Format(f fmt.State, _ rune) { mask(f, "cert.Proof{***}") }

// LogValue implements slog.LogValuer.
func (p Proof) LogValue() slog.Value { return slog.StringValue("cert.Proof{***}") }

// MarshalJSON masks, as Format does: copy the fields you mean to send.
func (p Proof) MarshalJSON() ([]byte, error) { return maskedJSON, nil }
