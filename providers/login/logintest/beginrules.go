package logintest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
)

const shortest = 22 // characters of 128 random bits, at six bits each

func beginRules() []rule {
	return []rule{
		{"Begin makes no network call, so it works while the vendor is dead", func(ctx context.Context, _ Harness, s *Site) error {
			for _, part := range []Part{AuthorisePage, TokenEndpoint} {
				if err := s.Break(part); err != nil {
					return err
				}
			}
			before := s.Asked()
			_, err := s.Provider.Begin(ctx, login.Request{})
			if n := s.Asked() - before; n != 0 {
				err = errors.Join(err, fmt.Errorf("the vendor was asked %d times", n))
			}
			return err
		}},
		{"the URL of Begin carries state, nonce and PKCE of its challenge, and no secret (T4)", func(ctx context.Context, h Harness, s *Site) error {
			c, err := s.Provider.Begin(ctx, login.Request{})
			if err != nil {
				return err
			}
			return carries(h, c)
		}},
		{"two Begins differ in all that ties a reply to them (T4)", func(ctx context.Context, h Harness, s *Site) error {
			a, errA := s.Provider.Begin(ctx, login.Request{})
			b, errB := s.Provider.Begin(ctx, login.Request{})
			if err := errors.Join(errA, errB); err != nil {
				return err
			}
			if a.State.Equal(b.State) || h.Nonce && a.Nonce.Equal(b.Nonce) || h.PKCE && a.Verifier.Equal(b.Verifier) {
				return errors.New("something is the same in both")
			}
			return nil
		}},
		{"Begin refuses a way back that leads off the site (T9)", func(ctx context.Context, _ Harness, s *Site) error {
			for _, evil := range []string{"//evil.example", `/\evil.example`, "https://evil.example", "javascript:alert(1)", "/\r\nLocation: //evil.example"} {
				_, err := s.Provider.Begin(ctx, login.Request{ReturnTo: evil})
				if err == nil {
					return fmt.Errorf("%q was taken", evil)
				}
				if err := isKind(err, providers.Invalid); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

func carries(h Harness, c login.Challenge) error {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" {
		return errors.New("the URL is not absolute")
	}
	v := u.Query()
	want := map[string]string{"response_type": "code", "state": c.State.Reveal(), "redirect_uri": c.RedirectURI}
	secrets := []string{c.State.Reveal()}
	if h.Nonce {
		want["nonce"] = c.Nonce.Reveal()
		secrets = append(secrets, c.Nonce.Reveal())
	}
	if h.PKCE {
		sum := sha256.Sum256([]byte(c.Verifier.Reveal()))
		want["code_challenge"], want["code_challenge_method"] = base64.RawURLEncoding.EncodeToString(sum[:]), "S256"
		secrets = append(secrets, c.Verifier.Reveal())
	}
	for key, value := range want {
		if value == "" || len(v[key]) != 1 || v.Get(key) != value {
			return fmt.Errorf("parameter %s is missing, repeated, or not that of the challenge", key)
		}
	}
	for _, s := range secrets {
		if len(s) < shortest {
			return errors.New("state, nonce or verifier has fewer than 128 bits")
		}
	}
	if v.Get("client_id") == "" {
		return errors.New("parameter client_id is missing")
	}
	if v.Has("client_secret") || v.Has("code_verifier") {
		return errors.New("a secret stands in the URL")
	}
	return nil
}
