package certtest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/detour-go/detour/providers/cert"
)

// T is the part of *testing.T that the suite needs; a recorder can stand in for it.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Part is a step that can die at a vendor.
type Part string

// The steps of a certificate.
const (
	RequestStep Part = "request"
	StatusStep  Part = "status"
	VerifyStep  Part = "verify"
)

// Field is what a vendor can leave out of a proof.
type Field string

// The fields that a claim can rest on.
const (
	CI       Field = "ci"
	Name     Field = "name"
	Birthday Field = "birthday"
	Gender   Field = "gender"
)

// Harness is how the suite reaches the provider under test.
type Harness struct {
	// Open starts a vendor of its own and builds the provider against it. It is
	// called afresh for each rule.
	Open func() (*Site, error)
}

// Site is one vendor, the provider that asks it, and the simulated citizens.
// Every field but Expire, Forge, Withhold, Heal and Close is required; a rule
// that needs one of those that are not there is skipped by name.
type Site struct {
	Provider cert.Provider
	// People have a telephone with this certificate: two at least, who differ in
	// name, birthday, gender and CI. Name, Birthday, Gender and CI of a proof must
	// come back exactly; the other fields are not compared. Phone gets the request.
	People []cert.Proof
	// Confirm does what the telephone does when People[person] confirms the
	// request, whoever it was sent for; Refuse when its owner refuses.
	Confirm func(ctx context.Context, t cert.Ticket, person int) error
	Refuse  func(ctx context.Context, t cert.Ticket) error
	// Expire lets the time of a request run out at the vendor.
	Expire func(ctx context.Context, t cert.Ticket) error
	// Forge makes the vendor hand out a signature over something else for it.
	Forge func(ctx context.Context, t cert.Ticket) error
	// Withhold makes the vendor leave a field out of every proof.
	Withhold func(f Field) error
	// Asked counts the requests that have reached the vendor, Created those among
	// them that put something on a telephone.
	Asked, Created func() int
	// Break makes a step fail as in an outage, until Heal.
	Break func(Part) error
	Heal  func()
	Close func()
}

// Run checks every rule.
func Run(t T, h Harness) {
	t.Helper()
	for _, r := range rules() {
		switch err := r.run(h); {
		case errors.Is(err, errSkip):
			t.Logf("rule not checked, the harness cannot: %s", r.says)
		case err != nil:
			t.Errorf("broken rule: %s: %v", r.says, err)
		default:
			t.Logf("rule kept: %s", r.says)
		}
	}
}

var errSkip = errors.New("the harness cannot")

type rule struct {
	says  string
	check func(context.Context, *Site) error
}

func rules() []rule {
	return slices.Concat(requestRules(), collectRules(), matchRules(), outageRules())
}

func (r rule) run(h Harness) error {
	return guarded(func() error {
		s, err := h.Open()
		if err != nil {
			return fmt.Errorf("the harness did not open: %w", err)
		}
		if s.Close != nil {
			defer s.Close()
		}
		if err := s.ready(); err != nil {
			return err
		}
		return r.check(context.Background(), s)
	})
}

func (s *Site) ready() error {
	if len(s.People) < 2 {
		return errors.New("the harness has fewer than two people")
	}
	a, b := s.People[0], s.People[1]
	if a.Name == b.Name || a.Birthday == b.Birthday || a.Gender == b.Gender || a.CI.Equal(b.CI) || a.Phone == b.Phone {
		return errors.New("the first two people of the harness do not differ in every field")
	}
	for i := range s.People {
		if err := s.claim(i).Validate(); err != nil {
			return fmt.Errorf("person %d of the harness: %w", i, err)
		}
	}
	return nil
}

// guarded turns a panic into an error.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %v", p)
		}
	}()
	return do()
}
