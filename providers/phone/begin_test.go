package phone_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/phone"
)

func TestBeginSendsOneMessageThatAnyChannelCarries(t *testing.T) {
	for locale, want := range map[string]string{
		"":      "인증번호 %s\n타인에게 알려주지 마세요.\n@example.go.kr #%s",
		"ko-KR": "인증번호 %s\n타인에게 알려주지 마세요.\n@example.go.kr #%s",
		"en":    "Code to verify: %s\nDo not share it.\n@example.go.kr #%s",
		"vi":    "Code to verify: %s\nDo not share it.\n@example.go.kr #%s",
	} {
		t.Run(locale, func(t *testing.T) {
			s := open(t, nil)
			_, err := s.codes.Begin(t.Context(), phone.Request{Number: "+82 10-2345-6789", Purpose: "login", Locale: locale})
			require.NoError(t, err)
			require.Equal(t, 1, s.sent())
			m := s.inbox[0]
			require.NoError(t, m.Validate())
			n, ok := message.Bytes(m.Text)
			assert.True(t, ok && n <= 90, "%d bytes", n)
			assert.Equal(t, number, m.To)
			assert.True(t, m.OTP)
			assert.Regexp(t, `^[0-9]{6}$`, s.code())
			assert.Equal(t, sprint(want, s.code()), m.Text)
		})
	}
}

func TestAlimTalkHasItsTemplate(t *testing.T) {
	s := open(t, func(c *phone.Config) {
		c.Template = func(code, locale string) (string, map[string]string) {
			return "otp_" + locale, map[string]string{"code": code}
		}
	})
	s.begin()
	assert.Equal(t, "otp_ko", s.inbox[0].Template)
	assert.Equal(t, map[string]string{"code": s.code()}, s.inbox[0].Variables)
}

// T6, T19: the same code again, so that a late duplicate harms nobody, under a
// key of its own, so that the fate of each message can be asked.
func TestResendSendsTheSameCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		c := s.begin()
		code := s.code()
		assert.Equal(t, time.Now().Add(time.Minute).UTC(), c.ResendAt)
		time.Sleep(time.Minute)
		again, err := s.codes.Resend(t.Context(), c)
		require.NoError(t, err)
		assert.Equal(t, 2, s.sent())
		assert.Equal(t, code, s.code())
		assert.NotEqual(t, s.inbox[0].Key, s.inbox[1].Key)
		assert.True(t, again.Expires.Equal(c.Expires), "no longer good than before")
		assert.Equal(t, time.Now().Add(2*time.Minute).UTC(), again.ResendAt)
		_, err = s.finish(c, code) // the first challenge is the same as the second
		require.NoError(t, err)
		_, err = s.finish(again, code)
		denies(t, err, phone.ErrUsed, false)
	})
}

func TestResendIsRefused(t *testing.T) {
	rows := map[string]struct {
		before func(s *site, c *phone.Challenge)
		why    error
	}{
		"after success": {func(s *site, c *phone.Challenge) {
			time.Sleep(time.Minute)
			_, err := s.finish(*c, s.code())
			require.NoError(s.t, err)
		}, phone.ErrUsed},
		"after five wrong codes": {func(s *site, c *phone.Challenge) {
			time.Sleep(time.Minute)
			for range 5 {
				_, _ = s.finish(*c, other(s.code()))
			}
		}, phone.ErrSpent},
		"half a minute before the end": {func(*site, *phone.Challenge) { time.Sleep(151 * time.Second) }, phone.ErrExpired},
		"after the end":                {func(*site, *phone.Challenge) { time.Sleep(time.Hour) }, phone.ErrExpired},
		"to another number": {func(_ *site, c *phone.Challenge) {
			time.Sleep(time.Minute)
			c.Number = "01099998888"
		}, phone.ErrUsed},
		"to no number": {func(_ *site, c *phone.Challenge) { c.Number = "1" }, phone.ErrUsed},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, nil)
				c := s.begin()
				r.before(s, &c)
				_, err := s.codes.Resend(t.Context(), c)
				denies(t, err, r.why, false)
				assert.Equal(t, 1, s.sent())
			})
		})
	}
}

func TestANewChallengeHasANewCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		first := s.begin()
		code := s.code()
		time.Sleep(time.Minute)
		s.begin()
		assert.NotEqual(t, code, s.code(), "one in a million")
		_, err := s.finish(first, code)
		assert.NoError(t, err, "a stranger's Begin must not end a citizen's code")
	})
}

type sendError struct {
	class  string
	unsent bool
}

func (e *sendError) Error() string       { return e.class + " " + number + " " + secretWord }
func (e *sendError) Class() string       { return e.class }
func (e *sendError) NotSent() bool       { return e.unsent }
func (e *sendError) Wait() time.Duration { return 7 * time.Second }

// F76, F77: a message of unknown fate may arrive, and then its code is good.
func TestF77WhatSendSays(t *testing.T) {
	rows := map[string]struct {
		fail   error
		stands bool
		kind   providers.Kind
	}{
		"F77 nobody knows":          {&sendError{"unavailable", false}, true, 0},
		"F77 an error of no class":  {errors.New(secretWord + number), true, 0},
		"F77 time over":             {context.DeadlineExceeded, true, 0},
		"F76 limited, fate unknown": {&sendError{"limited", false}, true, 0},
		"surely not sent":           {&sendError{"unavailable", true}, false, providers.Unavailable},
		"limited, not sent":         {&sendError{"limited", true}, false, providers.Limited},
		"our key is wrong":          {&sendError{"refused", true}, false, providers.Refused},
		"blocked by the citizen":    {&sendError{"denied", false}, false, providers.Denied},
		"no such number":            {&sendError{"invalid", true}, false, providers.Invalid},
		"no phone there":            {&sendError{"notfound", true}, false, providers.NotFound},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, nil)
				s.fail = r.fail
				c, err := s.codes.Begin(t.Context(), phone.Request{Number: number, Purpose: "login"})
				if r.stands {
					require.NoError(t, err)
					assert.True(t, c.Unsure)
					_, err = s.finish(c, s.code())
					assert.NoError(t, err)
					return
				}
				require.Error(t, err)
				assert.ErrorIs(t, err, r.kind)
				assert.ErrorIs(t, err, r.fail, "the cause can be reached")
				assert.NotContains(t, err.Error(), secretWord)
				assert.NotContains(t, err.Error(), number)
				var e *providers.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, 7*time.Second, e.Wait())
				assert.Zero(t, c)
			})
		})
	}
}

func TestUnsureEndsWithAResendThatWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(c *phone.Config) { c.ResendAfter = 30 * time.Second })
		s.fail = errDown
		c := s.begin()
		require.True(t, c.Unsure)
		time.Sleep(30 * time.Second)
		s.fail = &sendError{"unavailable", true}
		_, err := s.codes.Resend(t.Context(), c)
		assert.ErrorIs(t, err, providers.Unavailable)
		time.Sleep(time.Minute)
		s.fail = nil
		c, err = s.codes.Resend(t.Context(), c)
		require.NoError(t, err, "the pause is over")
		assert.Equal(t, time.Now().Add(time.Minute).UTC(), c.ResendAt, "what was not sent does not double it")
		assert.False(t, c.Unsure)
		_, err = s.finish(c, s.code())
		assert.NoError(t, err)
	})
}

// F50: with the counter down nothing is sent, whichever count it is.
func TestF50NothingIsSentUncounted(t *testing.T) {
	for _, label := range []string{"wrong", "number", "prefix", "session", "site", "unheard", "pause", "open", "sends"} {
		for _, how := range []string{"before", "after", "after the looks"} {
			if label == "wrong" && how == "after the looks" {
				continue // it is only looked at
			}
			t.Run("F50 "+label+" "+how, func(t *testing.T) {
				s := open(t, nil)
				switch how {
				case "before":
					s.counter.before = dead(label)
				case "after":
					s.counter.after = dead(label)
				default:
					s.counter.before = taking(label)
				}
				_, err := s.codes.Begin(t.Context(), phone.Request{Number: number, Purpose: "login", Session: "s"})
				assert.ErrorIs(t, err, providers.Unavailable)
				assert.ErrorIs(t, err, errDown)
				assert.NotContains(t, err.Error(), secretWord)
				assert.Zero(t, s.sent())
			})
		}
	}
	for _, label := range []string{"open", "checks", "sends", "number"} {
		t.Run("F50 resend "+label, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, nil)
				c := s.begin()
				time.Sleep(time.Minute)
				s.counter.before = dead(label)
				_, err := s.codes.Resend(t.Context(), c)
				assert.ErrorIs(t, err, providers.Unavailable)
				assert.Equal(t, 1, s.sent())
			})
		})
	}
}

// T8, F78: what the site knows about a number is asked before anything is sent.
func TestT8RiskAndPolicy(t *testing.T) {
	risk := func(is phone.Risk, err error) func(*phone.Config) {
		return func(c *phone.Config) {
			c.Risk = func(context.Context, string) (phone.Risk, error) { return is, err }
		}
	}
	rows := map[string]struct {
		change func(*phone.Config)
		why    error // nil: sent
		kind   providers.Kind
	}{
		"T8 none":             {risk(phone.RiskNone, nil), nil, 0},
		"T8 found":            {risk(phone.RiskFound, nil), phone.ErrRisk, providers.Denied},
		"T8 unknown":          {risk(phone.RiskUnknown, nil), phone.ErrRisk, providers.Denied},
		"T8 no such risk":     {risk(9, nil), phone.ErrRisk, providers.Denied},
		"T8 none, but failed": {risk(phone.RiskNone, errDown), phone.ErrRisk, providers.Denied},
		"T8 panics": {func(c *phone.Config) {
			c.Risk = func(context.Context, string) (phone.Risk, error) { panic(secretWord) }
		}, phone.ErrRisk, providers.Denied},
		"T8 times out": {func(c *phone.Config) {
			c.Risk = func(ctx context.Context, _ string) (phone.Risk, error) {
				<-ctx.Done()
				return phone.RiskNone, nil
			}
		}, phone.ErrRisk, providers.Denied},
		"F78 a carrier is off": {func(c *phone.Config) {
			c.Policy = func(_ context.Context, n string) error {
				if n == number {
					return errDown
				}
				return nil
			}
		}, phone.ErrPolicy, providers.Refused},
		"F78 another carrier is off": {func(c *phone.Config) {
			c.Policy = func(_ context.Context, n string) error {
				if n != number {
					return errDown
				}
				return nil
			}
		}, nil, 0},
		"F78 panics": {func(c *phone.Config) { c.Policy = func(context.Context, string) error { panic(secretWord) } }, phone.ErrPolicy, providers.Refused},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, r.change)
				_, err := s.codes.Begin(t.Context(), phone.Request{Number: number, Purpose: "login"})
				if r.why == nil {
					require.NoError(t, err)
					assert.Equal(t, 1, s.sent())
					return
				}
				assert.ErrorIs(t, err, r.why)
				assert.ErrorIs(t, err, r.kind)
				assert.NotContains(t, err.Error(), secretWord)
				var h interface{ Hearsay() bool }
				require.ErrorAs(t, err, &h)
				assert.True(t, h.Hearsay(), "one number must not open the circuit of all")
				assert.Zero(t, s.sent())
				assert.Empty(t, s.counter.keys, "and nothing counts")
			})
		})
	}
}

func TestTheTextIsCheckedAgainWhenItIsSent(t *testing.T) {
	for name, text := range map[string]func(n int, code string) string{
		"panics":    func(int, string) string { panic(secretWord) },
		"too long":  func(_ int, code string) string { return longer(code) },
		"emoji":     func(_ int, code string) string { return "auth 🙂 " + code },
		"no lane":   func(_ int, code string) string { return code },
		"two lines": func(int, string) string { return "auth\r\n" },
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			calls, good := 0, true
			s := open(t, func(c *phone.Config) {
				c.Text = func(code, _ string) string {
					mu.Lock()
					defer mu.Unlock()
					if calls++; good {
						return "auth " + code
					}
					return text(calls, code)
				}
			})
			good = false
			_, err := s.codes.Begin(t.Context(), phone.Request{Number: number, Purpose: "login"})
			assert.ErrorIs(t, err, providers.Refused)
			assert.NotContains(t, err.Error(), secretWord)
			assert.Zero(t, s.sent())
		})
	}
}
