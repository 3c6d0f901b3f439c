package main

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	require.Zero(t, median(nil, meanFloat))
	require.Equal(t, 3.0, median([]float64{9, 1, 3}, meanFloat))
	require.Equal(t, 2.5, median([]float64{9, 1, 3, 2}, meanFloat))
	given := []float64{3, 1, 2}
	median(given, meanFloat)
	require.Equal(t, []float64{3, 1, 2}, given, "what was given stays in order")
}

func TestNumbers(t *testing.T) {
	require.Equal(t, "1.9", nanos(1.94))
	require.Equal(t, "186", nanos(186.2))
	require.Equal(t, "0.45x", share(84, 186))
	require.Equal(t, "37x", share(6882, 186))
	require.Empty(t, share(1, 0))
	require.Equal(t, "406", figure(406))
	require.Equal(t, "2.03", figure(2.031))
	require.Equal(t, "never", figure(math.Inf(1)))
	require.Equal(t, "406 (405 to never)", spread([]float64{405, math.Inf(1), 406}))
	require.Equal(t, "0", spread([]float64{0, 0}))
}

func TestTable(t *testing.T) {
	table := &table{head: []string{"library", "ns"}, rows: [][]string{{"전화", "1"}, {"a", ""}}}
	for name, row := range map[string]struct {
		markdown bool
		want     string
	}{
		"columns":  {false, "library  ns\n전화       1\na\n"},
		"Markdown": {true, "| library | ns |\n| --- | --- |\n| 전화 | 1 |\n| a |  |\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			table.write(&out, row.markdown)
			require.Equal(t, row.want, out.String())
		})
	}
}
