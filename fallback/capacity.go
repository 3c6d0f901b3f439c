package fallback

import (
	"errors"
	"sync/atomic"
	"time"
)

// Capacity bounds what one upstream is asked: at once, in a second and in a
// day. A call above a bound is never queued: it goes to the next source or to
// memory, with SkipCapacity. A place in flight is held for the whole turn of a
// source, the waits between its attempts included; the second and the day count
// every attempt that goes out, a call that the breaker refuses is not one. Each
// step of a flow counts as a call.
//
// Share it by pointer; it is safe for concurrent use and must not be copied
// after first use. The zero value bounds nothing and counts what is in flight.
type Capacity struct {
	// InFlight is the greatest number of calls at once. Zero: no bound.
	InFlight int
	// PerSecond is the greatest number of calls in any second, not only in those
	// of the clock. At most 100,000. Zero: no bound.
	PerSecond int
	// PerDay is the quota of a day. Zero: none.
	PerDay int64
	// Zone is where the day of the vendor is counted. Nil: UTC.
	Zone *time.Location
	// Reset is the time of day, after midnight in Zone, at which the vendor
	// begins to count anew; below 24h. Zero: midnight.
	Reset time.Duration
	// Counter counts the day over all processes that share Counter and Key, and
	// over restarts. It is asked for a thousandth of the quota at a time, so what
	// a process leaves unused when it ends is lost for the day. While it fails or
	// is slow the process counts on alone from what it knew last, and tries again
	// after a second: the quota is the vendor's to defend, and a dead counter must
	// not take the vendor from us. Nil: this process alone, since its start.
	Counter Counter
	// Key names the quota in Counter; required with it, at most 64 bytes.
	Key string
	// CounterWait bounds one question to a Counter that respects its context.
	// Zero: 5ms.
	CounterWait time.Duration

	set     atomic.Pointer[capacityNumbers] // by settings; nil: the fields
	now     atomic.Int64
	refused atomic.Uint64
	rate    rate
	quota   quota
}

// capacityNumbers are the bounds of a Capacity; zero: none.
type capacityNumbers struct {
	inFlight, perSecond int
	perDay              int64
}

func (c *Capacity) numbers() capacityNumbers {
	if n := c.set.Load(); n != nil {
		return *n
	}
	return capacityNumbers{c.InFlight, c.PerSecond, c.PerDay}
}

// Usage is how much of a Capacity is used. It is a copy.
type Usage struct {
	InFlight, MaxInFlight int       // calls now, and their bound; zero: none
	Second, PerSecond     int       // calls in the last second, and their bound; zero: none, and they are not counted
	Day, PerDay           int64     // calls of this day by all who share the Counter, as far as is known, and the quota; zero: none
	Resets                time.Time // when the day ends; zero without a quota
	Ends                  time.Time // when the quota was used up or, at the pace of the last hour, will be; zero: not before Resets, or not known yet
	Refused               uint64    // calls that found no room
	CounterErrors         uint64    // questions that the Counter did not answer
}

// Usage returns how much is used. The zero Usage for nil.
func (c *Capacity) Usage() Usage {
	if c == nil {
		return Usage{}
	}
	n := c.numbers()
	u := Usage{InFlight: c.Load(), MaxInFlight: n.inFlight, PerSecond: n.perSecond, PerDay: n.perDay, Refused: c.Refused()}
	if n.perSecond > 0 {
		u.Second = c.rate.used()
	}
	if n.perDay > 0 {
		c.quota.describe(c, &u)
	}
	return u
}

// Load returns the number of calls in flight now.
func (c *Capacity) Load() int {
	if c == nil {
		return 0
	}
	return int(c.now.Load())
}

// full reports whether there is no place in flight.
func (c *Capacity) full() bool {
	if c == nil {
		return false
	}
	most := c.numbers().inFlight
	return most > 0 && c.Load() >= most
}

// spentSince returns when the quota of the day was used up and when the next day
// begins, as far as is known; zero when it is not used up.
func (c *Capacity) spentSince() (since, until time.Time) {
	if c == nil {
		return since, until
	}
	u := Usage{PerDay: c.numbers().perDay}
	if u.PerDay <= 0 {
		return since, until
	}
	if c.quota.describe(c, &u); u.Day < u.PerDay {
		return since, until
	}
	return u.Ends, u.Resets
}

// Refused returns how many calls found no room so far.
func (c *Capacity) Refused() uint64 {
	if c == nil {
		return 0
	}
	return c.refused.Load()
}

// take is enter for those who need no reason.
func (c *Capacity) take() bool {
	_, err := c.enter()
	return err == nil
}

// enter takes a place in flight and one call.
func (c *Capacity) enter() (spent, error) {
	if c == nil {
		return spent{}, nil
	}
	most := c.numbers()
	if n := c.now.Add(1); most.inFlight > 0 && n > int64(most.inFlight) {
		c.now.Add(-1)
		c.refused.Add(1)
		return spent{}, errNoRoom
	}
	kept := false
	defer func() {
		if !kept {
			c.now.Add(-1)
		}
	}()
	s, err := c.spendOf(most)
	kept = err == nil
	return s, err
}

// asks reports whether enter may wait for a Counter.
func (c *Capacity) asks() bool { return c != nil && c.Counter != nil }

// give gives back a place in flight.
func (c *Capacity) give() {
	if c != nil {
		c.now.Add(-1)
	}
}

// hold takes one more place in flight for a call that has one: what is left
// behind stays in flight when the turn that made it is over.
func (c *Capacity) hold() {
	if c != nil {
		c.now.Add(1)
	}
}

// leave gives back a place in flight, and the call with it when none was sent.
func (c *Capacity) leave(s spent, sent *int) {
	c.give()
	if *sent == 0 {
		c.unspend(s)
	}
}

// spent is one call that was counted.
type spent struct {
	second time.Duration // when, by the clock of rate
	day    int           // which
}

// spend counts one call, or says why it may not go out.
func (c *Capacity) spend() (spent, error) {
	if c == nil {
		return spent{}, nil
	}
	return c.spendOf(c.numbers())
}

func (c *Capacity) spendOf(most capacityNumbers) (s spent, err error) {
	if most.perSecond > 0 {
		var wait time.Duration
		if s.second, wait = c.rate.take(most.perSecond); wait > 0 {
			c.refused.Add(1)
			return s, noRoom{"this second", wait}
		}
	}
	if most.perDay > 0 {
		var wait time.Duration
		if s.day, wait = c.quota.take(c, most.perDay); wait > 0 {
			if most.perSecond > 0 {
				c.rate.back(s.second)
			}
			c.refused.Add(1)
			return s, noRoom{"today", wait}
		}
	}
	return s, nil
}

// unspend takes back a call that did not go out.
func (c *Capacity) unspend(s spent) {
	if c == nil {
		return
	}
	most := c.numbers()
	if most.perSecond > 0 {
		c.rate.back(s.second)
	}
	if most.perDay > 0 {
		c.quota.back(s.day, c.Counter != nil)
	}
}

func (c *Capacity) mistakes() (errs []error) {
	if c == nil {
		return nil
	}
	wrong := func(text string) { errs = append(errs, errors.New("capacity: "+text)) }
	errs = append(errs, c.numbers().mistakes()...)
	if c.Reset < 0 || c.Reset >= 24*time.Hour {
		wrong("reset must be from 0 to below 24h")
	}
	if c.CounterWait < 0 || c.CounterWait > maxTime {
		wrong("counter wait must be between 0 and 1h")
	}
	if c.Counter == nil && c.Key != "" || c.Counter != nil && c.numbers().perDay == 0 {
		wrong("counter, key and per day go together")
	}
	if c.Counter != nil {
		if err := checkName(c.Key); err != nil {
			wrong("key: " + err.Error())
		}
	}
	return errs
}

func (n capacityNumbers) mistakes() (errs []error) {
	wrong := func(text string) { errs = append(errs, errors.New("capacity: "+text)) }
	if n.inFlight < 0 {
		wrong("in flight is negative")
	}
	if n.perSecond < 0 || n.perSecond > maxPerSecond {
		wrong("per second must be between 0 and 100000")
	}
	if n.perDay < 0 {
		wrong("per day is negative")
	}
	return errs
}

// errNoRoom: the upstream carries as much as it may.
var errNoRoom error = noRoom{}

// noRoom says that a bound is reached: which, unless it is that of the calls in
// flight, and when there will be room again.
type noRoom struct {
	when string
	wait time.Duration
}

func (n noRoom) Error() string {
	if n.when == "" {
		return "no capacity left"
	}
	return "no calls left " + n.when
}
func (noRoom) Class() string         { return Limited.String() }
func (n noRoom) Wait() time.Duration { return n.wait }
func (noRoom) NotSent() bool         { return true }
