package main

import (
	"context"
	"fmt"
	"io"
)

// figures are the medians of a run.
type figures struct {
	rows    []row
	samples [][][]sample
	weights map[string]instance
}

// ns is a median time, and whether there is one.
func (f *figures) ns(part, name string, column int) (float64, bool) {
	s := f.find(part, name)
	if s == nil {
		return 0, false
	}
	return nsOf(s[column]), true
}

// allocs is how many allocations a call makes, on one goroutine.
func (f *figures) allocs(part, name string) (float64, bool) {
	s := f.find(part, name)
	if s == nil {
		return 0, false
	}
	_, allocs := allocsOf(s[alone])
	return allocs, true
}

func (f *figures) find(part, name string) [][]sample {
	for i, r := range f.rows {
		if r.part == part && r.name == name {
			return f.samples[i]
		}
	}
	return nil
}

func nsOf(s []sample) float64 {
	return median(pick(s, func(s sample) float64 { return s.ns }), meanFloat)
}

func allocsOf(s []sample) (bytes, allocs float64) {
	return median(pick(s, func(s sample) float64 { return float64(s.bytes) }), meanFloat),
		median(pick(s, func(s sample) float64 { return float64(s.allocs) }), meanFloat)
}

func pick[S any](all []S, f func(S) float64) []float64 {
	out := make([]float64, len(all))
	for i, s := range all {
		out[i] = f(s)
	}
	return out
}

// costs measures what a call costs.
func costs(ctx context.Context, o options, progress io.Writer) (*table, []goal, []string, error) {
	f := &figures{weights: map[string]instance{}}
	for _, r := range rows() {
		if o.only.MatchString(r.part + " / " + r.name) {
			f.rows = append(f.rows, r)
		}
	}
	var err error
	if f.samples, err = measureAll(ctx, f.rows, o, progress); err != nil {
		return nil, nil, nil, err
	}
	for _, l := range libraries() { // last: what hystrix-go makes stays
		if l.one == nil || !o.only.MatchString(oneInstance+" / "+l.name) {
			continue
		}
		w, err := weigh(l)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("%s: %s: %w", oneInstance, l.name, err)
		}
		f.weights[l.name] = w
	}
	return f.table(), costGoals(f), []string{
		fmt.Sprintf("ns for one call, wall time over all calls: perfect scaling halves it from 1 core to 2. Medians of %d interleaved rounds of %v. In brackets: as a share of the row of its part marked 1.00x.", o.rounds, o.time),
		"64 a core, 2 cores: 64 goroutines for each of 2 cores call at once. B and allocations: of one call, on one goroutine.",
		fmt.Sprintf("%s: bytes of heap and stack, and goroutines, of one breaker after one call; %d of each (hystrix-go, whose goroutines cannot be stopped: fewer).", oneInstance, manyInstances),
		"Every call of Detour is a counted one. eapache counts no successes: a lower bound, not an equal.",
	}, nil
}

func (f *figures) table() *table {
	t := &table{head: []string{"part", "library"}}
	for _, c := range columns() {
		t.head = append(t.head, c.String())
	}
	t.head = append(t.head, "B", "allocations")
	bases := map[string][][]sample{}
	for i, r := range f.rows {
		if r.base {
			bases[r.part] = f.samples[i]
		}
	}
	for i, r := range f.rows {
		cells := []string{r.part, r.name}
		for c := range columns() {
			ns := nsOf(f.samples[i][c])
			if base := bases[r.part]; base != nil {
				cells = append(cells, fmt.Sprintf("%s (%s)", nanos(ns), share(ns, nsOf(base[c]))))
			} else {
				cells = append(cells, nanos(ns))
			}
		}
		bytes, allocs := allocsOf(f.samples[i][alone])
		t.rows = append(t.rows, append(cells, fmt.Sprintf("%.0f", bytes), fmt.Sprintf("%.0f", allocs)))
	}
	for _, l := range libraries() {
		if w, ok := f.weights[l.name]; ok {
			bytes := fmt.Sprintf("%.0f (%s)", w.bytes, share(w.bytes, f.weights[gobreakerName].bytes))
			t.rows = append(t.rows, []string{oneInstance, l.name, "", "", "", "", bytes, fmt.Sprintf("%.0f goroutines", w.goroutines)})
		}
	}
	return t
}
