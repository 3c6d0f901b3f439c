package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/vendorsim"
)

const (
	// maxTries: people told of four or five before they gave up.
	maxTries = 5
	// pause is between two tries. Real people take longer, but the outage around them is not compressed: longer pauses would let them wait
	// out whole hours of it within one visit.
	pause = 100 * time.Millisecond
)

// Reasons of failed journeys.
const (
	whyVendorPage = "vendor's page"     // dead, slow or an error
	whyCallback   = "vendor after page" // the citizen came back, the site could not finish
	whySite       = "site"              // the site itself did not answer
	whyNoOffer    = "nothing offered"
	whyNotLinked  = tally.NotLinked
	whyNoCode     = "no code came"
	whyWrong      = "wrong account"
	whyDeadline   = "gave up"
)

// citizen is one person on one visit.
type citizen struct {
	number   int
	linked   bool // he registered his telephone
	phone    *vendorsim.Phone
	site     string
	patience time.Duration
	browser  *web.Browser
	read     *reader
	vendor   *http.Client
	useless  map[string]bool // ways that the site said are not linked
	tried    map[string]bool
	reload   time.Duration // after which the site's page looks again by itself; 0: it does not
}

// journey: open the site's page, take the first way it offers, agree on the vendor's page, come back, be signed in to one's own account.
// When a page is dead or slow the citizen goes back to the site and takes what is offered next.
func (s *SignIn) journey(ctx context.Context, side replay.Side, a schedule.Arrival) tally.Outcome {
	c := citizen{
		number: a.Citizen, linked: linked(a.Citizen, s.config.Linked), phone: s.config.Phone, site: s.site[side], patience: s.config.Patience,
		browser: web.NewBrowser(s.browsers), read: s.read, vendor: &http.Client{Transport: s.browsers},
		useless: make(map[string]bool), tried: make(map[string]bool),
	}
	var last tally.Outcome
	for tries := 0; tries < maxTries && ctx.Err() == nil; {
		if last = c.try(ctx); last.OK || last.WrongAccount {
			return last
		}
		if c.reload > 0 { // nothing to try: the page looks again by itself, or he does
			sleep(ctx, c.reload)
			continue
		}
		if tries++; tries < maxTries {
			sleep(ctx, pause)
		}
	}
	switch {
	case len(c.useless) > 0 && !c.linked:
		last.Why = whyNotLinked // what another way would have spared him
	case ctx.Err() != nil:
		last.Why = whyDeadline
	}
	return last
}

func (c *citizen) try(ctx context.Context) tally.Outcome {
	failed := func(why string) tally.Outcome { return tally.Outcome{Why: why} }
	c.reload = 0
	page, err := c.look(ctx, func(ctx context.Context) (web.Page, error) { return c.browser.Get(ctx, c.site+"/login") })
	if err != nil || page.Status != http.StatusOK {
		return failed(whySite)
	}
	c.reload = c.read.reloads(page.Body)
	way := c.choose(c.read.offered(page.Body))
	if way == "" {
		if c.reload == 0 && len(c.useless) == 0 {
			c.reload = time.Second // all that is left is for others: he looks again by himself
		}
		return failed(whyNoOffer)
	}
	c.reload = 0
	c.tried[way] = true
	pressed := time.Now()
	page, err = c.look(ctx, func(ctx context.Context) (web.Page, error) {
		return c.browser.Post(ctx, c.site+"/login/start", url.Values{"with": {way}, "account": {strconv.Itoa(c.number)}})
	})
	if err != nil {
		return failed(whySite)
	}
	if page.Location == nil {
		return failed(whyNoOffer) // it was offered, and is gone by now
	}
	if way == Phone {
		page, err = c.enter(ctx, page.Location.String(), pressed)
		if errors.Is(err, errNoCode) {
			return failed(whyNoCode)
		}
	} else {
		back, errPage := c.agree(ctx, page.Location.String(), way)
		if errPage != nil {
			return failed(whyVendorPage)
		}
		page, err = c.look(ctx, func(ctx context.Context) (web.Page, error) { return c.browser.Get(ctx, back.String()) })
	}
	switch {
	case err != nil || page.Location == nil && page.Status == http.StatusServiceUnavailable:
		return failed(whyCallback)
	case page.Location == nil:
		c.useless[way] = true
		return failed(whyNotLinked)
	}
	label := page.Header
	me, err := c.look(ctx, func(ctx context.Context) (web.Page, error) { return c.browser.Get(ctx, page.Location.String()) })
	account, ok := c.read.whose(me.Body)
	if err != nil || me.Status != http.StatusOK || !ok {
		return failed(whySite)
	}
	return c.judge(account, label)
}

// judge compares the account with the citizen's own.
func (c *citizen) judge(account int, label http.Header) tally.Outcome {
	o := tally.Outcome{OK: account == c.number, BelowAssurance: below(label.Get(web.HeaderAssurance))}
	if !o.OK {
		o.WrongAccount, o.Why = true, whyWrong
	}
	if source := label.Get(web.HeaderSource); source != "" {
		o.Served = []tally.Served{{Source: source, Freshness: label.Get(web.HeaderFreshness)}}
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

// look opens one page and waits for it no longer than patience.
func (c *citizen) look(ctx context.Context, open func(context.Context) (web.Page, error)) (web.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	return open(ctx)
}

// agree is the vendor's part: its page, the citizen's own account there, and the way back.
func (c *citizen) agree(ctx context.Context, address, way string) (*url.URL, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	id := kakaoID(c.number)
	if way == Naver {
		id = naverID(c.number)
	}
	return vendorsim.Consent(ctx, c.vendor, address, id, true)
}

// choose takes the first way not tried yet, else the first that is not known to be useless.
func (c *citizen) choose(ways []string) string {
	first := ""
	for _, w := range ways {
		switch {
		case c.useless[w], w == Phone && !c.linked: // he knows that he has no number there
		case !c.tried[w]:
			return w
		case first == "":
			first = w
		}
	}
	return first
}

// reader finds on the site's pages what a citizen looks for.
type reader struct{ button, refresh, account, state, code *regexp.Regexp }

func newReader() *reader {
	return &reader{
		button:  regexp.MustCompile(`<button name="with" value="([a-z]+)"`),
		refresh: regexp.MustCompile(`http-equiv="refresh" content="(\d+)"`),
		account: regexp.MustCompile(`data-account="(\d+)"`),
		state:   regexp.MustCompile(`name="state" value="([^"]*)"`),
		code:    codeOn(),
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
	m := r.refresh.FindSubmatch(page)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

func (r *reader) whose(page []byte) (account int, ok bool) {
	m := r.account.FindSubmatch(page)
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
