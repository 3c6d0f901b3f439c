// Package loose reads what vendors of messages write in more than one way.
package loose

import "encoding/json"

// Word is a text or a number, as vendors write the same code in one answer and
// the other; null and whatever else are empty. A field that is not ours (another
// program's message in the same list) must not spoil an answer.
type Word string

// UnmarshalJSON implements json.Unmarshaler.
func (w *Word) UnmarshalJSON(b []byte) error {
	var s string
	var n json.Number
	switch {
	case json.Unmarshal(b, &s) == nil:
		*w = Word(s)
	case json.Unmarshal(b, &n) == nil:
		*w = Word(n)
	default:
		*w = ""
	}
	return nil
}

// Flag is a boolean, or 1 for true.
type Flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *Flag) UnmarshalJSON(b []byte) error {
	*f = string(b) == "true" || string(b) == "1"
	return nil
}
