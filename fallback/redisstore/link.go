package redisstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/redis/go-redis/v9"
)

const (
	// probeFor bounds one look at a Redis that is left out, a new connection
	// included. What counts is a ping over that connection, within Wait.
	probeFor = time.Second
	// patience is how long a caller must have waited for his own deadline to
	// count against Redis, which answers in a fraction of it.
	patience = 2 * time.Millisecond
)

// link is one Redis as a Store or a Counter asks it: bounded in time, guarded
// by a breaker, nothing sent twice.
type link struct {
	keyring
	client   redis.UniversalClient
	breaker  *breaker.Breaker
	what     string // "store" or "counter"
	wait     time.Duration
	maxValue int

	calls, faults, leftOut, corrupt, refused atomic.Uint64
}

func newLink(c Config, what string, wait time.Duration) (*link, error) {
	if err := c.check(what, what == "counter"); err != nil {
		return nil, err
	}
	if c.Prefix == "" {
		c.Prefix = defaultPrefix
	}
	if c.MaxValue == 0 {
		c.MaxValue = defaultMaxValue
	}
	if c.Wait == 0 {
		c.Wait = wait
	}
	l := &link{keyring: keyring{prefix: c.Prefix + ":1:", secret: append([]byte(nil), c.Secret...)},
		client: c.Client, what: what, wait: c.Wait, maxValue: c.MaxValue}
	b, err := breaker.New(breaker.Config{
		Name: "redis " + what + " " + c.Prefix,
		// Every call is bounded by Wait already, so this bounds the probe.
		SlowAfter: probeFor, MaxOpenFor: 5 * time.Second, Probe: l.probe,
	})
	if err != nil {
		return nil, fmt.Errorf("fallback: redis %s: config: %w", what, err)
	}
	l.breaker = b
	return l, nil
}

// probe asks a Redis that is left out whether it answers in time again.
func (l *link) probe(ctx context.Context) error {
	if _, err := l.send(ctx, "ping"); err != nil { // makes a connection, in whatever time it takes
		return causeOf(err)
	}
	ctx, cancel := context.WithTimeout(ctx, l.wait)
	defer cancel()
	_, err := l.send(ctx, "ping")
	return causeOf(err)
}

// do makes one call, if Redis is worth asking, and returns its error with the
// operation in front.
func (l *link) do(ctx context.Context, op string, call func(context.Context) error) error {
	err := ctx.Err()
	if err == nil {
		err = l.ask(ctx, call)
	}
	if err != nil {
		return fmt.Errorf("fallback: redis %s: %s: %w", l.what, op, err)
	}
	return nil
}

func (l *link) ask(ctx context.Context, call func(context.Context) error) (err error) {
	// The breaker does not see the caller's deadline, often as long as Wait: who
	// waited in vain as long as that has seen a fault, and did not just leave.
	seen, left := context.WithCancel(context.WithoutCancel(ctx))
	defer left()
	asked := false
	refusal := l.breaker.Do(seen, func(context.Context) error {
		asked = true
		l.calls.Add(1)
		within, cancel := context.WithTimeout(ctx, l.wait)
		defer cancel()
		started := time.Now()
		err = causeOf(call(within))
		switch {
		case well(err):
			return nil
		case ctx.Err() == context.Canceled, ctx.Err() != nil && time.Since(started) < min(patience, l.wait/2):
			left()
			return err
		}
		l.faults.Add(1)
		return err
	})
	if !asked {
		l.leftOut.Add(1)
		return refusal
	}
	return err
}

// well says that err, nil included, is an answer of a Redis that works.
func well(err error) bool {
	var r reply
	var f finding
	return err == nil || errors.As(err, &f) || errors.As(err, &r) && !r.ill()
}

// once is a command that go-redis does not repeat after a lost reply.
type once struct{ *redis.Cmd }

// NoRetry is what go-redis asks before it repeats.
func (once) NoRetry() bool { return true }

// send sends one command. No reply at all is redis.Nil.
func (l *link) send(ctx context.Context, args ...any) (any, error) {
	cmd := once{redis.NewCmd(ctx, args...)}
	if err := l.client.Process(ctx, cmd); err != nil {
		return nil, err
	}
	return cmd.Result()
}

// run runs a script over one key. Redis is told its text when it does not know
// it: after a restart, a flush, a failover.
func (l *link) run(ctx context.Context, s script, key string, args ...any) (any, error) {
	v, err := l.send(ctx, append([]any{"evalsha", s.sha, 1, key}, args...)...)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		v, err = l.send(ctx, append([]any{"eval", s.text, 1, key}, args...)...)
	}
	return v, err
}

// script is the text of a script with its name in Redis.
type script struct{ text, sha string }

func newScript(text string) script { return script{text, redis.NewScript(text).Hash()} }

// milliseconds is ttl as Redis takes it, never shorter.
func milliseconds(ttl time.Duration) int64 {
	ms := int64(ttl / time.Millisecond)
	if ttl%time.Millisecond != 0 {
		ms++
	}
	return ms
}

// Stats is what a Store or a Counter did since it was made.
type Stats struct {
	Calls   uint64 // calls that asked Redis
	Faults  uint64 // of these, without an answer in time
	LeftOut uint64 // calls answered with breaker.ErrOpen, without asking
	Corrupt uint64 // values that were cut, changed, or of another key or kind
	Refused uint64 // values above MaxValue
}

func (l *link) stats() Stats {
	return Stats{Calls: l.calls.Load(), Faults: l.faults.Load(), LeftOut: l.leftOut.Load(), Corrupt: l.corrupt.Load(), Refused: l.refused.Load()}
}
