package certtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
)

func requestRules() []rule {
	return []rule{
		{"a ticket names its provider and its request, ends in the future, and carries a token that must come back", func(ctx context.Context, s *Site) error {
			t, err := s.request(ctx, 0)
			if err != nil {
				return err
			}
			switch {
			case t.Provider == "" || t.ID == "":
				return errors.New("it names nothing")
			case !t.Expires.After(time.Now()):
				return errors.New("it has no end, or one that is past")
			case len(t.Token.Reveal()) < 20:
				return errors.New("its token is not there, or short")
			case s.Created() != 1:
				return fmt.Errorf("%d requests were created", s.Created())
			}
			return nil
		}},
		{"two requests differ in everything that names them (T4)", func(ctx context.Context, s *Site) error {
			a, err := s.request(ctx, 0)
			if err != nil {
				return err
			}
			b, err := s.request(ctx, 0)
			if err != nil {
				return err
			}
			if a.ID == b.ID || a.Token.Equal(b.Token) {
				return errors.New("they share a name or a token")
			}
			return nil
		}},
		{"a claim that no vendor could answer is invalid, and nobody is asked", func(ctx context.Context, s *Site) error {
			for name, edit := range map[string]func(*cert.Subject){
				"no name":                  func(c *cert.Subject) { c.Name = "" },
				"a name with a line break": func(c *cert.Subject) { c.Name = "홍\n길동" },
				"a long name":              func(c *cert.Subject) { c.Name = strings.Repeat("가", 81) },
				"no birthday":              func(c *cert.Subject) { c.Birthday = "" },
				"the 30th of February":     func(c *cert.Subject) { c.Birthday = "19900230" },
				"a number that is none":    func(c *cert.Subject) { c.Phone = "../../x" },
				"a number with dashes":     func(c *cert.Subject) { c.Phone = "010-1234-5678" },
				"a gender that is none":    func(c *cert.Subject) { c.Gender = "X" },
				"no gender":                func(c *cert.Subject) { c.Gender = "" },
				"no title":                 func(c *cert.Subject) { c.Title = "" },
				"a long title":             func(c *cert.Subject) { c.Title = strings.Repeat("가", 41) },
			} {
				claim := s.claim(0)
				edit(&claim)
				t, err := s.Provider.Request(ctx, claim)
				if err == nil || !empty(t) {
					return fmt.Errorf("%s: it was taken", name)
				}
				if err := errors.Join(isKind(err, providers.Invalid), s.silent(err, cert.Ticket{})); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
			if s.Asked() != 0 {
				return errors.New("the vendor was asked")
			}
			return nil
		}},
		{"a ticket and a claim print nothing of a person or a request (T17)", func(ctx context.Context, s *Site) error {
			t, err := s.request(ctx, 0)
			if err != nil {
				return err
			}
			c, r := s.claim(0), cert.Reply{Ticket: t}
			return s.silent(fmt.Errorf("%v %+v %#v %v %+v %#v %v %+v %v %+v", t, t, t, c, c, c, &t, &c, r, &r), t)
		}},
	}
}
