package phone_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/phone"
)

// slowCounter is a counter behind a network. While it is slow an Add of a label
// takes as long as its context lets it, or as long as it bounds itself, and fails:
// the store then leaves it out, and an Add fails at once.
type slowCounter struct {
	*counter
	label string        // of the keys that are slow; empty: all
	bound time.Duration // of its own; zero: the context's
	slow  bool
	after int // Adds before it is slow
	left  int // Adds until it is left out; below zero: never
}

func (c *slowCounter) Add(ctx context.Context, key string, n int64, ttl time.Duration) (int64, error) {
	if !c.slow || !strings.HasPrefix(key, "phone-"+c.label) {
		return c.counter.Add(ctx, key, n, ttl)
	}
	if c.after > 0 {
		c.after--
		return c.counter.Add(ctx, key, n, ttl)
	}
	if c.left == 0 {
		return 0, errDown
	}
	c.left--
	wait := ctx.Done()
	if c.bound > 0 {
		timer := time.NewTimer(c.bound)
		defer timer.Stop()
		select {
		case <-wait:
		case <-timer.C:
		}
		return 0, errDown
	}
	<-wait
	return 0, ctx.Err()
}

// TestF51ASlowCounterFailsClosed: nothing is sent and no code accepted that was not
// counted. One that bounds itself to 5ms, as a counter over a network has to, costs
// a call those 5ms, and once more when something has to be given back, not one wait for
// each number; once it is left out it costs nothing. One that does not bound itself is
// waited for by 2s, or as long as the caller has.
func TestF51ASlowCounterFailsClosed(t *testing.T) {
	const own = 5 * time.Millisecond
	for name, row := range map[string]struct {
		label string
		after int
		bound time.Duration
		left  int
		time  time.Duration // that the caller has; zero: no end
		begin time.Duration // what Begin takes
		check time.Duration // what Finish takes
	}{
		"all is slow":                    {"", 0, own, -1, 0, own, own},
		"left out after one":             {"", 0, own, 1, 0, own, 0},
		"left out":                       {"", 0, own, 0, 0, 0, 0},
		"it dies at the first count":     {"number", 0, own, -1, 0, own, 0},
		"it dies when all is counted":    {"unheard", 0, own, -1, 0, own, 0},
		"it dies before it is sent":      {"sends", 0, own, -1, 0, own, 0},
		"it dies at the count of checks": {"checks", 0, own, -1, 0, 0, own},
		"it dies when the code was good": {"open", 0, own, -1, 0, own, own},
		"it dies in the middle":          {"", 8, own, -1, 0, 2 * own, own},
		"it hangs":                       {"", 0, 0, -1, 0, 2 * time.Second, 2 * time.Second},
		"it hangs longer than we wait":   {"", 0, 0, -1, 300 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond},
	} {
		t.Run("F51 "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := &slowCounter{counter: newCounter(), label: row.label, after: row.after, bound: row.bound, left: row.left}
				s := open(t, func(c *phone.Config) { c.Counter = slow })
				c := s.begin()
				code := s.code()
				time.Sleep(time.Minute)
				slow.slow = true
				within := func(ask func(context.Context) error) (time.Duration, error) {
					ctx, cancel := t.Context(), func() {}
					if row.time > 0 {
						ctx, cancel = context.WithTimeout(ctx, row.time)
					}
					defer cancel()
					began := time.Now()
					err := ask(ctx)
					return time.Since(began), err
				}
				took, err := within(func(ctx context.Context) error {
					_, err := s.codes.Begin(ctx, phone.Request{Number: "01098765432", Purpose: "login"})
					return err
				})
				assert.Equal(t, row.begin, took)
				if row.label != "checks" {
					require.ErrorIs(t, err, providers.Unavailable)
					assert.Equal(t, 1, s.sent(), "nothing is sent uncounted")
				}
				took, err = within(func(ctx context.Context) error {
					_, err := s.codes.Finish(ctx, phone.Reply{Code: providers.NewSecret(code)}.Resume(c))
					return err
				})
				assert.Equal(t, row.check, took)
				if row.check > 0 || row.left >= 0 {
					require.ErrorIs(t, err, providers.Unavailable)
					require.NotErrorIs(t, err, phone.ErrUsed)
				}
				slow.slow = false
				_, err = s.finish(c, code)
				if row.check > 0 || row.left >= 0 {
					require.NoError(t, err, "it was not accepted before, and is now")
				} else {
					denies(t, err, phone.ErrUsed, false)
				}
			})
		})
	}
}
