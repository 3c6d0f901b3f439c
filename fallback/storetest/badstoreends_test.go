package storetest_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/detour-go/detour/fallback"
)

// badStoreEnds go wrong when a call is refused, given up, or one of many.
func badStoreEnds() map[string]badStore {
	ctx := context.Background()
	const large = 1 << 16
	return map[string]badStore{
		"cuts data": {"whole or refused", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				return s.Store.Save(ctx, k, d[:min(len(d), large)], ttl)
			}
		}},
		"refuses when it is half done": {"whole or refused", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if len(d) > large {
					return errors.Join(errors.New("too large"), s.Store.Save(ctx, k, d[:large], ttl))
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"refuses a new key when it is half done": {"whole or refused", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if len(d) <= large {
					return s.Store.Save(ctx, k, d, ttl)
				}
				if _, ok, _ := s.Store.Load(ctx, k); !ok {
					_ = s.Store.Save(ctx, k, d[:large], ttl)
				}
				return errors.New("too large")
			}
		}},
		"refuses an old key when it is half done": {"whole or refused", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if len(d) <= large {
					return s.Store.Save(ctx, k, d, ttl)
				}
				if _, ok, _ := s.Store.Load(ctx, k); ok {
					_ = s.Store.Save(ctx, k, d[:large], ttl)
				}
				return errors.New("too large")
			}
		}},
		"cuts what is large under an old key": {"whole or refused", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if old, ok, _ := s.Store.Load(ctx, k); ok {
					d = d[:min(len(d), max(len(old), 1000))]
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"given up is not found":          {"context that is over", func(s *store) { s.Store = &hasty{Store: s.Store, load: true} }},
		"given up is lost":               {"context that is over", func(s *store) { s.Store = &hasty{Store: s.Store, lose: true} }},
		"given up is as good as saved":   {"context that is over", func(s *store) { s.Store = &hasty{Store: s.Store, save: true} }},
		"given up is half saved":         {"context that is over", func(s *store) { s.Store = &hasty{Store: s.Store, half: true} }},
		"given up is as good as deleted": {"context that is over", func(s *store) { s.Store = &hasty{Store: s.Store, del: true} }},
		"one file for all": {"at once under keys of their own", func(s *store) {
			var mu sync.Mutex
			file := map[string][]byte{}
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if ttl <= 0 {
					return s.del(k)
				}
				mu.Lock()
				mine := maps.Clone(file)
				mu.Unlock()
				time.Sleep(time.Microsecond)
				mine[k] = append([]byte{}, d...)
				mu.Lock()
				defer mu.Unlock()
				file = mine
				return nil
			}
			s.load = func(k string) ([]byte, bool, error) {
				mu.Lock()
				defer mu.Unlock()
				d, ok := file[k]
				return d, ok, nil
			}
			s.del = func(k string) error {
				mu.Lock()
				defer mu.Unlock()
				delete(file, k)
				return nil
			}
		}},
		"tears": {"never a mixture", func(s *store) {
			var mu sync.Mutex
			s.save = func(k string, d []byte, ttl time.Duration) error {
				mu.Lock()
				defer mu.Unlock()
				d = append([]byte(nil), d...)
				if old, ok, _ := s.Store.Load(ctx, k); ok && len(d) == 1000 {
					copy(d[:len(d)/2], old)
				}
				if len(d) > 900 {
					d[900] = 99
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"deletes and then saves": {"never nothing", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if err := s.Store.Delete(ctx, k); err != nil {
					return err
				}
				time.Sleep(time.Microsecond)
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"panics": {"panicked", func(s *store) { s.load = func(string) ([]byte, bool, error) { panic("nil map") } }},
		"panics at once": {"panicked", func(s *store) {
			var saving sync.Mutex
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if !saving.TryLock() {
					panic("concurrent map writes")
				}
				defer saving.Unlock()
				time.Sleep(time.Microsecond)
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
	}
}

// hasty does not do its work when its context is over, and does not say so.
type hasty struct {
	fallback.Store
	load, lose, save, half, del bool
}

func (h *hasty) Load(ctx context.Context, key string) ([]byte, bool, error) {
	if h.load && ctx.Err() != nil {
		return nil, false, nil
	}
	if h.lose && ctx.Err() != nil {
		return nil, false, errors.Join(ctx.Err(), h.Store.Delete(ctx, key))
	}
	return h.Store.Load(ctx, key)
}

func (h *hasty) Save(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	switch over := ctx.Err(); {
	case over != nil && h.save:
		return nil
	case over != nil && h.half:
		return errors.Join(over, h.Store.Save(ctx, key, data[:len(data)/2], ttl))
	}
	return h.Store.Save(ctx, key, data, ttl)
}

func (h *hasty) Delete(ctx context.Context, key string) error {
	if h.del && ctx.Err() != nil {
		return nil
	}
	return h.Store.Delete(ctx, key)
}
