package fallback

import "time"

// flowPast is what a flow has seen. All its courses share it, so that settings
// forget nothing.
type flowPast struct {
	made time.Time
	legs map[string]*legPast // never changes

	drills drills
}

// legPast is what a flow has seen of one leg.
type legPast struct {
	returns returns
	recent  recent // what was finished
}

func newFlowPast[Q, C, R, A any](legs []Leg[Q, C, R, A]) *flowPast {
	p := &flowPast{made: time.Now(), legs: make(map[string]*legPast, len(legs))}
	for i := range legs {
		p.legs[legs[i].Name] = new(legPast)
	}
	return p
}

// sent notes that a citizen was sent away to the leg.
func (f *course[Q, C, R, A]) sent(l *Leg[Q, C, R, A], now time.Time) {
	if b := l.breaker(); b != nil && f.past.legs[l.Name].returns.begin(now) {
		b.Suspect()
	}
}

// ended notes how the ticket of a citizen ended.
func (f *course[Q, C, R, A]) ended(l *Leg[Q, C, R, A], s *step, t *ticket, d *Drilling, err error) {
	began := t.ends.Add(-f.ttl)
	f.cameBack(l, began, err)
	d.toldFinish(l.Name, began, err)
	if err == nil {
		f.past.legs[l.Name].recent.tell(time.Since(s.at), time.Since(f.past.made))
	}
}

// cameBack notes that a citizen who began then is here again. Who brings the upstream's own
// word that it failed was sent back without having got anywhere: that may not
// open a breaker, for anybody can write it, but it is no return.
func (f *course[Q, C, R, A]) cameBack(l *Leg[Q, C, R, A], began time.Time, err error) {
	b := l.breaker()
	if b == nil || err != nil && hearsay(err) && ClassOf(err).Fault() {
		return
	}
	if f.past.legs[l.Name].returns.back(began, time.Now()) {
		b.Suspect()
	}
}
