package vendorsim

import (
	"iter"
	"slices"
	"sync"
)

// bag holds what a vendor keeps under an id and changes in place later, such as messages. The oldest makes room.
type bag[V any] struct {
	mu    sync.Mutex
	limit int
	byID  map[string]*V
	all   []*V // by age
	ids   []string
}

func newBag[V any](limit int) *bag[V] { return &bag[V]{limit: limit, byID: map[string]*V{}} }

func (b *bag[V]) put(id string, v *V) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.byID[id] = v
	b.all, b.ids = append(b.all, v), append(b.ids, id)
	if len(b.all) > b.limit {
		delete(b.byID, b.ids[0])
		b.all[0] = nil
		b.all, b.ids = b.all[1:], b.ids[1:]
	}
}

// change looks at or alters what has that id; false: nothing has.
func (b *bag[V]) change(id string, how func(*V)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.byID[id]
	if v != nil {
		how(v)
	}
	return v != nil
}

// newest is all of it, the youngest first. The bag is locked meanwhile.
func (b *bag[V]) newest() iter.Seq[*V] {
	return func(yield func(*V) bool) {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, v := range slices.Backward(b.all) {
			if !yield(v) {
				return
			}
		}
	}
}
