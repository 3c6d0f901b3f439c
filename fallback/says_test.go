package fallback_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// says is an error of a stranger's provider: it imports nothing of ours.
type says struct {
	class  string
	wait   time.Duration
	unsent bool
}

func (s *says) Error() string       { return "vendor: search: " + s.class }
func (s *says) Class() string       { return s.class }
func (s *says) Wait() time.Duration { return s.wait }
func (s *says) NotSent() bool       { return s.unsent }

// reply is an answer that may be remembered, unless it says Private.
type reply struct {
	Text    string
	Private bool
}

func (r reply) Cacheable() bool { return !r.Private }

// script is a source that does what it is told and counts how often it was
// asked.
type script struct {
	asked atomic.Int64
	do    atomic.Pointer[func(context.Context, string) (reply, error)]
}

func (s *script) ask(ctx context.Context, q string) (reply, error) {
	s.asked.Add(1)
	return (*s.do.Load())(ctx, q)
}

func (s *script) does(do func(context.Context, string) (reply, error)) { s.do.Store(&do) }

func (s *script) fails(err error) {
	s.does(func(context.Context, string) (reply, error) { return reply{}, err })
}

func (s *script) answers(text string) {
	s.does(func(context.Context, string) (reply, error) { return reply{Text: text}, nil })
}

// hangs until its context ends.
func (s *script) hangs() {
	s.does(func(ctx context.Context, _ string) (reply, error) {
		<-ctx.Done()
		return reply{}, ctx.Err()
	})
}

func answering(text string) *script {
	s := new(script)
	s.answers(text)
	return s
}

func failing(err error) *script {
	s := new(script)
	s.fails(err)
	return s
}

type (
	source = fallback.Source[string, reply]
	config = fallback.Config[string, reply]
	memory = fallback.Memory[string, reply]
	chain  = fallback.Chain[string, reply]
)

func newChain(t testing.TB, cfg config) *chain {
	t.Helper()
	if cfg.Name == "" {
		cfg.Name = "address"
	}
	c, err := fallback.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// chainOf returns a chain of scripts named a, b, c ...
func chainOf(t testing.TB, scripts ...*script) *chain {
	t.Helper()
	var cfg config
	for i, s := range scripts {
		cfg.Sources = append(cfg.Sources, fallback.From(string(rune('a'+i)), s.ask, nil))
	}
	return newChain(t, cfg)
}

func newBreaker(t testing.TB, cfg breaker.Config) *breaker.Breaker {
	t.Helper()
	b, err := breaker.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// failed returns the *Error of a call that has to fail.
func failed(t testing.TB, r fallback.Result[reply], err error) *fallback.Error {
	t.Helper()
	var e *fallback.Error
	require.ErrorAs(t, err, &e)
	require.Zero(t, r.Freshness, "an error has no answer")
	require.Zero(t, r.Value)
	require.Empty(t, r.Source)
	require.Equal(t, e.Failed, r.Failed, "the result tells who failed as well")
	return e
}

func identity(q string) string { return q }
