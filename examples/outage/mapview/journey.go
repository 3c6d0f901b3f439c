package mapview

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/providers/tiles"
	"github.com/detour-go/detour/providers/vendorsim"
)

// atOnce is how many requests a browser makes to one host at a time.
const atOnce = 6

// Reasons of failed journeys.
const (
	whyNoTile   = "tile missing"
	whyBadTile  = "tile not valid"
	whyOther    = "tile of another place"
	whyNoLabel  = "map without attribution"
	whyDeadline = "gave up"
)

// journey is one look at the map: 12 tiles, and all of them, or it is no map. The first tile that fails ends it.
func (m *MapView) journey(ctx context.Context, side replay.Side, a schedule.Arrival) tally.Outcome {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		mu      sync.Mutex
		outcome = tally.Outcome{OK: true}
		slots   = make(chan struct{}, atOnce)
		all     sync.WaitGroup
		browser = web.NewBrowser(m.browsers)
	)
	for _, id := range where(a.Seed) {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			defer func() { <-slots }()
			served, why := look(ctx, browser, m.site[side], id)
			mu.Lock()
			defer mu.Unlock()
			if served.Source != "" {
				outcome.Served = append(outcome.Served, served)
			}
			if why != "" && outcome.OK {
				outcome.OK, outcome.Why = false, why
				if ctx.Err() != nil {
					outcome.Why = whyDeadline
				}
				cancel()
			}
		})
	}
	all.Wait()
	if outcome.OK && ctx.Err() != nil {
		outcome.OK, outcome.Why = false, whyDeadline
	}
	return outcome
}

// where: a third of the citizens look at the city hall and what is around it, the others anywhere in the district.
func where(seed uint64) []tiles.ID {
	rnd := rand.New(rand.NewPCG(seed, 0))
	if rnd.IntN(3) == 0 {
		return view(columns/2-2+rnd.IntN(3)-1, rows/2-2+rnd.IntN(3)-1)
	}
	return view(rnd.IntN(columns-viewColumns+1), rnd.IntN(rows-viewRows+1))
}

// look fetches one tile and looks at it as a browser would have to: is it whole?
func look(ctx context.Context, b *web.Browser, site string, id tiles.ID) (served tally.Served, why string) {
	page, err := b.Get(ctx, fmt.Sprintf("%s/tiles/%s.png", site, id))
	if err != nil || page.Status != http.StatusOK {
		return served, whyNoTile
	}
	served = tally.Served{Source: page.Header.Get(web.HeaderSource), Freshness: page.Header.Get(web.HeaderFreshness)}
	attribution := page.Header.Get(web.HeaderAttribution)
	if attribution == "" {
		return served, whyNoLabel
	}
	tile := tiles.Tile{ID: id, Data: page.Body, ContentType: page.Header.Get("Content-Type"), Attribution: attribution}
	if tile.Answers(id) != nil {
		return served, whyBadTile
	}
	if _, z, x, y, told := vendorsim.IdentifyTile(page.Body); told && (tiles.ID{Z: z, X: x, Y: y}) != id {
		return served, whyOther
	}
	return served, ""
}
