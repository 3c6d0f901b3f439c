package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/detour-go/detour/fallback"
)

// valueRules are those about Put and Take.
var valueRules = []rule[fallback.Counter]{
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
	{"a value can be put again after it was taken, with its own time and no other", func(ctx context.Context, c fallback.Counter, o settings) error {
		err := errors.Join(c.Put(ctx, "k", []byte("v"), 2*o.tick), takes(ctx, c, "k", []byte("v")), c.Put(ctx, "k", []byte("w"), time.Hour))
		o.advance(4 * o.tick)
		return errors.Join(err, takes(ctx, c, "k", []byte("w")), gone(ctx, c, "k"))
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
	{"bytes that were taken stay as they were", func(ctx context.Context, c fallback.Counter, o settings) error {
		if err := errors.Join(c.Put(ctx, "k", []byte("mine"), time.Hour), c.Put(ctx, "other", []byte("none"), time.Hour)); err != nil {
			return err
		}
		mine, found, err := c.Take(ctx, "k")
		return errors.Join(takes(ctx, c, "other", []byte("none")), c.Put(ctx, "k", []byte("next"), time.Hour), takes(ctx, c, "k", []byte("next")),
			compare("Take", "k", mine, found, err, []byte("mine")))
	}},
	{"a large value is whole or refused", func(ctx context.Context, c fallback.Counter, o settings) error {
		large := bytes.Repeat([]byte("0123456789abcdef"), 1<<14) // 256 KiB
		if c.Put(ctx, "k", large, time.Hour) != nil {
			return gone(ctx, c, "k")
		}
		return takes(ctx, c, "k", large)
	}},
}

func takes(ctx context.Context, c fallback.Counter, key string, want []byte) error {
	got, found, err := c.Take(ctx, key)
	return compare("Take", key, got, found, err, want)
}

func gone(ctx context.Context, c fallback.Counter, key string) error {
	got, found, err := c.Take(ctx, key)
	return absent("Take", key, got, found, err)
}
