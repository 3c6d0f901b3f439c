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
	{"what was saved is loaded, byte for byte, as often as it is asked for", func(ctx context.Context, s fallback.Store, o settings) error {
		want := make([]byte, 256)
		for i := range want {
			want[i] = byte(i)
		}
		if err := s.Save(ctx, "k", want, time.Hour); err != nil {
			return err
		}
		return errors.Join(holds(ctx, s, "k", want), holds(ctx, s, "k", want))
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
	{"an entry is there within its time and gone after it, and can be saved again", func(ctx context.Context, s fallback.Store, o settings) error {
		if err := s.Save(ctx, "k", []byte("v"), 4*o.tick); err != nil {
			return err
		}
		o.advance(o.tick)
		if err := holds(ctx, s, "k", []byte("v")); err != nil {
			return err
		}
		o.advance(4 * o.tick)
		return errors.Join(lacks(ctx, s, "k"), s.Save(ctx, "k", []byte("w"), time.Hour), holds(ctx, s, "k", []byte("w")))
	}},
	{"a new Save brings a new time, longer, also with the same bytes", func(ctx context.Context, s fallback.Store, o settings) error {
		err := errors.Join(s.Save(ctx, "k", []byte("v"), 2*o.tick), s.Save(ctx, "k", []byte("w"), time.Hour),
			s.Save(ctx, "same", []byte("v"), 2*o.tick), s.Save(ctx, "same", []byte("v"), time.Hour))
		o.advance(4 * o.tick)
		return errors.Join(err, holds(ctx, s, "k", []byte("w")), holds(ctx, s, "same", []byte("v")))
	}},
	{"a new Save brings a new time, shorter, also with the same bytes", func(ctx context.Context, s fallback.Store, o settings) error {
		err := errors.Join(s.Save(ctx, "k", []byte("v"), time.Hour), s.Save(ctx, "k", []byte("w"), 2*o.tick),
			s.Save(ctx, "same", []byte("v"), time.Hour), s.Save(ctx, "same", []byte("v"), 2*o.tick))
		o.advance(4 * o.tick)
		return errors.Join(err, lacks(ctx, s, "k"), lacks(ctx, s, "same"))
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
	{"a ttl too short for the store's clock is short, not for ever", func(ctx context.Context, s fallback.Store, o settings) error {
		err := s.Save(ctx, "k", []byte("v"), 1)
		o.advance(2 * o.tick)
		return errors.Join(err, lacks(ctx, s, "k"))
	}},
	{"Delete drops one entry, and an unknown one is no error", func(ctx context.Context, s fallback.Store, o settings) error {
		return errors.Join(s.Save(ctx, "k", []byte("v"), time.Hour), s.Save(ctx, "other", []byte("v"), time.Hour),
			s.Delete(ctx, "k"), lacks(ctx, s, "k"), s.Delete(ctx, "k"), s.Delete(ctx, "never was"), holds(ctx, s, "other", []byte("v")))
	}},
	{"what is saved after a Delete has its own time and no other", func(ctx context.Context, s fallback.Store, o settings) error {
		err := errors.Join(s.Save(ctx, "k", []byte("v"), 2*o.tick), s.Delete(ctx, "k"), s.Save(ctx, "k", []byte("w"), time.Hour), holds(ctx, s, "k", []byte("w")))
		o.advance(4 * o.tick)
		return errors.Join(err, holds(ctx, s, "k", []byte("w")))
	}},
	{"bytes that were handed out stay as they were", func(ctx context.Context, s fallback.Store, o settings) error {
		if err := errors.Join(s.Save(ctx, "k", []byte("mine"), time.Hour), s.Save(ctx, "other", []byte("none"), time.Hour)); err != nil {
			return err
		}
		mine, found, err := s.Load(ctx, "k")
		none, other, why := s.Load(ctx, "other")
		return errors.Join(s.Save(ctx, "k", []byte("next"), time.Hour), holds(ctx, s, "k", []byte("next")), s.Delete(ctx, "other"), s.Save(ctx, "third", []byte("last"), time.Hour),
			compare("Load", "k", mine, found, err, []byte("mine")), compare("Load", "other", none, other, why, []byte("none")))
	}},
	{"keys are compared byte by byte, however odd", func(ctx context.Context, s fallback.Store, o settings) error {
		var errs []error
		for i, k := range oddKeys() {
			errs = append(errs, s.Save(ctx, k, []byte(fmt.Sprint("value ", i)), time.Hour))
		}
		for i, k := range oddKeys() {
			errs = append(errs, holds(ctx, s, k, []byte(fmt.Sprint("value ", i))))
		}
		for i, k := range oddKeys() {
			errs = append(errs, s.Delete(ctx, k), lacks(ctx, s, k))
			for j, other := range oddKeys()[i+1:] {
				errs = append(errs, holds(ctx, s, other, []byte(fmt.Sprint("value ", i+1+j))))
			}
		}
		return errors.Join(errs...)
	}},
	{"a large entry is whole or refused, and then what was there stays or goes", func(ctx context.Context, s fallback.Store, o settings) error {
		large := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
		if err := s.Save(ctx, "was there", []byte("v"), time.Hour); err != nil {
			return err
		}
		var errs []error
		for key, was := range map[string][]byte{"k": nil, "was there": []byte("v")} {
			if s.Save(ctx, key, large, time.Hour) == nil {
				errs = append(errs, holds(ctx, s, key, large))
			} else {
				errs = append(errs, unsaved(ctx, s, key, was))
			}
		}
		return errors.Join(errs...)
	}},
	{"a context that is over gives an error or the whole thing, nothing between", func(ctx context.Context, s fallback.Store, o settings) error {
		over, cancel := context.WithCancel(ctx)
		cancel()
		err := errors.Join(s.Save(ctx, "loaded", []byte("v"), time.Hour), s.Save(ctx, "saved", []byte("v"), time.Hour), s.Save(ctx, "deleted", []byte("v"), time.Hour))
		if data, found, why := s.Load(over, "loaded"); why == nil {
			err = errors.Join(err, compare("Load", "loaded", data, found, nil, []byte("v")))
		}
		if s.Save(over, "saved", []byte("w"), time.Hour) == nil {
			err = errors.Join(err, holds(ctx, s, "saved", []byte("w")))
		} else {
			err = errors.Join(err, unsaved(ctx, s, "saved", []byte("v")))
		}
		if s.Delete(over, "deleted") == nil {
			err = errors.Join(err, lacks(ctx, s, "deleted"))
		}
		return errors.Join(err, holds(ctx, s, "loaded", []byte("v")))
	}},
	{"what many save at once under keys of their own is all there", func(ctx context.Context, s fallback.Store, o settings) error {
		own := func(i int) (string, []byte) { return fmt.Sprint("key ", i), fmt.Append(nil, "value ", i) }
		err := together(40, func(i int) error {
			key, mine := own(i)
			return s.Save(ctx, key, mine, time.Hour)
		})
		for i := range 40 {
			key, mine := own(i)
			err = errors.Join(err, holds(ctx, s, key, mine))
		}
		return err
	}},
	{"a reader sees the old bytes or the new ones, never a mixture and never nothing", func(ctx context.Context, s fallback.Store, o settings) error {
		of := func(w int) []byte { return bytes.Repeat([]byte{byte(w)}, 1000+w) }
		if err := s.Save(ctx, "k", of(0), time.Hour); err != nil {
			return err
		}
		return together(12, func(w int) error {
			for range 50 {
				if w%3 > 0 { // every third only looks
					if err := s.Save(ctx, "k", of(w), time.Hour); err != nil {
						return err
					}
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

// unsaved is what a Save that failed leaves: what was there, nil when nothing
// was, or nothing.
func unsaved(ctx context.Context, s fallback.Store, key string, was []byte) error {
	absent := lacks(ctx, s, key)
	if absent == nil || was == nil {
		return absent
	}
	return holds(ctx, s, key, was)
}
