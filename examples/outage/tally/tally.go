// Package tally counts how journeys ended.
package tally

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// maxNames bounds how many different words are told apart, so that a site gone mad cannot fill the memory.
const maxNames = 32

// Other is what everything beyond the bound is counted under.
const Other = "other"

// Tally counts the journeys of one capability on one site. Safe for concurrent use.
type Tally struct {
	limit   int
	sources []string

	mu     sync.Mutex
	whole  counts
	recent counts // since the last Recent
	took   []time.Duration
}

type counts struct {
	requests, ok, over1s, stale, wrong, impostors, proofs, below, twice int

	answers                    int
	source, freshness, failure map[string]int
}

func newCounts() counts {
	return counts{source: make(map[string]int), freshness: make(map[string]int), failure: make(map[string]int)}
}

// New returns an empty tally for at most limit journeys; sources are listed in the summary even when they served nothing.
func New(limit int, sources ...string) *Tally {
	return &Tally{limit: limit, sources: sources, whole: newCounts(), recent: newCounts(), took: make([]time.Duration, 0, limit)}
}

// Add counts one journey. More than the limit are not counted: it returns false.
func (t *Tally) Add(o Outcome) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.took) == t.limit {
		return false
	}
	t.took = append(t.took, o.Took)
	t.whole.add(o)
	t.recent.add(o)
	return true
}

func (c *counts) add(o Outcome) {
	c.requests++
	c.ok += one(o.OK)
	c.over1s += one(o.Took > time.Second)
	c.wrong += one(o.WrongAccount)
	c.impostors += one(o.Impostor)
	c.proofs += one(o.WrongProof)
	c.below += one(o.BelowAssurance)
	c.twice += one(o.Duplicate)
	c.stale += one(slices.ContainsFunc(o.Served, func(s Served) bool { return s.Freshness == Stale }))
	if !o.OK {
		count(c.failure, cmp.Or(o.Why, "unknown"))
	}
	for _, s := range o.Served {
		c.answers++
		count(c.source, s.Source)
		count(c.freshness, s.Freshness)
	}
}

// Summary is what a tally says.
type Summary struct {
	Requests, OK int
	Availability float64 // OK / Requests; 0 when there were none
	P50, P99     time.Duration
	Over1s       int // journeys that took longer than a second, failed ones too

	Answers   int     // labelled answers
	Sources   []Share // of the answers; the known sources in their order, then others
	Freshness []Share
	Failures  []Share // of the requests

	Stale                                                 int // journeys that were given anything stale
	WrongAccount, Impostors, WrongProof, Below, Duplicate int
}

// Repeated adds effects that were found to have happened twice after their journeys had ended well: those were not ok.
func (s *Summary) Repeated(n int) {
	s.Duplicate += n
	s.OK = max(0, s.OK-n)
	if s.Requests > 0 {
		s.Availability = float64(s.OK) / float64(s.Requests)
	}
}

// Share is a part of a whole.
type Share struct {
	Name  string
	Count int
	Share float64
}

// Summary returns everything counted so far.
func (t *Tally) Summary() Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.summary(&t.whole)
	took := slices.Clone(t.took)
	slices.Sort(took)
	s.P50, s.P99 = Percentile(took, 0.50), Percentile(took, 0.99)
	return s
}

// Recent returns what was counted since it was asked last, without percentiles.
func (t *Tally) Recent() Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.summary(&t.recent)
	t.recent = newCounts()
	return s
}

func (t *Tally) summary(c *counts) Summary {
	s := Summary{
		Requests: c.requests, OK: c.ok, Over1s: c.over1s, Stale: c.stale,
		WrongAccount: c.wrong, Impostors: c.impostors, WrongProof: c.proofs, Below: c.below, Duplicate: c.twice, Answers: c.answers,
		Sources:   shares(c.source, c.answers, t.sources),
		Freshness: shares(c.freshness, c.answers, []string{Live, Cached, Stale}),
		Failures:  shares(c.failure, c.requests, nil),
	}
	if c.requests > 0 {
		s.Availability = float64(c.ok) / float64(c.requests)
	}
	return s
}

// Percentile is the exact one by nearest rank: the smallest value that at least the part p of all values does not exceed. sorted must be
// in ascending order; of nothing it is 0.
func Percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(p * float64(len(sorted)))
	if float64(rank) < p*float64(len(sorted)) {
		rank++
	}
	return sorted[min(max(rank, 1), len(sorted))-1]
}

func shares(counted map[string]int, whole int, first []string) []Share {
	rest := slices.DeleteFunc(slices.Sorted(maps.Keys(counted)), func(name string) bool { return slices.Contains(first, name) })
	var all []Share
	for _, name := range slices.Concat(first, rest) {
		share := Share{Name: name, Count: counted[name]}
		if whole > 0 {
			share.Share = float64(share.Count) / float64(whole)
		}
		all = append(all, share)
	}
	return all
}

func count(m map[string]int, name string) {
	if _, known := m[name]; !known && len(m) >= maxNames {
		name = Other
	}
	m[name]++
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
