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
	think    = 20 * time.Second // a citizen is at the vendor's page for so long
	patience = 15 * time.Second // before an empty page
	enough   = 3 * time.Second  // Offers show an outage no later
)

type (
	claim     struct{ Account string } // whose account it is to be
	challenge struct{ URL string }
	reply     struct{ Code string } // whose it is
	proof     struct{ Account string }
	loginFlow = fallback.Flow[claim, challenge, reply, proof]
	loginLeg  = fallback.Leg[claim, challenge, reply, proof]
)

// page reports whether the vendor's own page works, to which a citizen is sent.
// What fails for a share of the calls is what stands behind it.
func (v *vendor) pageWorks() bool { return !v.now().total() }

// redeem tells who holds the code.
func (v *vendor) redeem(ctx context.Context, r reply) (proof, error) {
	switch text, err := v.answer(ctx, &v.calls); {
	case err != nil:
		return proof{}, err
	case text == page:
		return proof{}, errors.New("not what was asked for")
	case text == other:
		return proof{other}, nil
	}
	return proof{r.Code}, nil
}

// leg is a vendor to whose page citizens are sent: Begin asks nobody.
func (v *vendor) leg(up *fallback.Upstream) loginLeg {
	l := fallback.NewLeg(v.name,
		func(context.Context, claim) (challenge, error) {
			return challenge{"https://" + v.name + ".example"}, nil
		}, v.redeem, up)
	l.Assurance = fallback.Low
	l.Timeout = 2500 * time.Millisecond
	return l
}

func key(n byte) []byte {
	k := bytes.Repeat([]byte{n}, 32)
	k[0] = ^n
	return k
}

// loginSite is a login with three ways in, the dead one first. Its vendor is
// watched every second.
func loginSite(s *stage) site {
	tickets, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
	require.NoError(s.t, err)
	cfg := fallback.FlowConfig[claim, challenge, reply, proof]{
		Name: "login", Min: fallback.Low, Keys: [][]byte{key(1)}, Tickets: tickets, TTL: time.Minute,
		Match: func(q claim, a proof) error {
			if q.Account != a.Account {
				return errors.New("another account")
			}
			return nil
		},
	}
	for i, name := range s.row.providers {
		v, c := s.vendors[name], breaker.Config{}
		if i == 0 {
			c.Watch, c.WatchEvery = v.probe, time.Second
		}
		cfg.Legs = append(cfg.Legs, v.leg(&fallback.Upstream{Name: name, Breaker: s.guard(name, c)}))
	}
	flow, err := fallback.NewFlow(cfg)
	require.NoError(s.t, err)
	return site{
		direct: func(n int) bool { return s.direct.signsIn(fmt.Sprint(n)) },
		detour: func(n int) served { return s.citizen(flow, fmt.Sprint(n)) },
		close: func() {
			require.NoError(s.t, flow.Close())
			for _, b := range s.guards {
				require.NoError(s.t, b.Close())
			}
		},
	}
}

// signsIn is a citizen of a site with this vendor's button alone.
func (v *vendor) signsIn(account string) bool {
	if !v.pageWorks() {
		return false
	}
	time.Sleep(think)
	ctx, cancel := context.WithTimeout(context.Background(), 2500*time.Millisecond)
	defer cancel()
	a, err := v.redeem(ctx, reply{account})
	return err == nil && a.Account == account
}

// citizen takes the first way that is offered, and when that leads nowhere goes
// back once and takes another.
func (s *stage) citizen(f *loginFlow, account string) served {
	tried := ""
	for try := range 2 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		if s.through(ctx, f, account, &tried) {
			cancel()
			return served{true, try == 0}
		}
		cancel()
	}
	return served{}
}

func (s *stage) through(ctx context.Context, f *loginFlow, account string, tried *string) bool {
	offers := f.Offers(ctx)
	s.offersTell(offers)
	chosen := slices.IndexFunc(offers, func(o fallback.Offer) bool { return o.Available && o.Source != *tried })
	if chosen < 0 {
		return false
	}
	*tried = offers[chosen].Source
	ctx = fallback.WithSession(ctx, account)
	b, err := f.Begin(ctx, *tried, claim{account})
	if err != nil {
		assert.True(s.t, errors.Is(err, fallback.ErrUnavailable), "%v", err)
		return false
	}
	if !s.vendors[*tried].pageWorks() {
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
	assert.GreaterOrEqual(s.t, r.Assurance, fallback.Low)
	assert.Equal(s.t, b.Source, r.Source)
	return true
}

// restarts: who could not finish is told to begin anew, and why.
func (s *stage) restarts(err error) {
	assert.ErrorIs(s.t, err, fallback.ErrRestart)
	var e *fallback.Error
	if assert.ErrorAs(s.t, err, &e) && assert.Len(s.t, e.Failed, 1) {
		assert.NotEmpty(s.t, e.Failed[0].String())
		assert.Equal(s.t, 1, e.Failed[0].Attempts, "asked once")
	}
}

// offersTell: from three seconds after the beginning of an outage to its end
// the dead vendor is not offered, and it is said why and since when.
func (s *stage) offersTell(offers []fallback.Offer) {
	assert.Equal(s.t, len(s.row.providers), len(offers))
	lasted, down := s.outage(s.now())
	if !down || lasted < enough {
		return
	}
	o := offers[0]
	if !assert.False(s.t, o.Available, "offered %v after the beginning of an outage", lasted) {
		return
	}
	assert.NotEmpty(s.t, o.Why)
	assert.False(s.t, o.Since.IsZero())
	assert.LessOrEqual(s.t, o.Since, s.zero.Add(s.now()-lasted+enough), "since the beginning")
	assert.True(s.t, offers[1].Available, "another way is offered")
}
