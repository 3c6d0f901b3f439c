package address

import (
	"errors"
	"fmt"
	"log/slog"
	"unicode"
	"unicode/utf8"

	"github.com/detour-go/detour/providers"
)

// The bounds of a question are what every vendor here accepts, so that a chain
// may ask any of them: the page numbers and sizes of Kakao, the text of juso.
const (
	// MaxPage is the last page that may be asked for.
	MaxPage = 45
	// MaxSize is the most items of a page.
	MaxSize = 30
	// DefaultSize is the size of a page when a question names none.
	DefaultSize = 10
	// MaxWidth is the length of a text, an ASCII character counted as one and any other as two.
	MaxWidth = 80
	// MaxDigits is the length of the longest number within a text.
	MaxDigits = 10
)

// maxBytes bounds what is looked at; whatever is longer cannot fit MaxWidth,
// unless it is mostly white space.
const maxBytes = 1 << 10

// Query asks for the addresses that a text means. It masks itself when printed.
type Query struct {
	// Text is an address or the beginning of one, as a citizen types it, by road
	// or by lot, without the unit and floor. See [Query.Tidy] and [Query.Validate].
	Text string
	// Page counts from 1; zero: 1. Pages of different vendors do not continue
	// each other: keep one citizen's paging on one source, or ask for one page.
	Page int
	// Size is the most items of a page; zero: DefaultSize.
	Size int
	// Require are the fields without which an item is no answer; zero: any address will do.
	Require Fields
}

// Tidy returns the question as vendors are asked it, with the defaults filled
// in and the text in its plain form: Hangul composed (what macOS and some
// browsers decompose; UAX 15, for Hangul only), full-width letters, digits and
// signs made plain, dashes of all kinds a hyphen, white space of any kind and
// length one space and none at the ends, invisible format characters gone.
// It changes no meaning: equal tidied questions are the same question.
func (q Query) Tidy() Query {
	q.Text = tidy(q.Text)
	if q.Page == 0 {
		q.Page = 1
	}
	if q.Size == 0 {
		q.Size = DefaultSize
	}
	return q
}

// Validate reports a question that nobody need be asked, as an error of class
// invalid: after [Query.Tidy], the text has two characters at least with a
// letter among them (so a postcode alone is no question), no control character,
// no more than MaxWidth and no number longer than MaxDigits; page and size are
// within their bounds, and Require names fields that exist. What a single
// vendor dislikes beyond that is the business of its adapter.
func (q Query) Validate() error {
	if err := q.check(); err != nil {
		return wrong("query", providers.Invalid, err)
	}
	return nil
}

func (q Query) check() error {
	if len(q.Text) > maxBytes {
		return errTooLong
	}
	if !utf8.ValidString(q.Text) {
		return errNotText
	}
	q = q.Tidy()
	switch {
	case q.Page < 1 || q.Page > MaxPage:
		return errPageNumber
	case q.Size < 1 || q.Size > MaxSize:
		return errSize
	case q.Require&^AllFields != 0:
		return errFields
	}
	return checkText(q.Text)
}

func checkText(text string) error {
	width, digits, letters := 0, 0, 0
	for _, r := range text {
		width++
		if r >= utf8.RuneSelf {
			width++
		}
		digits++
		switch {
		case !unicode.IsDigit(r):
			digits = 0
		case digits > MaxDigits:
			return errDigits
		}
		switch {
		case unicode.IsControl(r) || r == utf8.RuneError:
			return errNotText
		case unicode.IsLetter(r):
			letters++
		}
	}
	switch {
	case width > MaxWidth:
		return errTooLong
	case utf8.RuneCountInString(text) < 2:
		return errTooShort
	case letters == 0:
		return errNoLetter
	}
	return nil
}

var (
	errTooLong    = fmt.Errorf("text is longer than %d characters, letters other than ascii counted as two", MaxWidth)
	errTooShort   = errors.New("text is shorter than two characters")
	errNotText    = errors.New("text has control characters or is not utf-8")
	errNoLetter   = errors.New("text has no letter")
	errDigits     = fmt.Errorf("text has a number of more than %d digits", MaxDigits)
	errPageNumber = fmt.Errorf("page is not within 1 and %d", MaxPage)
	errSize       = fmt.Errorf("size is not within 1 and %d", MaxSize)
	errFields     = errors.New("a required field does not exist")
)

// Format shows everything but the text.
func (q Query) Format(f fmt.State, _ rune) { mask(f, q.masked()) }

// LogValue implements slog.LogValuer.
func (q Query) LogValue() slog.Value { return slog.StringValue(q.masked()) }

// MarshalJSON masks, as Format does.
func (q Query) MarshalJSON() ([]byte, error) { return []byte(`"***"`), nil }

func (q Query) masked() string {
	return fmt.Sprintf("address.Query{*** page %d size %d require %s}", q.Page, q.Size, q.Require)
}
