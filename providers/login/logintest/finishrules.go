package logintest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

func finishRules() []rule {
	return []rule{
		{"who agrees is who comes back, each user exactly, also with ids beyond 2^53 (T1)", func(ctx context.Context, _ Harness, s *Site) error {
			for i, want := range s.Users {
				r, err := s.reply(ctx, i)
				if err != nil {
					return err
				}
				got, err := s.Provider.Finish(ctx, r)
				if err != nil {
					return fmt.Errorf("user %d: Finish: %w", i, err)
				}
				if err := same(got, want); err != nil {
					return fmt.Errorf("user %d: %w", i, err)
				}
			}
			return nil
		}},
		{"a code serves once: the second use is denied, not a fault", func(ctx context.Context, _ Harness, s *Site) error {
			r, err := s.reply(ctx, 0)
			if err != nil {
				return err
			}
			if _, err := s.Provider.Finish(ctx, r); err != nil {
				return err
			}
			return s.refused(ctx, r, providers.Denied)
		}},
		{"a code of another browser, injected into this one, is denied (T4)", func(ctx context.Context, h Harness, s *Site) error {
			if !h.Nonce && !h.PKCE {
				return nil // nothing but the state ties a code to a browser there
			}
			stolen, err := s.reply(ctx, 1)
			if err != nil {
				return err
			}
			own, err := s.Provider.Begin(ctx, login.Request{})
			if err != nil {
				return err
			}
			return s.refused(ctx, login.Reply{Code: stolen.Code, State: own.State.Reveal(), Issuer: stolen.Issuer, Challenge: own}, providers.Denied)
		}},
		{"many logins at once do not mix", func(ctx context.Context, _ Harness, s *Site) error {
			const logins = 16
			errs := make([]error, logins)
			var all sync.WaitGroup
			for i := range logins {
				all.Go(func() {
					errs[i] = guarded(func() error {
						user := i % len(s.Users)
						r, err := s.reply(ctx, user)
						if err != nil {
							return err
						}
						got, err := s.Provider.Finish(ctx, r)
						if err != nil {
							return err
						}
						return same(got, s.Users[user])
					})
				})
			}
			all.Wait()
			return errors.Join(errs...)
		}},
		{"an identity prints its issuer and nothing else of a person or a token (T17)", func(ctx context.Context, _ Harness, s *Site) error {
			r, err := s.reply(ctx, 0)
			if err != nil {
				return err
			}
			id, err := s.Provider.Finish(ctx, r)
			if err != nil {
				return err
			}
			text := fmt.Sprintf("%v %+v %#v %s %v %+v %#v %v %+v", id, id, id, id, r, r, r, r.Challenge, &r.Challenge)
			for _, secret := range []string{id.Subject, id.Name, id.Email, id.Phone, id.Token.Access.Reveal(), id.Token.Refresh.Reveal(), r.Code.Reveal(), r.State} {
				if secret != "" && strings.Contains(text, secret) {
					return errors.New("something is printed in the clear")
				}
			}
			return nil
		}},
		{"a Refresher gives a token that serves on, and denies an unknown one", refreshes},
	}
}

func refreshes(ctx context.Context, _ Harness, s *Site) error {
	p, ok := s.Provider.(login.Refresher)
	if !ok {
		return nil
	}
	r, err := s.reply(ctx, 0)
	if err != nil {
		return err
	}
	id, err := s.Provider.Finish(ctx, r)
	if err != nil {
		return err
	}
	if id.Token.Refresh.IsZero() {
		return errors.New("Finish gave no refresh token; ask for one in the harness")
	}
	for range 2 { // the token that came back must be good for the next time
		fresh, err := p.Refresh(ctx, id.Token)
		if err != nil {
			return fmt.Errorf("Refresh: %w", err)
		}
		if fresh.Access.IsZero() || fresh.Access.Equal(id.Token.Access) {
			return errors.New("there is no fresh access token")
		}
		if fresh.Refresh.IsZero() {
			return errors.New("the refresh token was lost")
		}
		id.Token = fresh
	}
	_, err = p.Refresh(ctx, login.Token{Refresh: providers.NewSecret("unknown-refresh-token")})
	if err == nil {
		return errors.New("an unknown refresh token was taken")
	}
	return isKind(err, providers.Denied)
}
