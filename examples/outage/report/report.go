// Package report tells what a replay found: as a table for people, as JSON for machines, and as promises that held or did not.
package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/tally"
)

// Report is what was found, and with what the replay was started.
type Report struct {
	replay.Result
	Seed   uint64
	Linked float64 // share of citizens with a second linked way to sign in
}

// used are the shares that are not zero.
func used(shares []tally.Share) []tally.Share {
	return slices.DeleteFunc(slices.Clone(shares), func(s tally.Share) bool { return s.Count == 0 })
}

// largest are the shares that are not zero, the largest first.
func largest(shares []tally.Share) []tally.Share {
	s := used(shares)
	slices.SortStableFunc(s, func(a, b tally.Share) int { return cmp.Compare(b.Count, a.Count) })
	return s
}

// milliseconds is -1 for replay.Never.
func milliseconds(d time.Duration) int64 {
	if d == replay.Never {
		return -1
	}
	return d.Milliseconds()
}
