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

// Counter checks the rules of fallback.Counter. open returns an empty counter
// each time.
func Counter(t T, open func() fallback.Counter, opts ...Option) {
	t.Helper()
	run(t, open, counterRules, opts)
}

var counterRules = []rule[fallback.Counter]{
	{"Add returns the sum, each key its own, starting at zero", func(ctx context.Context, c fallback.Counter, o settings) error {
		return errors.Join(adds(ctx, c, "k", 1, 1), adds(ctx, c, "k", 2, 3), adds(ctx, c, "other", 5, 5), adds(ctx, c, "k", 1<<40, 1<<40+3))
	}},
	{"Add takes back and looks", func(ctx context.Context, c fallback.Counter, o settings) error {
		return errors.Join(adds(ctx, c, "unknown", 0, 0), adds(ctx, c, "k", 3, 3), adds(ctx, c, "k", 0, 3), adds(ctx, c, "k", -5, -2))
	}},
	{"the time of a number runs from the first Add and is not prolonged", func(ctx context.Context, c fallback.Counter, o settings) error {
		var errs []error
		for i := range 3 {
			got, err := c.Add(ctx, "k", 1, 8*o.tick)
			if err == nil && got != int64(i+1) {
				err = fmt.Errorf("Add: %d, want %d", got, i+1)
			}
			errs = append(errs, err)
			o.advance(2 * o.tick)
		}
		o.advance(4 * o.tick)
		return errors.Join(append(errs, adds(ctx, c, "k", 1, 1))...)
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
	{"a sum that does not fit is an error and changes nothing", func(ctx context.Context, c fallback.Counter, o settings) error {
		if err := adds(ctx, c, "k", math.MaxInt64, math.MaxInt64); err != nil {
			return err
		}
		if n, err := c.Add(ctx, "k", 1, time.Hour); err == nil {
			return fmt.Errorf("Add: %d and no error", n)
		}
		return adds(ctx, c, "k", 0, math.MaxInt64)
	}},
	{"a value is taken byte for byte, once", func(ctx context.Context, c fallback.Counter, o settings) error {
		want := []byte("\x00\xff\r\nvalue")
		return errors.Join(c.Put(ctx, "k", want, time.Hour), takes(ctx, c, "k", want), gone(ctx, c, "k"), gone(ctx, c, "k"))
	}},
	{"an unknown key is not found, and that is no error", func(ctx context.Context, c fallback.Counter, o settings) error {
		return gone(ctx, c, "k")
	}},
	{"empty data is a value like any other", func(ctx context.Context, c fallback.Counter, o settings) error {
		return errors.Join(c.Put(ctx, "nil", nil, time.Hour), c.Put(ctx, "empty", []byte{}, time.Hour), takes(ctx, c, "nil", nil), takes(ctx, c, "empty", nil), gone(ctx, c, "nil"))
	}},
	{"Put does not keep the caller's bytes", func(ctx context.Context, c fallback.Counter, o settings) error {
		mine := []byte("mine")
		err := c.Put(ctx, "k", mine, time.Hour)
		copy(mine, "XXXX")
		return errors.Join(err, takes(ctx, c, "k", []byte("mine")))
	}},
	{"Put replaces the value and its time", func(ctx context.Context, c fallback.Counter, o settings) error {
		err := errors.Join(c.Put(ctx, "k", []byte("a long one"), 2*o.tick), c.Put(ctx, "k", []byte("new"), time.Hour),
			c.Put(ctx, "short", []byte("v"), time.Hour), c.Put(ctx, "short", []byte("w"), 2*o.tick))
		o.advance(4 * o.tick)
		return errors.Join(err, takes(ctx, c, "k", []byte("new")), gone(ctx, c, "short"))
	}},
	{"a value can be put again after it was taken", func(ctx context.Context, c fallback.Counter, o settings) error {
		return errors.Join(c.Put(ctx, "k", []byte("v"), time.Hour), takes(ctx, c, "k", []byte("v")), c.Put(ctx, "k", []byte("w"), time.Hour), takes(ctx, c, "k", []byte("w")))
	}},
	{"a value is there within its time and gone after it", func(ctx context.Context, c fallback.Counter, o settings) error {
		err := errors.Join(c.Put(ctx, "in", []byte("v"), 4*o.tick), c.Put(ctx, "after", []byte("v"), 4*o.tick))
		o.advance(o.tick)
		err = errors.Join(err, takes(ctx, c, "in", []byte("v")))
		o.advance(4 * o.tick)
		return errors.Join(err, gone(ctx, c, "after"))
	}},
	{"of 100 takers at once exactly one finds it", func(ctx context.Context, c fallback.Counter, o settings) error {
		for round := range 10 {
			if err := c.Put(ctx, "k", []byte("v"), time.Hour); err != nil {
				return err
			}
			var found atomic.Int32
			err := together(100, func(int) error {
				_, ok, err := c.Take(ctx, "k")
				if ok {
					found.Add(1)
				}
				return err
			})
			if err != nil || found.Load() != 1 {
				return fmt.Errorf("round %d: %d found it, %v", round, found.Load(), err)
			}
		}
		return nil
	}},
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
	{"a full counter refuses new keys, forgets no live one and has room again after their time", func(ctx context.Context, c fallback.Counter, o settings) error {
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
		if err := takes(ctx, c, key(0), []byte("w")); err != nil {
			return fmt.Errorf("a live key of a full counter: %w", err)
		}
		o.advance(20 * o.tick)
		return errors.Join(c.Put(ctx, "new value", []byte("v"), time.Hour), adds(ctx, c, "new number", 1, 1))
	}},
}

func adds(ctx context.Context, c fallback.Counter, key string, n, want int64) error {
	got, err := c.Add(ctx, key, n, time.Hour)
	if err == nil && got != want {
		err = fmt.Errorf("Add %.40q %d: %d, want %d", key, n, got, want)
	}
	return err
}

func takes(ctx context.Context, c fallback.Counter, key string, want []byte) error {
	got, found, err := c.Take(ctx, key)
	return compare("Take", key, got, found, err, want)
}

func gone(ctx context.Context, c fallback.Counter, key string) error {
	got, found, err := c.Take(ctx, key)
	return absent("Take", key, got, found, err)
}
