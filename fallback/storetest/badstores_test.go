package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"sync"
	"time"
)

// badStores are stores with one defect each.
func badStores() map[string]badStore {
	all := badStoreBytes()
	maps.Copy(all, badStoreKeys())
	maps.Copy(all, badStoreTimes())
	maps.Copy(all, badStoreEnds())
	return all
}

// badStoreBytes give back what was not saved.
func badStoreBytes() map[string]badStore {
	ctx := context.Background()
	return map[string]badStore{
		"forgets": {"byte for byte", func(s *store) { s.save = func(string, []byte, time.Duration) error { return nil } }},
		"flips a bit": {"byte for byte", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				d = append([]byte(nil), d...)
				if len(d) > 0 {
					d[0] ^= 1
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"error for unknown": {"not found", func(s *store) {
			s.load = func(k string) ([]byte, bool, error) {
				d, ok, _ := s.Store.Load(ctx, k)
				if !ok {
					return nil, false, errors.New("redis: nil")
				}
				return d, ok, nil
			}
		}},
		"nothing is found with bytes": {"not found", func(s *store) {
			s.load = func(k string) ([]byte, bool, error) {
				d, ok, err := s.Store.Load(ctx, k)
				if !ok {
					return []byte("old"), false, err
				}
				return d, ok, err
			}
		}},
		"empty is nothing": {"empty data", func(s *store) {
			s.load = func(k string) ([]byte, bool, error) {
				d, ok, err := s.Store.Load(ctx, k)
				return d, ok && len(d) > 0, err
			}
		}},
		"first wins": {"replaces the whole", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if _, ok, _ := s.Store.Load(ctx, k); ok {
					return nil
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"keeps the caller's bytes": {"caller's bytes", func(s *store) {
			var m sync.Map // else the race detector finds what the suite is here to find
			s.save = func(k string, d []byte, _ time.Duration) error { m.Store(k, d); return nil }
			s.load = func(k string) ([]byte, bool, error) {
				d, ok := m.Load(k)
				data, _ := d.([]byte)
				return data, ok, nil
			}
		}},
		"deletes nothing": {"Delete drops", func(s *store) { s.del = func(string) error { return nil } }},
		"unknown delete": {"Delete drops", func(s *store) {
			s.del = func(k string) error {
				if _, ok, _ := s.Store.Load(ctx, k); !ok {
					return errors.New("no such file")
				}
				return s.Store.Delete(ctx, k)
			}
		}},
		"is read once": {"as often as", func(s *store) {
			s.load = func(k string) ([]byte, bool, error) {
				d, ok, err := s.Store.Load(ctx, k)
				return d, ok, errors.Join(err, s.Store.Delete(ctx, k))
			}
		}},
		"appends": {"replaces the whole", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				old, _, _ := s.Store.Load(ctx, k)
				return s.Store.Save(ctx, k, append(bytes.Clone(old), d...), ttl)
			}
		}},
		"overwrites the front": {"replaces the whole", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if old, ok, _ := s.Store.Load(ctx, k); ok && len(old) > len(d) {
					d = append(bytes.Clone(d), old[len(d):]...)
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"warns with the answer": {"as often as", func(s *store) {
			s.load = func(k string) ([]byte, bool, error) {
				d, ok, err := s.Store.Load(ctx, k)
				if ok {
					err = errors.New("read from a replica")
				}
				return d, ok, err
			}
		}},
		"no bytes are no data": {"empty data", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if d != nil && len(d) == 0 {
					return s.Store.Delete(ctx, k)
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"nil is no data": {"empty data", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if d == nil {
					return s.Store.Delete(ctx, k)
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"hands out its buffer": {"handed out stay", func(s *store) {
			var mu sync.Mutex
			buffer := make([]byte, 4)
			s.load = func(k string) ([]byte, bool, error) {
				mu.Lock()
				defer mu.Unlock()
				d, ok, err := s.Store.Load(ctx, k)
				if !ok || len(d) > len(buffer) {
					return d, ok, err
				}
				return buffer[:copy(buffer, d)], true, nil
			}
		}},
		"writes in place": {"handed out stay", func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if old, ok, _ := s.Store.Load(ctx, k); ok && ttl > 0 && len(old) == len(d) && len(d) < 1000 {
					copy(old, d)
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
		}},
		"wipes what it deletes": {"handed out stay", func(s *store) {
			s.del = func(k string) error {
				old, _, _ := s.Store.Load(ctx, k)
				clear(old)
				return s.Store.Delete(ctx, k)
			}
		}},
		"deletes everything": {"Delete drops", func(s *store) {
			s.del = func(k string) error { return errors.Join(s.Store.Delete(ctx, k), s.Store.Delete(ctx, "other")) }
		}},
		"a cache before it that does not hear of Delete": {"Delete drops", func(s *store) {
			var cache sync.Map
			s.save = func(k string, d []byte, ttl time.Duration) error {
				cache.Store(k, bytes.Clone(d))
				return s.Store.Save(ctx, k, d, ttl)
			}
			s.load = func(k string) ([]byte, bool, error) {
				if d, ok := cache.Load(k); ok {
					return d.([]byte), true, nil
				}
				return s.Store.Load(ctx, k)
			}
		}},
		"buries": {"after a Delete", func(s *store) {
			var dead sync.Map
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if _, ok := dead.Load(k); ok {
					return nil
				}
				return s.Store.Save(ctx, k, d, ttl)
			}
			s.del = func(k string) error { dead.Store(k, true); return s.Store.Delete(ctx, k) }
		}},
	}
}
