package fallback

import "time"

// DefaultMaxIdle is how long a source counts as proven when MaxIdle names
// nothing.
const DefaultMaxIdle = 7 * 24 * time.Hour

// answered returns how many good answers were told and when the latest was, as
// the age of the chain.
func (r *recent) answered() (n uint64, last time.Duration) {
	return r.next.Load(), time.Duration(r.last.Load())
}

// proven reports whether the latest good answer is younger than idle.
func (r *recent) proven(now, idle time.Duration) bool {
	n, last := r.answered()
	return n > 0 && now-last < orDefault(idle, DefaultMaxIdle)
}

// prove fills in what r knows; began is when the chain was made.
func (v *SourceView) prove(r *recent, began time.Time, idle time.Duration) {
	n, last := r.answered()
	if v.Answers = n; n > 0 {
		v.Answered = began.Add(last)
	}
	v.Unproven = !r.proven(time.Since(began), idle)
}

// doubts are the sources that were unproven at an age of the chain.
type doubts struct {
	at    time.Duration
	names []string
}

// doubtsFor is how long doubts are told before they are looked at anew.
const doubtsFor = time.Second

// unproven returns the names of the sources that are enough for the chain and
// unproven. It is shared: nobody changes it.
func (c *wiring[Q, A]) unproven() []string {
	now := time.Since(c.began)
	if d := c.doubts.Load(); d != nil && now-d.at < doubtsFor {
		return d.names
	}
	d := &doubts{at: now}
	for i := range c.members {
		if m := &c.members[i]; m.reaches(c.cfg.MinAssurance, c.cfg.Require) && !m.recent.proven(now, c.cfg.MaxIdle) {
			d.names = append(d.names, m.Name)
		}
	}
	c.doubts.Store(d)
	return d.names
}
