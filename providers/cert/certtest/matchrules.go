package certtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

func matchRules() []rule {
	return []rule{
		{"another person's confirmation never proves a claim: Collect or Match denies it, by CI and by name (T2, Hometax)", func(ctx context.Context, s *Site) error {
			for i := range s.People {
				for j := range s.People {
					if i == j {
						continue
					}
					if err := s.impostor(ctx, i, j); err != nil {
						return fmt.Errorf("person %d for person %d: %w", j, i, err)
					}
				}
			}
			return nil
		}},
		{"a field that the vendor withheld is missing in the proof and fails the claim that has it (T2)", func(ctx context.Context, s *Site) error {
			if s.Withhold == nil {
				return errSkip
			}
			for _, f := range []Field{Gender, Birthday, Name, CI} { // they add up: the last has none
				if err := s.Withhold(f); err != nil {
					return err
				}
				t, err := s.confirmed(ctx, 0, 0)
				if err != nil {
					return err
				}
				got, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t))
				if err != nil {
					if err := isKind(err, providers.Denied, providers.Unavailable); err != nil {
						return err
					}
					continue
				}
				left := map[Field]string{CI: got.CI.Reveal(), Name: got.Name, Birthday: got.Birthday, Gender: got.Gender}[f]
				if left != "" {
					return fmt.Errorf("%s is in the proof, and not from the vendor", f)
				}
				claim := s.claim(0)
				if f == CI {
					claim.CI = s.People[0].CI
				}
				if err := denied(claim, got); err != nil {
					return fmt.Errorf("without %s: %w", f, err)
				}
			}
			return nil
		}},
	}
}

// impostor has one person confirm what another claimed.
func (s *Site) impostor(ctx context.Context, claimed, confirms int) error {
	t, err := s.confirmed(ctx, claimed, confirms)
	if err != nil {
		return err
	}
	got, err := s.Provider.Collect(ctx, cert.Reply{}.Resume(t))
	if err != nil {
		return isKind(err, providers.Denied)
	}
	claim := s.claim(claimed)
	known := claim
	known.CI = s.People[claimed].CI
	return errors.Join(denied(claim, got), denied(known, got))
}

func denied(claim cert.Subject, p cert.Proof) error {
	if err := cert.Match(claim, p); err == nil {
		return errors.New("Match took it")
	} else if !errors.Is(err, providers.Denied) {
		return fmt.Errorf("Match said %w, want denied", err)
	}
	return nil
}
