package login

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/detour-go/detour/providers"
)

// Identity is who signed in, in the vendor's words.
type Identity struct {
	// Issuer and Subject name the account: see [Identity.Key]. Always set.
	Issuer, Subject string
	// Name, Nickname, Email and Phone are labels, as the vendor wrote them, each
	// empty when the citizen or the vendor withheld it. Never find an account by one.
	Name, Nickname, Email string
	// EmailVerified is true only when the vendor says that the address is
	// verified and still the citizen's. Even then it is a label.
	EmailVerified bool
	Phone         string
	// AuthTime is when the citizen authenticated at the vendor; zero: not said.
	AuthTime time.Time
	// Token speaks for the citizen at the vendor. Drop it when you do not need it.
	Token Token
}

// Key is the only key an account may be found by.
func (id Identity) Key() Subject { return Subject{id.Issuer, id.Subject} }

var (
	errNobody  = errors.New("the provider named nobody")
	errStrange = errors.New("the provider named somebody impossible")
	errAnother = errors.New("another account than the expected one")
)

// Match says whether an identity answers a request: it names an issuer and a
// subject, within the 255 bytes of OpenID Connect and without control
// characters, and it is the expected account if there is one. An identity that
// names nobody is a fault of the provider (Unavailable); another person is Denied.
func Match(q Request, id Identity) error {
	e := &providers.Error{Provider: "login", Op: "match"}
	switch {
	case id.Issuer == "" || id.Subject == "":
		e.Err = errNobody
	case !sane(id.Issuer) || !sane(id.Subject):
		e.Err = errStrange
	case q.Expect != (Subject{}) && q.Expect != id.Key():
		e.Kind, e.Err = providers.Denied, errAnother
	default:
		return nil
	}
	return e
}

// Format shows the issuer and masks the rest.
func (id Identity) Format(f fmt.State, _ rune) { mask(f, id.text()) }

// LogValue implements slog.LogValuer.
func (id Identity) LogValue() slog.Value { return slog.StringValue(id.text()) }

// MarshalJSON masks, as Format does: copy the fields you mean to send.
func (id Identity) MarshalJSON() ([]byte, error) { return maskedJSON, nil }

func (id Identity) text() string {
	return fmt.Sprintf("login.Identity{%.*q ***}", maxName, id.Issuer)
}
