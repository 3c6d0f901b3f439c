package replay

import (
	"math"
	"slices"
	"sync"
	"time"
)

// Windows measures how the outages of one primary were noticed and how they ended. A window begins when the primary is disturbed in any
// way and ends when it is well again. Safe for concurrent use.
type Windows struct {
	mu   sync.Mutex
	list []window
}

type window struct {
	began, ended, opened, served time.Time
	why                          string
}

// Down begins a window. open says that the breaker is open already: then nothing is left to notice.
func (w *Windows) Down(at time.Time, open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last := w.last(); last != nil && last.ended.IsZero() {
		return
	}
	next := window{began: at}
	if open {
		next.opened = at
	}
	w.list = append(w.list, next)
}

// Up ends the window.
func (w *Windows) Up(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last := w.last(); last != nil && last.ended.IsZero() {
		last.ended = at
	}
}

// Opened tells that the breaker opened, and why.
func (w *Windows) Opened(at time.Time, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last := w.last(); last != nil && last.ended.IsZero() && last.opened.IsZero() && !at.Before(last.began) {
		last.opened, last.why = at, why
	}
}

// Served tells that the primary gave a live answer.
func (w *Windows) Served(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last := w.last(); last != nil && !last.ended.IsZero() && last.served.IsZero() && !at.Before(last.ended) {
		last.served = at
	}
}

func (w *Windows) last() *window {
	if len(w.list) == 0 {
		return nil
	}
	return &w.list[len(w.list)-1]
}

// Never stands for a time that did not come.
const Never = time.Duration(-1)

// Measured is what the windows say.
type Measured struct {
	Windows int
	// Why are the reasons for which the breaker opened, sorted.
	Why []string
	// Open is from the beginning of a window to the opening of the breaker.
	Open Spread
	// Back is from the end of a window to the first live answer of the primary. A window that has not ended is left out.
	Back Spread
}

// Spread is about several windows. Both are Never when there was no window, or when it did not happen in the one they stand for.
type Spread struct {
	Worst, Median time.Duration
	Missed        int // windows in which it did not happen
}

// Measured returns what is known by now.
func (w *Windows) Measured() Measured {
	w.mu.Lock()
	defer w.mu.Unlock()
	var open, back []time.Duration
	var why []string
	for _, o := range w.list {
		open = append(open, between(o.began, o.opened))
		if o.why != "" {
			why = append(why, o.why)
		}
		if !o.ended.IsZero() {
			back = append(back, between(o.ended, o.served))
		}
	}
	slices.Sort(why)
	return Measured{Windows: len(w.list), Why: slices.Compact(why), Open: spread(open), Back: spread(back)}
}

func between(from, to time.Time) time.Duration {
	if to.IsZero() {
		return math.MaxInt64
	}
	return to.Sub(from)
}

// spread takes math.MaxInt64 for never.
func spread(ds []time.Duration) Spread {
	if len(ds) == 0 {
		return Spread{Worst: Never, Median: Never}
	}
	slices.Sort(ds)
	s := Spread{Worst: orNever(ds[len(ds)-1]), Median: orNever(ds[(len(ds)-1)/2])}
	for _, d := range ds {
		if orNever(d) == Never {
			s.Missed++
		}
	}
	return s
}

func orNever(d time.Duration) time.Duration {
	if d == math.MaxInt64 {
		return Never
	}
	return d
}
