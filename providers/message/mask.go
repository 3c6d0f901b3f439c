package message

import (
	"fmt"
	"io"
	"log/slog"
)

// Format shows the key and masks the rest: who is told what is personal data.
func (m Message) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.masked()) }

// LogValue implements slog.LogValuer.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.masked()) }

// MarshalJSON masks everything: log/slog encodes what lies inside other values
// without asking for LogValue. Copy the fields you mean to send.
func (m Message) MarshalJSON() ([]byte, error) { return []byte(`"***"`), nil }

func (m Message) masked() string { return fmt.Sprintf("message.Message{%.*q ***}", maxKey, m.Key) }
