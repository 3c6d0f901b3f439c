package lookup

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/providers/vendorsim"
)

// Reasons of failed journeys.
const (
	whyNone     = "no address"
	whyOther    = "not his address"
	whyDeadline = "gave up"
)

// journey is one look-up in a form: the citizen types his address in one of the ways people do, and has what he came for when his own
// address is offered in its full form with its postcode.
func (l *Lookup) journey(ctx context.Context, side replay.Side, a schedule.Arrival) tally.Outcome {
	home, typed := l.types(a.Seed)
	page, err := web.NewBrowser(l.browsers).Post(ctx, l.site[side]+"/address", url.Values{"text": {typed}})
	switch {
	case ctx.Err() != nil:
		return tally.Outcome{Why: whyDeadline}
	case err != nil || page.Status != http.StatusOK:
		return tally.Outcome{Why: whyNone}
	}
	var o tally.Outcome
	if source := page.Header.Get(web.HeaderSource); source != "" {
		o.Served = []tally.Served{{Source: source, Freshness: page.Header.Get(web.HeaderFreshness)}}
	}
	var offered []line
	if json.Unmarshal(page.Body, &offered) == nil {
		for _, one := range offered {
			o.OK = o.OK || one == line{Road: home.RoadAddress(), Postcode: home.Zone}
		}
	}
	if !o.OK {
		o.Why = whyOther
	}
	return o
}

// types returns a citizen's home and how he writes it: whole, with the short name of the city, without the city, or by its lot.
func (l *Lookup) types(seed uint64) (home vendorsim.SimAddress, text string) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	home = l.homes[rnd.IntN(len(l.homes))]
	road := home.RoadAddress()
	switch rnd.IntN(4) {
	case 0:
		return home, home.ShortSido + strings.TrimPrefix(road, home.Sido)
	case 1:
		return home, strings.TrimPrefix(road, home.Sido+" ")
	case 2:
		return home, home.LotAddress()
	}
	return home, road
}
