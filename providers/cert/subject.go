package cert

import (
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/detour-go/detour/providers"
)

// Bounds of a Subject, in characters but for the last two.
const (
	maxName     = 80
	maxTitle    = 40
	maxPurpose  = 500
	maxCI       = 256 // bytes; a CI has 88, by what integrators say
	maxProvider = 64  // bytes
)

// Subject is who a citizen claims to be, and what the request on the telephone
// says. Name, Birthday, Gender, Phone and Title are required.
type Subject struct {
	// Name as it is registered, at most 80 characters, without white space around it.
	Name string
	// Birthday is a date of the Gregorian calendar, yyyyMMdd.
	Birthday string
	// Gender is "M" or "F"; it may be empty with a CI, or with AnyGender. Set, it is compared.
	Gender string
	// AnyGender says that the site does not know the gender, so that name and birth
	// date decide alone. Two people share those far more often than all three.
	AnyGender bool
	// Phone is the mobile number that gets the request, digits only: 01012345678.
	// It carries the request and identifies nobody: numbers change hands.
	Phone string
	// CI is set when the claim is an account that is known already: then it
	// decides, see [Match]. Empty: not claimed. It is never sent to a vendor.
	CI providers.Secret
	// Title says on the telephone what is asked for, at most 40 characters.
	Title string
	// Purpose is further text on the telephone, at most 500 characters, line
	// breaks allowed. Empty: none.
	Purpose string
}

var mobile = regexp.MustCompile(`^01[0-9]{8,9}$`)

// Validate reports everything that is wrong with the claim, as one Invalid
// *providers.Error that repeats nothing of it.
func (s Subject) Validate() error {
	var wrong []error
	say := func(bad bool, text string) {
		if bad {
			wrong = append(wrong, errors.New(text))
		}
	}
	say(!line(s.Name, maxName), "name is missing, too long or not printable")
	say(!IsDate(s.Birthday), "birthday is not a date yyyyMMdd")
	say(s.Gender != "" && s.Gender != "M" && s.Gender != "F", "gender is not M or F")
	say(s.Gender == "" && !s.AnyGender && s.CI.IsZero(), "gender is missing, and nothing says that it is not known")
	say(!mobile.MatchString(s.Phone), "phone is not a mobile number in digits")
	say(len(s.CI.Reveal()) > maxCI || !visible(s.CI.Reveal()), "ci is malformed")
	say(!line(s.Title, maxTitle), "title is missing, too long or not printable")
	say(utf8.RuneCountInString(s.Purpose) > maxPurpose || !printable(strings.ReplaceAll(s.Purpose, "\n", "")), "purpose is too long or not printable")
	if wrong == nil {
		return nil
	}
	return invalid("subject", list(wrong))
}

// list joins like errors.Join, on one line.
type list []error

func (l list) Error() string {
	texts := make([]string, len(l))
	for i, e := range l {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// IsDate reports a date of the Gregorian calendar since 1850, yyyyMMdd.
// Adapters use it for what a vendor says as well.
func IsDate(s string) bool {
	d, err := time.Parse("20060102", s)
	return err == nil && len(s) == 8 && d.Year() >= 1850
}

// line reports one line of text, at most most characters, nothing around it.
func line(s string, most int) bool {
	return s != "" && utf8.RuneCountInString(s) <= most && strings.TrimSpace(s) == s && printable(s)
}

// printable reports valid UTF-8 without control or format characters.
func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return true
}

// visible reports ASCII without spaces and control characters.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
