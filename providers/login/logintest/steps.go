package logintest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

// reply begins, agrees as a user, and gives the reply that a site would finish with.
func (s *Site) reply(ctx context.Context, user int) (login.Reply, error) {
	c, err := s.Provider.Begin(ctx, login.Request{})
	if err != nil {
		return login.Reply{}, fmt.Errorf("Begin: %w", err)
	}
	return s.answer(c, func() (url.Values, error) { return s.Agree(ctx, c, user) })
}

func (s *Site) answer(c login.Challenge, browser func() (url.Values, error)) (login.Reply, error) {
	v, err := browser()
	if err != nil {
		return login.Reply{}, fmt.Errorf("the browser of the harness: %w", err)
	}
	r, err := login.ParseReply(v)
	if err != nil {
		return login.Reply{}, fmt.Errorf("ParseReply: %w", err)
	}
	return r.Resume(c), nil
}

// refused finishes and wants an error of one kind that says nothing it must not.
func (s *Site) refused(ctx context.Context, r login.Reply, want providers.Kind) error {
	id, err := s.Provider.Finish(ctx, r)
	return s.judged(id, err, r, want)
}

func (s *Site) judged(id login.Identity, err error, r login.Reply, want providers.Kind) error {
	if err == nil {
		return errors.New("Finish let somebody in")
	}
	if id.Issuer != "" || id.Subject != "" || !id.Token.Access.IsZero() {
		return errors.New("Finish gave an identity together with an error")
	}
	return errors.Join(isKind(err, want), silent(err, r, s.Users))
}

// unasked is refused, nobody was asked, and the error says so: else forged
// callbacks would count as answers of a healthy vendor.
func (s *Site) unasked(ctx context.Context, r login.Reply) error {
	before := s.Asked()
	id, err := s.Provider.Finish(ctx, r)
	var said *providers.Error
	told := errors.As(err, &said) && said.Unsent
	err = s.judged(id, err, r, providers.Denied)
	if n := s.Asked() - before; n != 0 {
		return errors.Join(err, fmt.Errorf("the vendor was asked %d times", n))
	}
	if err == nil && !told {
		return errors.New("nobody was asked, and the error does not say so (NotSent)")
	}
	return err
}

func isKind(err error, want providers.Kind) error {
	var e *providers.Error
	switch {
	case !errors.As(err, &e):
		return fmt.Errorf("the error is a %T, not a *providers.Error", err)
	case e.Provider == "" || e.Op == "":
		return errors.New("the error names no provider or no operation")
	case e.Kind != want:
		return fmt.Errorf("the error is %s, want %s: %w", e.Kind, want, err)
	}
	return nil
}

// silent checks that an error prints nothing of a reply or a citizen.
func silent(err error, r login.Reply, users []login.Identity) error {
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	for name, secret := range map[string]string{
		"code": r.Code.Reveal(), "state": r.Challenge.State.Reveal(), "nonce": r.Challenge.Nonce.Reveal(),
		"verifier": r.Challenge.Verifier.Reveal(), "error of the callback": r.Description, "URL": "://",
	} {
		if len(secret) > 2 && (strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret))) {
			return fmt.Errorf("the error prints the %s", name)
		}
	}
	for _, u := range users {
		for _, personal := range []string{u.Name, u.Email, u.Phone} {
			if personal != "" && strings.Contains(text, personal) {
				return errors.New("the error prints personal data")
			}
		}
	}
	return nil
}

// same compares what an identity says of a person.
func same(got, want login.Identity) error {
	for _, f := range []struct{ name, got, want string }{
		{"Issuer", got.Issuer, want.Issuer}, {"Subject", got.Subject, want.Subject}, {"Name", got.Name, want.Name},
		{"Nickname", got.Nickname, want.Nickname}, {"Email", got.Email, want.Email}, {"Phone", got.Phone, want.Phone},
		{"EmailVerified", fmt.Sprint(got.EmailVerified), fmt.Sprint(want.EmailVerified)},
	} {
		if f.got != f.want {
			return fmt.Errorf("%s is %q, want %q", f.name, f.got, f.want)
		}
	}
	if got.Token.Access.IsZero() {
		return errors.New("there is no access token")
	}
	return login.Match(login.Request{Expect: want.Key()}, got)
}
