package fallback

import "time"

// flowPast is what a flow has seen. All its courses share it, so that settings
// forget nothing.
type flowPast struct {
	made time.Time
	legs map[string]*legPast // never changes
}

// legPast is what a flow has seen of one leg.
type legPast struct {
	returns returns
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

// cameBack notes how the ticket of a citizen ended. Who brings the upstream's own
// word that it failed was sent back without having got anywhere: that may not
// open a breaker, for anybody can write it, but it is no return.
func (f *course[Q, C, R, A]) cameBack(l *Leg[Q, C, R, A], t *ticket, err error) {
	b := l.breaker()
	if b == nil || err != nil && hearsay(err) && ClassOf(err).Fault() {
		return
	}
	if f.past.legs[l.Name].returns.back(t.ends.Add(-f.ttl), time.Now()) {
		b.Suspect()
	}
}
