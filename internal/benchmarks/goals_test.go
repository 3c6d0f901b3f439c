package main

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGoals(t *testing.T) {
	table, missed := judge([]goal{{"a", 0.5, 0.5, "x"}, {"b", 0.51, 0.5, "x"}, {"c", math.Inf(1), 1, " s"}})
	require.Equal(t, 2, missed)
	require.Equal(t, [][]string{
		{"a", "0.50x", "0.50x", "holds"}, {"b", "0.50x", "0.51x", "does not hold"}, {"c", "1 s", "never s", "does not hold"},
	}, table.rows)
}

// A goal compares medians of the right column, and is left out when one of its rows was.
func TestCostGoals(t *testing.T) {
	columns := func(ns ...float64) [][]sample {
		out := make([][]sample, len(ns))
		for i, n := range ns {
			out[i] = []sample{{ns: n}, {ns: 1000 * n}, {ns: 0}}
		}
		return out
	}
	f := &figures{
		rows:    []row{{part: closedOK, name: detourName}, {part: closedOK, name: gobreakerName}, {part: open, name: probeName}},
		samples: [][][]sample{columns(60, 1, 1, 90), columns(100, 1, 1, 1000), columns(1, 1, 1, 1)},
		weights: map[string]instance{detourName: {bytes: 1600}},
	}
	got := map[string]bool{}
	for _, g := range costGoals(f) {
		got[g.what] = g.holds()
	}
	require.Equal(t, map[string]bool{
		"closed, ok: Detour / gobreaker v2, 1 a core, 1 core":   false,
		"closed, ok: Detour / gobreaker v2, 64 a core, 2 cores": true,
		"closed, ok: Detour":               true,
		"open, refused: Detour with Probe": true,
		"memory of one: Detour":            true, // the goroutines; the bytes before it do not
	}, got)
	require.Equal(t, 90.0/1000, costGoals(f)[1].got)
}

func TestOutageGoals(t *testing.T) {
	names := []string{guards()[0].name, "other", "better"}
	good := outcome{opened: 600 * time.Millisecond, lost: 120, closing: 0}
	wedged := outcome{opened: 600 * time.Millisecond, lost: 160, back: -1, sacrificed: 1, closing: -1}
	others := [][]outcome{{{lost: 900}}, {{lost: 300}}}
	count := func(detour ...outcome) (missed int) {
		_, missed = judge(outageGoals(names, append([][]outcome{detour}, others...)))
		return missed
	}
	require.Zero(t, count(good))
	require.Equal(t, 4, count(good, wedged), "the worst phase counts")
	require.Empty(t, outageGoals(names[1:], others), "without Detour")
	require.Len(t, outageGoals(names[:1], [][]outcome{{good}}), 4, "without others")
}
