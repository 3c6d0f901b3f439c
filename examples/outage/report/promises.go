package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
)

// KeptUp is how late arrivals may come (p99). On a machine that does not keep up, pages take seconds on both sites: who is slow enough waits
// the outage out, and who is slower still gets nothing done at all.
const KeptUp = 250 * time.Millisecond

// ownLoad is the share of the machine from which on nobody else can be blamed for late arrivals.
const ownLoad = 0.8

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

// Verdict is whether the promises held.
type Verdict struct {
	Broken []string // one sentence each
	// NotJudged is why times and availabilities say nothing about Detour; empty: they were judged. Harm is always judged.
	NotJudged string
}

// Judge looks at every promise. That the breaker opens is promised for timelines that take the primary away from everybody; that the primary
// serves again, for those that give it back; that the direct site suffers, for those that keep it away for a third of their time, played so
// slowly that nobody waits the outage out in one visit. Of a machine that others kept busy none of it is asked, nor that citizens were
// served: only that nobody was harmed.
func Judge(r Report) Verdict {
	v := Verdict{NotJudged: r.disturbed()}
	if r.Interrupted {
		v.Broken = append(v.Broken, "the replay was interrupted")
	}
	for _, f := range r.Capabilities {
		wrong := func(format string, args ...any) {
			v.Broken = append(v.Broken, f.Name+": "+fmt.Sprintf(format, args...))
		}
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
		if v.NotJudged == "" {
			r.served(f, wrong)
		}
	}
	return v
}

// served judges what needs a machine that keeps up.
func (r Report) served(f replay.Found, wrong func(format string, args ...any)) {
	p := Promises()[f.Name]
	dead, longest := deadFor(r.Timeline, f.Name+".primary")
	if r.suffers(dead, longest) && p.Direct > 0 && f.Direct.Availability >= p.Direct {
		wrong("the direct site reached %.4f: the outage was none", f.Direct.Availability)
	}
	if m := f.Measured; dead > 0 && p.Open > 0 && (m.Open.Worst == replay.Never || m.Open.Worst > p.Open) {
		wrong("the breaker opened after %s, not within %v", orNever(m.Open.Worst), p.Open)
	}
	if b := f.Measured.Back; b.Missed > 0 && b.Median == replay.Never { // after one of several short outages there may be no time for it
		wrong("the primary was well again and did not serve")
	}
	if a := promised(f.Detour); a < p.Least {
		wrong("%.4f available with Detour, not %.3f", a, p.Least)
	}
}

// promised is the availability for those to whom it is promised: not to who has linked nothing else in good times.
func promised(s tally.Summary) float64 {
	helpless := 0
	for _, f := range s.Failures {
		if f.Name == tally.NotLinked {
			helpless = f.Count
		}
	}
	if helpless == 0 {
		return s.Availability
	}
	if s.Requests == helpless {
		return 1
	}
	return float64(s.OK) / float64(s.Requests-helpless)
}

// disturbed says why times tell nothing; empty: they do. A replay that is late of its own doing has no excuse.
func (r Report) disturbed() string {
	if r.Lag.P99 <= KeptUp || r.Lag.Own >= ownLoad {
		return ""
	}
	return fmt.Sprintf("the machine was busy with something else: arrivals came late by %s (p99) while this program had %s of it", seconds(r.Lag.P99), own(r.Lag))
}

// suffers reports whether an outage of that length must show on the direct site.
func (r Report) suffers(dead, longest time.Duration) bool {
	played := time.Duration(float64(longest) / float64(r.Timeline.Span()) * float64(r.Over))
	return 3*dead >= r.Timeline.Span() && played >= r.Limit
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
