package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/timeline"
)

// KeptUp is how late arrivals may come (p99). On a machine that does not keep up, pages take seconds on both sites, and who is slow enough
// waits the outage out.
const KeptUp = 250 * time.Millisecond

// Promise is what the example promises of one capability.
type Promise struct {
	Least  float64       // availability with Detour
	Direct float64       // what the direct site stays below in the default timeline: else nothing was rehearsed
	Open   time.Duration // in which the breaker of the primary opens; 0: not promised
}

// Promises are those of the capabilities; one that is not among them promises nothing but that no harm is done.
func Promises() map[string]Promise {
	return map[string]Promise{
		"login":   {Least: 0.99, Direct: 0.7, Open: 3 * time.Second},
		"tiles":   {Least: 0.999, Direct: 0.85},
		"address": {Least: 0.999, Direct: 0.85},
		"cert":    {Least: 0.99, Direct: 0.85},
		"message": {Least: 0.99, Direct: 0.85},
	}
}

// Broken returns the promises that did not hold, one sentence each. That the breaker opens is promised for timelines that take the primary
// away from everybody; that the direct site suffers, for those that do so for a third of their time, played so slowly that nobody waits
// the outage out in one visit, on a machine that kept up.
func Broken(r Report) []string {
	var broken []string
	if r.Interrupted {
		broken = append(broken, "the replay was interrupted")
	}
	for _, f := range r.Capabilities {
		wrong := func(format string, args ...any) { broken = append(broken, f.Name+": "+fmt.Sprintf(format, args...)) }
		if f.Detour.Requests < r.Planned || f.Direct.Requests < r.Planned {
			wrong("%d and %d of %d journeys were counted", f.Direct.Requests, f.Detour.Requests, r.Planned)
		}
		for _, harm := range []struct {
			n    int
			what string
		}{
			{f.Direct.WrongAccount + f.Detour.WrongAccount, "wrong accounts"},
			{f.Detour.WrongProof, "proofs of another person accepted"},
			{f.Detour.Below, "below assurance"},
			{f.Detour.Duplicate, "duplicates"},
		} {
			if harm.n > 0 {
				wrong("%d %s", harm.n, harm.what)
			}
		}
		p := Promises()[f.Name]
		dead, longest := deadFor(r.Timeline, f.Name+".primary")
		if r.suffers(dead, longest) && p.Direct > 0 && f.Direct.Availability >= p.Direct {
			wrong("the direct site reached %.4f: the outage was none", f.Direct.Availability)
		}
		if m := f.Measured; dead > 0 && p.Open > 0 && (m.Open.Worst == replay.Never || m.Open.Worst > p.Open) {
			wrong("the breaker opened after %s, not within %v", orNever(m.Open.Worst), p.Open)
		}
		if f.Detour.Availability < p.Least {
			wrong("%.4f available with Detour, not %.3f", f.Detour.Availability, p.Least)
		}
	}
	return broken
}

// suffers reports whether an outage of that length must show on the direct site.
func (r Report) suffers(dead, longest time.Duration) bool {
	played := time.Duration(float64(longest) / float64(r.Timeline.Span()) * float64(r.Over))
	return 3*dead >= r.Timeline.Span() && played >= replay.JourneyLimit && r.Lag.P99 <= KeptUp
}

// deadFor is how long a role answers nobody, in all and at a stretch.
func deadFor(t timeline.Timeline, role string) (all, longest time.Duration) {
	var since time.Duration
	was := false
	for _, p := range append(slices.Clone(t.Phases), timeline.Phase{At: t.To, Role: role, Mode: timeline.OK}) {
		if p.Role != role {
			continue
		}
		dead := !p.Well() && p.Mode != timeline.Slow && p.Share == 1 && p.ShareTo == 1
		switch {
		case dead && !was:
			since = p.At
		case was && !dead:
			all += p.At - since
			longest = max(longest, p.At-since)
		}
		was = dead
	}
	return all, longest
}
