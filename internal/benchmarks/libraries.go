package main

import (
	"time"
)

const (
	detourName    = "Detour"
	probeName     = "Detour with Probe"
	gobreakerName = "gobreaker v2"
	failsafeName  = "failsafe-go"
	forever       = time.Hour // longer than any run
	manyFaults    = 1<<31 - 1 // more than any run has
)

// library is how a breaker of one library is made for each part: with its defaults, except that one of closedFault does not open and one
// of open does not recover.
type library struct {
	name  string
	build map[string]func(vendor call) (*subject, error)
	// one makes one instance with its default settings and sends one call through it. Nil: not compared.
	one func(i int, vendor call) (any, error)
	// many is how many of them to make; 0: 100,000.
	many int
}

func libraries() []library {
	return []library{
		detour(), detourWithProbe(), gobreakerV2(), gobreakerRolling(), failsafeGo(), failsafePermit(), hystrixGo(), eapacheBreaker(), rubyistBreaker(),
	}
}

// opened sends failing calls until one is refused, so that a row called open is open.
func opened(s *subject, err error) (*subject, error) {
	if err != nil {
		return nil, err
	}
	f := s.worker()
	for start := time.Now(); time.Since(start) < 10*time.Second; {
		for range 100 {
			if s.refused(f()) {
				return s, nil
			}
		}
		time.Sleep(time.Millisecond) // some count in the background
	}
	if s.stop != nil {
		s.stop()
	}
	return nil, errNotOpen
}
