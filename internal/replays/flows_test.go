package replays

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	think      = 20 * time.Second // a citizen is at the vendor's page, or at his telephone, for so long
	patience   = 15 * time.Second // before an empty page
	stepWithin = 2500 * time.Millisecond
	enough     = 3 * time.Second // Offers show an outage no later
)

type (
	claim     struct{ Account string } // whose account it is to be
	challenge struct{ URL string }
	reply     struct{ Code string } // whose it is
	proof     struct{ Account string }
	loginFlow = fallback.Flow[claim, challenge, reply, proof]
)

// pageWorks reports whether the vendor's own page works, to which a citizen is
// sent. What fails for a share of the calls is what stands behind it.
func (v *vendor) pageWorks() bool { return !v.now().total() }

// request sends a request to a citizen's telephone.
func (v *vendor) request(ctx context.Context, _ claim) (challenge, error) {
	return challenge{v.name}, v.plain(v.answer(ctx, &v.calls, nil))
}

// redirect asks nobody.
func (v *vendor) redirect(context.Context, claim) (challenge, error) { return challenge{v.name}, nil }

// redeem tells who holds the code, or who confirmed.
func (v *vendor) redeem(ctx context.Context, r reply) (proof, error) {
	text, err := v.answer(ctx, &v.calls, nil)
	if text == other {
		r.Code = other
	}
	return proof{r.Code}, v.plain(text, err)
}

func (*vendor) plain(text string, err error) error {
	if err == nil && text == page {
		return errors.New("not what was asked for")
	}
	return err
}

// flows is a site where citizens sign in, or prove who they are.
type flows struct {
	trials bool                            // nobody probes or watches: Begins and Finishes are used as trials
	asks   bool                            // Begin asks the vendor (a certificate); else it sends the citizen to a page, and the first vendor is watched every second
	levels map[string]fallback.Assurance   // of a vendor; none: Low
	high   func(n int) bool                // who needs a proof of level High; nil: nobody
	holds  func(n int, vendor string) bool // who has an account or a certificate there; nil: everybody, of all
	night  func(*stage)                    // what the operator does; nil: nothing
}

func (o flows) level(vendor string) fallback.Assurance { return max(o.levels[vendor], fallback.Low) }

func (o flows) has(n int, vendor string) bool { return o.holds == nil || o.holds(n, vendor) }

func (o flows) needs(n int) fallback.Assurance {
	if o.high != nil && o.high(n) {
		return fallback.High
	}
	return fallback.Low
}

func key(n byte) []byte {
	k := bytes.Repeat([]byte{n}, 32)
	k[0] = ^n
	return k
}

// site is a flow over the row's providers.
func (o flows) site(s *stage) site {
	tickets, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
	require.NoError(s.t, err)
	cfg := fallback.FlowConfig[claim, challenge, reply, proof]{
		Name: s.row.capability, Min: fallback.Low, Keys: [][]byte{key(1)}, Tickets: tickets, TTL: time.Minute,
		Match: func(q claim, a proof) error {
			if q.Account != a.Account {
				return errors.New("another account")
			}
			return nil
		},
	}
	for i, name := range s.row.providers {
		v, c, begin := s.vendors[name], breaker.Config{}, s.vendors[name].redirect
		switch {
		case o.asks:
			begin = v.request
			if len(v.phases) > 0 && i == 0 && !o.trials {
				c.Probe = v.probe
			}
		case i == 0:
			// OpenFor is held only when it opens again soon, for the Watch asks: it is
			// what makes the choice of a citizen stable while the vendor is not.
			c.Watch, c.WatchEvery, c.OpenFor, c.MaxOpenFor = v.probe, time.Second, 30*time.Second, 2*time.Minute
		}
		leg := fallback.NewLeg(name, begin, v.redeem, &fallback.Upstream{Name: name, Breaker: s.guard(name, c)})
		leg.Assurance, leg.BeginAsks, leg.Timeout = o.level(name), o.asks, stepWithin
		cfg.Legs = append(cfg.Legs, leg)
	}
	flow, err := fallback.NewFlow(cfg)
	require.NoError(s.t, err)
	if o.night != nil {
		s.night.Go(func() { o.night(s) })
	}
	return site{
		part:   flow,
		direct: func(n int) bool { return !o.has(n, s.row.providers[0]) || s.signsIn(o, fmt.Sprint(n)) },
		detour: func(n int) served { return s.citizen(o, flow, n) },
	}
}

// signsIn is a citizen of a site that has this vendor's button alone.
func (s *stage) signsIn(o flows, account string) bool {
	within := func(f func(context.Context) error) bool {
		ctx, cancel := context.WithTimeout(context.Background(), stepWithin)
		defer cancel()
		return f(ctx) == nil
	}
	began := s.direct.pageWorks()
	if o.asks {
		began = within(func(ctx context.Context) error { _, err := s.direct.request(ctx, claim{}); return err })
	}
	if !began {
		return false
	}
	time.Sleep(think)
	var a proof
	ok := within(func(ctx context.Context) (err error) { a, err = s.direct.redeem(ctx, reply{account}); return err })
	return ok && a.Account == account
}

// citizen takes the first way that is offered, and when that leads nowhere goes
// back once and takes another.
func (s *stage) citizen(o flows, f *loginFlow, n int) served {
	tried := ""
	for try := range 2 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		ok := s.through(ctx, o, f, n, &tried)
		cancel()
		if ok {
			return served{true, try == 0}
		}
		if tried == "" {
			break
		}
	}
	return served{}
}

func (s *stage) through(ctx context.Context, o flows, f *loginFlow, n int, tried *string) bool {
	account, level := fmt.Sprint(n), o.needs(n)
	ctx = fallback.WithSession(fallback.WithMin(ctx, level), account)
	offers := f.Offers(ctx)
	s.offersTell(o, offers, level)
	chosen := slices.IndexFunc(offers, func(x fallback.Offer) bool {
		return x.Available && x.Source != *tried && o.has(n, x.Source)
	})
	if chosen < 0 {
		s.nothingWeaker(ctx, o, f, level)
		return false
	}
	*tried = offers[chosen].Source
	b, err := f.Begin(ctx, *tried, claim{account})
	if err != nil {
		var e *fallback.Error
		if assert.ErrorAs(s.t, err, &e) && assert.Len(s.t, e.Failed, 1) {
			assert.True(s.t, e.Kind.Fault(), "%v", err)
		}
		return false
	}
	if !o.asks && !s.vendors[*tried].pageWorks() {
		time.Sleep(patience)
		return false
	}
	time.Sleep(think)
	r, err := f.Finish(ctx, b.Ticket, reply{account})
	if err != nil {
		s.restarts(err)
		return false
	}
	assert.Equal(s.t, account, r.Value.Account, "nobody is signed in as another")
	assert.GreaterOrEqual(s.t, r.Assurance, level, "never below what was asked for")
	assert.Equal(s.t, b.Source, r.Source)
	return true
}

// restarts: who could not finish is told to begin anew, and why.
func (s *stage) restarts(err error) {
	assert.ErrorIs(s.t, err, fallback.ErrRestart)
	var e *fallback.Error
	if assert.ErrorAs(s.t, err, &e) && assert.Len(s.t, e.Failed, 1) {
		assert.NotEmpty(s.t, e.Failed[0].String())
		assert.LessOrEqual(s.t, e.Failed[0].Attempts, 1, "asked once")
	}
}

// nothingWeaker: who finds no way of the level that is needed gets no weaker one by asking for it.
func (s *stage) nothingWeaker(ctx context.Context, o flows, f *loginFlow, level fallback.Assurance) {
	for _, name := range s.row.providers {
		if o.level(name) < level {
			_, err := f.Begin(ctx, name, claim{})
			assert.ErrorIs(s.t, err, fallback.ErrInvalid, "%s", name)
		}
	}
}

// offersTell: from row.noticed after the beginning of an outage to its end the
// dead vendor is not offered, and it is said why and since when.
func (s *stage) offersTell(o flows, offers []fallback.Offer, level fallback.Assurance) {
	lasted, down := s.outage(s.now())
	dead := slices.IndexFunc(offers, func(x fallback.Offer) bool { return x.Source == s.row.providers[0] })
	assert.Equal(s.t, o.level(s.row.providers[0]) >= level, dead >= 0)
	for _, x := range offers {
		assert.GreaterOrEqual(s.t, x.Assurance, level)
	}
	within := max(s.row.noticed, s.row.offered)
	if !down || lasted < within || dead < 0 {
		return
	}
	x := offers[dead]
	if assert.False(s.t, x.Available, "offered %v after the beginning of an outage", lasted) {
		assert.NotEmpty(s.t, x.Why)
		assert.LessOrEqual(s.t, x.Since, s.zero.Add(s.now()-lasted+within), "since the beginning")
	}
}
