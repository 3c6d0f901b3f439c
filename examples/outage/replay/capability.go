// Package replay plays an outage of record, compressed, against two sites at once and measures what citizens got.
//
// It knows nothing of logins or maps: a Capability brings its vendors, its part of both sites and its citizens, and everything that is
// measured is measured here, the same way for all. Adding one to the replay means adding one value to Config.Capabilities.
package replay

import (
	"context"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/fallback"
)

// Side is one of the two sites.
type Side uint8

const (
	Direct Side = iota // calls the primary, as most sites do
	Detour             // calls it through Detour
	sides
)

func (s Side) String() string {
	if s == Direct {
		return "direct"
	}
	return "detour"
}

// Role is a service that a timeline can disturb.
type Role struct {
	Name string
	// Play makes the service behave as the phase says, from now on. It must not wait.
	Play func(timeline.Phase) error
}

// Source is somebody who can answer.
type Source struct {
	Name string
	// Fate are the companies and networks without which it cannot answer; none: the site itself is enough.
	Fate []string
}

// SourceOf is a source with the fate of its upstream.
func SourceOf(name string, up *fallback.Upstream) Source {
	if up == nil {
		return Source{Name: name}
	}
	return Source{Name: name, Fate: up.Fate}
}

// Capability is one thing that citizens want of the sites.
type Capability struct {
	Name string
	// Roles are the services behind it; the first is the primary, whose outages are measured.
	Roles []Role
	// Sources are those of the Detour site, in the order in which they are asked; Name is what stands in its labels.
	Sources []Source
	// Parts are the chains and flows of the Detour site, for Check.
	Parts []fallback.Inspectable
	// Breaker guards the primary on the Detour site.
	Breaker *breaker.Breaker
	// Windows hears from the Detour site of every live answer of the primary (Served); the rest is told by the replay.
	Windows *Windows
	// Journey is one citizen's visit to one site. It ends when ctx does. Took is measured by the replay unless it is set, and what comes
	// after the limit has failed. It is called concurrently.
	Journey func(ctx context.Context, side Side, a schedule.Arrival) tally.Outcome
	// Ways is how the sources of the Detour site are now, and Words how citizens are told. It asks nobody. Nil: nothing is told.
	Ways  func(context.Context) []notice.Way
	Words notice.Words
	// Duplicates are the effects that happened twice, by Side, asked when the last journey has ended: a second message may come long after
	// the citizen has the first. A journey with one is not ok. Nil: outcomes tell.
	Duplicates func() [2]int
}

func (c Capability) names() []string {
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		names[i] = s.Name
	}
	return names
}
