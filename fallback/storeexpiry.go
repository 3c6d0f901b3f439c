package fallback

import (
	"container/heap"
	"math"
	"time"
)

// never is the end of an entry that has none.
const never = time.Duration(math.MaxInt64)

// sweep bounds how many dead entries one call buries, so that no call pays for
// a hundred thousand that ended together.
const sweep = 32

// memoryEntry is what MemoryStore and MemoryCounter keep under one key. Times
// are monotonic, counted from the making of the store: a step of the wall clock
// neither revives an entry nor ends it.
type memoryEntry struct {
	key          string
	data         []byte
	n            int64
	cost         int64
	ends         time.Duration
	at           int // place in the heap, -1 when it never ends
	newer, older *memoryEntry
}

// expiryHeap has the entry that ends first on top, so that the dead are found
// without looking at the living.
type expiryHeap []*memoryEntry

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].ends < h[j].ends }
func (h expiryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

// Push is for container/heap.
func (h *expiryHeap) Push(x any) {
	e := x.(*memoryEntry)
	e.at = len(*h)
	*h = append(*h, e)
}

// Pop is for container/heap.
func (h *expiryHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.at = -1
	return e
}

func (h *expiryHeap) add(e *memoryEntry) {
	e.at = -1
	if e.ends != never {
		heap.Push(h, e)
	}
}

func (h *expiryHeap) drop(e *memoryEntry) {
	if e.at >= 0 {
		heap.Remove(h, e.at)
	}
}

// due returns the entry that ended first, nil when none has ended by now.
func (h expiryHeap) due(now time.Duration) *memoryEntry {
	if len(h) == 0 || h[0].ends > now {
		return nil
	}
	return h[0]
}

// after adds without running over: a retention for ever stays one.
func after(now, ttl time.Duration) time.Duration {
	if ttl >= never-now {
		return never
	}
	return now + ttl
}
