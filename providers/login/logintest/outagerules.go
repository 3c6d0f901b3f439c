package logintest

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

func outageRules() []rule {
	return []rule{
		{"with the token endpoint dead Finish is unavailable, and the code goes nowhere else (T3, F73)", func(ctx context.Context, h Harness, s *Site) error {
			other, err := h.open()
			if err != nil {
				return err
			}
			defer other.shut()
			r, err := s.reply(ctx, 0)
			if err != nil {
				return err
			}
			if err := s.Break(TokenEndpoint); err != nil {
				return err
			}
			before := s.Asked()
			if err := s.refused(ctx, r, providers.Unavailable); err != nil {
				return err
			}
			if n := s.Asked() - before; n > 1 {
				return fmt.Errorf("the code was tried %d times", n)
			}
			return other.unasked(ctx, r)
		}},
		{"a caller who left gets no identity", func(ctx context.Context, _ Harness, s *Site) error {
			r, err := s.reply(ctx, 0)
			if err != nil {
				return err
			}
			gone, leave := context.WithCancel(ctx)
			leave()
			if _, err := s.Provider.Finish(gone, r); err == nil {
				return errors.New("Finish let somebody in")
			}
			return nil
		}},
		{"a Watcher is content while all is well, and sees each part die and come back", watches},
		{"a citizen half-way through may finish when the page has died meanwhile (F74)", func(ctx context.Context, _ Harness, s *Site) error {
			r, err := s.reply(ctx, 0)
			if err != nil {
				return err
			}
			if err := s.Break(AuthorisePage); err != nil {
				return err
			}
			id, err := s.Provider.Finish(ctx, r)
			if err != nil {
				return err
			}
			return same(id, s.Users[0])
		}},
		{"a callback with a repeated parameter, or with code and error, is no reply", func(ctx context.Context, _ Harness, s *Site) error {
			c, err := s.Provider.Begin(ctx, login.Request{})
			if err != nil {
				return err
			}
			v, err := s.Agree(ctx, c, 0)
			if err != nil {
				return err
			}
			for key := range v {
				twice := url.Values{}
				for k, all := range v {
					twice[k] = all
				}
				twice[key] = append([]string{"first"}, v[key]...)
				if _, err := login.ParseReply(twice); err == nil {
					return fmt.Errorf("%s was taken twice", key)
				}
			}
			v.Set("error", "access_denied")
			if _, err := login.ParseReply(v); err == nil {
				return errors.New("code and error were taken together")
			}
			return nil
		}},
	}
}

func watches(ctx context.Context, _ Harness, s *Site) error {
	p, ok := s.Provider.(login.Watcher)
	if !ok {
		return nil
	}
	if err := p.Watch(ctx); err != nil {
		return fmt.Errorf("all is well, yet: %w", err)
	}
	for _, part := range []Part{AuthorisePage, TokenEndpoint} {
		if err := s.Break(part); err != nil {
			return err
		}
		err := p.Watch(ctx)
		if err == nil {
			return fmt.Errorf("the %s is dead, and it is content", part)
		}
		if err := isKind(err, providers.Unavailable); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		if s.Heal == nil {
			return nil
		}
		s.Heal()
		if err := p.Watch(ctx); err != nil {
			return fmt.Errorf("the %s is back, yet: %w", part, err)
		}
	}
	return nil
}
