package vendorsim

import "sync"

// table holds what a vendor keeps for a while under a random key. It is bounded: the oldest entry makes room for a new one.
type table[V any] struct {
	mu    sync.Mutex
	limit int
	last  uint64
	m     map[string]entry[V]
	order []place // by age; those whose entry was taken or replaced stay until they are met
}

type entry[V any] struct {
	value V
	seq   uint64
}

type place struct {
	key string
	seq uint64
}

func newTable[V any](limit int) *table[V] { return &table[V]{limit: limit, m: map[string]entry[V]{}} }

func (t *table[V]) put(key string, v V) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(key, v)
}

// add is put; the caller holds the mutex.
func (t *table[V]) add(key string, v V) {
	t.last++
	t.m[key] = entry[V]{v, t.last}
	t.order = append(t.order, place{key, t.last})
	for len(t.m) > t.limit {
		if t.holds(t.order[0]) {
			delete(t.m, t.order[0].key)
		}
		t.order = t.order[1:]
	}
	if len(t.order) > 2*t.limit {
		kept := make([]place, 0, len(t.m))
		for _, p := range t.order {
			if t.holds(p) {
				kept = append(kept, p)
			}
		}
		t.order = kept
	}
}

func (t *table[V]) holds(p place) bool {
	e, there := t.m[p.key]
	return there && e.seq == p.seq
}

func (t *table[V]) get(key string) (V, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.m[key]
	return e.value, ok
}

// take returns an entry to one caller only.
func (t *table[V]) take(key string) (V, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.m[key]
	delete(t.m, key)
	return e.value, ok
}

// remove deletes what the function accepts and returns how many.
func (t *table[V]) remove(which func(V) bool) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for k, e := range t.m {
		if which(e.value) {
			delete(t.m, k)
			n++
		}
	}
	return n
}

// putNew adds an entry unless there is one that is not outdated; it reports whether it did.
func (t *table[V]) putNew(key string, v V, outdated func(V) bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, there := t.m[key]; there && !outdated(e.value) {
		return false
	}
	t.add(key, v)
	return true
}
