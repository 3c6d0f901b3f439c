package certify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/cert"
)

const (
	// watchEvery bounds how long a dead certificate is offered when nobody happens to ask for it.
	watchEvery = time.Second
	// slowAfter bounds each ask of a Watch, two of which must fail: an outage that hangs is noticed within watchEvery and twice this.
	slowAfter = 900 * time.Millisecond
	// maxOpenFor is short, because no citizen is spent on finding out whether the vendor is back: the Watch asks.
	maxOpenFor = 5 * time.Second
	// askWithin is less than a citizen's patience: he shall read our page, not an empty one.
	askWithin = 2500 * time.Millisecond
	// polls is how often one ticket may be asked for: more than a browser can within the time that anybody waits here.
	polls = 100
)

// minimum is what a proof must be worth at both sites.
const minimum = fallback.High

type (
	certFlow       = fallback.Flow[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]
	certFlowConfig = fallback.FlowConfig[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]
	certLeg        = fallback.Leg[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]
)

// detour is the certificates of the site that uses Detour.
type detour struct {
	flow    *certFlow
	up      []*fallback.Upstream // of kakao, pass
	windows *replay.Windows
}

func newDetour(a adapters, w *replay.Windows) (*detour, error) {
	d := &detour{windows: w}
	if err := d.start(a); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *detour) start(a adapters) error {
	kakao, err := d.leg(Kakao, a.kakao, "Kakao", "Kakao Corp.")
	if err != nil {
		return err
	}
	pass, err := d.leg(Pass, a.pass, "PASS", "PASS (SKT, KT, LG U+)")
	if err != nil {
		return err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	tickets, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
	if err != nil {
		return err
	}
	d.flow, err = fallback.NewFlow(certFlowConfig{
		Name: "cert", Legs: []certLeg{kakao, pass},
		Valid: cert.Subject.Validate, Join: cert.Reply.Resume, Match: cert.Match,
		Min: minimum, Require: fallback.PersonVerified, Keys: [][]byte{key}, Tickets: tickets,
	})
	return err
}

// leg guards one certificate. Both share the fate of Linkhub, and say so.
func (d *detour) leg(name string, a adapter, fate, company string) (certLeg, error) {
	guard, err := breaker.New(breaker.Config{Name: name, Watch: a.Watch, WatchEvery: watchEvery, SlowAfter: slowAfter, MaxOpenFor: maxOpenFor})
	if err != nil {
		return certLeg{}, err
	}
	up := &fallback.Upstream{Name: name, Breaker: guard, Fate: []string{fate, "Linkhub"}, Recipient: fallback.Recipient{Company: company, Country: "KR"}}
	d.up = append(d.up, up)
	l := fallback.NewLeg(name, a.Request, a.Collect, up)
	l.Assurance, l.Traits, l.Tries, l.Timeout = fallback.High, fallback.Signature|fallback.PersonVerified, polls, askWithin
	return l, nil
}

func (d *detour) Offers(ctx context.Context) []fallback.Offer { return d.flow.Offers(ctx) }

func (d *detour) Begin(ctx context.Context, way string, q cert.Subject) (string, error) {
	b, err := d.flow.Begin(ctx, way, q)
	return b.Ticket, err
}

func (d *detour) Finish(ctx context.Context, ticket string) (fallback.Result[cert.Proof], error) {
	res, err := d.flow.Finish(ctx, ticket, cert.Reply{})
	switch {
	case err == nil && res.Source == Kakao:
		d.windows.Served(time.Now())
	case errors.Is(err, fallback.ErrMismatch):
		err = errors.Join(errNotHim, err)
	}
	return res, err
}

// Close ends the flow and the watching of those that were made.
func (d *detour) Close() error {
	var errs []error
	if d.flow != nil {
		errs = append(errs, d.flow.Close())
	}
	for _, up := range d.up {
		errs = append(errs, up.Breaker.Close())
	}
	return errors.Join(errs...)
}

var _ backend = (*detour)(nil)
