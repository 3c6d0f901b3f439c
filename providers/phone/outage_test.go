package phone_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/phone"
)

// What surely was not sent counts in no limit.
func TestAnOutageCostsNobodyHisDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(c *phone.Config) {
			c.PerHour, c.PerNumberDay, c.PerPrefixHour, c.PerSessionHour, c.MaxUnanswered = 2, 2, 2, 2, 2
		})
		atNoon()
		s.fail = &sendError{"unavailable", true}
		for range 20 {
			assert.ErrorIs(t, ask(s, number, "me"), providers.Unavailable)
			time.Sleep(time.Minute)
		}
		s.fail = nil
		assert.NoError(t, ask(s, number, "me"))
	})
}

// Who was told that the code could not be sent tries again at once: there is nothing to wait for. Three times an hour, or a number that
// fails would keep the vendors busy for ever.
func TestAnOutageHoldsNobodyUp(t *testing.T) {
	outage := &sendError{"unavailable", true}
	for name, row := range map[string]struct {
		fail error
		goes int // attempts that reach the vendors at once
	}{
		"an outage":                   {outage, 4},
		"our key is wrong everywhere": {&sendError{"refused", true}, 4},
		"nobody knows":                {&sendError{"unavailable", false}, 1},
		"no phone there":              {&sendError{"notfound", true}, 1},
		"blocked by the citizen":      {&sendError{"denied", true}, 1},
		"no such number":              {&sendError{"invalid", true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, nil)
				atNoon()
				s.fail = row.fail
				for range 10 {
					_ = ask(s, number, "me")
				}
				assert.Equal(t, row.goes, s.sent())
				limits(t, ask(s, number, "me"), phone.ErrTooSoon, false)
				s.fail = nil
				assert.NoError(t, ask(s, "01034560001", "me"), "another number is free")
				time.Sleep(time.Minute)
				assert.NoError(t, ask(s, number, "me"))
				limits(t, ask(s, number, "me"), phone.ErrTooSoon, false)
			})
		})
	}
	t.Run("it works the second time, and then the pause is one", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, nil)
			atNoon()
			s.fail = outage
			require.Error(t, ask(s, number, ""))
			s.fail = nil
			require.NoError(t, ask(s, number, ""))
			limits(t, ask(s, number, ""), phone.ErrTooSoon, false)
			assert.Equal(t, 2, s.sent())
		})
	})
	t.Run("a failure that took longer than the pause frees no other's", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, func(c *phone.Config) { c.ResendAfter = 5 * time.Second })
			atNoon()
			s.fail, s.takes = outage, 6*time.Second
			done := make(chan error)
			go func() { done <- ask(s, number, "") }()
			time.Sleep(5500 * time.Millisecond) // the first pause is over, the first message not
			s.mu.Lock()
			s.fail, s.takes = nil, 0
			s.mu.Unlock()
			require.NoError(t, ask(s, number, ""))
			require.Error(t, <-done)
			limits(t, ask(s, number, ""), phone.ErrTooSoon, false)
		})
	})
	t.Run("with the counter down the pause stays", func(t *testing.T) {
		for _, label := range []string{"freed", "pause"} {
			s := open(t, nil)
			s.fail = outage
			s.counter.before = func(key string, n int64) bool { return dead(label)(key, n) && (label == "freed" || n < 0) }
			require.ErrorIs(t, ask(s, number, ""), providers.Unavailable)
			limits(t, ask(s, number, ""), phone.ErrTooSoon, false)
		}
	})
}

// T7: codes that go out while none comes back are sold, or lost. It ends within ten minutes, and nobody pays for it longer.
func TestT7NobodyAnswers(t *testing.T) {
	to := func(i int) string { return fmt.Sprintf("010%04d0001", 2000+i) }
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(c *phone.Config) { c.MaxUnanswered = 20 })
		atNoon()
		first := s.beginAt("01098760001")
		code := s.code()
		for i := range 19 {
			require.NoError(t, ask(s, to(i), ""))
		}
		for i := range 100 {
			limits(t, ask(s, to(100+i), ""), phone.ErrUnanswered, true)
		}
		assert.Equal(t, 20, s.sent())
		_, err := s.finish(first, other(code))
		require.ErrorIs(t, err, phone.ErrWrong)
		limits(t, ask(s, to(200), ""), phone.ErrUnanswered, true)
		_, err = s.finish(first, code)
		require.NoError(t, err, "who is half-way may finish")
		for i := range 100 {
			require.NoError(t, ask(s, to(300+i), ""), "one that comes back is enough")
		}
		time.Sleep(10 * time.Minute)
		for i := range 50 {
			require.NoError(t, ask(s, to(500+i), ""), "in the ten minutes before one came back")
		}
		time.Sleep(10 * time.Minute)
		for i := range 20 {
			require.NoError(t, ask(s, to(600+i), ""), "new ten minutes")
		}
		limits(t, ask(s, to(700), ""), phone.ErrUnanswered, true)
		time.Sleep(10 * time.Minute)
		assert.NoError(t, ask(s, to(701), ""), "it ends by itself")
	})
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(c *phone.Config) { c.MaxUnanswered = 2 })
		atNoon()
		c := s.begin()
		code := s.code()
		s.counter.before = dead("answered")
		_, err := s.finish(c, code)
		require.NoError(t, err, "a proof that could not be counted is one all the same")
		require.NoError(t, ask(s, to(1), ""))
		assert.ErrorIs(t, ask(s, to(2), ""), providers.Unavailable, "F50 whether any came back cannot be asked")
	})
}
