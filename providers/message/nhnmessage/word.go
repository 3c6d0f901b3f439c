package nhnmessage

import "encoding/json"

// word is a text or a number, as NHN writes the same code in one answer and the
// other; null and whatever else are empty.
type word string

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(b []byte) error {
	var s string
	var n json.Number
	switch {
	case json.Unmarshal(b, &s) == nil:
		*w = word(s)
	case json.Unmarshal(b, &n) == nil:
		*w = word(n)
	default:
		*w = ""
	}
	return nil
}
