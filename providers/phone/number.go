package phone

import (
	"crypto/subtle"
	"errors"
	"regexp"
	"strings"

	"github.com/detour-go/detour/providers"
)

// written are the ways a Korean mobile number is written: with 010 or +82 10,
// and a dash or a space between the parts or nothing.
var written = regexp.MustCompile(`^(?:010|\+82[ -]?10)[ -]?([0-9]{4})[ -]?([0-9]{4})$`)

var errNumber = errors.New("no korean mobile number (010)")

// Normalize gives a Korean mobile number as its eleven digits, as in 01012345678,
// from 010-1234-5678, +82 10-1234-5678 and the like; spaces around it are cut.
// Everything else is Invalid: other countries and other prefixes (a code to a
// premium number is how SMS pumping earns), 0000 where the carrier's block
// stands, two numbers, letters, schemes, line breaks, other digits than ASCII.
func Normalize(number string) (string, error) {
	if len(number) <= maxWritten {
		if m := written.FindStringSubmatch(strings.Trim(number, " ")); m != nil && m[1] != "0000" {
			return "010" + m[1] + m[2], nil
		}
	}
	return "", &providers.Error{Provider: name, Op: "number", Kind: providers.Invalid, Unsent: true, Err: errNumber}
}

const maxWritten = 32 // bytes

// Mask shows of a number what a citizen may recognise it by: 010-****-5678.
// What is no Korean mobile number becomes "***".
func Mask(number string) string {
	n, err := Normalize(number)
	if err != nil {
		return "***"
	}
	return "010-****-" + n[len(n)-4:]
}

// same compares two numbers, however written; what is no number equals nothing.
func same(a, b string) bool {
	x, errX := Normalize(a)
	y, errY := Normalize(b)
	return errX == nil && errY == nil && subtle.ConstantTimeCompare([]byte(x), []byte(y)) == 1
}
