package breaker

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

const (
	defaultFleetMax    = 256
	maxFleetMax        = 4096
	defaultFleetShare  = 0.75
	defaultFleetLeast  = 3
	defaultFleetWithin = 10 * time.Second
	defaultFleetCap    = 2 * time.Second
)

// FleetConfig of a Fleet. The zero value is good.
type FleetConfig struct {
	Name   string        // stands in events; may be empty
	Share  float64       // of independent upstreams in use that must have opened (0 to 1); 0: 0.75
	Least  int           // how many must have opened at least; 0: 3
	Within time.Duration // openings this close together are one event; 0: 10 s
	// MaxOpenFor is the longest open interval of a member while everything is down, unless its own OpenFor is longer; 0: 2 s.
	MaxOpenFor time.Duration
	Max        int // members at most, up to 4,096; 0: 256
}

// Fleet watches breakers of independent upstreams. When a large share of them opens within a short time, it is hardly all of them:
// it is our own network, proxy, name server or clock. Then it says so in an event, and until enough of them are back
//
//   - members' open intervals stay short: they do not grow beyond MaxOpenFor, and longer ones under way are cut, so that all are back
//     soon after our own network is. A Wait that an upstream asked for is obeyed all the same;
//   - what opened in it says ReasonFleet instead of faults, slow, hang or watch, in refusals, snapshots and events, with the cause it
//     had. The other reasons stay, and bind as ever.
//
// It opens and closes nothing itself. Upstreams that are closed vote against it when they have had calls in their window and the
// last did not fail, or have a Watch; those that nobody uses, are forced, were told to wait (limited), or opened earlier do not vote. Members of one
// domain (company, data centre, app) have one vote: down when one of them is and none stands.
//
// Make it with NewFleet. All methods are safe for concurrent use, and on nil, which does nothing. It needs no goroutine while
// nothing changes.
type Fleet struct {
	conf FleetConfig

	mu      sync.Mutex
	members map[*Breaker]*fleetMember
	down    bool
	since   time.Time
	downs   uint64
	closed  bool
	seq     uint64
	events  events
}

type fleetMember struct {
	domain string
	stop   func()
}

// NewFleet makes a fleet without members. All mistakes are reported at once.
func NewFleet(c FleetConfig) (*Fleet, error) {
	var errs []error
	if !(c.Share >= 0 && c.Share <= 1) {
		errs = append(errs, fmt.Errorf("breaker: fleet: Share must be 0 to 1: %v", c.Share))
	}
	if c.Least < 0 || c.Least == 1 || c.Least > math.MaxInt32 {
		errs = append(errs, fmt.Errorf("breaker: fleet: Least must be 0 or at least 2: %d", c.Least))
	}
	if c.Within < 0 {
		errs = append(errs, fmt.Errorf("breaker: fleet: Within is negative: %v", c.Within))
	}
	if c.MaxOpenFor < 0 {
		errs = append(errs, fmt.Errorf("breaker: fleet: MaxOpenFor is negative: %v", c.MaxOpenFor))
	}
	if c.Max < 0 || c.Max > maxFleetMax {
		errs = append(errs, fmt.Errorf("breaker: fleet: Max must be 0 to %d: %d", maxFleetMax, c.Max))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c.Share = or(c.Share, defaultFleetShare)
	c.Least = or(c.Least, defaultFleetLeast)
	c.Within = or(c.Within, defaultFleetWithin)
	c.MaxOpenFor = or(c.MaxOpenFor, defaultFleetCap)
	c.Max = or(c.Max, defaultFleetMax)
	return &Fleet{conf: c, members: map[*Breaker]*fleetMember{}}, nil
}

// Join makes b a member. domain is what it dies together with (company, data centre, app); "": it stands alone. leave ends it,
// and may be called more than once. A breaker is in one fleet at most.
func (f *Fleet) Join(b *Breaker, domain string) (leave func(), err error) {
	if f == nil || b == nil {
		return nil, errors.New("breaker: fleet: join: no fleet, or no breaker")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return nil, errors.New("breaker: fleet: join: closed")
	case len(f.members) >= f.conf.Max:
		return nil, fmt.Errorf("breaker: fleet: join: there are %d members already", f.conf.Max)
	case !b.enlist(f):
		return nil, errors.New("breaker: fleet: join: the breaker is in a fleet already")
	}
	f.members[b] = &fleetMember{domain: domain, stop: b.Events(f.told)}
	if f.down {
		b.shorten(f.conf.MaxOpenFor, f.since.Add(-f.conf.Within))
	}
	return func() { f.leave(b) }, nil
}

func (f *Fleet) leave(b *Breaker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := f.members[b]; m != nil {
		f.dropLocked(b, m)
		f.judgeLocked(time.Now())
	}
}

func (f *Fleet) dropLocked(b *Breaker, m *fleetMember) {
	m.stop()
	delete(f.members, b)
	b.shorten(0, time.Time{})
	b.discharge(f)
}

// Events is Breaker.Events for what the fleet has to say: EventFleetDown and EventFleetUp. Reason tells the votes; of the Snapshot there is
// only the Name.
func (f *Fleet) Events(tell func(Event)) (stop func()) {
	if f == nil || tell == nil {
		return func() {}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.events.subscribe(tell, f.seq)
}

// FleetSnapshot is a fleet at one moment.
type FleetSnapshot struct {
	Name             string
	Down             bool      // everything is down at once: probably our own network
	Since            time.Time // of the last change; zero: never
	Members          int
	Fallen, Standing int    // votes of independent upstreams now
	Downs            uint64 // how often it was down
	DroppedEvents    uint64
}

// Snapshot tells how things stand, and changes nothing. The zero value for nil.
func (f *Fleet) Snapshot() FleetSnapshot {
	if f == nil {
		return FleetSnapshot{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	fallen, standing := f.votesLocked(time.Now())
	return FleetSnapshot{
		Name: f.conf.Name, Down: f.down, Since: f.since, Members: len(f.members), Fallen: fallen, Standing: standing, Downs: f.downs,
		DroppedEvents: f.events.droppedCount(),
	}
}

// Close lets all members go. The breakers stay as they are, with their own intervals and reasons. It may be called more than once.
func (f *Fleet) Close() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for b, m := range f.members {
		f.dropLocked(b, m)
	}
	f.judgeLocked(time.Now())
	return nil
}
