package storetest_test

import (
	"context"
	"errors"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// badStoreKeys take one key for another.
func badStoreKeys() map[string]badStore {
	const rule = "byte by byte"
	all := map[string]badStore{
		"panics on the empty key": {rule, func(s *store) {
			folded(s, func(k string) string {
				if k == "" {
					panic("index out of range")
				}
				return k
			})
		}},
		"refuses the empty key": {rule, func(s *store) {
			s.save = func(k string, d []byte, ttl time.Duration) error {
				if k == "" {
					return errors.New("empty key")
				}
				return s.Store.Save(context.Background(), k, d, ttl)
			}
		}},
		"deletes under another name": {rule, func(s *store) {
			s.del = func(k string) error { return s.Store.Delete(context.Background(), strings.TrimRight(k, " \x00")) }
		}},
		"deletes by prefix": {rule, func(s *store) { sweeping(s, func(k, name string) bool { return strings.HasPrefix(name, k) }) }},
		"deletes by pattern": {rule, func(s *store) {
			sweeping(s, func(k, name string) bool { ok, _ := path.Match(k, name); return ok || k == name })
		}},
		"answers with the value of another": {rule, func(s *store) {
			var latest atomic.Value
			s.save = func(k string, d []byte, ttl time.Duration) error {
				latest.Store(k)
				return s.Store.Save(context.Background(), k, d, ttl)
			}
			s.load = func(k string) ([]byte, bool, error) {
				d, ok, err := s.Store.Load(context.Background(), k)
				if ok {
					return s.Store.Load(context.Background(), latest.Load().(string))
				}
				return d, ok, err
			}
		}},
	}
	for name, fold := range map[string]func(string) string{
		"folds case": strings.ToLower, "cuts keys": func(k string) string { return k[:min(len(k), 255)] }, "trims": strings.TrimSpace, "cleans paths": path.Clean,
		"mends UTF-8": func(k string) string { return strings.ToValidUTF8(k, "?") }, "ends at a zero": func(k string) string { before, _, _ := strings.Cut(k, "\x00"); return before },
		"unescapes": func(k string) string {
			if plain, err := url.PathUnescape(k); err == nil {
				return plain
			}
			return k
		},
		"ends a line one way":  func(k string) string { return strings.ReplaceAll(k, "\r\n", "\n") },
		"joins by a separator": func(k string) string { return strings.NewReplacer("/", ":", "|", ":", "\\", ":").Replace(k) },
		"drops what is odd": func(k string) string {
			return strings.Map(func(r rune) rune {
				if strings.ContainsRune("*?[]{}", r) {
					return -1
				}
				return r
			}, k)
		},
	} {
		all[name] = badStore{rule, func(s *store) { folded(s, fold) }}
	}
	return all
}

func folded(s *store, fold func(string) string) {
	ctx := context.Background()
	s.load = func(k string) ([]byte, bool, error) { return s.Store.Load(ctx, fold(k)) }
	s.save = func(k string, d []byte, ttl time.Duration) error { return s.Store.Save(ctx, fold(k), d, ttl) }
	s.del = func(k string) error { return s.Store.Delete(ctx, fold(k)) }
}

// sweeping deletes all that key means.
func sweeping(s *store, means func(key, name string) bool) {
	var names sync.Map
	s.save = func(k string, d []byte, ttl time.Duration) error {
		names.Store(k, true)
		return s.Store.Save(context.Background(), k, d, ttl)
	}
	s.del = func(k string) (err error) {
		names.Range(func(name, _ any) bool {
			if means(k, name.(string)) {
				err = errors.Join(err, s.Store.Delete(context.Background(), name.(string)))
			}
			return true
		})
		return err
	}
}
