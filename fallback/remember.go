package fallback

import (
	"context"
	"math"
	"strconv"
	"sync/atomic"
	"time"
)

// memory is a Memory in use. Nothing in it fails a call: what goes wrong is
// counted and is a miss.
type memory[Q, A any] struct {
	Memory[Q, A]
	*ledger
	members []member[Q, A]
	prefix  string
	hardAge time.Duration
	local   bool          // the store never waits
	bound   time.Duration // of one shared call
}

// ledger is what a memory counts, whatever its settings.
type ledger struct {
	flights flights

	saves                                            atomic.Uint64 // every hit looks at it, so it is far from those that a hit changes
	stales, misses, errs, dropped, shared            atomic.Uint64
	updates, refreshed, unrefreshed, negatives, hits atomic.Uint64
}

// memo is a remembered answer whose label was read and whose value was not.
type memo struct {
	envelope
	rank       int
	aged       time.Duration // how old it was at the latest look; below zero: given in the future
	soft, hard time.Duration // after the terms as they are wired now
	wait       time.Duration // how long the store may still take for the call: after an error only what that left
}

func newMemory[Q, A any](name string, cfg Memory[Q, A], members []member[Q, A], longest time.Duration) (*memory[Q, A], error) {
	cfg.StoreWait = orDefault(cfg.StoreWait, 5*time.Millisecond)
	cfg.Sharing = orDefault(cfg.Sharing, 1024)
	cfg.Refreshes = orDefault(cfg.Refreshes, 64)
	if cfg.Codec == nil {
		cfg.Codec = Gob[A]{}
	}
	if cfg.Store == nil {
		store, err := NewMemoryStore(MemoryStoreConfig{})
		if err != nil {
			return nil, err
		}
		cfg.Store = store
	}
	m := &memory[Q, A]{
		Memory: cfg, ledger: new(ledger), members: members, hardAge: max(cfg.Fresh, cfg.Stale), bound: longest + 2*cfg.StoreWait,
	}
	_, m.local = cfg.Store.(*MemoryStore)
	// Lengths in front: no two chains, versions and questions share a key.
	m.prefix = strconv.Itoa(len(name)) + ":" + name + ":" + strconv.Itoa(cfg.Version) + ":"
	m.flights.most, m.flights.mostBehind = cfg.Sharing, cfg.Refreshes
	return m, nil
}

// key returns the key of q in the store, empty when q is not to be remembered.
func (m *memory[Q, A]) key(q Q) (key string) {
	defer m.guard()
	name := m.Key(q)
	if name == "" || len(name) > maxKey {
		return ""
	}
	return m.prefix + name
}

// guard recovers what a hook or a store does wrong; use it with defer. What it
// ended returns what its results were then: they are named, and set at the end.
func (m *memory[Q, A]) guard() {
	if recover() != nil {
		m.errs.Add(1)
	}
}

// within returns the context for one operation of the store. It belongs to no
// caller: memory is wanted most when the caller's time is over.
func (m *memory[Q, A]) within(wait time.Duration) (context.Context, context.CancelFunc) {
	if m.local {
		return context.Background(), noCancel
	}
	return context.WithTimeout(context.Background(), wait)
}

func noCancel() {} // a literal in a method of a generic type would be allocated

// load returns what is remembered under key and may still be served by its age.
func (m *memory[Q, A]) load(key string) (k memo, ok bool) {
	defer m.guard()
	k.wait = m.StoreWait
	ctx, cancel := m.within(k.wait)
	defer cancel()
	data, found, err := m.Store.Load(ctx, key)
	switch {
	case err != nil:
		m.errs.Add(1)
		if end, timed := ctx.Deadline(); timed {
			k.wait = max(0, time.Until(end))
		}
		return k, false
	case !found:
		return k, false
	}
	k.envelope, ok = unseal(data)
	if !ok {
		m.drop(key)
		return k, false
	}
	if k.rank = m.rankOf(string(k.source)); k.rank < 0 { // that source was taken out: what it said goes too
		m.drop(key)
		return k, false
	}
	k.soft, k.hard = m.ages(k.rank)
	if k.nothing {
		k.hard = min(m.Negative, time.Duration(m.members[k.rank].Retention))
		k.soft = k.hard
	}
	k.soft, k.hard = min(k.soft, k.envelope.soft), min(k.hard, k.envelope.hard)
	k.look()
	_, ok = k.age(k.hard)
	return k, ok
}

// ages returns how long an answer of the source at rank is fresh and kept.
func (m *memory[Q, A]) ages(rank int) (soft, hard time.Duration) {
	hard = min(m.hardAge, time.Duration(m.members[rank].Retention))
	return min(m.Fresh, hard), hard
}

// clockSlack is how far in the future an answer may have been given: clocks of
// several machines differ, but nothing is remembered from next year.
const clockSlack = 5 * time.Minute

// look reads the clock: a hit does so once, in load.
func (k *memo) look() { k.aged = time.Since(k.obtained) }

// age returns the age of k at the latest look, and whether it was below limit.
func (k *memo) age(limit time.Duration) (time.Duration, bool) {
	return max(0, k.aged), k.aged < limit && k.aged > -clockSlack
}

// open returns the remembered answer as a Result, or false when its bytes make
// no sense; then it is dropped.
func (m *memory[Q, A]) open(key string, k *memo, as Freshness) (r Result[A], ok bool) {
	a, ok := m.decode(k.body)
	if !ok {
		m.drop(key)
		return r, false
	}
	source := &m.members[k.rank]
	age, _ := k.age(math.MaxInt64)
	return Result[A]{
		Value: a, Source: source.Name, Rank: k.rank, Freshness: as, ObtainedAt: k.obtained, Age: age, MaxAge: k.hard,
		Assurance: min(k.assurance, source.Assurance), Flags: k.flags,
	}, true
}

// decode returns the answer in data. A Codec that panics makes no sense of it.
func (m *memory[Q, A]) decode(data []byte) (a A, ok bool) {
	defer m.guard()
	a, err := m.Codec.Decode(data)
	return a, err == nil
}

// drop deletes an entry that is of no use.
func (m *memory[Q, A]) drop(key string) {
	defer m.guard()
	m.dropped.Add(1)
	ctx, cancel := m.within(m.StoreWait)
	defer cancel()
	if m.Store.Delete(ctx, key) != nil {
		m.errs.Add(1)
	}
}

// save remembers r when it may be, and writes on it for how long.
func (m *memory[Q, A]) save(key string, r *Result[A], wait time.Duration) {
	defer m.guard()
	soft, hard := m.ages(r.Rank)
	if hard <= 0 {
		return
	}
	if c, ok := any(r.Value).(cacheable); !ok || !c.Cacheable() {
		return
	}
	if m.FreshFor != nil {
		soft = min(soft, max(0, m.FreshFor(r.Value)))
	}
	if m.StaleFor != nil {
		hard = max(soft, min(hard, m.StaleFor(r.Value)))
		if hard <= 0 { // neither fresh nor stale at any age
			return
		}
	}
	body, err := m.Codec.Encode(r.Value)
	if err != nil {
		m.errs.Add(1)
		return
	}
	e := envelope{
		flags: r.Flags & FlagSecurity, assurance: r.Assurance, source: []byte(r.Source), obtained: r.ObtainedAt,
		soft: soft, hard: hard, body: body,
	}
	ctx, cancel := m.within(wait)
	defer cancel()
	if m.Store.Save(ctx, key, e.seal(), hard) != nil {
		m.errs.Add(1)
		return
	}
	m.saves.Add(1)
	r.MaxAge = hard
}
