package oidclogin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/detour-go/detour/providers"
)

const (
	opKeys      = "jwks"
	maxKeySet   = 256 << 10       // bytes of a key set
	maxKeys     = 64              // keys of a set that are looked at
	keysTimeout = 3 * time.Second // a citizen may be waiting
	keysRetry   = time.Second     // between two fetches while there is no key at all
)

var (
	errNoKeys     = errors.New("no usable key")
	errKeysNotYet = errors.New("keys were asked for a moment ago")
	errKey        = errors.New("the key that signed is not of this issuer")
	errSignature  = errors.New("the signature is wrong")
	errJWS        = errors.New("not a signed token")
)

// keys is the key set of one issuer: read without a lock, fetched by one at a time.
type keys struct {
	source *endpoint
	cfg    Config
	algs   []jose.SignatureAlgorithm
	now    atomic.Pointer[keySet]
	turn   chan struct{} // who holds its token may fetch; a context can leave the queue
}

// keySet is what was learnt by the last fetch. It is read only; times are monotonic.
type keySet struct {
	keys   []jose.JSONWebKey
	got    time.Time // when keys came; zero: never
	tried  time.Time // when keys were last asked for; zero: never
	failed error     // of the last fetch
}

func newKeys(source *endpoint, cfg Config, algs []jose.SignatureAlgorithm) *keys {
	k := &keys{source: source, cfg: cfg, algs: algs, turn: make(chan struct{}, 1)}
	k.now.Store(&keySet{})
	k.turn <- struct{}{}
	return k
}

// payload verifies the signature of a token and gives what was signed. Errors are *providers.Error.
func (k *keys) payload(ctx context.Context, jwt string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(jwt, k.algs)
	if err != nil || len(jws.Signatures) != 1 {
		return nil, k.fail(opIDToken, providers.Security, errJWS)
	}
	head := jws.Signatures[0].Header
	fits := func(key jose.JSONWebKey) bool {
		return (head.KeyID == "" || key.KeyID == head.KeyID) && (key.Algorithm == "" || key.Algorithm == head.Algorithm)
	}
	for again := false; ; again = true {
		set, err := k.lookup(ctx, fits, again)
		if err != nil {
			return nil, err
		}
		for _, key := range set {
			if fits(key) {
				if payload, err := jws.Verify(&key); err == nil {
					return payload, nil
				}
			}
		}
		// A token that names no key may be signed with one that is new.
		if head.KeyID != "" || again {
			return nil, k.fail(opIDToken, providers.Security, errSignature)
		}
	}
}

// lookup gives keys of which one fits, fetching when they are due or when none
// fits; more asks for keys that are newer than those at hand.
func (k *keys) lookup(ctx context.Context, fits func(jose.JSONWebKey) bool, more bool) ([]jose.JSONWebKey, error) {
	for {
		s := k.now.Load()
		serves := !more && s.within(k.cfg.KeysMaxStale) && slices.ContainsFunc(s.keys, fits)
		if serves && (s.within(k.cfg.KeysMaxAge) || !k.may(s)) {
			return s.keys, nil
		}
		if !k.may(s) {
			if s.failed != nil {
				return nil, s.failed
			}
			return nil, k.fail(opKeys, providers.Unavailable, errKeysNotYet)
		}
		if !k.enter(ctx, serves) {
			if serves { // somebody is fetching; the last good keys serve meanwhile
				return s.keys, nil
			}
			return nil, k.fail(opKeys, providers.Unavailable, ctx.Err())
		}
		if k.now.Load() != s { // somebody has fetched meanwhile
			more = false
			k.leave()
			continue
		}
		fresh, err := k.fetch(ctx, s)
		k.leave()
		switch {
		case serves && err != nil:
			return s.keys, nil
		case err != nil:
			return nil, err
		case !slices.ContainsFunc(fresh.keys, fits):
			return nil, k.fail(opIDToken, providers.Unavailable, errKey) // key sets lag behind rotations
		}
		return fresh.keys, nil
	}
}

// ready fetches keys that are due, and fails only if none can be used.
func (k *keys) ready(ctx context.Context) error {
	_, err := k.lookup(ctx, func(jose.JSONWebKey) bool { return true }, false)
	return err
}

// may: the floor holds for fetches that worked, for those that failed with keys
// still at hand, and for unknown kids. Without any key it is a second.
func (k *keys) may(s *keySet) bool {
	floor := k.cfg.KeysFloor
	if !s.within(k.cfg.KeysMaxStale) {
		floor = min(floor, keysRetry)
	}
	return s.tried.IsZero() || time.Since(s.tried) >= floor
}

func (s *keySet) within(age time.Duration) bool { return !s.got.IsZero() && time.Since(s.got) < age }

// enter takes the turn to fetch; with try it does not wait for it.
func (k *keys) enter(ctx context.Context, try bool) bool {
	select {
	case <-k.turn:
		return true
	default:
	}
	if try {
		return false
	}
	select {
	case <-k.turn:
		return true
	case <-ctx.Done():
		return false
	}
}

func (k *keys) leave() { k.turn <- struct{}{} }

// fetch asks for the key set, once. A caller who leaves meanwhile proves
// nothing about it, and the next one may ask at once.
func (k *keys) fetch(ctx context.Context, old *keySet) (*keySet, error) {
	var body struct {
		Keys []json.RawMessage `json:"keys"`
	}
	_, err := k.source.read(ctx, opKeys, http.Header{"Accept": {"application/json"}}, &body)
	if err != nil && ctx.Err() != nil {
		return old, err
	}
	next := &keySet{keys: usableKeys(body.Keys), tried: time.Now()}
	if err == nil && next.keys == nil {
		err = k.fail(opKeys, providers.Unavailable, errNoKeys)
	}
	if next.got = next.tried; err != nil {
		next.keys, next.got, next.failed = old.keys, old.got, err
	}
	k.now.Store(next)
	return next, err
}

// usableKeys keeps public signature keys of a kind known here, and leaves out
// the rest (RFC 7517 section 5). A symmetric key in a public set is no key.
func usableKeys(raw []json.RawMessage) []jose.JSONWebKey {
	var set []jose.JSONWebKey
	for _, one := range raw[:min(len(raw), maxKeys)] {
		var key jose.JSONWebKey
		if json.Unmarshal(one, &key) != nil || !key.IsPublic() || !key.Valid() || key.Use != "" && key.Use != "sig" || weak(key) {
			continue
		}
		set = append(set, key)
	}
	return set
}

func (k *keys) fail(op string, kind providers.Kind, cause error) error {
	return k.source.client.Fail(op, kind, "", cause)
}

// witness is the oidc.KeySet of one verification: go-oidc flattens the errors of
// a key set to text, so the error is kept here.
type witness struct {
	keys *keys
	err  error
}

// VerifySignature implements oidc.KeySet.
func (w *witness) VerifySignature(ctx context.Context, jwt string) (payload []byte, err error) {
	payload, w.err = w.keys.payload(ctx, jwt)
	return payload, w.err
}
