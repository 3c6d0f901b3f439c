package fallback

import (
	"context"
	"errors"
	"time"
)

// Store keeps bytes for a while: answers that may be served again when nobody
// answers.
//
// It names std types only, so that a store can be written without importing
// this package; storetest.Store says what every implementation must do. A store
// is a convenience and never an authority: a failing one costs an answer from
// memory, nothing else.
//
//   - All methods are safe for concurrent use and may be called from several
//     processes at once.
//   - A key is any string, the empty one too, compared byte by byte: no two keys
//     are the same entry, however long or odd they are.
//   - Save replaces the whole entry at once: a reader sees the old bytes or the
//     new ones, never a mixture. It does not keep data, which is the caller's
//     again when Save returns.
//   - Bytes from Load are shared and read-only: whoever changes them changes
//     them for everybody.
//   - An implementation may forget at any time (it is bounded); it never
//     returns an entry after its time, nor the bytes of another key.
//   - A Save that fails leaves what was there, or nothing.
//   - A context that is over gives an error or is not looked at: what is there
//     is never not found for it, and what was not done never a success.
type Store interface {
	// Load returns what Save kept under key. An entry that is unknown,
	// forgotten or over its time is found = false and no error: an error means
	// that the store could not be asked.
	Load(ctx context.Context, key string) (data []byte, found bool, err error)
	// Save keeps data under key for at most ttl, counted from now. Empty data
	// is an entry like any other. A ttl of zero or less keeps nothing and drops
	// what was there.
	Save(ctx context.Context, key string, data []byte, ttl time.Duration) error
	// Delete drops the entry of key; an unknown one is no error.
	Delete(ctx context.Context, key string) error
}

// Counter keeps what must happen once, or only so often: tickets of flows,
// attempts at a code, daily quotas.
//
// Unlike a Store it is an authority. It must never forget before the time is
// over, and whoever uses it fails closed: an error means that the thing is not
// allowed. Every method is one atomic step over all processes that share the
// counter (Redis: a script or a single command, never a read followed by a
// write). storetest.Counter says what every implementation must do.
//
//   - All methods are safe for concurrent use.
//   - A key is any string, the empty one too, compared byte by byte. Numbers
//     (Add) and values (Put, Take) are two separate spaces: the same key may be
//     used in both and neither sees the other.
//   - A context that is over gives an error or is not looked at, as for a Store.
//   - A ttl of zero or less is an error: nothing here may live for ever.
//   - A counter that has no room left refuses new keys with an error; it never
//     makes room by forgetting a live one.
type Counter interface {
	// Add adds n (which may be negative, or zero to look) to the number of key
	// and returns the sum. A key that is unknown or over its time starts at
	// zero. Its time runs from the first Add and is not prolonged by later
	// ones: "five attempts in three minutes" ends three minutes after the first
	// attempt. A sum that does not fit int64 is an error and changes nothing.
	Add(ctx context.Context, key string, n int64, ttl time.Duration) (int64, error)
	// Put keeps data under key for ttl and replaces what was there, with its
	// time. It does not keep data, which is the caller's again when Put
	// returns.
	Put(ctx context.Context, key string, data []byte, ttl time.Duration) error
	// Take returns what Put kept and removes it in the same step: of any number
	// of callers at the same time exactly one finds it. A key that is unknown,
	// taken or over its time is found = false and no error.
	Take(ctx context.Context, key string) (data []byte, found bool, err error)
}

var (
	// ErrStoreTooLarge is returned by a Store whose whole bound is smaller than
	// the one entry it was given.
	ErrStoreTooLarge = errors.New("fallback: store: entry larger than the store")
	// ErrCounterFull is returned by a Counter that has no room for a new key.
	// What it holds stays.
	ErrCounterFull = errors.New("fallback: counter: full")
	errTTL         = errors.New("fallback: counter: ttl must be above zero")
	errOverflow    = errors.New("fallback: counter: sum does not fit 64 bits")
)
