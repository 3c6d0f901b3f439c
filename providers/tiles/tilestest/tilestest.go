// Package tilestest says what every tiles.Provider must do. Each check is one
// rule and names it, so that a failing row reads as a sentence:
//
//	func TestProvider(t *testing.T) {
//		tilestest.Run(t, tilestest.Subject{
//			Name:        "vworld",
//			Provider:    provider,
//			Known:       []tilestest.Sample{{ID: cityHall, ContentType: tiles.PNG, Data: bytes}},
//			Attribution: "공간정보 오픈플랫폼 브이월드",
//			Outside:     []tiles.ID{{Z: 3, X: 1, Y: 1}},
//			Asked:       func() int { return server.Hits("tile") },
//			Secrets:     []string{"CANARY-key"},
//		})
//	}
//
// Optional abilities (tiles.Revalidator) are tested when present and named when
// not. The package imports std, providers and tiles only, and judges strangers'
// providers as well; how an adapter meets the faults of a network is the suite
// of package providertest.
package tilestest

import (
	"fmt"
	"testing"

	"github.com/detour-go/detour/providers/tiles"
)

// T is the part of *testing.T that the suite needs; a recorder can stand in for it.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Sample is a tile that the provider must give.
type Sample struct {
	ID          tiles.ID
	ContentType string
	// Data are its bytes; nil: any whole tile will do.
	Data []byte
}

// Subject is a provider, well and reachable, and what is known about it.
type Subject struct {
	// Name is printed in complaints.
	Name string
	// Provider is under test. Required.
	Provider tiles.Provider
	// Known are tiles that it has; two or more show that it tells them apart. Required.
	Known []Sample
	// Attribution that each tile must carry. Required.
	Attribution string
	// Outside are valid numbers that it does not cover; empty: it covers the world.
	Outside []tiles.ID
	// Asked counts the questions that have reached the vendor; nil: it is local.
	Asked func() int
	// Secrets are canaries of the configuration that nothing may print.
	Secrets []string
}

// Run runs the suite, one subtest per rule.
func Run(t *testing.T, s Subject) {
	t.Helper()
	if !described(t, s) {
		return
	}
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) { one(t, s, r) })
	}
}

// Check runs the suite without subtests, so that a test can see a bad provider fail.
func Check(t T, s Subject) {
	t.Helper()
	if !described(t, s) {
		return
	}
	for _, r := range rules() {
		one(t, s, r)
	}
}

func described(t T, s Subject) bool {
	t.Helper()
	if s.Provider == nil || len(s.Known) == 0 || s.Attribution == "" {
		t.Errorf("%s: a subject has a provider, a known tile and an attribution", s.Name)
		return false
	}
	return true
}

func one(t T, s Subject, r rule) {
	t.Helper()
	switch note, err := guarded(s, r); {
	case err != nil:
		t.Errorf("%s: broken rule: %s: %v", s.Name, r.says, err)
	case note != "":
		t.Logf("%s: %s: %s", s.Name, note, r.says)
	default:
		t.Logf("%s: rule kept: %s", s.Name, r.says)
	}
}

func guarded(s Subject, r rule) (note string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %v", p)
		}
	}()
	return r.check(s)
}

// asked is how many questions reached the vendor while do ran; zero for a local provider.
func (s Subject) asked(do func()) int {
	if s.Asked == nil {
		do()
		return 0
	}
	before := s.Asked()
	do()
	return s.Asked() - before
}
