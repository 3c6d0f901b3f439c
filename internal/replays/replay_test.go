package replays

import (
	"slices"
	"strings"
	"testing"
)

// TestReplays plays every row and prints one table of them.
func TestReplays(t *testing.T) {
	var lines []string
	for _, r := range rows() {
		t.Run(r.name(), func(t *testing.T) { r.run(t, func(f figures) { lines = append(lines, f.String()) }) })
	}
	t.Log("\n" + heading + strings.Join(lines, "\n"))
}

// rows are all replays.
func rows() []row {
	all := slices.Concat(kakaoShort(), kakaoFire())
	for i := range all {
		if all[i].every == 0 {
			all[i].every = often
		}
	}
	return all
}
