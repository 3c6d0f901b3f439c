package certtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

func outageRules() []rule {
	return []rule{
		{"with the vendor dead Request is unavailable, and at most one request came to be (T19)", func(ctx context.Context, s *Site) error {
			if err := s.Break(RequestStep); err != nil {
				return err
			}
			t, err := s.Provider.Request(ctx, s.claim(0))
			if err == nil || !empty(t) {
				return errors.New("Request gave a ticket")
			}
			if n := s.Created(); n > 1 {
				return fmt.Errorf("%d requests were created", n)
			}
			return errors.Join(isKind(err, providers.Unavailable), s.silent(err, t))
		}},
		{"with the vendor dead after the request Collect is unavailable, creates nothing, and is the citizen's again when it is back", func(ctx context.Context, s *Site) error {
			t, err := s.confirmed(ctx, 0, 0)
			if err != nil {
				return err
			}
			for _, part := range []Part{StatusStep, VerifyStep} {
				if err := s.Break(part); err != nil {
					return err
				}
				for range 2 {
					if err := s.refused(ctx, t, providers.Unavailable); err != nil {
						return fmt.Errorf("%s: %w", part, err)
					}
				}
				if s.Heal == nil {
					return nil
				}
				s.Heal()
			}
			if n := s.Created(); n != 1 {
				return fmt.Errorf("%d requests were created", n)
			}
			// The dead verify may have spent it: then it is over, never open.
			got, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t))
			if err != nil {
				return isKind(err, providers.Denied)
			}
			return errors.Join(same(got, s.People[0]), s.over(ctx, t, providers.Denied))
		}},
		{"a caller who left asks nobody and gets nothing", func(ctx context.Context, s *Site) error {
			t, err := s.confirmed(ctx, 0, 0)
			if err != nil {
				return err
			}
			gone, leave := context.WithCancel(ctx)
			leave()
			made := s.Created()
			if _, err := s.Provider.Request(gone, s.claim(0)); err == nil || s.Created() != made {
				return errors.New("Request sent something")
			}
			if _, err := s.Provider.Collect(gone, cert.Reply{}.Resume(t)); err == nil {
				return errors.New("Collect gave a proof")
			}
			got, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t))
			if err != nil {
				return fmt.Errorf("for the next caller: %w", err)
			}
			return same(got, s.People[0])
		}},
		{"a Watcher is content while all is well, creates nothing, and sees the vendor die and come back", func(ctx context.Context, s *Site) error {
			p, ok := s.Provider.(cert.Watcher)
			if !ok {
				return errSkip
			}
			if err := p.Watch(ctx); err != nil {
				return fmt.Errorf("all is well, yet: %w", err)
			}
			for _, part := range []Part{RequestStep, StatusStep, VerifyStep} {
				if err := s.Break(part); err != nil {
					return err
				}
			}
			err := p.Watch(ctx)
			if err == nil {
				return errors.New("all steps are dead, and it is content")
			}
			if err := isKind(err, providers.Unavailable); err != nil {
				return err
			}
			if n := s.Created(); n != 0 {
				return fmt.Errorf("%d requests were created", n)
			}
			if s.Heal == nil {
				return nil
			}
			s.Heal()
			return p.Watch(ctx)
		}},
	}
}
