package breaker

import "time"

const (
	coldBound    = 800 * time.Millisecond
	floorBound   = 500 * time.Millisecond
	leastPatient = 100 * time.Millisecond
	learnFrom    = 20 // answers before the bound leaves its cold value
	learnPerSlot = 16 // answers per slot and shard that are learned from
)

// firstBound is the slow bound of a new breaker.
func (b *Breaker) firstBound() int64 {
	if b.set.Load().SlowAfter > 0 {
		return int64(b.set.Load().SlowAfter)
	}
	return int64(min(coldBound, b.set.Load().Window/2))
}

// learn moves the estimate of the 95th percentile towards one answer that came within the bound. Lost updates do no harm.
// Slow answers never come here: an outage must not teach that slow is normal.
func (b *Breaker) learn(age int64) {
	if b.set.Load().SlowAfter > 0 {
		return
	}
	usual := b.usual.Load()
	n := b.samples.Load()
	if n < learnFrom { // the longest of 20 is about the 95th percentile
		n = b.samples.Add(1)
		usual = max(usual, age)
	} else if up := usual/32 + int64(time.Millisecond)/8; age > usual {
		usual = min(usual+up, age)
	} else {
		usual = max(usual-up/19, 0)
	}
	b.usual.Store(usual)
	if n >= learnFrom {
		b.bound.Store(b.learned(usual))
	}
}

// learned is the slow bound by what is usual.
func (b *Breaker) learned(usual int64) int64 {
	return min(max(int64(floorBound), 3*usual), int64(b.set.Load().Window/2))
}

// cold reports whether the slow bound is still the one of a new breaker.
func (b *Breaker) cold() bool {
	return b.set.Load().SlowAfter == 0 && b.samples.Load() < learnFrom
}

// patience is how old a call must be for its caller's deadline to count against the upstream. A learned bound is three times
// what is usual, and callers often have less than that: twice the usual is fair.
func (b *Breaker) patience(bound int64) int64 {
	switch {
	case b.set.Load().SlowAfter > 0:
		return bound
	case b.samples.Load() < learnFrom:
		return bound / 2
	default:
		return min(bound, max(int64(leastPatient), 2*b.usual.Load()))
	}
}
