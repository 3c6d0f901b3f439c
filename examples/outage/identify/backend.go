package identify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/cert"
)

const (
	// watchEvery and slowAfter: that a vendor is dead is known before a citizen waits for a request that never comes.
	watchEvery = time.Second
	slowAfter  = 900 * time.Millisecond
	maxOpenFor = 5 * time.Second
	within     = 2500 * time.Millisecond
	// polls is how often one request may be asked after.
	polls = 100
	// minimum is what a proof must be worth at both sites.
	minimum = fallback.High
)

// backend is what the pages stand on: the only thing in which the two sites differ.
type backend interface {
	Offers(context.Context) []fallback.Offer
	Begin(ctx context.Context, way string, s cert.Subject) (ticket string, err error)
	// Finish is cert.ErrPending while the citizen has not answered.
	Finish(ctx context.Context, ticket string) (fallback.Result[cert.Proof], error)
	// Cancel is for the citizen who goes back: what is confirmed later counts for nothing.
	Cancel(ctx context.Context, ticket string) error
}

type certFlow = fallback.Flow[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]

// detour is the site that uses Detour: two certificates, one flow.
type detour struct {
	flow    *certFlow
	guards  []*breaker.Breaker // of kakao, pass
	sources []replay.Source
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
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	tickets, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
	if err != nil {
		return err
	}
	kakao, err := d.leg(Kakao, a.kakao, "Kakao Corp.", "Kakao", "Linkhub")
	if err != nil {
		return err
	}
	pass, err := d.leg(Pass, a.pass, "SK Telecom, KT, LG U+", "mobile carriers", "Linkhub")
	if err != nil {
		return err
	}
	d.flow, err = fallback.NewFlow(fallback.FlowConfig[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]{
		Name:  "cert",
		Legs:  []fallback.Leg[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]{kakao, pass},
		Valid: cert.Subject.Validate, Join: cert.Reply.Resume, Match: cert.Match,
		Min: minimum, Keys: [][]byte{key}, Tickets: tickets,
	})
	return err
}

type provider interface {
	cert.Provider
	cert.Watcher
}

func (d *detour) leg(name string, p provider, company string, fate ...string) (fallback.Leg[cert.Subject, cert.Ticket, cert.Reply, cert.Proof], error) {
	guard, err := breaker.New(breaker.Config{Name: name, Watch: p.Watch, WatchEvery: watchEvery, SlowAfter: slowAfter, MaxOpenFor: maxOpenFor})
	if err != nil {
		return fallback.Leg[cert.Subject, cert.Ticket, cert.Reply, cert.Proof]{}, err
	}
	d.guards = append(d.guards, guard)
	up := &fallback.Upstream{Name: name + " certificate", Breaker: guard, Fate: fate, Recipient: fallback.Recipient{Company: company, Country: "KR"}}
	d.sources = append(d.sources, replay.SourceOf(name, up))
	l := fallback.NewLeg(name, p.Request, p.Collect, up)
	l.Assurance, l.Timeout, l.Tries, l.BeginAsks = fallback.High, within, polls, true
	return l, nil
}

func (d *detour) Offers(ctx context.Context) []fallback.Offer { return d.flow.Offers(ctx) }

func (d *detour) Begin(ctx context.Context, way string, s cert.Subject) (string, error) {
	b, err := d.flow.Begin(ctx, way, s)
	return b.Ticket, err
}

func (d *detour) Finish(ctx context.Context, ticket string) (fallback.Result[cert.Proof], error) {
	res, err := d.flow.Finish(ctx, ticket, cert.Reply{})
	if err == nil && res.Source == Kakao {
		d.windows.Served(time.Now())
	}
	return res, err
}

func (d *detour) Cancel(ctx context.Context, ticket string) error { return d.flow.Cancel(ctx, ticket) }

// Close ends the flow and the watching. It may be called on a half-started one.
func (d *detour) Close() error {
	var errs []error
	if d.flow != nil {
		errs = append(errs, d.flow.Close())
	}
	for _, g := range d.guards {
		errs = append(errs, g.Close())
	}
	return errors.Join(errs...)
}

// maxBegun bounds the requests that a direct site remembers.
const maxBegun = 20_000

// direct is how most sites do it: one certificate, its button always there. It compares who confirmed with who was asked: not all do.
type direct struct {
	kakao cert.Provider

	mu    sync.Mutex
	begun map[string]request
	order []string
}

type request struct {
	subject cert.Subject
	ticket  cert.Ticket
}

func newDirect(kakao cert.Provider) *direct {
	return &direct{kakao: kakao, begun: make(map[string]request)}
}

func (d *direct) Offers(context.Context) []fallback.Offer {
	return []fallback.Offer{{Source: Kakao, Available: true, Admitted: 1, Assurance: fallback.High}}
}

func (d *direct) Begin(ctx context.Context, _ string, s cert.Subject) (string, error) {
	t, err := d.kakao.Request(ctx, s)
	if err != nil {
		return "", err
	}
	name := rand.Text()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.order) == maxBegun {
		delete(d.begun, d.order[0])
		d.order = d.order[1:]
	}
	d.begun[name] = request{subject: s, ticket: t}
	d.order = append(d.order, name)
	return name, nil
}

func (d *direct) Finish(ctx context.Context, name string) (fallback.Result[cert.Proof], error) {
	d.mu.Lock()
	r, ok := d.begun[name]
	d.mu.Unlock()
	if !ok {
		return fallback.Result[cert.Proof]{}, errors.New("identify: no such request")
	}
	p, err := d.kakao.Collect(ctx, cert.Reply{}.Resume(r.ticket))
	if err == nil {
		err = cert.Match(r.subject, p)
	}
	if err != nil {
		return fallback.Result[cert.Proof]{}, err
	}
	return fallback.Result[cert.Proof]{Value: p, Assurance: fallback.High}, nil
}

func (d *direct) Cancel(_ context.Context, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.begun, name)
	return nil
}

var (
	_ backend = (*detour)(nil)
	_ backend = (*direct)(nil)
)
