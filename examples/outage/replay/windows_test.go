package replay_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/examples/outage/replay"
)

func TestWindows(t *testing.T) {
	start := time.Date(2022, 10, 15, 15, 30, 0, 0, time.UTC)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	never := replay.Spread{Worst: replay.Never, Median: replay.Never}

	for name, c := range map[string]struct {
		play func(w *replay.Windows)
		want replay.Measured
	}{
		"no outage": {func(w *replay.Windows) { w.Opened(at(1), "watch"); w.Served(at(2)); w.Up(at(3)) },
			replay.Measured{Open: never, Back: never}},
		"one, whole": {func(w *replay.Windows) {
			w.Served(at(0)) // before the outage: says nothing
			w.Down(at(1000), false)
			w.Opened(at(1700), "watch")
			w.Opened(at(2500), "faults") // a later opening is not the one that noticed it
			w.Served(at(2600))           // a share of the calls still works
			w.Up(at(9000))
			w.Served(at(10200))
			w.Served(at(10300))
		}, replay.Measured{Windows: 1, Why: []string{"watch"}, Open: replay.Spread{Worst: ms(700), Median: ms(700)}, Back: replay.Spread{Worst: ms(1200), Median: ms(1200)}}},
		"phases of one window": {func(w *replay.Windows) {
			w.Down(at(0), false)
			w.Down(at(500), true) // from refuse to hang: the same window
			w.Opened(at(800), "watch")
			w.Up(at(900))
			w.Up(at(950))
			w.Served(at(1000))
		}, replay.Measured{Windows: 1, Why: []string{"watch"}, Open: replay.Spread{Worst: ms(800), Median: ms(800)}, Back: replay.Spread{Worst: ms(100), Median: ms(100)}}},
		"not over": {func(w *replay.Windows) { w.Down(at(0), false); w.Opened(at(10), "watch"); w.Served(at(20)) },
			replay.Measured{Windows: 1, Why: []string{"watch"}, Open: replay.Spread{Worst: ms(10), Median: ms(10)}, Back: never}},
		"never noticed, never back": {func(w *replay.Windows) { w.Down(at(0), false); w.Up(at(100)); w.Opened(at(110), "watch") },
			replay.Measured{Windows: 1, Open: replay.Spread{Worst: replay.Never, Median: replay.Never, Missed: 1},
				Back: replay.Spread{Worst: replay.Never, Median: replay.Never, Missed: 1}}},
		"worst and median of three": {func(w *replay.Windows) {
			for i, d := range []int{300, 100, 900} {
				w.Down(at(10_000*i), false)
				w.Opened(at(10_000*i+d), "watch")
				w.Up(at(10_000*i + 5000))
				if i > 0 {
					w.Served(at(10_000*i + 5000 + d))
				}
			}
		}, replay.Measured{Windows: 3, Why: []string{"watch"}, Open: replay.Spread{Worst: ms(900), Median: ms(300)},
			Back: replay.Spread{Worst: replay.Never, Median: ms(900), Missed: 1}}},
		"dead again before it was closed": {func(w *replay.Windows) {
			w.Down(at(0), false)
			w.Opened(at(100), "watch")
			w.Up(at(200))
			w.Down(at(300), true)
			w.Up(at(400))
			w.Served(at(500))
		}, replay.Measured{Windows: 2, Why: []string{"watch"}, Open: replay.Spread{Worst: ms(100), Median: 0},
			Back: replay.Spread{Worst: replay.Never, Median: ms(100), Missed: 1}}},
		"an event of before": {func(w *replay.Windows) { w.Down(at(100), false); w.Opened(at(99), "watch") },
			replay.Measured{Windows: 1, Open: replay.Spread{Worst: replay.Never, Median: replay.Never, Missed: 1}, Back: never}},
	} {
		t.Run(name, func(t *testing.T) {
			var w replay.Windows
			c.play(&w)
			assert.Equal(t, c.want, w.Measured())
		})
	}
}
