package replay

import (
	"context"
	"fmt"
	"time"

	"github.com/detour-go/detour/examples/outage/notice"
)

// lookEvery is how often is looked which sources are out.
const lookEvery = 250 * time.Millisecond

// Height is the worst moment of the outage, as the Detour site knew it: the first one at which most sources were out.
type Height struct {
	At      time.Duration // on the outage's clock
	Notices []Told        // in the order of the capabilities; those with nothing to tell are left out
}

// Told is what citizens were told about one capability then.
type Told struct {
	Capability string
	Notice     notice.Notice
}

// glance is which sources were out at a moment, by capability.
type glance struct {
	at   time.Time
	ways [][]notice.Way
	out  int
}

// watch looks on until ctx ends and returns the worst glance.
func (r *run) watch(ctx context.Context) (worst glance) {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	for {
		select {
		case <-every.C:
		case <-ctx.Done():
			return worst
		}
		g := glance{at: time.Now()}
		for _, c := range r.config.Capabilities {
			var ways []notice.Way
			if c.Ways != nil {
				ways = c.Ways(ctx)
			}
			for _, w := range ways {
				if !w.Works {
					g.out++
				}
			}
			g.ways = append(g.ways, ways)
		}
		if g.out > worst.out {
			worst = g
		}
	}
}

// height writes the worst glance down, in the time of the outage.
func (r *run) height(g glance, c clock) Height {
	h := Height{At: c.at(g.at)}
	if g.out == 0 {
		return Height{}
	}
	zero := r.config.Timeline.Zero
	when := func(t time.Time) notice.Text {
		at := c.at(t)
		if zero.IsZero() { // it never happened
			return elapsed(at)
		}
		return notice.Clock(time.Time{})(zero.Add(at))
	}
	for i, one := range r.config.Capabilities {
		n := one.Words.Tell(g.ways[i], when)
		if len(n.Out) == 0 {
			continue
		}
		for o := range n.Out { // in the time of the outage
			if !n.Out[o].Since.IsZero() {
				n.Out[o].Since = zero.Add(c.at(n.Out[o].Since))
			}
		}
		h.Notices = append(h.Notices, Told{Capability: one.Name, Notice: n})
	}
	return h
}

// elapsed is a time of an outage that has no date.
func elapsed(at time.Duration) notice.Text {
	all := int(at.Round(time.Minute) / time.Minute)
	h, m := all/60, all%60
	if h == 0 {
		return notice.Text{KO: fmt.Sprintf("%d분 시점", m), EN: fmt.Sprintf("minute %d", m)}
	}
	return notice.Text{KO: fmt.Sprintf("%d시간 %d분 시점", h, m), EN: fmt.Sprintf("hour %d:%02d", h, m)}
}
