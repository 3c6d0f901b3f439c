package certtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

func collectRules() []rule {
	return []rule{
		{"who confirms is who the proof names, each person exactly, and Match agrees (T2)", func(ctx context.Context, s *Site) error {
			for i, want := range s.People {
				t, err := s.confirmed(ctx, i, i)
				if err != nil {
					return err
				}
				got, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t))
				if err != nil {
					return fmt.Errorf("person %d: Collect: %w", i, err)
				}
				claim := s.claim(i)
				known := claim
				known.CI = want.CI
				if err := errors.Join(same(got, want), cert.Match(claim, got), cert.Match(known, got), s.silent(fmt.Errorf("%v %+v %#v %v", got, got, got, &got), t)); err != nil {
					return fmt.Errorf("person %d: %w", i, err)
				}
			}
			return nil
		}},
		{"a request that waits is pending, which is denied and no fault, and polling creates nothing (F75)", func(ctx context.Context, s *Site) error {
			t, err := s.request(ctx, 0)
			if err != nil {
				return err
			}
			for range 5 {
				if err := s.refused(ctx, t, providers.Denied); err != nil {
					return err
				}
				if _, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t)); !pends(err) || !errors.Is(err, cert.ErrPending) {
					return errors.New("the error does not say Pending")
				}
			}
			if n := s.Created(); n != 1 {
				return fmt.Errorf("%d requests were created", n)
			}
			if err := s.Confirm(ctx, t, 0); err != nil {
				return err
			}
			got, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t))
			if err != nil {
				return fmt.Errorf("confirmed at last, yet: %w", err)
			}
			return same(got, s.People[0])
		}},
		{"a citizen who refuses is denied, for good", func(ctx context.Context, s *Site) error {
			t, err := s.request(ctx, 0)
			if err != nil {
				return err
			}
			if err := s.Refuse(ctx, t); err != nil {
				return err
			}
			return s.over(ctx, t, providers.Denied)
		}},
		{"a request that expired is denied, for good (F75)", func(ctx context.Context, s *Site) error {
			if s.Expire == nil {
				return errSkip
			}
			t, err := s.request(ctx, 0)
			if err != nil {
				return err
			}
			if err := s.Expire(ctx, t); err != nil {
				return err
			}
			return s.over(ctx, t, providers.Denied)
		}},
		{"a request is verified once: the second Collect is denied, never a second success (F85)", func(ctx context.Context, s *Site) error {
			t, err := s.confirmed(ctx, 0, 0)
			if err != nil {
				return err
			}
			if _, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t)); err != nil {
				return err
			}
			return s.over(ctx, t, providers.Denied)
		}},
		{"of many Collects at once one has the proof (F85)", func(ctx context.Context, s *Site) error {
			t, err := s.confirmed(ctx, 0, 0)
			if err != nil {
				return err
			}
			const callers = 16
			var proofs atomic.Int32
			errs := make([]error, callers)
			var all sync.WaitGroup
			for i := range callers {
				all.Go(func() {
					errs[i] = guarded(func() error {
						if _, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t)); err != nil {
							return isKind(err, providers.Denied)
						}
						proofs.Add(1)
						return nil
					})
				})
			}
			all.Wait()
			if n := proofs.Load(); n != 1 {
				errs = append(errs, fmt.Errorf("%d had it", n))
			}
			return errors.Join(errs...)
		}},
		{"many requests at once do not mix (T3)", func(ctx context.Context, s *Site) error {
			const citizens = 16
			errs := make([]error, citizens)
			var all sync.WaitGroup
			for i := range citizens {
				all.Go(func() {
					errs[i] = guarded(func() error {
						person := i % len(s.People)
						t, err := s.confirmed(ctx, person, person)
						if err != nil {
							return err
						}
						got, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t))
						if err != nil {
							return err
						}
						return same(got, s.People[person])
					})
				})
			}
			all.Wait()
			return errors.Join(errs...)
		}},
		{"what is no ticket of this provider is denied, and nobody is asked (T3)", func(ctx context.Context, s *Site) error {
			t, err := s.confirmed(ctx, 0, 0)
			if err != nil {
				return err
			}
			for name, edit := range map[string]func(*cert.Ticket){
				"none":                func(t *cert.Ticket) { *t = cert.Ticket{} },
				"of another provider": func(t *cert.Ticket) { t.Provider = "another" },
				"of nobody":           func(t *cert.Ticket) { t.Provider = "" },
				"without a request":   func(t *cert.Ticket) { t.ID = "" },
				"that is a path":      func(t *cert.Ticket) { t.ID = "../" + t.ID },
				"that is a query":     func(t *cert.Ticket) { t.ID += "?x=1" },
				"of 1 MB":             func(t *cert.Ticket) { t.ID = strings.Repeat("0", 1<<20) },
				"without a token":     func(t *cert.Ticket) { t.Token = providers.Secret{} },
			} {
				bad := t
				edit(&bad)
				if err := s.unasked(ctx, bad); err != nil {
					return fmt.Errorf("a ticket %s: %w", name, err)
				}
			}
			return nil
		}},
		{"a signature over another token is refused: that of another request, and a forged one (F84)", func(ctx context.Context, s *Site) error {
			a, err := s.confirmed(ctx, 0, 0)
			if err != nil {
				return err
			}
			b, err := s.confirmed(ctx, 0, 0)
			if err != nil {
				return err
			}
			a.Token = b.Token
			if err := s.over(ctx, a, providers.Denied, providers.Security); err != nil {
				return err
			}
			if s.Forge == nil {
				return nil
			}
			if err := s.Forge(ctx, b); err != nil {
				return err
			}
			return s.over(ctx, b, providers.Denied, providers.Security)
		}},
		{"a Canceller ends a request that waits, and the citizen comes too late", func(ctx context.Context, s *Site) error {
			p, ok := s.Provider.(cert.Canceller)
			if !ok {
				return errSkip
			}
			t, err := s.request(ctx, 0)
			if err != nil {
				return err
			}
			if err := p.Cancel(ctx, t); err != nil {
				return fmt.Errorf("Cancel: %w", err)
			}
			_ = s.Confirm(ctx, t, 0) // the telephone may refuse to
			return s.over(ctx, t, providers.Denied)
		}},
	}
}
