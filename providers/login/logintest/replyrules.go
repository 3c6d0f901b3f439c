package logintest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

func replyRules() []rule {
	return []rule{
		{"a reply that does not answer its challenge is denied and nobody is asked (T4)", func(ctx context.Context, h Harness, s *Site) error {
			good, err := s.reply(ctx, 0)
			if err != nil {
				return err
			}
			other, err := s.Provider.Begin(ctx, login.Request{})
			if err != nil {
				return err
			}
			wrong := map[string]func(*login.Reply){
				"another state":           func(r *login.Reply) { r.State = other.State.Reveal() },
				"no state":                func(r *login.Reply) { r.State = "" },
				"a truncated state":       func(r *login.Reply) { r.State = r.State[:len(r.State)-1] },
				"a state in another case": func(r *login.Reply) { r.State = flip(r.State) },
				"another challenge":       func(r *login.Reply) { r.Challenge = other },
				"no challenge":            func(r *login.Reply) { r.Challenge = login.Challenge{} },
				"no challenge, no state":  func(r *login.Reply) { r.Challenge, r.State = login.Challenge{}, "" },
				"nothing on both sides":   func(r *login.Reply) { r.Challenge.State, r.State = providers.Secret{}, "" },
				"another redirect URI":    func(r *login.Reply) { r.Challenge.RedirectURI += "/other" },
			}
			if h.Nonce {
				wrong["no nonce"] = func(r *login.Reply) { r.Challenge.Nonce = providers.Secret{} }
			}
			if h.PKCE {
				wrong["no verifier"] = func(r *login.Reply) { r.Challenge.Verifier = providers.Secret{} }
			}
			return each(wrong, func(spoil func(*login.Reply)) error {
				r := good
				spoil(&r)
				return s.unasked(ctx, r)
			})
		}},
		{"a reply of another issuer is denied and nobody is asked (T3, RFC 9207)", func(ctx context.Context, _ Harness, s *Site) error {
			good, err := s.reply(ctx, 0)
			if err != nil {
				return err
			}
			issuer := s.Users[0].Issuer
			for _, iss := range []string{"https://issuer.invalid", issuer + "/", strings.ToUpper(issuer), issuer[:len(issuer)-1]} {
				r := good
				r.Issuer = iss
				if err := s.unasked(ctx, r); err != nil {
					return err
				}
			}
			return nil
		}},
		{"who cancels is denied, and the vendor is not asked", func(ctx context.Context, _ Harness, s *Site) error {
			c, err := s.Provider.Begin(ctx, login.Request{})
			if err != nil {
				return err
			}
			v, err := s.Cancel(ctx, c)
			if err != nil {
				return err
			}
			r, err := login.ParseReply(v)
			if err != nil {
				return err
			}
			if r.Error == "" {
				return errors.New("the harness did not cancel")
			}
			return s.unasked(ctx, r.Resume(c))
		}},
		{"an error in a callback can be forged: it is denied, never a fault, and is not printed (T5, F70)", func(ctx context.Context, _ Harness, s *Site) error {
			c, err := s.Provider.Begin(ctx, login.Request{})
			if err != nil {
				return err
			}
			for _, word := range []string{"server_error", "temporarily_unavailable", "invalid_client", "FORGED-WORD"} {
				r := login.Reply{State: c.State.Reveal(), Error: word, Description: "FORGED-TEXT <script>"}.Resume(c)
				if err := s.unasked(ctx, r); err != nil {
					return fmt.Errorf("%s: %w", word, err)
				}
				if _, err := s.Provider.Finish(ctx, r); strings.Contains(err.Error(), "FORGED") {
					return errors.New("the error prints what the callback said")
				}
				r.State = "forged"
				if err := s.unasked(ctx, r); err != nil {
					return fmt.Errorf("%s without a state: %w", word, err)
				}
			}
			return nil
		}},
		{"a code that nobody gave is denied, never a fault (T5)", func(ctx context.Context, _ Harness, s *Site) error {
			c, err := s.Provider.Begin(ctx, login.Request{})
			if err != nil {
				return err
			}
			codes := map[string]string{"made up": "made-up-code", "short": "0", "long": strings.Repeat("c", 2000), "of odd characters": `&redirect_uri=//evil"'<>%00+`}
			return each(codes, func(code string) error {
				return s.refused(ctx, login.Reply{Code: providers.NewSecret(code), State: c.State.Reveal(), Challenge: c}, providers.Denied)
			})
		}},
		{"no code, or one that no vendor gives, is denied and nobody is asked", func(ctx context.Context, _ Harness, s *Site) error {
			c, err := s.Provider.Begin(ctx, login.Request{})
			if err != nil {
				return err
			}
			codes := map[string]string{"none": "", "with a line break": "co\r\nde", "with NUL": "co\x00de", "of 1 MB": strings.Repeat("c", 1<<20)}
			return each(codes, func(code string) error {
				return s.unasked(ctx, login.Reply{Code: providers.NewSecret(code), State: c.State.Reveal(), Challenge: c})
			})
		}},
	}
}

// each checks one after another and names the one that broke.
func each[V any](rows map[string]V, check func(V) error) error {
	var errs []error
	for name, v := range rows {
		if err := check(v); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// flip changes the case of the first letter.
func flip(s string) string {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			return s[:i] + string(rune(c^0x20)) + s[i+1:]
		}
	}
	return s + "x"
}
