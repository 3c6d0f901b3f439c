package fallback

import "sync/atomic"

// Capacity bounds the calls in flight to one upstream. A call above the bound
// is not queued: it goes to the next source. A place is held for the whole turn
// of a source, the waits between its attempts included. Share it by pointer; it
// is safe for concurrent use and must not be copied after first use. The zero
// value bounds nothing and counts.
type Capacity struct {
	// InFlight is the greatest number of calls at once. Zero: no bound.
	InFlight int

	now     atomic.Int64
	refused atomic.Uint64
}

// Load returns the number of calls in flight now.
func (c *Capacity) Load() int {
	if c == nil {
		return 0
	}
	return int(c.now.Load())
}

// Refused returns how many calls found no room so far.
func (c *Capacity) Refused() uint64 {
	if c == nil {
		return 0
	}
	return c.refused.Load()
}

// take takes a place and reports whether there was one.
func (c *Capacity) take() bool {
	if c == nil {
		return true
	}
	if n := c.now.Add(1); c.InFlight > 0 && n > int64(c.InFlight) {
		c.now.Add(-1)
		c.refused.Add(1)
		return false
	}
	return true
}

func (c *Capacity) give() {
	if c != nil {
		c.now.Add(-1)
	}
}

// errNoRoom: the upstream carries as much as it may.
var errNoRoom error = noRoom{}

type noRoom struct{}

func (noRoom) Error() string { return "no capacity left" }
func (noRoom) Class() string { return Limited.String() }
func (noRoom) NotSent() bool { return true }
