package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/detour-go/detour/fallback"
)

// Counter checks the rules of fallback.Counter. open returns an empty counter
// each time.
func Counter(t T, open func() fallback.Counter, opts ...Option) {
	t.Helper()
	run(t, open, slices.Concat(numberRules, valueRules, counterRules), opts)
}

// counterRules are those about numbers and values together.
var counterRules = []rule[fallback.Counter]{
	{"numbers and values do not see each other", func(ctx context.Context, c fallback.Counter, o settings) error {
		return errors.Join(adds(ctx, c, "k", 1, 1), gone(ctx, c, "k"), c.Put(ctx, "k", []byte("7"), time.Hour), adds(ctx, c, "k", 1, 2),
			takes(ctx, c, "k", []byte("7")), adds(ctx, c, "k", 1, 3))
	}},
	{"a ttl of zero or less is an error and changes nothing", func(ctx context.Context, c fallback.Counter, o settings) error {
		if err := errors.Join(adds(ctx, c, "k", 1, 1), c.Put(ctx, "k", []byte("v"), time.Hour)); err != nil {
			return err
		}
		for _, ttl := range []time.Duration{0, -1, -time.Hour, math.MinInt64} {
			if _, err := c.Add(ctx, "k", 1, ttl); err == nil {
				return fmt.Errorf("Add with ttl %v: no error", ttl)
			}
			if err := c.Put(ctx, "k", []byte("w"), ttl); err == nil {
				return fmt.Errorf("Put with ttl %v: no error", ttl)
			}
		}
		return errors.Join(adds(ctx, c, "k", 0, 1), takes(ctx, c, "k", []byte("v")))
	}},
	{"a ttl too short for the counter's clock is short, not for ever", func(ctx context.Context, c fallback.Counter, o settings) error {
		_, err := c.Add(ctx, "k", 1, 1)
		err = errors.Join(err, c.Put(ctx, "k", []byte("v"), 1))
		o.advance(2 * o.tick)
		return errors.Join(err, adds(ctx, c, "k", 1, 1), gone(ctx, c, "k"))
	}},
	{"a very long ttl is no short one", func(ctx context.Context, c fallback.Counter, o settings) error {
		var errs []error
		lives := []time.Duration{100 * 365 * 24 * time.Hour, math.MaxInt64 - 1, math.MaxInt64}
		for i, ttl := range lives {
			n, err := c.Add(ctx, fmt.Sprint(i), 1, ttl)
			if err == nil && n != 1 {
				err = fmt.Errorf("Add: %d, want 1", n)
			}
			errs = append(errs, err, c.Put(ctx, fmt.Sprint(i), []byte("v"), ttl))
		}
		o.advance(o.tick)
		for i := range lives {
			errs = append(errs, adds(ctx, c, fmt.Sprint(i), 1, 2), takes(ctx, c, fmt.Sprint(i), []byte("v")))
		}
		return errors.Join(errs...)
	}},
	{"a context that is over gives an error or the whole thing, nothing between", func(ctx context.Context, c fallback.Counter, o settings) error {
		over, cancel := context.WithCancel(ctx)
		cancel()
		err := errors.Join(adds(ctx, c, "k", 1, 1), c.Put(ctx, "taken", []byte("v"), time.Hour), c.Put(ctx, "put", []byte("v"), time.Hour))
		if n, why := c.Add(over, "k", 1, time.Hour); why == nil && n != 2 {
			err = errors.Join(err, fmt.Errorf("Add: %d, want 2", n))
		} else if why == nil {
			err = errors.Join(err, adds(ctx, c, "k", 0, 2))
		}
		if data, found, why := c.Take(over, "taken"); why == nil {
			err = errors.Join(err, compare("Take", "taken", data, found, nil, []byte("v")), gone(ctx, c, "taken"))
		}
		if c.Put(over, "put", []byte("w"), time.Hour) == nil {
			err = errors.Join(err, takes(ctx, c, "put", []byte("w")))
		}
		return err
	}},
	{"what many do at once with keys of their own is all there", func(ctx context.Context, c fallback.Counter, o settings) error {
		err := together(40, func(i int) error {
			key := fmt.Sprint("key ", i)
			return errors.Join(adds(ctx, c, key, int64(i), int64(i)), c.Put(ctx, key, []byte(key), time.Hour))
		})
		for i := range 40 {
			key := fmt.Sprint("key ", i)
			err = errors.Join(err, adds(ctx, c, key, 0, int64(i)), takes(ctx, c, key, []byte(key)))
		}
		return err
	}},
	{"keys are compared byte by byte, however odd", func(ctx context.Context, c fallback.Counter, o settings) error {
		var errs []error
		for i, k := range oddKeys() {
			errs = append(errs, c.Put(ctx, k, []byte(fmt.Sprint("value ", i)), time.Hour), adds(ctx, c, k, int64(i), int64(i)))
		}
		for i, k := range oddKeys() {
			errs = append(errs, takes(ctx, c, k, []byte(fmt.Sprint("value ", i))), adds(ctx, c, k, 0, int64(i)))
		}
		return errors.Join(errs...)
	}},
	{"a full counter refuses new keys, forgets no live one and has room again when one is taken, and after their time", func(ctx context.Context, c fallback.Counter, o settings) error {
		if o.room == 0 {
			return nil
		}
		key := func(i int) string { return fmt.Sprint("key ", i) }
		for i := range o.room {
			if i%2 == 0 {
				if err := c.Put(ctx, key(i), []byte("v"), 16*o.tick); err != nil {
					return err
				}
			} else if n, err := c.Add(ctx, key(i), 3, 16*o.tick); err != nil || n != 3 {
				return fmt.Errorf("Add: %d, %v", n, err)
			}
		}
		for range 3 {
			if c.Put(ctx, "new value", []byte("v"), time.Hour) == nil {
				return errors.New("Put of a new key: no error")
			}
			if n, err := c.Add(ctx, "new number", 1, time.Hour); err == nil {
				return fmt.Errorf("Add of a new key: %d and no error", n)
			}
		}
		for i := range o.room {
			var err error
			if i%2 == 0 {
				err = errors.Join(c.Put(ctx, key(i), []byte("w"), 16*o.tick), gone(ctx, c, "new value"))
			} else {
				err = adds(ctx, c, key(i), 1, 4)
			}
			if err != nil {
				return fmt.Errorf("a live key of a full counter: %w", err)
			}
		}
		if err := errors.Join(takes(ctx, c, key(0), []byte("w")), c.Put(ctx, "in its place", []byte("v"), 16*o.tick)); err != nil {
			return fmt.Errorf("a live key of a full counter: %w", err)
		}
		o.advance(20 * o.tick)
		return errors.Join(c.Put(ctx, "new value", []byte("v"), time.Hour), adds(ctx, c, "new number", 1, 1))
	}},
}
