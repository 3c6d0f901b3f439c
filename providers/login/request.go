package login

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/detour-go/detour/providers"
)

// Bounds of a Request.
const (
	maxReturnTo = 2048 // bytes
	maxScopes   = 32
	maxScope    = 128 // bytes each
	maxHint     = 255
	maxName     = 255 // of an issuer or subject; OpenID Connect Core section 2 bounds sub so
)

// Request is what a site asks of a login. The zero value is valid: anyone may
// sign in, with the scopes of the provider's configuration.
type Request struct {
	// ReturnTo is where the site sends the citizen afterwards: a path of its own
	// with an optional query, such as "/apply?step=2". Empty: the site decides.
	ReturnTo string
	// Scopes are asked for besides those of the provider's configuration.
	Scopes []string
	// Prompt is the prompt of OpenID Connect Core section 3.1.2.1 ("login",
	// "none", "consent", "select_account"), space-separated; empty: the vendor
	// decides. A vendor ignores what it does not know.
	Prompt string
	// Hint is a login_hint; personal data. Empty: none.
	Hint string
	// Expect is the account that must sign in: re-authentication. The vendor is
	// asked to authenticate again, and [Match] refuses anyone else. Zero: anyone.
	Expect Subject
}

// Subject names an account at an issuer: both together, compared byte by byte.
// It is comparable and may be a map key.
type Subject struct{ Issuer, ID string }

// scopeToken is scope-token of RFC 6749 section 3.3 without the comma, which
// separates scopes at some vendors.
var scopeToken = regexp.MustCompile(`^[!#-+\--\[\]-~]+$`)

var promptWords = regexp.MustCompile(`^[a-z_]{1,32}( [a-z_]{1,32}){0,3}$`)

// Validate reports what is wrong with the request, as an Invalid *providers.Error.
func (q Request) Validate() error {
	if err := ownPath(q.ReturnTo); err != nil {
		return invalid("request", err)
	}
	if len(q.Scopes) > maxScopes {
		return invalid("request", errors.New("too many scopes"))
	}
	for _, s := range q.Scopes {
		if len(s) > maxScope || !scopeToken.MatchString(s) {
			return invalid("request", errors.New("a scope is malformed"))
		}
	}
	if q.Prompt != "" && !promptWords.MatchString(q.Prompt) {
		return invalid("request", errors.New("prompt is malformed"))
	}
	if len(q.Hint) > maxHint || !printable(q.Hint) {
		return invalid("request", errors.New("hint is malformed"))
	}
	if q.Expect != (Subject{}) && !(sane(q.Expect.Issuer) && sane(q.Expect.ID)) {
		return invalid("request", errors.New("expected account is malformed"))
	}
	return nil
}

func invalid(op string, cause error) error {
	return &providers.Error{Provider: "login", Op: op, Kind: providers.Invalid, Err: cause}
}

// sane reports whether s can name an issuer or subject. A replacement character
// stands for something that was lost on the way (encoding/json puts one for half
// a surrogate pair), and two names that lost something would be one account.
func sane(s string) bool {
	return s != "" && len(s) <= maxName && printable(s) && !strings.ContainsRune(s, utf8.RuneError)
}

// printable reports valid UTF-8 without control or format characters (line
// breaks, NUL, bidirectional overrides, zero-width marks).
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

// Format masks everything: a hint and an expected account are personal data.
func (q Request) Format(f fmt.State, _ rune) { mask(f, "login.Request{***}") }

// LogValue implements slog.LogValuer.
func (q Request) LogValue() slog.Value { return slog.StringValue("login.Request{***}") }

// MarshalJSON masks, as Format does.
func (q Request) MarshalJSON() ([]byte, error) { return maskedJSON, nil }

// Format shows the issuer and masks the account.
func (s Subject) Format(f fmt.State, _ rune) { mask(f, s.text()) }

// LogValue implements slog.LogValuer.
func (s Subject) LogValue() slog.Value { return slog.StringValue(s.text()) }

// MarshalJSON masks, as Format does.
func (s Subject) MarshalJSON() ([]byte, error) { return maskedJSON, nil }

func (s Subject) text() string {
	if s == (Subject{}) {
		return "login.Subject{}"
	}
	return fmt.Sprintf("login.Subject{%.*q ***}", maxName, s.Issuer)
}
