package certtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

const (
	title   = "본인확인 시험"
	purpose = "시험 목적 문장"
)

// claim is what a person says of themselves, without a CI.
func (s *Site) claim(person int) cert.Subject {
	p := s.People[person]
	return cert.Subject{Name: p.Name, Birthday: p.Birthday, Gender: p.Gender, Phone: p.Phone, Title: title, Purpose: purpose}
}

func (s *Site) request(ctx context.Context, person int) (cert.Ticket, error) {
	t, err := s.Provider.Request(ctx, s.claim(person))
	if err != nil {
		return cert.Ticket{}, fmt.Errorf("Request: %w", err)
	}
	return t, nil
}

// confirmed requests for one person and has another confirm, or the same.
func (s *Site) confirmed(ctx context.Context, claimed, confirms int) (cert.Ticket, error) {
	t, err := s.request(ctx, claimed)
	if err != nil {
		return cert.Ticket{}, err
	}
	if err := s.Confirm(ctx, t, confirms); err != nil {
		return cert.Ticket{}, fmt.Errorf("the telephone of the harness: %w", err)
	}
	return t, nil
}

// empty reports that nothing of a value is set; what holds a secret cannot be compared by ==.
func empty(v any) bool { return reflect.ValueOf(v).IsZero() }

// refused collects and wants an error of one of some kinds that says nothing it must not.
func (s *Site) refused(ctx context.Context, t cert.Ticket, want ...providers.Kind) error {
	p, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t))
	if err == nil {
		return errors.New("Collect gave a proof")
	}
	if !empty(p) {
		return errors.New("Collect gave something of a proof together with an error")
	}
	return errors.Join(isKind(err, want...), s.silent(err, t))
}

// over is refused for good: asking again makes no sense.
func (s *Site) over(ctx context.Context, t cert.Ticket, want ...providers.Kind) error {
	for range 2 {
		if err := s.refused(ctx, t, want...); err != nil {
			return err
		}
		_, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t))
		if pends(err) {
			return errors.New("it pretends that the citizen may still answer")
		}
	}
	return nil
}

// unasked is Denied, and nobody was asked.
func (s *Site) unasked(ctx context.Context, t cert.Ticket) error {
	before := s.Asked()
	err := s.refused(ctx, t, providers.Denied)
	if n := s.Asked() - before; n != 0 {
		err = errors.Join(err, fmt.Errorf("the vendor was asked %d times", n))
	}
	return err
}

func pends(err error) bool {
	var p interface{ Pending() bool }
	return errors.As(err, &p) && p.Pending()
}

func isKind(err error, want ...providers.Kind) error {
	var e *providers.Error
	switch {
	case !errors.As(err, &e):
		return fmt.Errorf("the error is a %T, not a *providers.Error", err)
	case e.Provider == "" || e.Op == "":
		return errors.New("the error names no provider or no operation")
	}
	for _, k := range want {
		if e.Kind == k {
			return nil
		}
	}
	return fmt.Errorf("the error is %s, want %v: %w", e.Kind, want, err)
}

// silent checks that an error prints nothing of a ticket or a citizen.
func (s *Site) silent(err error, t cert.Ticket) error {
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	secrets := map[string]string{"ticket": t.ID, "token": t.Token.Reveal(), "title": title, "purpose": purpose, "URL": "://"}
	for i, p := range s.People {
		for field, v := range map[string]string{"name": p.Name, "birthday": p.Birthday, "phone": p.Phone, "ci": p.CI.Reveal()} {
			secrets[fmt.Sprintf("%s of person %d", field, i)] = v
		}
	}
	for what, secret := range secrets {
		if len(secret) > 2 && (strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret))) {
			return fmt.Errorf("the error prints the %s", what)
		}
	}
	return nil
}

// same compares what a proof says of a person.
func same(got, want cert.Proof) error {
	for _, f := range []struct{ name, got, want string }{
		{"Name", got.Name, want.Name}, {"Birthday", got.Birthday, want.Birthday}, {"Gender", got.Gender, want.Gender}, {"CI", got.CI.Reveal(), want.CI.Reveal()},
	} {
		if f.got != f.want {
			return fmt.Errorf("%s is not that of the person who confirmed", f.name)
		}
	}
	switch {
	case got.At.IsZero():
		return errors.New("it does not say when")
	case got.Signed == "":
		return errors.New("it has nothing that was signed")
	}
	return nil
}
