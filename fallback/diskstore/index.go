package diskstore

import (
	"container/heap"
	"sync"
)

// sweep bounds how many dead entries one Save buries, so that none pays for a
// hundred thousand that ended together.
const sweep = 16

// index knows the files: how large they are, when they end, which was used
// last. It is a memory of the directory and no authority: the file is.
type index struct {
	maxBytes   int64
	maxEntries int

	mu      sync.Mutex
	entries map[name]*entry
	ring    entry // newest at ring.older, least recently used at ring.newer
	ends    endHeap
	bytes   int64 // of entries, and of files being written
	writing int   // files being written
	evicted uint64
}

type entry struct {
	name         name
	cost         int64
	ends         int64 // Unix nanoseconds
	at           int   // place in the heap
	newer, older *entry
}

func newIndex(maxBytes int64, maxEntries int) *index {
	x := &index{maxBytes: maxBytes, maxEntries: maxEntries, entries: map[name]*entry{}}
	x.ring.newer, x.ring.older = &x.ring, &x.ring
	return x
}

// costOf is what a file of so many bytes takes.
func costOf(size int64) int64 { return (size + block - 1) / block * block }

// found notes what was loaded, most recently used now. Entries of other
// processes become known by it.
func (x *index) found(n name, cost, ends int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.put(n, cost, ends)
}

// put sets the entry of n as the newest.
func (x *index) put(n name, cost, ends int64) {
	e := x.entries[n]
	if e == nil {
		e = &entry{name: n, cost: cost, ends: ends}
		x.entries[n] = e
		x.bytes += cost
		heap.Push(&x.ends, e)
	} else {
		x.bytes += cost - e.cost
		e.cost = cost
		if e.ends != ends {
			e.ends = ends
			heap.Fix(&x.ends, e.at)
		}
		e.unlink()
	}
	e.link(&x.ring)
}

// forget drops n, of which there is no file any more.
func (x *index) forget(n name) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if e := x.entries[n]; e != nil {
		x.drop(e)
	}
}

func (x *index) drop(e *entry) {
	delete(x.entries, e.name)
	e.unlink()
	heap.Remove(&x.ends, e.at)
	x.bytes -= e.cost
}

// reservation is the room of a file that is being written.
type reservation struct {
	bytes int64
	files int
}

// reserve takes room for a file of n, and returns the entries that have to go
// for it; they are out of the index already. It is not ok when there is nothing
// left to make room with but files being written.
func (x *index) reserve(n name, cost int64) (r reservation, victims []entry, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	r.bytes = cost
	for {
		r.files = 1
		if x.entries[n] != nil { // which it will replace
			r.files = 0
		}
		if x.bytes+r.bytes <= x.maxBytes && len(x.entries)+x.writing+r.files <= x.maxEntries {
			break
		}
		e := x.ring.newer
		if e == &x.ring {
			return reservation{}, victims, false
		}
		victims = append(victims, *e)
		x.drop(e)
	}
	x.bytes += r.bytes
	x.writing += r.files
	return r, victims, true
}

// release gives back the room of a file that did not come to be.
func (x *index) release(r reservation) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bytes -= r.bytes
	x.writing -= r.files
}

// saved turns the room of a file into its entry.
func (x *index) saved(r reservation, n name, ends int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bytes -= r.bytes
	x.writing -= r.files
	x.put(n, r.bytes, ends)
}

// due returns entries that are over their time, at most sweep of them.
func (x *index) due(now int64) []name {
	x.mu.Lock()
	defer x.mu.Unlock()
	var over []name
	for len(x.ends) > 0 && len(over) < sweep && x.ends[0].ends <= now {
		e := x.ends[0]
		over = append(over, e.name)
		x.drop(e)
	}
	return over
}

func (x *index) has(n name) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.entries[n] != nil
}

// gone counts an entry that had to make room.
func (x *index) gone() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.evicted++
}

func (x *index) totals() (entries int, bytes int64, evicted uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.entries), x.bytes, x.evicted
}

func (e *entry) link(ring *entry) {
	e.newer, e.older = ring, ring.older
	e.older.newer, ring.older = e, e
}

func (e *entry) unlink() {
	e.newer.older, e.older.newer = e.older, e.newer
	e.newer, e.older = nil, nil
}

// endHeap has the entry that ends first on top.
type endHeap []*entry

func (h endHeap) Len() int           { return len(h) }
func (h endHeap) Less(i, j int) bool { return h[i].ends < h[j].ends }
func (h endHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

// Push is for container/heap.
func (h *endHeap) Push(x any) {
	e := x.(*entry)
	e.at = len(*h)
	*h = append(*h, e)
}

// Pop is for container/heap.
func (h *endHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return e
}

// learn takes over what is in the directory, sorted by its end, the first to
// end as the least recently used.
func (x *index) learn(all []entry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.entries) == 0 {
		x.entries = make(map[name]*entry, len(all))
		x.ends = make(endHeap, 0, len(all))
	}
	for i := range all {
		x.put(all[i].name, all[i].cost, all[i].ends)
	}
}

// surplus takes out one entry above the bounds.
func (x *index) surplus() (entry, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.ring.newer
	if x.bytes <= x.maxBytes && len(x.entries) <= x.maxEntries || e == &x.ring {
		return entry{}, false
	}
	victim := *e
	x.drop(e)
	return victim, true
}
