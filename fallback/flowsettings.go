package fallback

import "slices"

// Settings returns the settings in force, written out: given to Reconfigure
// they change nothing.
func (f *Flow[Q, C, R, A]) Settings() Settings {
	c := f.now.Load()
	s := Settings{MinAssurance: written[Assurance](c.min), TTL: written[Duration](c.ttl), Sources: make(map[string]SourceSettings, len(c.legs))}
	for i := range c.legs {
		l := &c.legs[i]
		s.Order = append(s.Order, l.Name)
		s.Sources[l.Name] = SourceSettings{Timeout: written[Duration](l.Timeout), Tries: written[int](l.Tries)}
	}
	return s
}

// Reconfigure puts s in force as a whole, or says all that is wrong with it at
// once, and then nothing has changed. See Settings for what stays.
//
// A raised minimum also holds for who is half-way: a ticket of a leg below it
// ends in ErrRestart.
func (f *Flow[Q, C, R, A]) Reconfigure(s Settings) error {
	apply, err := f.Prepare(s)
	if err != nil {
		return err
	}
	apply()
	return nil
}

// Prepare is Reconfigure in two steps, for whoever changes several parts at
// once.
func (f *Flow[Q, C, R, A]) Prepare(s Settings) (apply func(), err error) {
	next := *f.made
	var wrong mistakesFound
	next.set(&s, &wrong)
	if err := wrong.joined(next.name); err != nil {
		return nil, err
	}
	return func() { f.now.Store(&next) }, nil
}

// set puts s over the course and lists what is wrong with that.
func (f *course[Q, C, R, A]) set(s *Settings, wrong *mistakesFound) {
	names := make([]string, len(f.legs))
	for i := range f.legs {
		names[i] = f.legs[i].Name
	}
	legs := make([]Leg[Q, C, R, A], 0, len(f.legs))
	for _, i := range s.places(wrong, names) {
		legs = append(legs, f.legs[i])
	}
	f.legs = legs
	if s.Deadline != nil {
		wrong.add("deadline: a flow has none; its legs have timeouts")
	}
	if s.Hedge != nil {
		wrong.add("hedge: a flow has none")
	}
	if s.Warm != nil {
		wrong.add("warm: a flow has none")
	}
	if s.PanicTrials != nil {
		wrong.add("panic trials: a flow has none")
	}
	if s.Memory != nil {
		wrong.add("memory: a flow has none")
	}
	wrong.positive("ttl", s.TTL)
	set(&f.ttl, s.TTL)
	if f.ttl > maxTicketTTL {
		wrong.add("ttl must be at most 24h")
	}
	f.min = s.raise(wrong, f.min)
	if !slices.ContainsFunc(f.legs, func(l Leg[Q, C, R, A]) bool { return l.Assurance >= f.min && l.Traits.Has(f.require) }) {
		wrong.add("no leg reaches assurance %v with the traits required", f.min)
	}
	for i := range f.legs {
		l := &f.legs[i]
		var of mistakesFound
		to := s.Sources[l.Name]
		of.positive("timeout", to.Timeout)
		set(&l.Timeout, to.Timeout)
		if to.Tries != nil && *to.Tries == 0 {
			of.add("tries must be above zero")
		}
		set(&l.Tries, to.Tries)
		if to.Retry != nil || to.FindTimeout != nil {
			of.add("retry and find timeout: a leg has neither")
		}
		of = append(of, l.mistakes()...)
		for _, err := range of {
			wrong.add("leg %q: %w", l.Name, err)
		}
	}
}

// Upstreams returns what the legs share with others, each once, in order.
func (f *Flow[Q, C, R, A]) Upstreams() []*Upstream {
	return upstreams(func(yield func(*Upstream)) {
		for i := range f.made.legs {
			yield(f.made.legs[i].Upstream)
		}
	})
}

// upstreamsOf returns the upstream of each leg that has one, by its name.
func (f *Flow[Q, C, R, A]) upstreamsOf() map[string]*Upstream {
	of := make(map[string]*Upstream, len(f.made.legs))
	for i := range f.made.legs {
		of[f.made.legs[i].Name] = f.made.legs[i].Upstream
	}
	return of
}

var _ Adjustable = (*Flow[int, int, int, int])(nil)
