package fallback_test

import (
	"strings"
	"testing"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestDrillReportNamesTheBusiestFirst: whoever answered most of the calls.
func TestDrillReportNamesTheBusiestFirst(t *testing.T) {
	c, s := warming(t, func(cfg *config) { cfg.Warm = 0 })
	d := drill(t, c, nil)
	for i := range 5 {
		if i == 1 {
			s[1].fails(dead)
		}
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
	}
	require.Equal(t, []fallback.DrillSource{{Name: "c", Calls: 4}, {Name: "b", Calls: 1}}, d.Report().Sources)
}

// TestDrillTakesTheGreatestNumbers that it says it takes.
func TestDrillTakesTheGreatestNumbers(t *testing.T) {
	c, _ := warming(t, func(cfg *config) { cfg.Warm = 0 })
	d := drill(t, c, func(d *fallback.Drill) {
		d.For, d.MinCalls, d.Guard, d.By, d.Reason = fallback.MaxDrill, 100, 1, strings.Repeat("k", 256), strings.Repeat("r", 256)
	})
	require.Equal(t, fallback.MaxDrill, d.Report().Until.Sub(d.Report().Began))
}
