package barocert

import (
	"slices"
	"sync"
)

// maxSpent bounds what is remembered: requests live for minutes, so this is
// hundreds of citizens a second.
const maxSpent = 1 << 16

// spent remembers which requests were verified, or are being verified, in this
// process: not every vendor refuses a second time by itself. Over processes the
// ticket of the flow makes it single use. The zero value is empty.
type spent struct {
	mu    sync.Mutex
	known map[string]struct{}
	order []string // ring, oldest at next
	next  int
}

// take says whether nobody had taken id before.
func (s *spent) take(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.known[id]; ok {
		return false
	}
	if s.known == nil {
		s.known = map[string]struct{}{}
	}
	s.known[id] = struct{}{}
	if len(s.order) < maxSpent {
		s.order = append(s.order, id)
		return true
	}
	delete(s.known, s.order[s.next])
	s.order[s.next] = id
	s.next = (s.next + 1) % maxSpent
	return true
}

// give takes it back: the vendor gave no answer, and may be asked again.
func (s *spent) give(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, id)
	if i := slices.Index(s.order, id); i >= 0 {
		s.order[i] = ""
	}
}
