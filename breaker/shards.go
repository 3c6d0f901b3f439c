package breaker

import (
	"math/bits"
	"runtime"
	"sync/atomic"
	"unsafe"
)

// shards are further rings with wider counters, made when goroutines get into each other's way or a slot holds many calls. From then on calls
// are counted there; the first ring ends what it began.
type shards struct {
	shift uint
	ring  []shard
}

const (
	contendedTries = 32 // lost tries after which shards are made
	maxShardBits   = 6
)

// shard has two words a slot, each with a tag of its own, and fills whole cache lines so that shards do not disturb each other.
type shard struct {
	pair  [ringSlots]pair
	tally tally
	_     [8 * (7 - (2*ringSlots+2)%8)]byte
}

// pair is one slot of a shard. Its words are added to without a look at them, which is quicker than compare-and-swap; what was added to the
// wrong slot is seen by the tag that comes back, and put right.
//
//	            calls      faults
//	bits  0-25  started    faults
//	bits 26-51  good       late faults (also counted in faults)
//	bits 52-63  tag        tag
//
// Good and faults never exceed started, so that one bound holds for all: 33 million calls in a slot of a shard.
type pair struct{ calls, faults atomic.Uint64 }

const (
	wideBits     = 26
	wideMax      = 1<<wideBits - 1
	wideGoodOne  = 1 << wideBits
	wideLateOne  = 1 << wideBits
	wideFull     = 1 << (wideBits - 1) // from so many on calls go uncounted; the rest is for those that add at the same moment
	shardsPerCPU = 8                   // so that two goroutines rarely share one
)

// sum reads a slot: faults first, so that none is seen without its start.
func (p *pair) sum(tag uint64) (s slotSum) {
	f, c := p.faults.Load(), p.calls.Load()
	if c&tagMask == tag {
		s.started, s.good = int(c&wideMax), int(c>>wideBits&wideMax)
	}
	if f&tagMask == tag {
		s.faults, s.lateFaults = int(f&wideMax), int(f>>wideBits&wideMax)
	}
	return s
}

// start books one call and returns the how-many-eth of the slot it is: 0 when it cannot be counted.
func (p *pair) start(tag uint64) uint64 {
	v := p.calls.Add(startOne)
	if v&(tagMask|wideFull) != tag {
		v = p.startSlow(v, tag)
	}
	return v & wideMax
}

// startSlow is for the first call of a slot, and for full ones. It comes with what start found.
func (p *pair) startSlow(v, tag uint64) uint64 {
	if v&tagMask == tag {
		retract(&p.calls, tag, startOne)
		return 0
	}
	return repair(&p.calls, v, tag, startOne)
}

// good records a good answer to a call that was started here.
func (p *pair) good(tag uint64) {
	if v := p.calls.Add(wideGoodOne); v&tagMask != tag {
		repair(&p.calls, v, tag, wideGoodOne)
	}
}

// finish records another end of it.
func (p *pair) finish(tag, calls, faults uint64) {
	if calls != 0 {
		if v := p.calls.Add(calls); v&tagMask != tag {
			repair(&p.calls, v, tag, calls)
		}
	}
	if faults != 0 {
		if v := p.faults.Add(faults); v&tagMask != tag {
			repair(&p.faults, v, tag, faults)
		}
	}
}

// repair is for when delta was added to a word that gave v, of another slot or generation than that of tag. An older one is taken over, with
// what was added to it; from a newer one it is taken back. It returns what the word became, or 0.
func repair(word *atomic.Uint64, v, tag, delta uint64) uint64 {
	was := v & tagMask
	for {
		next := v + delta
		if now := v & tagMask; now != tag {
			if !older(now, tag) {
				if now == was { // else what was added went with the word
					retract(word, was, delta)
				}
				return 0
			}
			next = tag | delta
		}
		if word.CompareAndSwap(v, next) {
			return next
		}
		v = word.Load()
	}
}

// retract takes back what was added to a word, while it is still the same.
func retract(word *atomic.Uint64, tag, delta uint64) {
	for {
		if v := word.Load(); v&tagMask != tag || word.CompareAndSwap(v, v-delta) {
			return
		}
	}
}

// pick spreads goroutines over the rings by the address of their stacks: free, and needs no help of the runtime.
func (s *shards) pick() *shard {
	var here byte
	h := uint32(uintptr(unsafe.Pointer(&here))>>11) * 0x9E3779B1
	return &s.ring[h>>s.shift]
}

func newShards() *shards {
	n := min(maxShardBits, bits.Len(uint(shardsPerCPU*runtime.GOMAXPROCS(0)-1)))
	return &shards{shift: uint(32 - n), ring: make([]shard, 1<<n)}
}

// spread makes shards if there are none yet.
func (w *window) spread() *shards {
	if s := w.shards.Load(); s != nil {
		return s
	}
	w.shards.CompareAndSwap(nil, newShards())
	return w.shards.Load()
}

// contended notes lost tries and makes shards when there are many.
func (b *Breaker) contended(lostTries int) {
	if w := b.win.Load(); w.shards.Load() == nil && b.lostTries.Add(int32(lostTries)) >= contendedTries {
		w.spread()
	}
}
