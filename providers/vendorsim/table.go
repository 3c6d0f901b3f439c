package vendorsim

import "sync"

// table holds what a vendor keeps for a while under a random key. It is bounded: the oldest entry makes room for a new one.
type table[V any] struct {
	mu    sync.Mutex
	limit int
	m     map[string]V
	order []string // keys by age; may hold keys that are gone
}

func newTable[V any](limit int) *table[V] { return &table[V]{limit: limit, m: map[string]V{}} }

func (t *table[V]) put(key string, v V) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.m[key] = v
	t.order = append(t.order, key)
	for len(t.m) > t.limit {
		delete(t.m, t.order[0])
		t.order = t.order[1:]
	}
	if len(t.order) > 2*t.limit {
		kept := make([]string, 0, len(t.m))
		for _, k := range t.order {
			if _, there := t.m[k]; there {
				kept = append(kept, k)
			}
		}
		t.order = kept
	}
}

func (t *table[V]) get(key string) (V, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.m[key]
	return v, ok
}

// take returns an entry to one caller only.
func (t *table[V]) take(key string) (V, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.m[key]
	delete(t.m, key)
	return v, ok
}

// remove deletes what the function accepts and returns how many.
func (t *table[V]) remove(which func(V) bool) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for k, v := range t.m {
		if which(v) {
			delete(t.m, k)
			n++
		}
	}
	return n
}
