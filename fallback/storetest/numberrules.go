package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/detour-go/detour/fallback"
)

// numberRules are those about Add.
var numberRules = []rule[fallback.Counter]{
	{"Add returns the sum, each key its own, starting at zero", func(ctx context.Context, c fallback.Counter, o settings) error {
		return errors.Join(adds(ctx, c, "k", 1, 1), adds(ctx, c, "k", 2, 3), adds(ctx, c, "other", 5, 5), adds(ctx, c, "k", 1<<40, 1<<40+3))
	}},
	{"Add takes back and looks", func(ctx context.Context, c fallback.Counter, o settings) error {
		return errors.Join(adds(ctx, c, "unknown", 0, 0), adds(ctx, c, "k", 3, 3), adds(ctx, c, "k", 0, 3), adds(ctx, c, "k", -5, -2), adds(ctx, c, "k", 0, -2))
	}},
	{"the time of a number runs from the first Add, and no later one prolongs or shortens it, nor does the way through zero", func(ctx context.Context, c fallback.Counter, o settings) error {
		var errs []error
		add := func(key string, n, want int64, ttl time.Duration) {
			got, err := c.Add(ctx, key, n, ttl)
			if err == nil && got != want {
				err = fmt.Errorf("Add %q: %d, want %d", key, got, want)
			}
			errs = append(errs, err)
		}
		add("k", 1, 1, 8*o.tick)
		add("zero", 3, 3, 8*o.tick)
		o.advance(2 * o.tick)
		add("k", 1, 2, o.tick)
		add("zero", -3, 0, 8*o.tick)
		o.advance(2 * o.tick)
		add("k", 1, 3, time.Hour)
		add("zero", 2, 2, 8*o.tick)
		o.advance(6 * o.tick)
		for n := range int64(2) { // its next time begins as the first did
			add("k", 1, n+1, time.Hour)
			add("zero", 1, n+1, time.Hour)
		}
		return errors.Join(errs...)
	}},
	{"of many Adds at once each sees its own sum", func(ctx context.Context, c fallback.Counter, o settings) error {
		var seen [101]atomic.Int32
		err := together(100, func(int) error {
			n, err := c.Add(ctx, "k", 1, time.Hour)
			if err == nil && (n < 1 || n > 100) {
				err = fmt.Errorf("Add: %d", n)
			}
			if err == nil {
				seen[n].Add(1)
			}
			return err
		})
		for n := 1; n <= 100 && err == nil; n++ {
			if seen[n].Load() != 1 {
				err = fmt.Errorf("the sum %d was seen %d times", n, seen[n].Load())
			}
		}
		return err
	}},
	{"a sum is exact to the last bit; one that does not fit is an error and changes nothing", func(ctx context.Context, c fallback.Counter, o settings) error {
		for key, most := range map[string]int64{"k": math.MaxInt64, "below": math.MinInt64} {
			step := int64(1)
			if most < 0 {
				step = -1
			}
			if err := errors.Join(adds(ctx, c, key, most-step, most-step), adds(ctx, c, key, step, most)); err != nil {
				return err
			}
			if n, err := c.Add(ctx, key, step, time.Hour); err == nil {
				return fmt.Errorf("Add: %d and no error", n)
			}
			if err := adds(ctx, c, key, 0, most); err != nil {
				return err
			}
		}
		return nil
	}},
}

func adds(ctx context.Context, c fallback.Counter, key string, n, want int64) error {
	got, err := c.Add(ctx, key, n, time.Hour)
	if err == nil && got != want {
		err = fmt.Errorf("Add %.40q %d: %d, want %d", key, n, got, want)
	}
	return err
}
