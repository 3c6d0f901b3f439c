package fallback

import (
	"sync"
	"time"
)

const maxPerSecond = 100_000

// rate keeps when the latest calls went out, as many as one second may have, or
// might before its bound was lowered, so that no second at all has more.
type rate struct {
	mu    sync.Mutex
	began time.Time
	at    []time.Duration // a ring, since began
	head  int             // place of the next
	n     int
}

// take counts one call of at most most a second. It returns when it was, or how
// long to wait until one more may go out.
func (r *rate) take(most int) (at, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.at) < most {
		r.grow(most)
	}
	now := time.Since(r.began)
	if r.n >= most {
		if age := now - r.at[r.place(most)]; age < time.Second {
			return now, time.Second - age
		}
	}
	r.at[r.head] = now
	r.head = (r.head + 1) % len(r.at)
	r.n = min(r.n+1, len(r.at))
	return now, 0
}

// grow makes room for most calls.
func (r *rate) grow(most int) {
	if r.at == nil {
		r.began = time.Now()
	}
	at := make([]time.Duration, most)
	for i := 1; i <= r.n; i++ {
		at[r.n-i] = r.at[r.place(i)]
	}
	r.at, r.head = at, r.n
}

// back takes back the call of a time that take returned.
func (r *rate) back(at time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := 1; i <= r.n; i++ {
		if r.at[r.place(i)] != at {
			continue
		}
		for ; i > 1; i-- {
			r.at[r.place(i)] = r.at[r.place(i-1)]
		}
		r.head = r.place(1)
		r.n--
		return
	}
}

// place returns where the i-th latest call stands, from 1.
func (r *rate) place(i int) int { return (r.head - i + len(r.at)) % len(r.at) }

// used returns how many calls the last second had.
func (r *rate) used() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Since(r.began)
	for n < r.n && now-r.at[r.place(n+1)] < time.Second {
		n++
	}
	return n
}

// below reports whether the last second had fewer calls than n.
func (r *rate) below(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n < n || time.Since(r.began)-r.at[r.place(n)] >= time.Second
}
