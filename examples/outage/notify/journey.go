package notify

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/web"
)

// Reasons of failed journeys.
const (
	whyNotSent  = "not sent"        // the site said so
	whyNothing  = "nothing arrived" // the site said it was sent
	whyUnknown  = "fate unknown"    // the site said that nobody knows
	whyDeadline = "gave up"         // the site said nothing
)

// glances at the telephone: often at first, then now and then.
const (
	glance     = 20 * time.Millisecond
	lateGlance = 200 * time.Millisecond
	soon       = time.Second
)

// journey: the citizen hands something in and waits for the receipt. He has it when it is on his telephone.
func (n *Notify) journey(ctx context.Context, side replay.Side, a schedule.Arrival) tally.Outcome {
	began := time.Now()
	said := make(chan answer, 1)
	go func() {
		page, err := web.NewBrowser(n.browsers).Post(ctx, n.site[side]+"/receipt", url.Values{
			"citizen": {strconv.Itoa(a.Citizen)}, "number": {strconv.Itoa(a.N)}})
		said <- answer{page: page, err: err}
	}()

	var o tally.Outcome
	var site answer
	heard := said // nil when the site has answered
	for key := keyOf(side, a.N); !o.OK && !site.gaveUp(); {
		if o.OK = n.phone.Deliveries(key) > 0; o.OK {
			o.Took = time.Since(began)
			break
		}
		every := glance
		if time.Since(began) > soon {
			every = lateGlance
		}
		select {
		case site = <-heard:
			heard = nil
			continue
		case <-time.After(every):
			continue
		case <-ctx.Done():
		}
		break
	}
	if heard != nil {
		site = <-said // it ends when ctx does
	}
	if source := site.page.Header.Get(web.HeaderSource); source != "" {
		o.Served = []tally.Served{{Source: source, Freshness: site.page.Header.Get(web.HeaderFreshness)}}
	}
	if !o.OK {
		o.Why = site.why()
	}
	return o
}

// answer is what the site said; the zero value: nothing yet.
type answer struct {
	page web.Page
	err  error
}

// gaveUp reports that the site said it is not sent: then nobody waits for it.
func (a answer) gaveUp() bool { return a.err != nil || a.page.Status >= http.StatusBadRequest }

func (a answer) why() string {
	switch {
	case a.err != nil:
		return whyDeadline
	case a.page.Status == http.StatusNoContent:
		return whyNothing
	case a.page.Status == http.StatusAccepted:
		return whyUnknown
	}
	return whyNotSent
}
