package vendorsim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Break makes an operation fail from now on; "*" means every operation that has no fault of its own (with mode Vendor:
// every such operation that knows the code), except deliveries, which go on inside the vendor. A new fault replaces the old one of the same operation. An unknown operation,
// an invalid fault and an unknown code are errors that list what is known; then nothing changes.
func (s *Server) Break(op string, f Fault) error {
	var errs []error
	o := s.find(op)
	if o == nil && op != "*" {
		errs = append(errs, fmt.Errorf("unknown operation %q; known: *, %s", op, strings.Join(s.Operations(), ", ")))
	}
	errs = append(errs, f.check())
	if f.Mode == Vendor && f.Code != "" && (o != nil || op == "*") {
		if known := s.codes(o); !slices.Contains(known, f.Code) {
			errs = append(errs, fmt.Errorf("unknown code %q; known: %s", f.Code, strings.Join(known, ", ")))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("vendorsim: %s: break: %w", s.vendor, err)
	}
	sc := newScript(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed() {
		return fmt.Errorf("vendorsim: %s: break: server is closed", s.vendor)
	}
	if o != nil {
		o.script.Store(sc)
		return nil
	}
	s.all.Store(sc)
	if f.Mode == Refuse && sc.always {
		s.gate.cutOff()
	} else {
		s.gate.open()
	}
	return nil
}

// Heal ends the fault of an operation; "*" ends the one set for "*" and leaves those of single operations.
func (s *Server) Heal(op string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op == "*" {
		s.all.Store(nil)
		s.gate.open()
	} else if o := s.find(op); o != nil {
		o.script.Store(nil)
	}
}

// HealAll ends every fault.
func (s *Server) HealAll() {
	for _, op := range s.ops {
		s.Heal(op.name)
	}
	s.Heal("*")
}

func (s *Server) find(name string) *operation {
	for _, op := range s.ops {
		if op.name == name {
			return op
		}
	}
	return nil
}

// codes are those of one operation, or of all when o is nil.
func (s *Server) codes(o *operation) []string {
	if o != nil {
		return o.codes
	}
	var all []string
	for _, op := range s.ops {
		if !op.inner {
			all = append(all, op.codes...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
