package code

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Label is optional text of a profile: a JSON string of reasonable size, and
// empty otherwise. A vendor that sends a number for a nickname costs nobody a login.
type Label string

const maxLabel = 512 // bytes

// UnmarshalJSON never fails.
func (l *Label) UnmarshalJSON(b []byte) error {
	*l = Label(readText(b, maxLabel))
	return nil
}

// readText reads a JSON string without control characters; else empty.
func readText(b []byte, most int) string {
	var s string
	if json.Unmarshal(b, &s) != nil || len(s) > most || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return ""
	}
	return s
}

// Yes is a flag that must be said plainly: true, the JSON literal. Anything
// else, "true" and 1 among it, is no.
type Yes bool

// UnmarshalJSON never fails.
func (y *Yes) UnmarshalJSON(b []byte) error {
	*y = string(b) == "true"
	return nil
}

// Word is a code that vendors write as a string or as a number. Set tells that
// something other than null or "" was there, readable or not.
type Word struct {
	Text string
	Set  bool
}

const maxWord = 64 // bytes

// UnmarshalJSON never fails.
func (w *Word) UnmarshalJSON(b []byte) error {
	*w = Word{Set: string(b) != "null" && string(b) != `""`}
	var s string
	if json.Unmarshal(b, &s) != nil {
		var n json.Number
		if json.Unmarshal(b, &n) != nil {
			return nil
		}
		s = n.String()
	}
	if len(s) <= maxWord {
		w.Text = s
	}
	return nil
}
