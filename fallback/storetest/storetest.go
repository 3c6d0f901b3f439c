// Package storetest says what every fallback.Store and fallback.Counter must
// do. Each check is one rule and names it, so that a failing row reads as a
// sentence:
//
//	func TestStore(t *testing.T) {
//		storetest.Store(t, func() fallback.Store { return mystore.New() })
//	}
//
// It imports std and fallback only. Time passes by sleeping, which costs
// nothing inside a testing/synctest bubble and three seconds outside (a real
// Redis); Tick and Advance change that. Checks run in parallel with themselves,
// never with each other.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// T is the part of *testing.T that the suites need; a recorder can stand in for
// it.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Option changes how a suite runs.
type Option func(*settings)

type settings struct {
	tick    time.Duration
	advance func(time.Duration)
	room    int
}

// Tick sets the shortest time that the store under test can be trusted to keep
// apart; default 100ms. Lives are 4 ticks and more.
func Tick(d time.Duration) Option { return func(s *settings) { s.tick = d } }

// Advance replaces sleeping: it lets d pass for the store under test.
func Advance(pass func(d time.Duration)) Option { return func(s *settings) { s.advance = pass } }

// Room tells how many keys of any kind the counters under test have room for,
// which adds the rules of a full counter.
func Room(keys int) Option { return func(s *settings) { s.room = keys } }

type rule[S any] struct {
	says  string
	check func(context.Context, S, settings) error
}

func run[S any](t T, open func() S, rules []rule[S], opts []Option) {
	t.Helper()
	s := settings{tick: 100 * time.Millisecond, advance: time.Sleep}
	for _, o := range opts {
		o(&s)
	}
	for _, r := range rules {
		if err := one(open, r, s); err != nil {
			t.Errorf("broken rule: %s: %v", r.says, err)
		} else {
			t.Logf("rule kept: %s", r.says)
		}
	}
}

func one[S any](open func() S, r rule[S], s settings) (err error) {
	defer caught(&err)
	return r.check(context.Background(), open(), s)
}

// oddKeys are all different and stay so: keys are compared byte by byte.
func oddKeys() []string {
	long := strings.Repeat("k", 1000)
	return []string{"", "a", "A", "a ", " a", "a\x00", "a\x00b", "a\nb", "a\r\nb", "a/b", "a|b", "a:b", "a%2Fb", "a*", "a?", "[a]", "{a}", ".", "..", "../a", "a\\b",
		"\xff", "\xfe", "가", "\u1100\u1161", "a.tmp", "con", long + "1", long + "2"}
}

// together starts n callers at one moment.
func together(n int, call func(i int) error) error {
	var g sync.WaitGroup
	start, errs := make(chan struct{}), make([]error, n)
	for i := range n {
		g.Go(func() {
			defer caught(&errs[i])
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	g.Wait()
	return errors.Join(errs...)
}

// caught turns a panic of the store under test into an error.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("it panicked: %v", p)
	}
}

func compare(op, key string, got []byte, found bool, err error, want []byte) error {
	switch {
	case err != nil:
		return fmt.Errorf("%s %.40q: %w", op, key, err)
	case !found:
		return fmt.Errorf("%s %.40q: not found", op, key)
	case !bytes.Equal(got, want):
		return fmt.Errorf("%s %.40q: %.40q (%d bytes), want %.40q (%d bytes)", op, key, got, len(got), want, len(want))
	}
	return nil
}

func absent(op, key string, got []byte, found bool, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("%s %.40q: %w", op, key, err)
	case found:
		return fmt.Errorf("%s %.40q: found %.40q, want nothing", op, key, got)
	case len(got) != 0:
		return fmt.Errorf("%s %.40q: not found, yet it returned %d bytes", op, key, len(got))
	}
	return nil
}
