package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/redis/go-redis/v9"
)

// Store is a fallback.Store in Redis; see the package. Safe for concurrent use,
// and for several processes. It has to be made by NewStore, and closed.
type Store struct{ link *link }

// NewStore returns a Store. It reports all mistakes in c at once and does not
// touch the network.
func NewStore(c Config) (*Store, error) {
	l, err := newLink(c, "store", defaultStoreWait)
	if err != nil {
		return nil, err
	}
	return &Store{l}, nil
}

// Load returns the bytes under key. What is not ours, too large, cut or changed
// is not found; the next Save replaces it.
func (s *Store) Load(ctx context.Context, key string) (data []byte, found bool, err error) {
	l := s.link
	name := l.name(entries, key)
	err = l.do(ctx, "load", func(ctx context.Context) error {
		// One more than may be: whatever lies there, no more is read.
		v, err := l.send(ctx, "getrange", name, 0, frameSize+l.maxValue)
		if redis.HasErrorPrefix(err, "WRONGTYPE") {
			l.corrupt.Add(1)
			return nil
		}
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		framed, _ := v.(string)
		if framed == "" {
			return nil
		}
		if len(framed) <= frameSize+l.maxValue {
			data, found = l.unframe(name, framed)
		}
		if !found {
			data = nil
			l.corrupt.Add(1)
		}
		return nil
	})
	return data, found, err
}

// Save keeps data under key for ttl, in full milliseconds.
func (s *Store) Save(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	l := s.link
	if ttl <= 0 {
		return s.Delete(ctx, key)
	}
	if len(data) > l.maxValue {
		l.refused.Add(1)
		return fallback.ErrStoreTooLarge
	}
	name := l.name(entries, key)
	framed := l.frame(name, data)
	return l.do(ctx, "save", func(ctx context.Context) error {
		_, err := l.send(ctx, "set", name, framed, "px", milliseconds(ttl))
		return err
	})
}

// Delete drops the entry of key.
func (s *Store) Delete(ctx context.Context, key string) error {
	l := s.link
	name := l.name(entries, key)
	return l.do(ctx, "delete", func(ctx context.Context) error {
		_, err := l.send(ctx, "del", name)
		return err
	})
}

// Breaker is the breaker around Redis, to be shown, watched and forced.
func (s *Store) Breaker() *breaker.Breaker { return s.link.breaker }

// Stats tells what the store did.
func (s *Store) Stats() Stats { return s.link.stats() }

// Close ends the probe of the breaker and waits for it. The client stays open:
// it is the caller's. It may be called more than once.
func (s *Store) Close() error { return s.link.breaker.Close() }

var _ fallback.Store = (*Store)(nil)
