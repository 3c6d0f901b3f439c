package fallback

import (
	"context"
	"time"

	"github.com/detour-go/detour/breaker"
)

// Offer is one way in which a flow can be begun, and whether it works now.
type Offer struct {
	Source    string
	Available bool // false: Begin would be refused
	// Why says what is wrong: a word of breaker.Reason (faults, watch, forced
	// ...), capacity, or drill. Empty: nothing.
	Why string
	// Since says since when; zero when nothing is wrong, or it may be over in a
	// moment (calls in flight).
	Since time.Time
	// RetryAt is when it is tried again, the forced state or the drill ends, the
	// quota of the day begins anew, or all pass again. Zero: nothing is awaited.
	RetryAt time.Time
	// Admitted is the share of the Begins that pass: 1 in good times, less while
	// an upstream comes back; 0 when none do, or only as trials.
	Admitted  float64
	Assurance Assurance // the most that its proof is worth
	Traits    Trait
	Recipient Recipient // who receives the citizen's data
	// Unproven: nobody has finished there for FlowConfig.MaxIdle, or ever, in this
	// process, so nobody knows whether all of it works.
	Unproven bool
}

// Offers returns the eligible legs in their order, with what is known of them
// now. It asks nobody. A leg below the minimum (WithMin, WithTraits) is not
// among them, whether or not anything else works: an empty answer means that no
// leg of this flow can ever do.
func (f *Flow[Q, C, R, A]) Offers(ctx context.Context) []Offer {
	c := f.now.Load()
	w := c.wants(ctx)
	offers := make([]Offer, 0, len(c.legs))
	drill, over := c.drilled(w)
	for i := range c.legs {
		l := &c.legs[i]
		if !w.by(l.Assurance, l.Traits) {
			continue
		}
		o := l.offer()
		o.Unproven = !c.past.legs[l.Name].recent.proven(time.Since(c.past.made), c.maxIdle)
		if l.Name == over && o.Available && c.besides(over, w) {
			o.passedOver(drill)
		}
		offers = append(offers, o)
	}
	return offers
}

func (l *Leg[Q, C, R, A]) offer() Offer {
	o := Offer{Source: l.Name, Available: true, Admitted: 1, Assurance: l.Assurance, Traits: l.Traits}
	up := l.Upstream
	if up == nil {
		return o
	}
	o.Recipient = up.Recipient
	if up.Breaker != nil {
		o.guarded(up.Breaker.Snapshot(), time.Now())
	}
	if o.Available {
		o.bounded(up.Capacity)
	}
	return o
}

// bounded fills in what the capacity knows. The bound of a second is not looked
// at: there is room again before a citizen has chosen.
func (o *Offer) bounded(c *Capacity) {
	since, until := c.spentSince()
	if since.IsZero() && !c.full() {
		return
	}
	o.Available, o.Admitted, o.Why, o.Since, o.RetryAt = false, 0, SkipCapacity.String(), since, until
}

// guarded fills in what the breaker knows. A breaker whose time is up is
// offered again, or nobody would ever be its trial. Where a Probe or a Watch
// decides, that does not happen: its time is put off with each of their asks,
// which take no longer than the slow bound.
func (o *Offer) guarded(s breaker.Snapshot, now time.Time) {
	switch {
	case s.Forced == breaker.ForcedClosed:
	case s.Forced == breaker.ForcedOpen || s.State != breaker.Closed:
		due := !s.Until.IsZero() && now.After(s.Until.Add(2*s.SlowAfter))
		o.Available, o.Admitted = due, 0
		o.Why, o.Since, o.RetryAt = s.Why.String(), s.Since, s.Until
	case s.Admit < 1:
		o.Admitted, o.Why, o.Since, o.RetryAt = s.Admit, s.Why.String(), s.Since, s.Until
	}
}
