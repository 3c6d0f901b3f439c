package certify

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
)

const (
	maxTries = 5
	// pause is between two tries: short, because the outage is compressed and the citizen's time is not.
	pause = 100 * time.Millisecond
	// look is how often the browser asks whether the proof is there.
	look = 150 * time.Millisecond
)

// Reasons of failed journeys.
const (
	whySite     = "site"             // the site itself did not answer in time
	whyNoOffer  = "nothing offered"  // nothing on the page to try
	whyRequest  = "request not sent" // the vendor was asked, and nothing went to the telephone
	whyNoProof  = "no proof came"    // it was sent, and what the citizen confirmed did not come back
	whyRefused  = "refused"          // for another reason than that it was not him
	whyWrong    = "another's proof"
	whyDeadline = "10 s over"
)

// citizen is one person on one visit.
type citizen struct {
	number   int
	robbed   bool // it is not he: somebody else has his telephone
	site     string
	patience time.Duration
	browser  *web.Browser
	read     *reader
	tried    map[string]bool
	reload   time.Duration // after which the site's page looks again by itself; 0: it does not
}

// journey: open the page, take the first certificate that it offers, confirm on the telephone, be accepted as oneself. When a step is dead
// or the proof does not come, go back and take what is offered next. A thief has what he must get when he is told that it is not his.
func (s *Certify) journey(ctx context.Context, side replay.Side, a schedule.Arrival) tally.Outcome {
	c := citizen{
		number: a.Citizen, robbed: robbed(a.Citizen), site: s.site[side], patience: s.config.Patience,
		browser: web.NewBrowser(s.browsers), read: s.read, tried: make(map[string]bool),
	}
	var last tally.Outcome
	for tries := 0; tries < maxTries && ctx.Err() == nil; {
		if last = c.try(ctx); last.OK || last.WrongProof {
			return last
		}
		if c.reload > 0 { // nothing to try: the page looks again by itself
			sleep(ctx, c.reload)
			continue
		}
		if tries++; tries < maxTries {
			sleep(ctx, pause)
		}
	}
	if ctx.Err() != nil {
		last.Why = whyDeadline
	}
	return last
}

func (c *citizen) try(ctx context.Context) tally.Outcome {
	failed := func(why string) tally.Outcome { return tally.Outcome{Why: why} }
	c.reload = 0
	page, err := c.open(ctx, c.patience, http.MethodGet, "/cert", nil)
	if err != nil || page.Status != http.StatusOK {
		return failed(whySite)
	}
	c.reload = c.read.reloads(page.Body)
	way := c.choose(c.read.offered(page.Body))
	if way == "" {
		return failed(whyNoOffer)
	}
	c.tried[way] = true
	page, err = c.open(ctx, c.patience, http.MethodPost, "/cert/start", url.Values{"with": {way},
		"number": {people.Number(c.number)}, "name": {people.Name(c.number)}, "birthday": {people.Birthday(c.number)}})
	switch {
	case err != nil || page.Status == http.StatusServiceUnavailable:
		return failed(whyRequest)
	case page.Location == nil:
		return failed(whyRefused)
	}
	for began := time.Now(); ; sleep(ctx, look) {
		left := c.patience - time.Since(began)
		if left <= 0 || ctx.Err() != nil {
			return failed(whyNoProof)
		}
		page, err = c.open(ctx, left, http.MethodGet, "/cert/wait", nil)
		switch {
		case err != nil:
			return failed(whyNoProof)
		case page.Status != http.StatusAccepted:
			return c.judge(page)
		}
	}
}

// judge looks at what the site said in the end.
func (c *citizen) judge(page web.Page) tally.Outcome {
	if page.Status != http.StatusOK {
		switch told := c.read.told(page.Body) == wordNotHim; {
		case told && c.robbed:
			return tally.Outcome{OK: true}
		case told || page.Status == http.StatusForbidden:
			return tally.Outcome{Why: whyRefused}
		}
		return tally.Outcome{Why: whyNoProof}
	}
	accepted, ok := c.read.whose(page.Body)
	if !ok {
		return tally.Outcome{Why: whySite}
	}
	o := tally.Outcome{OK: !c.robbed && accepted == c.number, BelowAssurance: below(page.Header.Get(web.HeaderAssurance))}
	if !o.OK {
		o.WrongProof, o.Why = true, whyWrong
	}
	if source := page.Header.Get(web.HeaderSource); source != "" {
		o.Served = []tally.Served{{Source: source, Freshness: page.Header.Get(web.HeaderFreshness)}}
	}
	return o
}

// below reports a level under the minimum; one that is not named is.
func below(level string) bool {
	for l := minimum; l <= fallback.High; l++ {
		if l.String() == level {
			return false
		}
	}
	return true
}

// open opens one page and waits for it no longer than patience.
func (c *citizen) open(ctx context.Context, patience time.Duration, method, path string, form url.Values) (web.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if method == http.MethodPost {
		return c.browser.Post(ctx, c.site+path, form)
	}
	return c.browser.Get(ctx, c.site+path)
}

// choose takes the first way not tried yet, else the first.
func (c *citizen) choose(ways []string) string {
	for _, w := range ways {
		if !c.tried[w] {
			return w
		}
	}
	if len(ways) == 0 {
		return ""
	}
	return ways[0]
}

// reader finds on the site's pages what a citizen looks for.
type reader struct{ button, refresh, citizen, problem *regexp.Regexp }

func newReader() *reader {
	return &reader{
		button:  regexp.MustCompile(`<button name="with" value="([a-z]+)"`),
		refresh: regexp.MustCompile(`http-equiv="refresh" content="(\d+)"`),
		citizen: regexp.MustCompile(`data-citizen="(\d+)"`),
		problem: regexp.MustCompile(`data-problem="([a-z]+)"`),
	}
}

func (r *reader) offered(page []byte) []string {
	var ways []string
	for _, m := range r.button.FindAllSubmatch(page, -1) {
		ways = append(ways, string(m[1]))
	}
	return ways
}

func (r *reader) reloads(page []byte) time.Duration {
	n, _ := number(r.refresh, page)
	return time.Duration(n) * time.Second
}

func (r *reader) whose(page []byte) (citizen int, ok bool) { return number(r.citizen, page) }

func (r *reader) told(page []byte) string {
	if m := r.problem.FindSubmatch(page); m != nil {
		return string(m[1])
	}
	return ""
}

func number(in *regexp.Regexp, page []byte) (int, bool) {
	m := in.FindSubmatch(page)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(string(m[1]))
	return n, err == nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
