package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"
)

// badStoreTimes keep an entry too long or too short.
func badStoreTimes() map[string]badStore {
	ctx := context.Background()
	living := func(life func(ttl time.Duration) time.Duration) func(*store) {
		return func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error { return s.Store.Save(ctx, k, d, life(ttl)) }
		}
	}
	return map[string]badStore{
		"lives for ever": {"gone after it", living(func(ttl time.Duration) time.Duration {
			if ttl > 0 {
				ttl = 1 << 62
			}
			return ttl
		})},
		"counts full seconds": {"gone after it", living(func(ttl time.Duration) time.Duration { return (ttl + time.Second - 1).Truncate(time.Second) })},
		"dies early":          {"there within its time", living(func(ttl time.Duration) time.Duration { return ttl / 8 })},
		"never again": {"can be saved again", func(s *store) {
			var seen sync.Map
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if _, live, _ := s.Store.Load(ctx, k); !live {
					if _, was := seen.LoadOrStore(k, true); was && ttl > 0 {
						return nil
					}
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
			s.del = func(k string) error { seen.Delete(k); return s.Store.Delete(ctx, k) }
		}},
		"a cache before it that does not forget": {"gone after it", func(s *store) {
			var cache sync.Map
			s.save = func(k string, d []byte, ttl time.Duration) error {
				cache.Delete(k)
				return s.Store.Save(ctx, k, d, ttl)
			}
			s.load = func(k string) ([]byte, bool, error) {
				if d, ok := cache.Load(k); ok {
					return d.([]byte), true, nil
				}
				d, ok, err := s.Store.Load(ctx, k)
				if ok {
					cache.Store(k, d)
				}
				return d, ok, err
			}
			s.del = func(k string) error { cache.Delete(k); return s.Store.Delete(ctx, k) }
		}},
		"loading prolongs": {"does not prolong", func(s *store) {
			s.load = func(k string) ([]byte, bool, error) {
				d, ok, err := s.Store.Load(ctx, k)
				if ok {
					err = s.Store.Save(ctx, k, d, 400*time.Millisecond)
				}
				return d, ok, err
			}
		}},
		"the first time counts": {"a new time, longer", func(s *store) { // and a shorter one as well
			var ends sync.Map
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if _, live, _ := s.Store.Load(ctx, k); live && ttl > 0 {
					end, _ := ends.Load(k)
					ttl = time.Until(end.(time.Time))
				}
				ends.Store(k, time.Now().Add(ttl))
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"the longest time counts": {"a new time, shorter", func(s *store) {
			var ends sync.Map
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if end, ok := ends.Load(k); ok && ttl > 0 {
					ttl = max(ttl, time.Until(end.(time.Time)))
				}
				ends.Store(k, time.Now().Add(ttl))
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"what is the same is not saved, longer":  {"a new time, longer", unchanged},
		"what is the same is not saved, shorter": {"a new time, shorter", unchanged},
		"zero is for ever": {"zero or less", living(func(ttl time.Duration) time.Duration {
			if ttl == 0 {
				ttl = time.Hour
			}
			return ttl
		})},
		"below zero leaves what was there": {"zero or less", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if ttl < 0 {
					return nil
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"full milliseconds, and none is for ever": {"too short", living(func(ttl time.Duration) time.Duration {
			if ttl > 0 && ttl < time.Millisecond {
				ttl = time.Hour
			}
			return ttl
		})},
		"full milliseconds, and none is an error": {"too short", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if ttl > 0 && ttl < time.Millisecond {
					return errors.New("invalid expire time")
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"overflows": {"very long ttl", living(func(ttl time.Duration) time.Duration {
			if ttl > 1<<60 {
				ttl = 1
			}
			return ttl
		})},
		"no time is so long": {"very long ttl", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if ttl > 1<<60 {
					return errors.New("invalid expire time")
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"above thirty days is a date": {"very long ttl", living(func(ttl time.Duration) time.Duration {
			if ttl > 30*24*time.Hour {
				ttl = 1
			}
			return ttl
		})},
		"a timer that outlives a Delete": {"after a Delete", func(s *store) {
			var mu sync.Mutex
			timers := map[string]*time.Timer{}
			s.save = func(k string, d []byte, ttl time.Duration) error {
				mu.Lock()
				defer mu.Unlock()
				if old := timers[k]; old != nil {
					old.Stop()
				}
				if ttl > 0 {
					timers[k] = time.AfterFunc(ttl, func() { _ = s.Store.Delete(ctx, k) })
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
			s.del = func(k string) error {
				mu.Lock()
				defer mu.Unlock()
				delete(timers, k)
				return s.Store.Delete(ctx, k)
			}
		}},
	}
}

// unchanged does not save what is there already.
func unchanged(s *store) {
	ctx := context.Background()
	s.save = func(k string, d []byte, ttl time.Duration) error {
		if old, ok, _ := s.Store.Load(ctx, k); ok && ttl > 0 && bytes.Equal(old, d) {
			return nil
		}
		return s.Store.Save(ctx, k, d, ttl)
	}
}
