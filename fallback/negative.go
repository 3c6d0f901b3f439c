package fallback

import (
	"time"
)

// nothingFound is the error of a remembered answer that there is nothing.
type nothingFound struct{ age time.Duration }

// Error returns "remembered: nothing was found 3s ago".
func (e nothingFound) Error() string { return "remembered: nothing was found " + brief(e.age) + " ago" }
func (nothingFound) Class() string   { return NotFound.String() }
func (nothingFound) NotSent() bool   { return true }

// nothing returns a remembered answer that there is nothing.
func (c *wiring[Q, A]) nothing(k *memo) (Result[A], error) {
	c.memory.negatives.Add(1)
	age, _ := k.age(k.hard)
	err := nothingFound{age}
	failed := []Failure{{Source: c.members[k.rank].Name, Class: NotFound, Err: err, At: k.obtained}}
	return Result[A]{Flags: FlagRemembered, Failed: failed},
		&Error{Chain: c.cfg.Name, Kind: NotFound, Cause: err, Failed: failed}
}

// saveNothing remembers that there is nothing, when e says so and nothing else:
// whoever could know was asked and answered. It reports whether it did.
func (m *memory[Q, A]) saveNothing(key string, e *Error, wait time.Duration) (saved bool) {
	if m.Negative <= 0 || e.verdict() != ErrNotFound {
		return false
	}
	defer m.guard()
	rank, keep := -1, m.Negative
	for _, f := range e.Failed {
		if f.Class != NotFound {
			continue
		}
		if rank = m.rankOf(f.Source); rank < 0 {
			return false
		}
		keep = min(keep, time.Duration(m.members[rank].Retention))
	}
	if rank < 0 || keep <= 0 {
		return false
	}
	source := &m.members[rank]
	said := envelope{
		nothing: true, assurance: source.Assurance, source: []byte(source.Name), obtained: time.Now(), soft: keep, hard: keep,
	}
	ctx, cancel := m.within(wait)
	defer cancel()
	if m.Store.Save(ctx, key, said.seal(), keep) != nil {
		m.errs.Add(1)
		return false
	}
	m.saves.Add(1)
	return true
}

// rankOf returns the place of the source, -1 when there is none of that name.
func (m *memory[Q, A]) rankOf(source string) int {
	for i := range m.members {
		if m.members[i].Name == source {
			return i
		}
	}
	return -1
}
