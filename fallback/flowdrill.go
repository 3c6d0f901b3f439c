package fallback

import (
	"context"
	"errors"
	"time"
)

// Drill keeps a share of the sessions (WithSession) away from a leg for a time,
// as if it were down: their Offers say so, their Begin is refused with ErrDrill
// before the leg or its breaker is asked, and what they finish elsewhere has
// FlagDrill. A session is in it or out of it as long as the drill lasts, in all processes that
// drill with the same Source and Reason, so that a citizen sees one choice; a call
// without a session is not drilled. Who began at the leg before may finish there.
// At most one drill at a time per leg, and one leg at a time per session.
//
// Nobody pays for a drill: where no other leg is enough for the call and works as
// in good times, the drilled one is offered and begun after all. That counts as a failure of
// the drill (DrillReport.Spared), and so does a Begin or Finish elsewhere that ends
// in a fault; a Finish that succeeds is good; who is denied, cancels or leaves
// (DrillReport.Left) is not judged, nor is who never comes back. The drill ends when its
// Guard cannot be kept. The times of the report are from Begin to the end, the
// citizen's own among them.
//
// The error lists all mistakes of d at once. Close ends what runs.
func (f *Flow[Q, C, R, A]) Drill(d Drill) (*Drilling, error) {
	c := f.now.Load()
	names := make([]string, len(c.legs))
	for i := range c.legs {
		names[i] = c.legs[i].Name
	}
	return c.past.drills.begin(d, c.name, names, func(rank int) bool {
		for i := range c.legs {
			if l := &c.legs[i]; i != rank && l.Assurance >= c.min && l.Traits.Has(c.require) {
				return true
			}
		}
		return false
	})
}

// drilled returns the drill that the session is in and the leg that it passes
// over, or nil.
func (f *course[Q, C, R, A]) drilled(w wants) (*Drilling, string) {
	running := f.past.drills.running.Load()
	if running == nil || w.session == "" {
		return nil, ""
	}
	for i := range f.legs { // in the order of the legs: the list has none
		l := &f.legs[i]
		for _, d := range *running {
			if d.set.Source == l.Name && w.by(l.Assurance, l.Traits) && d.takes(w.session) {
				return d, l.Name
			}
		}
	}
	return nil, ""
}

// besides reports whether a leg other than that one is enough and takes
// everybody, as in good times.
func (f *course[Q, C, R, A]) besides(name string, w wants) bool {
	for i := range f.legs {
		if l := &f.legs[i]; l.Name != name && w.by(l.Assurance, l.Traits) && l.offer().Admitted == 1 {
			return true
		}
	}
	return false
}

// passedOver makes an offer say that a drill passes it over.
func (o *Offer) passedOver(d *Drilling) {
	o.Available, o.Admitted, o.Why, o.Since, o.RetryAt = false, 0, SkipDrill.String(), d.began, d.began.Add(d.set.For)
}

// toldBegin tells a drill how the Begin of one of its sessions ended: only what
// the other legs could not do is known by then.
func (d *Drilling) toldBegin(leg string, began time.Time, err error) {
	x := drilled{took: time.Since(began)}
	switch {
	case d == nil:
		return
	case err == nil && leg == d.set.Source:
		x.source, x.spared = leg, true
	case err == nil || leg == d.set.Source || errors.Is(err, ErrCancelled) || !ClassOf(err).Fault():
		return
	}
	d.tell(x)
}

// toldFinish tells a drill how the ticket of one of its sessions ended.
func (d *Drilling) toldFinish(leg string, began time.Time, err error) {
	if d == nil || leg == d.set.Source || began.Before(d.began) {
		return
	}
	x := drilled{source: leg, ok: err == nil, took: time.Since(began)}
	if err != nil {
		x.source = ""
		x.left = errors.Is(err, context.Canceled) || !ClassOf(err).Fault() || hearsay(err)
	}
	d.tell(x)
}
