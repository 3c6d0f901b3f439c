package breaker

import (
	"fmt"
	"time"
)

// told hears a member's events, outside its locks. Each may change its vote, those of an operator as well.
func (f *Fleet) told(Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.judgeLocked(time.Now())
}

// judgeLocked decides by how the members stand now, not by the event: that one may be old, and others may have been dropped.
func (f *Fleet) judgeLocked(now time.Time) {
	fallen, standing := f.votesLocked(now)
	share := f.conf.Share
	if f.down {
		share /= 2 // it does not flap around the share
	}
	down := fallen >= f.conf.Least && float64(fallen) >= share*float64(fallen+standing)
	if down == f.down {
		return
	}
	limit, kind, said := time.Duration(0), EventFleetUp, "%d of %d independent upstreams are still down"
	if down {
		f.downs++
		limit, kind, said = f.conf.MaxOpenFor, EventFleetDown, "%d of %d independent upstreams opened at once: probably our own network"
	}
	f.down, f.since = down, now
	for b := range f.members {
		b.shorten(limit, now.Add(-f.conf.Within))
	}
	f.seq++
	f.events.push(Event{
		Seq: f.seq, At: now, Kind: kind, Why: ReasonFleet, Reason: fmt.Sprintf(said, fallen, fallen+standing), Snapshot: Snapshot{Name: f.conf.Name},
	})
}

// vote is what one member says.
type vote uint8

const (
	abstains vote = iota
	stands
	fell
)

// votesLocked counts domains.
func (f *Fleet) votesLocked(now time.Time) (fallen, standing int) {
	since := now.Add(-f.conf.Within)
	if f.down {
		since = f.since.Add(-f.conf.Within)
	}
	domains := map[string]vote{}
	for b, m := range f.members {
		v := b.vote(since)
		switch {
		case m.domain != "":
			if v == stands || v == fell && domains[m.domain] != stands {
				domains[m.domain] = v
			}
		case v == fell:
			fallen++
		case v == stands:
			standing++
		}
	}
	for _, v := range domains {
		switch v {
		case fell:
			fallen++
		case stands:
			standing++
		}
	}
	return fallen, standing
}

func (b *Breaker) vote(since time.Time) vote {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.recovery
	switch {
	case b.gate.Load()&forcedBit != 0:
		return abstains
	case b.state() == Closed:
		if b.active(b.now()) && !b.failing() || b.set.Load().Watch != nil {
			return stands
		}
		return abstains
	case r.why == ReasonLimited || b.at(r.since).Before(since):
		return abstains
	default:
		return fell
	}
}

// enlist makes f the fleet of b if it has none.
func (b *Breaker) enlist(f *Fleet) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fleet != nil {
		return false
	}
	b.fleet = &enlisted{fleet: f}
	return true
}

func (b *Breaker) discharge(f *Fleet) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fleet != nil && b.fleet.fleet == f {
		b.fleet = nil
	}
}

// enlisted is the membership of a breaker. It is under Breaker.mu.
type enlisted struct {
	fleet *Fleet
	limit time.Duration // of open intervals while everything is down; 0: it is not
	from  int64         // what opened since then belongs to it
}

// shorten begins (limit > 0) or ends what a member does while everything is down.
func (b *Breaker) shorten(limit time.Duration, from time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fleet.limit, b.fleet.from = limit, int64(from.Sub(b.base))
	r := b.recovery
	if r == nil || b.state() != Open {
		return
	}
	if limit > 0 {
		now := b.now()
		r.openFor = min(r.openFor, b.longest())
		r.until = min(r.until, max(now+int64(b.longest()), r.asked))
	}
	until := r.until
	if b.asking() {
		until = max(until, b.keeper.next)
	}
	b.refuseLocked(Open, until)
	b.holdOpenLocked()
}

// longest is how far an open interval may grow now.
func (b *Breaker) longest() time.Duration {
	c := b.set.Load()
	if f := b.fleet; f != nil && f.limit > 0 {
		return min(c.MaxOpenFor, max(f.limit, c.OpenFor))
	}
	return c.MaxOpenFor
}

// toldWhy is why the upstream is given up, as it is said.
func (b *Breaker) toldWhy() Reason {
	r := b.recovery
	if f := b.fleet; f != nil && f.limit > 0 && r.since >= f.from {
		switch r.why {
		case ReasonFaults, ReasonSlow, ReasonHang, ReasonWatch:
			return ReasonFleet
		}
	}
	return r.why
}
