package phone

import (
	"fmt"
	"io"
	"log/slog"
)

// Everything that holds a number, a code or a key prints as a mask under every
// verb of fmt, in log/slog and in encoding/json; encoding/gob writes it in full,
// because a flow seals it.

func mask(f fmt.State, text string) { _, _ = io.WriteString(f, text) }

// maskedJSON: log/slog encodes what lies inside other values without asking for LogValue.
func maskedJSON() ([]byte, error) { return []byte(`"***"`), nil }

// Format masks everything.
func (q Request) Format(f fmt.State, _ rune) { mask(f, "phone.Request{***}") }

// LogValue implements slog.LogValuer.
func (q Request) LogValue() slog.Value { return slog.StringValue("phone.Request{***}") }

// MarshalJSON masks, as Format does.
func (q Request) MarshalJSON() ([]byte, error) { return maskedJSON() }

// Format masks everything.
func (c Challenge) Format(f fmt.State, _ rune) { mask(f, "phone.Challenge{***}") }

// LogValue implements slog.LogValuer.
func (c Challenge) LogValue() slog.Value { return slog.StringValue("phone.Challenge{***}") }

// MarshalJSON masks, as Format does.
func (c Challenge) MarshalJSON() ([]byte, error) { return maskedJSON() }

// Format masks everything.
func (r Reply) Format(f fmt.State, _ rune) { mask(f, "phone.Reply{***}") }

// LogValue implements slog.LogValuer.
func (r Reply) LogValue() slog.Value { return slog.StringValue("phone.Reply{***}") }

// MarshalJSON masks, as Format does.
func (r Reply) MarshalJSON() ([]byte, error) { return maskedJSON() }

// Format masks everything.
func (p Proof) Format(f fmt.State, _ rune) { mask(f, "phone.Proof{***}") }

// LogValue implements slog.LogValuer.
func (p Proof) LogValue() slog.Value { return slog.StringValue("phone.Proof{***}") }

// MarshalJSON masks, as Format does.
func (p Proof) MarshalJSON() ([]byte, error) { return maskedJSON() }

// Format prints nothing of it: it holds a key.
func (c Config) Format(f fmt.State, _ rune) { mask(f, "phone.Config{***}") }

// LogValue implements slog.LogValuer.
func (c Config) LogValue() slog.Value { return slog.StringValue("phone.Config{***}") }

// Format prints nothing of it: it holds a key.
func (c *Codes) Format(f fmt.State, _ rune) { mask(f, "phone.Codes{***}") }

// LogValue implements slog.LogValuer.
func (c *Codes) LogValue() slog.Value { return slog.StringValue("phone.Codes{***}") }
