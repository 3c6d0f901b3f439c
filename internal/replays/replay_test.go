package replays

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// long is a replay that takes the race detector minutes.
const long = 12 * time.Hour

// TestReplays plays every row and prints one table of them.
func TestReplays(t *testing.T) {
	var lines []string
	for _, r := range rows() {
		t.Run(r.name(), func(t *testing.T) {
			if underRace && r.to-r.from > long {
				t.Skipf("%v are played without the race detector only, which would take minutes; shorter ones do the same with it", r.to-r.from)
			}
			r.run(t, func(f figures) { lines = append(lines, f.String()) })
		})
	}
	t.Log("\n" + heading + strings.Join(lines, "\n"))
}

// rows are all replays.
func rows() []row {
	all := slices.Concat(kakaoShort(), kakaoFire(), naver(), clouds(), state())
	for i := range all {
		if all[i].every == 0 {
			all[i].every = often
		}
	}
	return all
}
