package fallback

import (
	"reflect"
	"time"
)

// Inspect returns how the flow is wired and how its upstreams do.
func (f *Flow[Q, C, R, A]) Inspect() Inspection {
	c := f.now.Load()
	in := Inspection{
		Kind: "flow", Name: c.name, MinAssurance: c.min, Require: c.require, Once: true, TTL: c.ttl, Question: reflect.TypeFor[Q]().String(),
		Longest: c.longest(), Sources: make([]SourceView, len(c.legs)), Unheard: c.teller.missed(), MaxIdle: orDefault(c.maxIdle, DefaultMaxIdle),
	}
	for i := range c.legs {
		l := &c.legs[i]
		in.Sources[i] = SourceView{
			Name: l.Name, Timeout: l.Timeout, Tries: l.Tries, BeginAsks: l.BeginAsks, Assurance: l.Assurance, Traits: l.Traits,
		}
		in.Sources[i].Drill = c.past.drills.report(l.Name)
		in.Sources[i].prove(&c.past.legs[l.Name].recent, c.past.made, c.maxIdle)
		l.Upstream.describe(&in.Sources[i])
	}
	return in
}

// Longest returns how long a Begin or a Finish without a deadline may last at
// most: the slowest leg, and Tickets before and after it. Legs and Tickets that
// ignore their context are not bounded by it.
func (f *Flow[Q, C, R, A]) Longest() time.Duration { return f.now.Load().longest() }

func (f *course[Q, C, R, A]) longest() (longest time.Duration) {
	for i := range f.legs {
		l := &f.legs[i]
		asks := time.Duration(1)
		if l.Tries > 1 {
			asks = 3 // taken, counted, given back
		}
		longest = max(longest, l.Timeout+asks*ticketsTime)
	}
	return longest
}

var _ Inspectable = (*Flow[int, int, int, int])(nil)
