package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/detour-go/detour/fallback"
)

// Store checks the rules of fallback.Store. open returns an empty store each
// time.
func Store(t T, open func() fallback.Store, opts ...Option) {
	t.Helper()
	run(t, open, storeRules, opts)
}

var storeRules = []rule[fallback.Store]{
	{"what was saved is loaded, byte for byte", func(ctx context.Context, s fallback.Store, o settings) error {
		want := make([]byte, 256)
		for i := range want {
			want[i] = byte(i)
		}
		if err := s.Save(ctx, "k", want, time.Hour); err != nil {
			return err
		}
		return holds(ctx, s, "k", want)
	}},
	{"an unknown key is not found, and that is no error", func(ctx context.Context, s fallback.Store, o settings) error {
		return lacks(ctx, s, "k")
	}},
	{"empty data is an entry like any other", func(ctx context.Context, s fallback.Store, o settings) error {
		return errors.Join(s.Save(ctx, "nil", nil, time.Hour), s.Save(ctx, "empty", []byte{}, time.Hour), holds(ctx, s, "nil", nil), holds(ctx, s, "empty", nil))
	}},
	{"Save replaces the whole entry", func(ctx context.Context, s fallback.Store, o settings) error {
		return errors.Join(s.Save(ctx, "k", []byte("a long one"), time.Hour), s.Save(ctx, "k", []byte("short"), time.Hour), holds(ctx, s, "k", []byte("short")))
	}},
	{"Save does not keep the caller's bytes", func(ctx context.Context, s fallback.Store, o settings) error {
		mine := []byte("mine")
		err := s.Save(ctx, "k", mine, time.Hour)
		copy(mine, "XXXX")
		return errors.Join(err, holds(ctx, s, "k", []byte("mine")))
	}},
	{"an entry is there within its time and gone after it", func(ctx context.Context, s fallback.Store, o settings) error {
		if err := s.Save(ctx, "k", []byte("v"), 4*o.tick); err != nil {
			return err
		}
		o.advance(o.tick)
		if err := holds(ctx, s, "k", []byte("v")); err != nil {
			return err
		}
		o.advance(4 * o.tick)
		return lacks(ctx, s, "k")
	}},
	{"a new Save brings a new time, longer", func(ctx context.Context, s fallback.Store, o settings) error {
		err := errors.Join(s.Save(ctx, "k", []byte("v"), 2*o.tick), s.Save(ctx, "k", []byte("w"), time.Hour))
		o.advance(4 * o.tick)
		return errors.Join(err, holds(ctx, s, "k", []byte("w")))
	}},
	{"a new Save brings a new time, shorter", func(ctx context.Context, s fallback.Store, o settings) error {
		err := errors.Join(s.Save(ctx, "k", []byte("v"), time.Hour), s.Save(ctx, "k", []byte("w"), 2*o.tick))
		o.advance(4 * o.tick)
		return errors.Join(err, lacks(ctx, s, "k"))
	}},
	{"loading does not prolong", func(ctx context.Context, s fallback.Store, o settings) error {
		if err := s.Save(ctx, "k", []byte("v"), 4*o.tick); err != nil {
			return err
		}
		for range 3 {
			o.advance(2 * o.tick)
			if _, _, err := s.Load(ctx, "k"); err != nil {
				return err
			}
		}
		return lacks(ctx, s, "k")
	}},
	{"a ttl of zero or less keeps nothing and drops what was there", func(ctx context.Context, s fallback.Store, o settings) error {
		for _, ttl := range []time.Duration{0, -1, -time.Hour, math.MinInt64} {
			if err := errors.Join(s.Save(ctx, "k", []byte("v"), time.Hour), s.Save(ctx, "k", []byte("w"), ttl), lacks(ctx, s, "k")); err != nil {
				return fmt.Errorf("ttl %v: %w", ttl, err)
			}
		}
		return nil
	}},
	{"a very long ttl is no short one", func(ctx context.Context, s fallback.Store, o settings) error {
		for _, ttl := range []time.Duration{100 * 365 * 24 * time.Hour, math.MaxInt64 - 1, math.MaxInt64} {
			if err := s.Save(ctx, "k", []byte("v"), ttl); err != nil {
				return fmt.Errorf("ttl %v: %w", ttl, err)
			}
			o.advance(o.tick)
			if err := holds(ctx, s, "k", []byte("v")); err != nil {
				return fmt.Errorf("ttl %v: %w", ttl, err)
			}
		}
		return nil
	}},
	{"Delete drops one entry, and an unknown one is no error", func(ctx context.Context, s fallback.Store, o settings) error {
		return errors.Join(s.Save(ctx, "k", []byte("v"), time.Hour), s.Save(ctx, "other", []byte("v"), time.Hour),
			s.Delete(ctx, "k"), lacks(ctx, s, "k"), s.Delete(ctx, "k"), s.Delete(ctx, "never was"), holds(ctx, s, "other", []byte("v")))
	}},
	{"keys are compared byte by byte, however odd", func(ctx context.Context, s fallback.Store, o settings) error {
		var errs []error
		for i, k := range oddKeys() {
			errs = append(errs, s.Save(ctx, k, []byte(fmt.Sprint("value ", i)), time.Hour))
		}
		for i, k := range oddKeys() {
			errs = append(errs, holds(ctx, s, k, []byte(fmt.Sprint("value ", i))))
		}
		errs = append(errs, s.Delete(ctx, oddKeys()[0]), holds(ctx, s, oddKeys()[1], []byte("value 1")))
		return errors.Join(errs...)
	}},
	{"a large entry is whole or refused", func(ctx context.Context, s fallback.Store, o settings) error {
		large := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
		if s.Save(ctx, "k", large, time.Hour) != nil {
			return lacks(ctx, s, "k")
		}
		return holds(ctx, s, "k", large)
	}},
	{"a reader sees the old bytes or the new ones, never a mixture", func(ctx context.Context, s fallback.Store, o settings) error {
		return together(8, func(w int) error {
			mine := bytes.Repeat([]byte{byte(w)}, 1000+w)
			for range 50 {
				if err := s.Save(ctx, "k", mine, time.Hour); err != nil {
					return err
				}
				got, found, err := s.Load(ctx, "k")
				switch {
				case err != nil || !found:
					return fmt.Errorf("Load: found %v, %v", found, err)
				case len(got) < 1000 || len(got) != 1000+int(got[0]) || bytes.Count(got, got[:1]) != len(got):
					return fmt.Errorf("Load: a mixture of %d bytes", len(got))
				}
			}
			return nil
		})
	}},
}

func holds(ctx context.Context, s fallback.Store, key string, want []byte) error {
	got, found, err := s.Load(ctx, key)
	return compare("Load", key, got, found, err, want)
}

func lacks(ctx context.Context, s fallback.Store, key string) error {
	got, found, err := s.Load(ctx, key)
	return absent("Load", key, got, found, err)
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
