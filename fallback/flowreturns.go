package fallback

import (
	"sync"
	"time"
)

const (
	returnSlot = 30 * time.Second // begins that are judged together
	// returnTime is what a citizen is given to come back before the slot in which
	// he began is judged: to type a name, a password and a code from a telephone
	// takes most people less. Who takes longer does so in good times, too, and is
	// in the usual share.
	returnTime  = 2 * time.Minute
	returnSlots = 8  // more than returnTime and two slots: one is judged before its place is needed
	returnFew   = 10 // begins below which nothing is judged
	returnLearn = 8  // the usual share goes this part of the way to each new one
	returnDoubt = 64 // and this part while that is suspicious: an outage does not soon become usual
)

// returns counts, for one leg in this process, who was sent to the upstream
// against who came back. The zero value is ready.
//
// Nobody is told on whose behalf anything was begun, so a stranger who begins and
// never comes back can lower the share: that is why it makes the breaker look
// (breaker.Suspect) and no more. What it costs is bounded here by one look for
// each slot, and there by a fifth of WatchEvery.
type returns struct {
	mu    sync.Mutex
	slots [returnSlots]returnCount
	seen  int64 // the slot in which was judged last
	carry returnCount
	usual float64
	known bool
}

// returnCount is one slot, by the time at which its flows began.
type returnCount struct {
	slot        int64
	begun, back int
}

func slotOf(t time.Time) int64 { return t.UnixNano() / int64(returnSlot) }

// begin counts a citizen who is sent away now, and reports whether too few have
// come back of late.
func (r *returns) begin(now time.Time) (suspicious bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	suspicious = r.judge(now)
	r.at(slotOf(now)).begun++
	return suspicious
}

// back counts one who began then and is here again.
func (r *returns) back(began, now time.Time) (suspicious bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := &r.slots[place(slotOf(began))]; c.slot == slotOf(began) {
		c.back++
	}
	return r.judge(now)
}

// place is where a slot is kept. Slots before 1970 have one as well.
func place(slot int64) int { return int(uint64(slot) % returnSlots) } //nolint:gosec // the bits will do

// at returns the count of a slot, an empty one if it is new.
func (r *returns) at(slot int64) *returnCount {
	c := &r.slots[place(slot)]
	if c.slot != slot {
		*c = returnCount{slot: slot}
	}
	return c
}

// judge looks at the slots that are old enough, once at each: those with too few
// begins are judged together with the next.
func (r *returns) judge(now time.Time) (suspicious bool) {
	if slotOf(now) == r.seen {
		return false
	}
	r.seen = slotOf(now)
	ripe := slotOf(now.Add(-returnTime)) - 1 // the last that has ended so long ago
	for i := range r.slots {
		c := &r.slots[i]
		if c.slot > ripe && c.slot <= r.seen { // a clock that was set back leaves slots ahead of it
			continue
		}
		r.carry.begun += c.begun
		r.carry.back += c.back
		*c = returnCount{slot: -1} // who comes later finds nothing
		if r.carry.begun >= returnFew {
			suspicious = r.learn(min(1, float64(r.carry.back)/float64(r.carry.begun))) || suspicious
			r.carry = returnCount{}
		}
	}
	return suspicious
}

// learn takes in the share that came back, and reports whether it is less than
// half of the usual one.
func (r *returns) learn(share float64) (low bool) {
	if !r.known {
		r.usual, r.known = share, true
		return false
	}
	part := float64(returnLearn)
	if low = share < r.usual/2; low {
		part = returnDoubt
	}
	r.usual += (share - r.usual) / part
	return low
}
