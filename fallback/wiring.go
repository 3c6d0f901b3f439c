package fallback

import (
	"sync/atomic"
	"time"
)

// wiring is a chain with one set of settings. Its settings never change: Reconfigure
// puts another in its place, and a call ends on the one it began with.
type wiring[Q, A any] struct {
	cfg     Config[Q, A]
	members []member[Q, A]
	level   func(Assurance, A) Assurance // nil: A says nothing about its level
	empty   func(A) bool                 // nil: A cannot be nil
	memory  *memory[Q, A]                // nil: nothing is remembered
	plain   Assurance                    // what every answer from memory is worth at least: a call that asks for more does without
	teller  *teller                      // nil: nobody is told
	crew    *crew                        // goroutines of hedges
	aside   *aside                       // who was asked out of turn
	warm    *warmth                      // nil: nobody is asked before its turn
	sum     time.Duration                // all turns together
	longest time.Duration                // of one call
	ever    time.Duration                // the greatest longest so far
	began   time.Time                    // of the chain
	doubts  atomic.Pointer[doubts]       // the latest; nil: none yet
}

// wire fills w in from w.cfg, in which there are no mistakes. What the sources
// of old have learned stays with those of their names; nil: nothing was.
func (w *wiring[Q, A]) wire(old *wiring[Q, A]) error {
	w.aside = new(aside)
	if old != nil {
		w.aside = old.aside
	}
	w.warm = newWarmth(&w.cfg)
	w.members = make([]member[Q, A], len(w.cfg.Sources))
	for i := range w.cfg.Sources {
		m := &w.members[i]
		*m = newMember(w.cfg.Sources[i])
		m.inherit(old)
		if m.budget == nil && (m.Retry.Max > 0 || w.cfg.Hedge != (Hedge{})) {
			m.budget = new(Budget)
		}
		w.sum += m.longest()
	}
	if w.longest = w.sum; w.cfg.Deadline > 0 {
		w.longest = min(w.sum, w.cfg.Deadline)
	}
	w.ever = w.longest
	if old != nil {
		w.ever = max(w.ever, old.ever)
	}
	if w.cfg.Memory == nil {
		return nil
	}
	w.plain = None
	for i := range w.members {
		w.plain = min(w.plain, max(w.members[i].Assurance, w.cfg.MinAssurance))
	}
	cfg := *w.cfg.Memory
	if old != nil {
		cfg.Store = old.memory.Store
	}
	m, err := newMemory(w.cfg.Name, cfg, w.members, w.longest)
	if err != nil {
		return err
	}
	if old != nil {
		m.ledger = old.memory.ledger
	}
	w.memory = m
	return nil
}

// inherit takes over what the source of that name has learned and spent.
func (m *member[Q, A]) inherit(old *wiring[Q, A]) {
	if old == nil {
		return
	}
	for i := range old.members {
		if was := &old.members[i]; was.Name == m.Name {
			m.recent, m.past, m.budget = was.recent, was.past, was.budget
		}
	}
}
