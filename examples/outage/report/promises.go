package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/timeline"
)

// What the example promises.
const (
	LoginAvailability = 0.99
	TilesAvailability = 0.999
	// DirectLogin is what the direct login stays below in the default timeline: else nothing was rehearsed.
	DirectLogin = 0.7
	LoginOpen   = 3 * time.Second
	// KeptUp is how late arrivals may come (p99). On a machine that does not keep up, pages take seconds on both sites, and who is slow enough
	// waits the outage out.
	KeptUp = 250 * time.Millisecond
)

// Broken returns the promises that did not hold, one sentence each. That the breaker opens is promised for timelines that take the login
// away from everybody; that the direct site suffers, for those that do so for a third of their time, played so slowly that nobody waits
// the outage out in one visit, on a machine that kept up.
func Broken(r Report) []string {
	dead, longest := deadFor(r.Timeline, "login.primary")
	played := time.Duration(float64(longest) / float64(r.Timeline.Span()) * float64(r.Over))
	suffers := 3*dead >= r.Timeline.Span() && played >= replay.JourneyLimit && r.Lag.P99 <= KeptUp
	var broken []string
	wrong := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
	if r.Interrupted {
		wrong("the replay was interrupted")
	}
	for _, f := range r.Capabilities {
		if f.Detour.Requests < r.Planned || f.Direct.Requests < r.Planned {
			wrong("%s: %d and %d of %d journeys were counted", f.Name, f.Direct.Requests, f.Detour.Requests, r.Planned)
		}
		if n := f.Direct.WrongAccount + f.Detour.WrongAccount; n > 0 {
			wrong("%s: %d wrong accounts", f.Name, n)
		}
		if f.Detour.Below > 0 {
			wrong("%s: %d below assurance", f.Name, f.Detour.Below)
		}
		if f.Detour.Duplicate > 0 {
			wrong("%s: %d duplicates", f.Name, f.Detour.Duplicate)
		}
		least := TilesAvailability
		if f.Name == "login" {
			least = LoginAvailability
			if suffers && f.Direct.Availability >= DirectLogin {
				wrong("login: the direct site reached %.4f: the outage was none", f.Direct.Availability)
			}
			if m := f.Measured; dead > 0 && (m.Open.Worst == replay.Never || m.Open.Worst > LoginOpen) {
				wrong("login: the breaker opened after %s, not within %v", orNever(m.Open.Worst), LoginOpen)
			}
		}
		if f.Detour.Availability < least {
			wrong("%s: %.4f available with Detour, not %.3f", f.Name, f.Detour.Availability, least)
		}
	}
	return broken
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
