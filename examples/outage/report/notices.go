package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
)

// notices is what citizens were told at the height of the outage.
type notices struct {
	At  string `json:"at"` // on the outage's clock, as 1h30m; empty: nothing was ever out
	All []told `json:"all"`
}

type told struct {
	Capability string   `json:"capability"`
	Out        []out    `json:"out"`
	Use        []string `json:"use"` // what works instead, in the order in which it is offered
	KO         string   `json:"ko"`
	EN         string   `json:"en"`
}

type out struct {
	Source string `json:"source"`
	Since  string `json:"since"` // RFC 3339, in the time of the outage; empty: not known, or it never happened
}

func noticesOf(r replay.Result) notices {
	n := notices{All: []told{}}
	if len(r.Height.Notices) > 0 {
		n.At = Clock(r.Height.At)
	}
	for _, one := range r.Height.Notices {
		t := told{Capability: one.Capability, Out: []out{}, Use: append([]string{}, one.Notice.Use...), KO: one.Notice.Text.KO, EN: one.Notice.Text.EN}
		for _, w := range one.Notice.Out {
			o := out{Source: w.Name}
			if !w.Since.IsZero() && !r.Timeline.Zero.IsZero() {
				o.Since = w.Since.In(r.Timeline.Zero.Location()).Format(time.RFC3339)
			}
			t.Out = append(t.Out, o)
		}
		n.All = append(n.All, t)
	}
	return n
}

// told writes what citizens were told, after the table.
func writeNotices(b *strings.Builder, h replay.Height) {
	if len(h.Notices) == 0 {
		return
	}
	fmt.Fprintf(b, "\nWHAT CITIZENS WERE TOLD at the height of the outage, %s (times as the site noticed, on the outage's clock)\n", Clock(h.At))
	for _, one := range h.Notices {
		fmt.Fprintf(b, "  %-10s %s\n  %-10s %s\n", one.Capability, one.Notice.Text.KO, "", one.Notice.Text.EN)
	}
}
