package settings

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Error says why a file was refused.
type Error struct {
	File     string // as it was named; empty: it was no file
	Mistakes []Mistake
}

// Mistake is one thing that is wrong in a file.
type Mistake struct {
	Line, Column int    // from 1; a column is a character
	Path         string // "parts.address.deadline"; empty: none
	Err          error

	at int // offset
}

// Error returns a line per mistake: `settings: FILE:LINE:COLUMN: PATH: what`.
func (e *Error) Error() string {
	lines := make([]string, len(e.Mistakes))
	for i, m := range e.Mistakes {
		lines[i] = "settings: " + cmp.Or(e.File, "text") + ":" + m.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns what is behind the mistakes.
func (e *Error) Unwrap() []error {
	errs := make([]error, len(e.Mistakes))
	for i, m := range e.Mistakes {
		errs[i] = m.Err
	}
	return errs
}

// String returns `LINE:COLUMN: PATH: what`.
func (m Mistake) String() string {
	s := fmt.Sprintf("%d:%d: ", m.Line, m.Column)
	if m.Path != "" {
		s += m.Path + ": "
	}
	return s + m.Err.Error()
}

// refused makes the error, in the order of the text.
func refused(file string, text []byte, mistakes []Mistake) *Error {
	slices.SortStableFunc(mistakes, func(a, b Mistake) int { return cmp.Compare(a.at, b.at) })
	for i := range mistakes {
		m := &mistakes[i]
		before := text[:min(m.at, len(text))]
		m.Line = bytes.Count(before, []byte("\n")) + 1
		m.Column = utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	}
	return &Error{File: file, Mistakes: mistakes}
}
