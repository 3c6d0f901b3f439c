package replay

import (
	"context"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
)

// Tick is how it goes, once a second.
type Tick struct {
	Elapsed time.Duration // real
	At      time.Duration // on the outage's clock
	Now     []Serving
}

// Serving is how one capability goes.
type Serving struct {
	Name    string
	Primary timeline.Phase
	Breaker breaker.State
	// Direct and Detour are the journeys that ended in the last second.
	Direct, Detour tally.Summary
}

func (r *run) tick(ctx context.Context, c clock) {
	if r.config.Progress == nil {
		return
	}
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
		now := time.Now()
		t := Tick{Elapsed: now.Sub(r.start), At: min(c.at(now), r.config.Timeline.To)}
		for i, one := range r.config.Capabilities {
			t.Now = append(t.Now, Serving{
				Name: one.Name, Primary: r.config.Timeline.Now(one.Roles[0].Name, t.At), Breaker: one.Breaker.Snapshot().State,
				Direct: r.tallies[i][Direct].Recent(), Detour: r.tallies[i][Detour].Recent(),
			})
		}
		r.config.Progress(t)
	}
}
