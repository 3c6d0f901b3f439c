package logintest

import (
	"context"
	"fmt"
	"net/url"

	"github.com/detour-go/detour/providers/login"
)

// T is the part of *testing.T that the suite needs; a recorder can stand in for it.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Part is what can die at a vendor.
type Part string

// The parts that a login needs.
const (
	AuthorisePage Part = "authorise page"
	TokenEndpoint Part = "token endpoint"
)

// Harness is how the suite reaches the provider under test.
type Harness struct {
	// Open starts a vendor of its own and builds the provider against it. It is
	// called afresh for each rule, and twice where two vendors meet: the two must
	// not share a redirect URI.
	Open func() (*Site, error)
	// Nonce and PKCE tell that the vendor knows them, so Begin must send them.
	Nonce, PKCE bool
}

// Site is one vendor and the provider that logs in there. Every field but Heal
// and Close is required.
type Site struct {
	Provider login.Provider
	// Users can sign in. Issuer and Subject must come back exactly, the other
	// fields, but for AuthTime and Token, as well. Two of them must have the
	// subjects 9007199254740992 and 9007199254740993, which a float64 confuses.
	Users []login.Identity
	// Agree does what the browser of a user does: it opens the challenge's URL,
	// signs in as Users[user], agrees, and gives the query of the callback.
	Agree func(ctx context.Context, c login.Challenge, user int) (url.Values, error)
	// Cancel opens the challenge's URL and cancels.
	Cancel func(ctx context.Context, c login.Challenge) (url.Values, error)
	// Asked counts the requests that have reached the vendor.
	Asked func() int
	// Break makes a part fail as in an outage, until Heal.
	Break func(Part) error
	Heal  func()
	Close func()
}

// Run checks every rule.
func Run(t T, h Harness) {
	t.Helper()
	for _, r := range rules() {
		if err := r.run(h); err != nil {
			t.Errorf("broken rule: %s: %v", r.says, err)
		} else {
			t.Logf("rule kept: %s", r.says)
		}
	}
}

type rule struct {
	says  string
	check func(context.Context, Harness, *Site) error
}

func rules() []rule {
	var all []rule
	for _, some := range [][]rule{beginRules(), replyRules(), finishRules(), outageRules()} {
		all = append(all, some...)
	}
	return all
}

func (r rule) run(h Harness) error {
	return guarded(func() error {
		s, err := h.open()
		if err != nil {
			return err
		}
		defer s.shut()
		return r.check(context.Background(), h, s)
	})
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

func (h Harness) open() (*Site, error) {
	s, err := h.Open()
	if err != nil {
		return nil, fmt.Errorf("the harness did not open: %w", err)
	}
	for _, want := range []string{"9007199254740992", "9007199254740993"} {
		if s.user(want) < 0 {
			s.shut()
			return nil, fmt.Errorf("the harness has no user %s", want)
		}
	}
	return s, nil
}

func (s *Site) shut() {
	if s.Close != nil {
		s.Close()
	}
}

func (s *Site) user(subject string) int {
	for i, u := range s.Users {
		if u.Subject == subject {
			return i
		}
	}
	return -1
}
