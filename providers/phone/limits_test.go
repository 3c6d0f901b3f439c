package phone_test

import (
	"fmt"
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

func sprint(format, code string) string { return fmt.Sprintf(format, code, code) }

func longer(code string) string { return "auth " + code + strings.Repeat("가", 40) }

// atNoon puts the fake clock, which starts at midnight of UTC, where no window ends soon.
func atNoon() { time.Sleep(12*time.Hour + time.Minute) }

func ask(s *site, to, session string) error {
	_, err := s.codes.Begin(s.t.Context(), phone.Request{Number: to, Purpose: "login", Session: session})
	return err
}

func TestT6PauseAndLimitPerNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		atNoon()
		for i, gap := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute} {
			c := s.beginAt([]string{number, "010-2345-6789", "+82 10 2345 6789"}[i%3]) // one number, however written
			assert.Equal(t, time.Now().Add(gap).UTC(), c.ResendAt)
			time.Sleep(gap - time.Second)
			err := ask(s, number, "")
			limits(t, err, phone.ErrTooSoon, false)
			require.Equal(t, i+1, s.sent())
			time.Sleep(time.Second)
		}
		s.begin()
		time.Sleep(17 * time.Minute)
		err := ask(s, number, "")
		limits(t, err, phone.ErrTooMany, false)
		assert.Equal(t, 5, s.sent())
		assert.NoError(t, ask(s, "01023456780", ""), "another number is free")
		time.Sleep(12 * time.Hour)
		assert.NoError(t, ask(s, number, ""), "a new day")
	})
}

// T6: of a hundred who ask for the same number at once, one is sent a code.
func TestT6ParallelBegins(t *testing.T) {
	s := open(t, nil)
	var ok atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if ask(s, number, "") == nil {
				ok.Add(1)
			}
		})
	}
	all.Wait()
	assert.Equal(t, int64(1), ok.Load())
	assert.Equal(t, 1, s.sent())
}

// T7: numbers in a row, each fresh, are seen by what they have in common.
func TestT7PerPrefix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		atNoon()
		for i := range 20 {
			require.NoError(t, ask(s, fmt.Sprintf("0102345%04d", i), ""))
		}
		for i := range 1000 {
			limits(t, ask(s, fmt.Sprintf("0102345%04d", 100+i), ""), phone.ErrTooMany, false)
		}
		assert.Equal(t, 20, s.sent())
		assert.NoError(t, ask(s, "01023460000", ""))
		time.Sleep(time.Hour)
		assert.NoError(t, ask(s, "01023450100", ""), "what was refused held nothing up")
	})
}

func TestT7PerSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		atNoon()
		for i := range 10 {
			require.NoError(t, ask(s, fmt.Sprintf("010%04d0001", 2000+i), "visitor"))
		}
		limits(t, ask(s, "01034560001", "visitor"), phone.ErrTooMany, false)
		assert.NoError(t, ask(s, "01034560001", "another"))
		assert.NoError(t, ask(s, "01034570001", ""), "who is not told is not counted")
		assert.Equal(t, 12, s.sent())
	})
}

// T7: an outage of the cheap channel, fifty thousand ask; the budget holds.
func TestT7FiftyThousandAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(c *phone.Config) { c.PerHour, c.MaxUnanswered = 300, 1000 })
		atNoon()
		var all sync.WaitGroup
		var odd atomic.Int64
		for w := range 50 {
			all.Go(func() {
				for i := range 1000 {
					n := w*1000 + i
					err := ask(s, fmt.Sprintf("010%04d%04d", 2000+n%7919, n%10000), "")
					if err != nil && !assert.ErrorIs(t, err, providers.Limited) {
						odd.Add(1)
					}
				}
			})
		}
		all.Wait()
		assert.Zero(t, odd.Load())
		assert.Equal(t, 300, s.sent())
		limits(t, ask(s, "01098760001", ""), phone.ErrBudget, true)
		time.Sleep(time.Hour)
		assert.NoError(t, ask(s, "01098760001", ""), "who was refused does not pay for it")
	})
}

// T6: guessing at many numbers shows on the site, not at any one of them.
func TestT6WrongCodeStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(c *phone.Config) { c.MaxWrongPerHour = 50 })
		atNoon()
		honest := s.beginAt("01077770001")
		code := s.code()
		guesses := 0
		for i := range 1000 {
			c, err := s.codes.Begin(t.Context(), phone.Request{Number: fmt.Sprintf("010%04d0001", 2000+i), Purpose: "login"})
			if err != nil {
				limits(t, err, phone.ErrAlarm, true)
				continue
			}
			right := s.code()
			for range 5 {
				_, err := s.finish(c, other(right))
				assert.ErrorIs(t, err, phone.ErrWrong)
				guesses++
			}
		}
		assert.Equal(t, 50, guesses)
		time.Sleep(time.Minute)
		_, err := s.codes.Resend(t.Context(), honest)
		limits(t, err, phone.ErrAlarm, true)
		_, err = s.finish(honest, code)
		assert.NoError(t, err, "who is half-way may finish")
		time.Sleep(time.Hour)
		assert.NoError(t, ask(s, "01099990001", ""))
	})
}

// Given back too often would be a limit raised: a window that is over gets nothing.
func TestGivingBackAcrossWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(c *phone.Config) { c.PerHour = 1 })
		time.Sleep(time.Hour - time.Second)
		s.counter.after = func(key string, n int64) bool {
			if n < 0 {
				time.Sleep(2 * time.Second) // the hour ends meanwhile
			}
			return false
		}
		s.fail = &sendError{"unavailable", true}
		require.Error(t, ask(s, number, ""))
		s.fail = nil
		require.NoError(t, ask(s, "01034560001", ""))
		limits(t, ask(s, "01045670001", ""), phone.ErrBudget, true)
	})
}
