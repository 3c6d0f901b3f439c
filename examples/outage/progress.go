package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/report"
	"github.com/detour-go/detour/examples/outage/tally"
)

// progress writes a plain line per second, on a terminal too: what was a moment ago stays to be read.
func progress(w io.Writer) func(replay.Tick) {
	return func(t replay.Tick) { fmt.Fprintln(w, line(t)) }
}

// line is one second: the time, and per capability how its primary is and who serves.
//
//	12 s  11h30m | login fail, open: naver 100.0 % ok 44/44, direct 0/43 | tiles ...
func line(t replay.Tick) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%3.0f s %7s", t.Elapsed.Seconds(), report.Clock(t.At))
	for _, n := range t.Now {
		fmt.Fprintf(&b, " | %s %s", n.Name, n.Primary.Mode)
		if n.Primary.Share < 1 {
			fmt.Fprintf(&b, " %.0f %%", 100*n.Primary.Share)
		}
		if n.Breaker != breaker.Closed {
			fmt.Fprintf(&b, " (%s)", n.Breaker)
		}
		fmt.Fprintf(&b, ": %s ok %d/%d, direct %d/%d", serving(n.Detour), n.Detour.OK, n.Detour.Requests, n.Direct.OK, n.Direct.Requests)
	}
	return b.String()
}

// serving names who answers on the Detour site.
func serving(s tally.Summary) string {
	var parts []string
	for _, from := range s.Sources {
		if from.Count > 0 {
			parts = append(parts, fmt.Sprintf("%s %.0f %%", from.Name, 100*from.Share))
		}
	}
	for _, f := range s.Freshness {
		if f.Name != tally.Live && f.Count > 0 {
			parts = append(parts, fmt.Sprintf("(%s %.0f %%)", f.Name, 100*f.Share))
		}
	}
	if len(parts) == 0 {
		return "nobody"
	}
	return strings.Join(parts, " ")
}
