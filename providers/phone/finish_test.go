package phone_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/phone"
)

func TestTheCodeComesBackAndProvesTheNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		c := s.begin()
		assert.Equal(t, time.Now().Add(3*time.Minute).UTC(), c.Expires)
		time.Sleep(170 * time.Second)
		p, err := s.finish(c, s.code())
		require.NoError(t, err)
		assert.True(t, p == phone.Proof{Number: number, Purpose: "login", At: p.At})
		assert.True(t, p.At.Equal(time.Now()))
		assert.NoError(t, phone.Match(phone.Request{Number: "+82 10-2345-6789", Purpose: "login"}, p))
	})
}

// T6: one hundred at once; five are evaluated, one of them gets in.
func TestT6ParallelChecks(t *testing.T) {
	rows := map[string]struct {
		right func(i int) bool // which callers have the right code
		in    int64
	}{
		"all right":   {func(int) bool { return true }, 1},
		"none right":  {func(int) bool { return false }, 0},
		"every other": {func(i int) bool { return i%2 == 0 }, -1}, // at most one: the five may all be wrong
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			s := open(t, nil)
			c := s.begin()
			code := s.code()
			var in, wrong, used, spent, strange atomic.Int64
			start := make(chan struct{})
			var all sync.WaitGroup
			for i := range 100 {
				all.Go(func() {
					<-start
					typed := other(code)
					if r.right(i) {
						typed = code
					}
					switch _, err := s.finish(c, typed); {
					case err == nil:
						in.Add(1)
					case errors.Is(err, phone.ErrWrong):
						wrong.Add(1)
					case errors.Is(err, phone.ErrUsed):
						used.Add(1)
					case errors.Is(err, phone.ErrSpent):
						spent.Add(1)
					default:
						strange.Add(1)
					}
				})
			}
			close(start)
			all.Wait()
			assert.Zero(t, strange.Load())
			assert.Equal(t, int64(5), in.Load()+wrong.Load()+used.Load(), "evaluated")
			assert.Equal(t, int64(95), spent.Load())
			assert.LessOrEqual(t, in.Load(), int64(1))
			if r.in >= 0 {
				assert.Equal(t, r.in, in.Load())
			}
		})
	}
}

// T6: the right one among the first five wins, however many wrong ones run beside it.
func TestT6OneRightAmongManyWrong(t *testing.T) {
	s := open(t, nil)
	c := s.begin()
	code := s.code()
	for range 3 {
		_, err := s.finish(c, other(code))
		denies(t, err, phone.ErrWrong, true)
	}
	var in atomic.Int64
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if _, err := s.finish(c, code); err == nil {
				in.Add(1)
			}
		})
	}
	all.Wait()
	assert.Equal(t, int64(1), in.Load())
	_, err := s.finish(c, code)
	denies(t, err, phone.ErrSpent, false)
}

func TestT6FiveWrongEndTheChallenge(t *testing.T) {
	s := open(t, nil)
	c := s.begin()
	code := s.code()
	for i := range 5 {
		_, err := s.finish(c, other(code))
		denies(t, err, phone.ErrWrong, i < 4)
	}
	_, err := s.finish(c, code)
	denies(t, err, phone.ErrSpent, false)
}

// T6: what is not the digits is wrong, and counted like every other check.
func TestT6WhatIsTypedIsComparedAsItIs(t *testing.T) {
	ways := map[string]func(code string) string{
		"nothing":        func(string) string { return "" },
		"five digits":    func(c string) string { return c[:5] },
		"seven digits":   func(c string) string { return c + "0" },
		"space before":   func(c string) string { return " " + c },
		"line break":     func(c string) string { return c + "\n" },
		"nul":            func(c string) string { return c + "\x00" },
		"split":          func(c string) string { return c[:3] + " " + c[3:] },
		"full-width":     func(c string) string { return shift(c, '０') },
		"arabic digits":  func(c string) string { return shift(c, '٠') },
		"arabic, farsi":  func(c string) string { return shift(c, '۰') },
		"plus":           func(c string) string { return "+" + c },
		"number 0x":      func(c string) string { return "0x" + c },
		"10 KB":          func(string) string { return strings.Repeat("1", 10<<10) },
		"10 KB begun so": func(c string) string { return c + strings.Repeat(" ", 10<<10) },
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			s := open(t, nil)
			c := s.begin()
			code := s.code()
			for i := range 4 {
				_, err := s.finish(c, way(code))
				denies(t, err, phone.ErrWrong, true)
				assert.Less(t, len(err.Error()), 80, "check %d", i)
			}
			_, err := s.finish(c, code)
			assert.NoError(t, err, "the fifth check is left")
		})
	}
	s := open(t, nil)
	c := s.begin()
	code := s.code()
	for range 5 {
		_, _ = s.finish(c, " "+code)
	}
	_, err := s.finish(c, code)
	denies(t, err, phone.ErrSpent, false)
}

func shift(code string, zero rune) string {
	return strings.Map(func(r rune) rune { return r - '0' + zero }, code)
}

func TestT6ACodeServesOnce(t *testing.T) {
	s := open(t, nil)
	c := s.begin()
	_, err := s.finish(c, s.code())
	require.NoError(t, err)
	for range 3 {
		_, err = s.finish(c, s.code())
		denies(t, err, phone.ErrUsed, false)
	}
}

func TestT6ACodeEndsAtItsTime(t *testing.T) {
	for name, r := range map[string]struct {
		after time.Duration
		ok    bool
	}{
		"just before": {3*time.Minute - time.Millisecond, true},
		"just then":   {3 * time.Minute, false},
		"later":       {time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, nil)
				c := s.begin()
				time.Sleep(r.after)
				_, err := s.finish(c, s.code())
				if r.ok {
					assert.NoError(t, err)
					return
				}
				denies(t, err, phone.ErrExpired, false)
			})
		})
	}
}

// T6: a wall clock that was put back does not bring a code back; the counter's own time ends it.
func TestT6ClockMovedBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		c := s.begin()
		time.Sleep(4 * time.Minute)
		c.Expires = c.Expires.Add(10 * time.Minute) // what the moved clock would see
		_, err := s.finish(c, s.code())
		denies(t, err, phone.ErrWrong, true)

		// Even with its code: nobody opened such a challenge.
		elsewhere := open(t, func(cfg *phone.Config) { cfg.Counter = newCounter() })
		c = s.beginAt("01034567890")
		_, err = elsewhere.finish(c, s.code())
		denies(t, err, phone.ErrUsed, false)
	})
}

func TestT6TheCodeOfOneChallengeIsNoneForAnother(t *testing.T) {
	s := open(t, nil)
	first := s.begin()
	code := s.code()
	second := s.beginAt("01034567890")
	require.NotEqual(t, code, s.code(), "one in a million")
	_, err := s.finish(second, code)
	denies(t, err, phone.ErrWrong, true)
	_, err = s.finish(first, s.code())
	denies(t, err, phone.ErrWrong, true)
	_, err = s.finish(first, code)
	assert.NoError(t, err)
}

// T6: a challenge of which anything was changed is another one.
func TestT6ATamperedChallenge(t *testing.T) {
	changes := map[string]func(*phone.Challenge){
		"number":       func(c *phone.Challenge) { c.Number = "01099998888" },
		"purpose":      func(c *phone.Challenge) { c.Purpose = "change-number" },
		"id":           func(c *phone.Challenge) { c.ID += "A" },
		"expiry":       func(c *phone.Challenge) { c.Expires = c.Expires.Add(time.Millisecond) },
		"session":      func(c *phone.Challenge) { c.Session = "" },
		"field border": func(c *phone.Challenge) { c.ID, c.Number = c.ID+c.Number[:1], c.Number[1:] },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			s := open(t, nil)
			c, err := s.codes.Begin(t.Context(), phone.Request{Number: number, Purpose: "login", Session: "s1"})
			require.NoError(t, err)
			bad := c
			change(&bad)
			_, err = s.finish(bad, s.code())
			assert.ErrorIs(t, err, providers.Denied)
			_, err = s.finish(c, s.code())
			assert.NoError(t, err, "the true one is as it was")
		})
	}
	s := open(t, nil)
	_, err := s.finish(phone.Challenge{}, "123456")
	denies(t, err, phone.ErrUsed, false)
	assert.Empty(t, s.counter.keys, "there is nothing to count on")
}

// F50, F52: a counter that cannot be asked accepts nothing, whichever step fails
// and whether or not it counted, and an attempt that was counted stays counted.
func TestF50CounterFailsClosed(t *testing.T) {
	for _, label := range []string{"checks", "open"} {
		for _, when := range []string{"before", "after"} {
			t.Run("F50 "+label+" "+when, func(t *testing.T) {
				s := open(t, nil)
				c := s.begin()
				if when == "before" {
					s.counter.before = dead(label)
				} else {
					s.counter.after = dead(label)
				}
				p, err := s.finish(c, s.code())
				assert.ErrorIs(t, err, providers.Unavailable)
				assert.Zero(t, p.Number)
				assert.NotContains(t, err.Error(), secretWord)
				assert.ErrorIs(t, err, errDown, "the cause can be reached")

				s.counter.before, s.counter.after = nil, nil
				_, err = s.finish(c, s.code())
				if label == "open" && when == "after" {
					denies(t, err, phone.ErrUsed, false) // it was taken, though nobody heard
				} else {
					assert.NoError(t, err)
				}
			})
		}
	}
	t.Run("F52 killed between count and compare", func(t *testing.T) {
		s := open(t, nil)
		c := s.begin()
		code := s.code()
		s.counter.before = func(key string, n int64) bool { return !dead("checks")(key, n) }
		for range 5 { // right and wrong look the same
			_, right := s.finish(c, code)
			assert.Error(t, right)
		}
		s.counter.before = nil
		_, err := s.finish(c, code)
		denies(t, err, phone.ErrSpent, false)
	})
	t.Run("F50 no oracle", func(t *testing.T) {
		s := open(t, nil)
		c := s.begin()
		s.counter.before = func(key string, n int64) bool { return !dead("checks")(key, n) }
		_, right := s.finish(c, s.code())
		_, wrong := s.finish(c, other(s.code()))
		assert.Equal(t, right.Error(), wrong.Error())
	})
}

func TestMatchFailsClosed(t *testing.T) {
	now := time.Now()
	q := phone.Request{Number: number, Purpose: "login"}
	rows := map[string]struct {
		q  phone.Request
		p  phone.Proof
		ok bool
	}{
		"the same":                  {q, phone.Proof{Number: number, Purpose: "login", At: now}, true},
		"another number":            {q, phone.Proof{Number: "01023456780", Purpose: "login", At: now}, false},
		"T6 another purpose":        {phone.Request{Number: number, Purpose: "change-number"}, phone.Proof{Number: number, Purpose: "login", At: now}, false},
		"no number":                 {q, phone.Proof{Purpose: "login", At: now}, false},
		"no number on either side":  {phone.Request{Purpose: "login"}, phone.Proof{Purpose: "login", At: now}, false},
		"no purpose on either side": {phone.Request{Number: number}, phone.Proof{Number: number, At: now}, false},
		"no time":                   {q, phone.Proof{Number: number, Purpose: "login"}, false},
		"nothing":                   {phone.Request{}, phone.Proof{}, false},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			err := phone.Match(r.q, r.p)
			if r.ok {
				assert.NoError(t, err)
				return
			}
			assert.ErrorIs(t, err, providers.Denied)
		})
	}
}

func TestACallerWhoLeftGetsNothing(t *testing.T) {
	s := open(t, nil)
	c := s.begin()
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 9 { // and no check is lost by it
		_, err := s.codes.Finish(gone, phone.Reply{Code: providers.NewSecret(s.code()), Challenge: c})
		assert.ErrorIs(t, err, context.Canceled)
	}
	_, err := s.codes.Begin(gone, phone.Request{Number: "01034567890", Purpose: "login"})
	assert.ErrorIs(t, err, context.Canceled)
	_, err = s.codes.Resend(gone, c)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 1, s.sent())
	_, err = s.finish(c, s.code())
	assert.NoError(t, err)
}
