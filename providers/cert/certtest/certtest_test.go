package certtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/cert"
	"github.com/detour-go/detour/providers/cert/certtest"
)

func people() []cert.Proof {
	return []cert.Proof{
		{Name: "홍길동", Birthday: "19900101", Gender: "M", Phone: "01012345678", CI: providers.NewSecret(strings.Repeat("A", 86) + "==")},
		{Name: "김서울", Birthday: "19851231", Gender: "F", Phone: "01087654321", CI: providers.NewSecret(strings.Repeat("B", 86) + "==")},
	}
}

// harness puts wrap around the provider of a reference.
func harness(wrap func(*certtest.Reference) cert.Provider) certtest.Harness {
	return certtest.Harness{Open: func() (*certtest.Site, error) {
		r := certtest.NewReference(people()...)
		return &certtest.Site{
			Provider: wrap(r), People: r.People(), Asked: r.Asked, Created: r.Created, Heal: r.Heal,
			Confirm:  func(_ context.Context, t cert.Ticket, person int) error { return r.Confirm(t, person) },
			Refuse:   func(_ context.Context, t cert.Ticket) error { return r.Refuse(t) },
			Expire:   func(_ context.Context, t cert.Ticket) error { return r.Expire(t) },
			Forge:    func(_ context.Context, t cert.Ticket) error { return r.Forge(t) },
			Withhold: func(f certtest.Field) error { r.Withhold(f); return nil },
			Break:    func(p certtest.Part) error { r.Break(p, nil); return nil },
		}, nil
	}}
}

// recorder is a T that only writes down.
type recorder struct{ broken, logged []string }

func (r *recorder) Helper()                    {}
func (r *recorder) Logf(f string, args ...any) { r.logged = append(r.logged, fmt.Sprintf(f, args...)) }
func (r *recorder) Errorf(f string, args ...any) {
	r.broken = append(r.broken, fmt.Sprintf(f, args...))
}

func TestReferenceKeepsEveryRule(t *testing.T) {
	rec := &recorder{}
	certtest.Run(rec, harness(func(r *certtest.Reference) cert.Provider { return r }))
	assert.Empty(t, rec.broken)
	assert.NotContains(t, strings.Join(rec.logged, "\n"), "not checked")
}

func TestWhatTheHarnessCannotIsSaid(t *testing.T) {
	rec := &recorder{}
	h := harness(func(r *certtest.Reference) cert.Provider { return struct{ cert.Provider }{r} })
	open := h.Open
	h.Open = func() (*certtest.Site, error) {
		s, err := open()
		s.Expire, s.Forge, s.Withhold = nil, nil, nil
		return s, err
	}
	certtest.Run(rec, h)
	assert.Empty(t, rec.broken)
	assert.Equal(t, 4, strings.Count(strings.Join(rec.logged, "\n"), "not checked"), "expiry, fields, watch, cancel")
}

func TestHarnessMustBeWhole(t *testing.T) {
	for name, edit := range map[string]func(*certtest.Site) error{
		"does not open":        func(*certtest.Site) error { return errors.New("no") },
		"one person":           func(s *certtest.Site) error { s.People = s.People[:1]; return nil },
		"two of the same name": func(s *certtest.Site) error { s.People[1].Name = s.People[0].Name; return nil },
		"nobody could claim":   func(s *certtest.Site) error { s.People[1].Birthday = "1985"; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{}
			h := harness(func(r *certtest.Reference) cert.Provider { return r })
			open := h.Open
			h.Open = func() (*certtest.Site, error) {
				s, err := open()
				return s, errors.Join(err, edit(s))
			}
			certtest.Run(rec, h)
			assert.NotEmpty(t, rec.broken)
		})
	}
}

type (
	asks     = func(r *certtest.Reference, ctx context.Context, s cert.Subject) (cert.Ticket, error)
	collects = func(r *certtest.Reference, ctx context.Context, reply cert.Reply) (cert.Proof, error)
)

// bad breaks one rule and leaves the rest to the reference.
type bad struct {
	*certtest.Reference
	request asks
	collect collects
	watch   func(*certtest.Reference, context.Context) error
	cancel  func(*certtest.Reference, context.Context, cert.Ticket) error
}

func (b bad) Request(ctx context.Context, s cert.Subject) (cert.Ticket, error) {
	if b.request != nil {
		return b.request(b.Reference, ctx, s)
	}
	return b.Reference.Request(ctx, s)
}

func (b bad) Collect(ctx context.Context, r cert.Reply) (cert.Proof, error) {
	if b.collect != nil {
		return b.collect(b.Reference, ctx, r)
	}
	return b.Reference.Collect(ctx, r)
}

func (b bad) Watch(ctx context.Context) error {
	if b.watch != nil {
		return b.watch(b.Reference, ctx)
	}
	return b.Reference.Watch(ctx)
}

func (b bad) Cancel(ctx context.Context, t cert.Ticket) error {
	if b.cancel != nil {
		return b.cancel(b.Reference, ctx, t)
	}
	return b.Reference.Cancel(ctx, t)
}

// turned changes what Collect gave.
func turned(edit func(reply cert.Reply, p *cert.Proof, err error) error) bad {
	return bad{collect: func(r *certtest.Reference, ctx context.Context, reply cert.Reply) (cert.Proof, error) {
		p, err := r.Collect(ctx, reply)
		err = edit(reply, &p, err)
		return p, err
	}}
}

func oops(kind providers.Kind, cause error) error {
	return &providers.Error{Provider: "bad", Op: "collect", Kind: kind, Err: cause}
}

// memory is what a bad provider remembers: the claims of its requests.
type memory struct {
	mu     sync.Mutex
	claims map[string]cert.Subject
	proofs map[string]cert.Proof
}

func (m *memory) request(r *certtest.Reference, ctx context.Context, s cert.Subject) (cert.Ticket, error) {
	t, err := r.Request(ctx, s)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claims[t.ID] = s
	return t, err
}

func TestBadProvidersFailTheSuite(t *testing.T) {
	rows := map[string]struct {
		bad   func() bad
		rules []string // words of the rules that must break
	}{
		"asks with any claim": {func() bad {
			return bad{request: func(r *certtest.Reference, ctx context.Context, s cert.Subject) (cert.Ticket, error) {
				if s.Validate() != nil {
					s = cert.Subject{Name: "a", Birthday: "19900101", Gender: "F", Phone: "01012345678", Title: "t"}
				}
				return r.Request(ctx, s)
			}}
		}, []string{"no vendor could answer"}},
		"asks twice": {func() bad {
			return bad{request: func(r *certtest.Reference, ctx context.Context, s cert.Subject) (cert.Ticket, error) {
				_, _ = r.Request(ctx, s)
				return r.Request(ctx, s)
			}}
		}, []string{"a ticket names its provider", "polling creates nothing"}},
		"sends no token": {func() bad {
			return bad{request: func(r *certtest.Reference, ctx context.Context, s cert.Subject) (cert.Ticket, error) {
				t, err := r.Request(ctx, s)
				t.Token = providers.Secret{}
				return t, err
			}}
		}, []string{"a token that must come back"}},
		"has one ticket for all": {func() bad {
			var once sync.Once
			var one cert.Ticket
			return bad{request: func(r *certtest.Reference, ctx context.Context, s cert.Subject) (cert.Ticket, error) {
				var err error
				if s.Validate() == nil && ctx.Err() == nil {
					once.Do(func() { one, err = r.Request(ctx, s) })
					return one, err
				}
				return r.Request(ctx, s)
			}}
		}, []string{"two requests differ", "do not mix"}},
		"waiting is an outage": {func() bad {
			return turned(func(_ cert.Reply, _ *cert.Proof, err error) error {
				if errors.Is(err, cert.ErrPending) {
					return oops(providers.Unavailable, cert.ErrPending)
				}
				return err
			})
		}, []string{"a request that waits"}},
		"waiting is the end": {func() bad {
			return turned(func(_ cert.Reply, _ *cert.Proof, err error) error {
				if errors.Is(err, cert.ErrPending) {
					return oops(providers.Denied, errors.New("wait"))
				}
				return err
			})
		}, []string{"a request that waits"}},
		"everything may still come": {func() bad {
			return turned(func(_ cert.Reply, _ *cert.Proof, err error) error {
				if errors.Is(err, providers.Denied) {
					return oops(providers.Denied, cert.ErrPending)
				}
				return err
			})
		}, []string{"who refuses", "that expired", "verified once"}},
		"a refusal is an outage": {func() bad {
			return turned(func(_ cert.Reply, _ *cert.Proof, err error) error {
				if errors.Is(err, cert.ErrRejected) || errors.Is(err, cert.ErrExpired) {
					return oops(providers.Unavailable, nil)
				}
				return err
			})
		}, []string{"who refuses", "that expired"}},
		"keeps proofs": {func() bad {
			m := &memory{proofs: map[string]cert.Proof{}}
			return turned(func(reply cert.Reply, p *cert.Proof, err error) error {
				m.mu.Lock()
				defer m.mu.Unlock()
				if kept, ok := m.proofs[reply.Ticket.ID]; ok && err != nil {
					*p, err = kept, nil
				}
				m.proofs[reply.Ticket.ID] = *p
				if err != nil {
					delete(m.proofs, reply.Ticket.ID)
				}
				return err
			})
		}, []string{"verified once", "of many Collects at once"}},
		"proves a claim with itself": {func() bad {
			m := &memory{claims: map[string]cert.Subject{}}
			b := turned(func(reply cert.Reply, p *cert.Proof, err error) error {
				m.mu.Lock()
				defer m.mu.Unlock()
				if s := m.claims[reply.Ticket.ID]; err == nil {
					p.Name, p.Birthday, p.Gender = s.Name, s.Birthday, s.Gender
				}
				return err
			})
			b.request = m.request
			return b
		}, []string{"another person's confirmation", "a field that the vendor withheld"}},
		"takes any signature": {func() bad {
			return turned(func(_ cert.Reply, p *cert.Proof, err error) error {
				if errors.Is(err, cert.ErrToken) {
					*p = people()[0]
					return nil
				}
				return err
			})
		}, []string{"over another token"}},
		"takes any ticket": {func() bad {
			return bad{collect: func(r *certtest.Reference, ctx context.Context, reply cert.Reply) (cert.Proof, error) {
				reply.Ticket.Provider = "reference"
				return r.Collect(ctx, reply)
			}}
		}, []string{"no ticket of this provider"}},
		"names only a CI": {func() bad {
			return turned(func(_ cert.Reply, p *cert.Proof, err error) error { p.Name = ""; return err })
		}, []string{"who confirms is who"}},
		"does not say when": {func() bad {
			return turned(func(_ cert.Reply, p *cert.Proof, err error) error {
				p.At = time.Time{}
				return err
			})
		}, []string{"who confirms is who"}},
		"gives a proof with an error": {func() bad {
			return turned(func(_ cert.Reply, p *cert.Proof, err error) error {
				if err != nil {
					p.Name = "홍길동"
				}
				return err
			})
		}, []string{"who refuses", "verified once"}},
		"prints the ticket": {func() bad {
			return turned(func(reply cert.Reply, _ *cert.Proof, err error) error {
				if err != nil {
					return fmt.Errorf("%s: %w", reply.Ticket.ID, err)
				}
				return nil
			})
		}, []string{"who refuses", "a request that waits"}},
		"prints a person": {func() bad {
			return bad{request: func(r *certtest.Reference, ctx context.Context, s cert.Subject) (cert.Ticket, error) {
				t, err := r.Request(ctx, s)
				if err != nil {
					err = fmt.Errorf("%s: %w", s.Phone, err)
				}
				return t, err
			}}
		}, []string{"with the vendor dead Request"}},
		"its errors are strangers": {func() bad {
			return turned(func(_ cert.Reply, _ *cert.Proof, err error) error {
				if err != nil {
					return errors.New("no")
				}
				return nil
			})
		}, []string{"who refuses", "with the vendor dead after"}},
		"asks again when it fails": {func() bad {
			return bad{collect: func(r *certtest.Reference, ctx context.Context, reply cert.Reply) (cert.Proof, error) {
				p, err := r.Collect(ctx, reply)
				if errors.Is(err, providers.Unavailable) {
					_, _ = r.Request(ctx, cert.Subject{Name: "a", Birthday: "19900101", Gender: "F", Phone: "01012345678", Title: "t"})
				}
				return p, err
			}}
		}, []string{"with the vendor dead after"}},
		"an outage is a no": {func() bad {
			return turned(func(_ cert.Reply, _ *cert.Proof, err error) error {
				if errors.Is(err, providers.Unavailable) {
					return oops(providers.Denied, nil)
				}
				return err
			})
		}, []string{"with the vendor dead after"}},
		"does not listen to its context": {func() bad {
			return bad{
				request: func(r *certtest.Reference, _ context.Context, s cert.Subject) (cert.Ticket, error) {
					return r.Request(context.Background(), s)
				},
			}
		}, []string{"a caller who left"}},
		"is always content": {func() bad {
			return bad{watch: func(*certtest.Reference, context.Context) error { return nil }}
		}, []string{"a Watcher is content"}},
		"is never content": {func() bad {
			return bad{watch: func(*certtest.Reference, context.Context) error { return oops(providers.Unavailable, nil) }}
		}, []string{"a Watcher is content"}},
		"watches by asking citizens": {func() bad {
			return bad{watch: func(r *certtest.Reference, ctx context.Context) error {
				_, err := r.Request(ctx, cert.Subject{Name: "a", Birthday: "19900101", Gender: "F", Phone: "01012345678", Title: "t"})
				return err
			}}
		}, []string{"a Watcher is content"}},
		"cancels nothing": {func() bad {
			return bad{cancel: func(*certtest.Reference, context.Context, cert.Ticket) error { return nil }}
		}, []string{"a Canceller ends"}},
		"panics": {func() bad {
			return bad{collect: func(*certtest.Reference, context.Context, cert.Reply) (cert.Proof, error) { panic("x") }}
		}, []string{"it panicked"}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{}
			certtest.Run(rec, harness(func(r *certtest.Reference) cert.Provider {
				b := row.bad()
				b.Reference = r
				return b
			}))
			all := strings.Join(rec.broken, "\n")
			for _, words := range row.rules {
				assert.Contains(t, all, words)
			}
		})
	}
}
