package logintest_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/logintest"
)

// harness puts wrap around the provider of a reference.
func harness(wrap func(*logintest.Reference) login.Provider) logintest.Harness {
	var opened atomic.Int32
	return logintest.Harness{Nonce: true, PKCE: true, Open: func() (*logintest.Site, error) {
		r := logintest.NewReference("https://issuer.example", fmt.Sprintf("https://site.example/back/%d", opened.Add(1)),
			login.Identity{Subject: "9007199254740992", Name: "홍길동", Email: "demo@example.test", EmailVerified: true, Phone: "010-1234-5678"},
			login.Identity{Subject: "9007199254740993", Nickname: "seoul"},
		)
		return &logintest.Site{
			Provider: wrap(r), Users: r.Users(), Agree: r.Agree, Cancel: r.Cancel, Asked: r.Asked, Heal: r.Heal,
			Break: func(p logintest.Part) error { r.Break(p, nil); return nil },
		}, nil
	}}
}

func TestReferenceKeepsEveryRule(t *testing.T) {
	logintest.Run(t, harness(func(r *logintest.Reference) login.Provider { return r }))
}

// recorder is a T that only writes down.
type recorder struct{ broken, kept []string }

func (r *recorder) Helper()                    {}
func (r *recorder) Logf(f string, args ...any) { r.kept = append(r.kept, fmt.Sprintf(f, args...)) }
func (r *recorder) Errorf(f string, args ...any) {
	r.broken = append(r.broken, fmt.Sprintf(f, args...))
}
func (r *recorder) breaks(words ...string) string { return missing(r.broken, words) }

func missing(lines, words []string) string {
	for _, w := range words {
		if !strings.Contains(strings.Join(lines, "\n"), w) {
			return w
		}
	}
	return ""
}

// bad breaks one rule and leaves the rest to the reference.
type bad struct {
	*logintest.Reference
	begin  func(*logintest.Reference, context.Context, login.Request) (login.Challenge, error)
	finish func(*logintest.Reference, context.Context, login.Reply) (login.Identity, error)
	watch  func(*logintest.Reference, context.Context) error
	again  func(*logintest.Reference, context.Context, login.Token) (login.Token, error)
}

func (b bad) Begin(ctx context.Context, q login.Request) (login.Challenge, error) {
	if b.begin != nil {
		return b.begin(b.Reference, ctx, q)
	}
	return b.Reference.Begin(ctx, q)
}

func (b bad) Finish(ctx context.Context, r login.Reply) (login.Identity, error) {
	if b.finish != nil {
		return b.finish(b.Reference, ctx, r)
	}
	return b.Reference.Finish(ctx, r)
}

func (b bad) Watch(ctx context.Context) error {
	if b.watch != nil {
		return b.watch(b.Reference, ctx)
	}
	return b.Reference.Watch(ctx)
}

func (b bad) Refresh(ctx context.Context, t login.Token) (login.Token, error) {
	if b.again != nil {
		return b.again(b.Reference, ctx, t)
	}
	return b.Reference.Refresh(ctx, t)
}

func edited(change func(*login.Challenge)) bad {
	return bad{begin: func(r *logintest.Reference, ctx context.Context, q login.Request) (login.Challenge, error) {
		c, err := r.Begin(ctx, q)
		change(&c)
		return c, err
	}}
}

func finishing(do func(*logintest.Reference, context.Context, login.Reply) (login.Identity, error)) bad {
	return bad{finish: do}
}

func TestBadProvidersFailTheSuite(t *testing.T) {
	rows := map[string]struct {
		bad   bad
		rules []string // words of the rules that must break
	}{
		"asks in Begin": {bad{begin: func(r *logintest.Reference, ctx context.Context, q login.Request) (login.Challenge, error) {
			_ = r.Watch(ctx)
			return r.Begin(ctx, q)
		}}, []string{"Begin makes no network call"}},
		"sends no state":     {edited(func(c *login.Challenge) { c.URL = strings.Replace(c.URL, "state=", "estate=", 1) }), []string{"carries state"}},
		"sends the verifier": {edited(func(c *login.Challenge) { c.URL += "&code_verifier=" + c.Verifier.Reveal() }), []string{"carries state"}},
		"has one state for all": {edited(func(c *login.Challenge) {
			u, _ := url.Parse(c.URL)
			v := u.Query()
			v.Set("state", strings.Repeat("s", 26))
			u.RawQuery = v.Encode()
			c.URL, c.State = u.String(), providers.NewSecret(strings.Repeat("s", 26))
		}), []string{"two Begins differ"}},
		"takes any way back": {bad{begin: func(r *logintest.Reference, ctx context.Context, _ login.Request) (login.Challenge, error) {
			return r.Begin(ctx, login.Request{})
		}}, []string{"a way back that leads off"}},
		"does not look at the state": {finishing(func(r *logintest.Reference, ctx context.Context, reply login.Reply) (login.Identity, error) {
			reply.State = reply.Challenge.State.Reveal()
			return r.Finish(ctx, reply)
		}), []string{"does not answer its challenge"}},
		"does not look at the issuer": {finishing(func(r *logintest.Reference, ctx context.Context, reply login.Reply) (login.Identity, error) {
			reply.Issuer = ""
			return r.Finish(ctx, reply)
		}), []string{"reply of another issuer"}},
		"takes an error for an outage": {finishing(func(r *logintest.Reference, ctx context.Context, reply login.Reply) (login.Identity, error) {
			if reply.Error != "" {
				return login.Identity{}, &providers.Error{Provider: "bad", Op: "reply", Err: errors.New(reply.Description)}
			}
			return r.Finish(ctx, reply)
		}), []string{"who cancels", "can be forged"}},
		"takes a bad code for an outage": {finishing(func(r *logintest.Reference, ctx context.Context, reply login.Reply) (login.Identity, error) {
			id, err := r.Finish(ctx, reply)
			if err != nil {
				err = &providers.Error{Provider: "bad", Op: "token"}
			}
			return id, err
		}), []string{"a code serves once", "a code that nobody gave", "injected"}},
		"prints the code": {finishing(func(r *logintest.Reference, ctx context.Context, reply login.Reply) (login.Identity, error) {
			id, err := r.Finish(ctx, reply)
			if err != nil {
				err = fmt.Errorf("code %s: %w", reply.Code.Reveal(), err)
			}
			return id, err
		}), []string{"a code serves once"}},
		"lets everybody be the first user": {finishing(func(r *logintest.Reference, ctx context.Context, reply login.Reply) (login.Identity, error) {
			id, err := r.Finish(ctx, reply)
			if err == nil {
				id.Subject = "9007199254740992"
			}
			return id, err
		}), []string{"who agrees is who comes back", "do not mix"}},
		"tries again": {finishing(func(r *logintest.Reference, ctx context.Context, reply login.Reply) (login.Identity, error) {
			id, err := r.Finish(ctx, reply)
			if errors.Is(err, providers.Unavailable) {
				return r.Finish(ctx, reply)
			}
			return id, err
		}), []string{"the code goes nowhere else"}},
		"serves the last identity": {finishing(func() func(*logintest.Reference, context.Context, login.Reply) (login.Identity, error) {
			var last atomic.Pointer[login.Identity]
			return func(r *logintest.Reference, ctx context.Context, reply login.Reply) (login.Identity, error) {
				id, err := r.Finish(ctx, reply)
				if err == nil {
					last.Store(&id)
				} else if old := last.Load(); old != nil {
					return *old, nil
				}
				return id, err
			}
		}()), []string{"a code serves once", "a caller who left"}},
		"panics":          {finishing(func(*logintest.Reference, context.Context, login.Reply) (login.Identity, error) { panic("oh") }), []string{"it panicked: oh"}},
		"watches nothing": {bad{watch: func(*logintest.Reference, context.Context) error { return nil }}, []string{"a Watcher is content"}},
		"loses the refresh token": {bad{again: func(r *logintest.Reference, ctx context.Context, old login.Token) (login.Token, error) {
			t, err := r.Refresh(ctx, old)
			t.Refresh = providers.Secret{}
			return t, err
		}}, []string{"a Refresher gives"}},
		"errors of its own": {finishing(func(r *logintest.Reference, ctx context.Context, reply login.Reply) (login.Identity, error) {
			id, err := r.Finish(ctx, reply)
			if err != nil {
				return id, errors.New("no")
			}
			return id, nil
		}), []string{"does not answer its challenge", "a code serves once"}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			var got recorder
			logintest.Run(&got, harness(func(r *logintest.Reference) login.Provider {
				b := row.bad
				b.Reference = r
				return b
			}))
			require.NotEmpty(t, got.broken)
			assert.Empty(t, got.breaks(row.rules...), "the rule that should break")
			assert.NotEmpty(t, got.kept, "and others are kept")
		})
	}
}

func TestHarnessWithoutTheNumbersIsToldSo(t *testing.T) {
	var got recorder
	logintest.Run(&got, logintest.Harness{Open: func() (*logintest.Site, error) { return &logintest.Site{}, nil }})
	assert.Empty(t, got.kept)
	assert.Contains(t, got.broken[0], "the harness has no user")
}
