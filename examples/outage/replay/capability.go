// Package replay plays an outage of record, compressed, against two sites at once and measures what citizens got.
//
// It knows nothing of logins or maps: a Capability brings its vendors, its part of both sites and its citizens, and everything that is
// measured is measured here, the same way for all. Adding one to the replay means adding one value to Config.Capabilities.
package replay

import (
	"context"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
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

// Capability is one thing that citizens want of the sites.
type Capability struct {
	Name string
	// Roles are the services behind it; the first is the primary, whose outages are measured.
	Roles []Role
	// Sources are the names in the labels of the Detour site, in the order in which they are asked.
	Sources []string
	// Breaker guards the primary on the Detour site.
	Breaker *breaker.Breaker
	// Windows hears from the Detour site of every live answer of the primary (Served); the rest is told by the replay.
	Windows *Windows
	// Journey is one citizen's visit to one site. It ends when ctx does. Took is measured by the replay, and what comes after the limit
	// has failed. It is called concurrently.
	Journey func(ctx context.Context, side Side, a schedule.Arrival) tally.Outcome
}
