package identify

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
)

const (
	maxTries = 5
	// pause is between two tries, and between two looks of the waiting page; see pause of signin.
	pause = 100 * time.Millisecond
	// impostorEvery: beside every so manieth journey somebody tries to pass as another person.
	impostorEvery = 50
)

// Reasons of failed journeys.
const (
	whySite     = "site"
	whyNoOffer  = "nothing offered"
	whyRequest  = "not requested"   // the request did not reach the telephone
	whyCollect  = "confirmed, lost" // or could not be collected
	whyDenied   = "own proof refused"
	whyDeadline = "gave up"
)

// journey: the citizen opens the page, takes the first certificate that is offered, confirms on the telephone, and the site knows that it
// is him. Beside some journeys an impostor does the same with a victim's account and confirms as himself.
func (i *Identify) journey(ctx context.Context, side replay.Side, a schedule.Arrival) tally.Outcome {
	began := time.Now()
	var beside sync.WaitGroup
	var accepted bool
	impostor := a.N%impostorEvery == impostorEvery/2
	if impostor {
		victim := i.citizens + a.N/impostorEvery%victims
		beside.Go(func() { accepted = i.visit(ctx, side, victim).OK })
	}
	o := i.visit(ctx, side, a.Citizen)
	o.Took = time.Since(began)
	beside.Wait()
	o.Impostor, o.WrongProof = impostor, accepted
	return o
}

func (i *Identify) visit(ctx context.Context, side replay.Side, citizen int) tally.Outcome {
	c := visitor{citizen: citizen, site: i.site[side], browser: web.NewBrowser(i.browsers), button: i.button, tried: make(map[string]bool)}
	o := tally.Outcome{Why: whyDeadline}
	for range maxTries {
		if o = c.try(ctx); o.OK || o.Why == whyDenied {
			return o
		}
		if ctx.Err() != nil {
			o.Why = whyDeadline
			return o
		}
		sleep(ctx, pause)
	}
	return o
}

// visitor is one person on one visit.
type visitor struct {
	citizen int
	site    string
	browser *web.Browser
	button  *regexp.Regexp
	tried   map[string]bool
}

func (c *visitor) try(ctx context.Context) tally.Outcome {
	page, err := c.browser.Get(ctx, c.site+"/cert")
	if err != nil || page.Status != http.StatusOK {
		return tally.Outcome{Why: whySite}
	}
	way := c.choose(page.Body)
	if way == "" {
		return tally.Outcome{Why: whyNoOffer}
	}
	c.tried[way] = true
	page, err = c.browser.Post(ctx, c.site+"/cert/start", url.Values{"with": {way}, "citizen": {strconv.Itoa(c.citizen)}})
	if err != nil || page.Location == nil {
		return tally.Outcome{Why: whyRequest}
	}
	for wait := page.Location.String(); ; sleep(ctx, pause) {
		page, err = c.browser.Get(ctx, wait)
		switch {
		case err != nil:
			return tally.Outcome{Why: whyCollect}
		case page.Status == http.StatusAccepted:
			continue
		case page.Status == http.StatusForbidden:
			return tally.Outcome{Why: whyDenied}
		case page.Status != http.StatusOK:
			return tally.Outcome{Why: whyCollect}
		}
		o := tally.Outcome{OK: true, BelowAssurance: page.Header.Get(web.HeaderAssurance) != fallback.High.String()}
		if source := page.Header.Get(web.HeaderSource); source != "" {
			o.Served = []tally.Served{{Source: source, Freshness: page.Header.Get(web.HeaderFreshness)}}
		}
		return o
	}
}

// choose takes the first way not tried yet, else the first.
func (c *visitor) choose(page []byte) string {
	first := ""
	for _, m := range c.button.FindAllSubmatch(page, -1) {
		way := string(m[1])
		if !c.tried[way] {
			return way
		}
		if first == "" {
			first = way
		}
	}
	return first
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
