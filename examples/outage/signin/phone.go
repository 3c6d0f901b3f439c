package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"math/bits"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/detour-go/detour/examples/outage/people"
	"github.com/detour-go/detour/examples/outage/web"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/phonelogin"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/phone"
	"github.com/detour-go/detour/providers/vendorsim"
)

const (
	codePage = "/login/phone"
	origin   = "outage.example" // the host of the page on which the code is entered
	// sendWithin is longer than a code takes that goes to the second vendor.
	sendWithin = 5 * time.Second
	checks     = 5
	// resendAfter is the pause between two codes to one number, which doubles; pausePlayed is how long any of them is here.
	resendAfter = time.Second
	pausePlayed = 10 * time.Millisecond
	// glance is how often a citizen looks at the telephone.
	glance = 20 * time.Millisecond
)

// newPhoneLogin makes the login by a code to the number of an account. Its limits are those of people in good times, but for what the
// replay compresses: two visits of one citizen are hours apart in the outage and a second apart here.
func newPhoneLogin(send func(context.Context, message.Message) error, counter phone.Counter) (*phonelogin.Provider, error) {
	keys := make([]byte, 64)
	if _, err := rand.Read(keys); err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	codes, err := phone.New(phone.Config{
		Send: send, Counter: compressed{counter}, Key: keys[:32], Origin: origin, Checks: checks,
		ResendAfter: resendAfter, PerNumberDay: 1000, PerHour: 100_000,
	})
	if err != nil {
		return nil, err
	}
	return phonelogin.New(phonelogin.Config{Codes: codes, Issuer: "https://" + origin, Key: keys[32:], CodePage: codePage})
}

// compressed lets the pauses between codes to one number pass at once, as the hours between two visits of a citizen do here; a code lives its
// three minutes, and what is counted by the hour and the day is counted so.
type compressed struct{ phone.Counter }

func (c compressed) Add(ctx context.Context, key string, n int64, ttl time.Duration) (int64, error) {
	if isPause(ttl) {
		ttl = pausePlayed
	}
	return c.Counter.Add(ctx, key, n, ttl)
}

// isPause knows a pause by its length: resendAfter, doubled each time. Nothing else that is counted is so long.
func isPause(ttl time.Duration) bool {
	n := uint64(ttl / resendAfter)
	return ttl%resendAfter == 0 && bits.OnesCount64(n) == 1
}

// phoneLeg is worth no more than it is, and says so. It has no breaker of its own: those of the messages guard it.
func phoneLeg(p *phonelogin.Provider, codes fallback.Inspectable) fallback.Leg[login.Request, login.Challenge, login.Reply, login.Identity] {
	l := fallback.NewLeg(Phone, p.Begin, p.Finish, &fallback.Upstream{Name: "codes", Through: codes})
	l.BeginAsks = true
	l.Assurance, l.Traits, l.Timeout, l.Tries = fallback.Low, fallback.Restricted, sendWithin, checks
	return l
}

// hint is the number that an account has registered: what a visitor types is the name of the account, never a number.
func (p *pages) hint(way, account string) string {
	if way != Phone {
		return ""
	}
	return p.phones[account]
}

var errNoCode = errors.New("signin: no code came")

// enter opens the page for the code, waits for the text and types what it says. Several can be under way to one number: what is not taken
// was another visit's.
func (c *citizen) enter(ctx context.Context, address string, pressed time.Time) (web.Page, error) {
	form, err := c.look(ctx, func(ctx context.Context) (web.Page, error) { return c.browser.Get(ctx, address) })
	state := c.read.state.FindSubmatch(form.Body)
	if err != nil || state == nil {
		return web.Page{}, errNoCode
	}
	typed := make(map[string]bool)
	for until := time.Now().Add(c.patience); time.Now().Before(until) && ctx.Err() == nil; sleep(ctx, glance) {
		for _, code := range c.read.arrived(c.phone, c.number, pressed) {
			if typed[code] {
				continue
			}
			typed[code] = true
			page, err := c.look(ctx, func(ctx context.Context) (web.Page, error) {
				return c.browser.Post(ctx, c.site+callbackPath(Phone), url.Values{"state": {html.UnescapeString(string(state[1]))}, "code": {code}})
			})
			if err != nil || page.Location != nil || !c.read.state.Match(page.Body) {
				return page, err
			}
		}
	}
	return web.Page{}, errNoCode
}

// codeOn is the form on the telephone: the last line of the text, bound to the page's origin.
func codeOn() *regexp.Regexp {
	return regexp.MustCompile(`@` + regexp.QuoteMeta(origin) + ` #(\d{6})$`)
}

// arrived are the codes that came to a citizen's telephone since then, the newest first.
func (r *reader) arrived(p *vendorsim.Phone, citizen int, since time.Time) []string {
	var codes []string
	for _, t := range slices.Backward(p.Inbox(people.Number(citizen))) {
		if t.At.Before(since) || t.Channel == vendorsim.ChannelPush {
			continue
		}
		if m := r.code.FindStringSubmatch(strings.TrimSpace(t.Text)); m != nil {
			codes = append(codes, m[1])
		}
	}
	return codes
}
