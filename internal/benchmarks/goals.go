package main

import "fmt"

// goal is one thing that must hold: got is at most most.
type goal struct {
	what      string
	got, most float64
	unit      string // "x", " s", ...
}

func (g goal) holds() bool { return g.got <= g.most }

func (g goal) number(n float64) string {
	return figure(n) + g.unit
}

// judge puts goals into a table and counts those that do not hold.
func judge(goals []goal) (t *table, missed int) {
	t = &table{head: []string{"must hold", "at most", "found", ""}}
	for _, g := range goals {
		verdict := "holds"
		if !g.holds() {
			verdict = "does not hold"
			missed++
		}
		t.rows = append(t.rows, []string{g.what, g.number(g.most), g.number(g.got), verdict})
	}
	return t, missed
}

// costGoals are those about cost. One whose rows were left out is left out.
func costGoals(f *figures) []goal {
	var goals []goal
	ratio := func(part, name, base string, column int, most float64) {
		got, ok := f.ns(part, name, column)
		of, ok2 := f.ns(part, base, column)
		if ok && ok2 {
			goals = append(goals, goal{fmt.Sprintf("%s: %s / %s, %v", part, name, base, columns()[column]), got / of, most, "x"})
		}
	}
	allocs := func(part, name string, most float64) {
		if got, ok := f.allocs(part, name); ok {
			goals = append(goals, goal{fmt.Sprintf("%s: %s", part, name), got, most, " allocations"})
		}
	}
	for _, p := range []struct {
		part, name     string
		alone, crowded float64
	}{
		{closedOK, detourName, 0.5, 0.10}, {closedFault, detourName, 0.6, 0.15},
		{open, detourName, 0.5, 0.10}, {open, probeName, 0.5, 0.10},
	} {
		ratio(p.part, p.name, gobreakerName, alone, p.alone)
		ratio(p.part, p.name, gobreakerName, crowded, p.crowded)
		if p.part != closedFault {
			allocs(p.part, p.name, 0)
		}
	}
	ratio(fullChain, detourName, failsafeName, alone, 0.4)
	ratio(fullChain, detourName, failsafeName, crowded, 0.4)
	ratio(fullChain, detourName, handmadeName, alone, 0.8)
	ratio(fullChain, detourName, handmadeName, crowded, 0.6)
	allocs(fullChain, detourName, 4)
	for _, c := range []int{alone, crowded} {
		ratio(fullChain, secondName, detourName, c, 1.3)
	}
	for _, c := range []int{alone, crowded} {
		ratio(fromMemory, detourName, crcName, c, 2)
	}
	if w, ok := f.weights[detourName]; ok {
		goals = append(goals,
			goal{oneInstance + ": " + detourName, w.bytes, 1536, " B"},
			goal{oneInstance + ": " + detourName, w.goroutines, 0, " goroutines"})
	}
	return goals
}
