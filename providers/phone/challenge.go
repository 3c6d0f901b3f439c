package phone

import (
	"errors"
	"regexp"
	"time"

	"github.com/detour-go/detour/providers"
)

// Request is what step one is asked.
type Request struct {
	// Number is the phone, in any way of writing that [Normalize] takes.
	Number string
	// Purpose is what the code is for, as in "login" or "change-number": 1 to 32 of
	// [a-z0-9._-]. A code for one purpose is none for another.
	Purpose string
	// Locale chooses the language of the text: Korean for "" and "ko", also
	// "ko-KR"; English for every other.
	Locale string
	// Session is what one visitor is counted by: the id of the browser's session,
	// or the client's address. At most 255 bytes; kept as a keyed hash only.
	// Empty: there is no limit for the visitor.
	Session string
}

const (
	maxSession = 255
	maxLocale  = 35 // RFC 5646, section 4.4.1
)

var purposes = regexp.MustCompile(`^[a-z0-9._-]{1,32}$`)

var (
	errPurpose = errors.New("purpose is not 1 to 32 of a-z, 0-9, dots, underscores and dashes")
	errSession = errors.New("session is too long")
	errLocale  = errors.New("locale is too long")
)

// Validate reports what is wrong with the request, as an Invalid *providers.Error.
func (q Request) Validate() error {
	if _, err := Normalize(q.Number); err != nil {
		return err
	}
	var wrong error
	switch {
	case !purposes.MatchString(q.Purpose):
		wrong = errPurpose
	case len(q.Session) > maxSession:
		wrong = errSession
	case len(q.Locale) > maxLocale:
		wrong = errLocale
	default:
		return nil
	}
	return &providers.Error{Provider: name, Op: "request", Kind: providers.Invalid, Unsent: true, Err: wrong}
}

// Challenge is what step one hands to step two. It holds the number in full and
// stays with the site, sealed (fallback.Flow does so); there is no code in it.
type Challenge struct {
	// ID is random and names the challenge.
	ID string
	// Number is where the code went: eleven digits. Show it by [Mask].
	Number string
	// Purpose and Locale are those of the request.
	Purpose, Locale string
	// Session is a keyed hash of that of the request; empty: none.
	Session string
	// Expires is when the code ends, by the wall clock of the process that began.
	Expires time.Time
	// ResendAt is the earliest time for the next code to this number.
	ResendAt time.Time
	// Unsure is true when nobody knows whether the message left: it may arrive, and
	// then its code is good. Tell the citizen to wait until ResendAt.
	Unsure bool
}

// Reply is what the citizen typed, and the challenge that it answers.
type Reply struct {
	Code      providers.Secret
	Challenge Challenge
}

// Resume gives the reply the challenge that step one kept.
func (r Reply) Resume(c Challenge) Reply {
	r.Challenge = c
	return r
}

// Proof says that whoever typed the code could read messages to Number just now.
type Proof struct {
	Number  string // eleven digits
	Purpose string
	At      time.Time
}

var errAnother = errors.New("another number or another purpose")

// Match says whether a proof answers a request: the same number and the same
// purpose, neither of them empty. Its error is Denied.
func Match(q Request, p Proof) error {
	if same(q.Number, p.Number) && q.Purpose != "" && q.Purpose == p.Purpose && !p.At.IsZero() {
		return nil
	}
	return &providers.Error{Provider: name, Op: "match", Kind: providers.Denied, Unsent: true, Err: errAnother}
}
