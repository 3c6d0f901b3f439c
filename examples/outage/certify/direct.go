package certify

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/cert"
)

// backend is what the pages stand on: the only thing in which the two sites differ.
type backend interface {
	Offers(context.Context) []fallback.Offer
	// Begin sends the request to the telephone and returns the ticket that the browser must bring back.
	Begin(ctx context.Context, way string, q cert.Subject) (ticket string, err error)
	// Finish gives the proof; the error is cert.ErrPending while the citizen has not answered, and errNotHim for somebody else's proof.
	Finish(ctx context.Context, ticket string) (fallback.Result[cert.Proof], error)
}

var (
	errNotHim   = errors.New("certify: the proof of another person")
	errNoTicket = errors.New("certify: no such request")
)

// maxBegun bounds the requests that a direct site remembers between the steps.
const maxBegun = 20_000

type request struct {
	claim  cert.Subject
	ticket cert.Ticket
}

// direct is how most sites do it: one certificate, its button always there. It compares the proof with the claim, as careful sites do.
type direct struct {
	kakao cert.Provider

	mu    sync.Mutex
	begun map[string]request
	order []string
}

func newDirect(kakao cert.Provider) *direct {
	return &direct{kakao: kakao, begun: make(map[string]request)}
}

func (d *direct) Offers(context.Context) []fallback.Offer {
	return []fallback.Offer{{Source: Kakao, Available: true, Admitted: 1, Assurance: fallback.High}}
}

func (d *direct) Begin(ctx context.Context, _ string, q cert.Subject) (string, error) {
	t, err := d.kakao.Request(ctx, q)
	if err != nil {
		return "", err
	}
	id := rand.Text()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.order) == maxBegun {
		delete(d.begun, d.order[0])
		d.order = d.order[1:]
	}
	d.begun[id] = request{claim: q, ticket: t}
	d.order = append(d.order, id)
	return id, nil
}

func (d *direct) Finish(ctx context.Context, ticket string) (fallback.Result[cert.Proof], error) {
	d.mu.Lock()
	r, ok := d.begun[ticket]
	d.mu.Unlock()
	if !ok {
		return fallback.Result[cert.Proof]{}, errNoTicket
	}
	p, err := d.kakao.Collect(ctx, cert.Reply{Ticket: r.ticket})
	if err != nil {
		return fallback.Result[cert.Proof]{}, err
	}
	d.mu.Lock()
	delete(d.begun, ticket)
	d.mu.Unlock()
	if err := cert.Match(r.claim, p); err != nil {
		return fallback.Result[cert.Proof]{}, errors.Join(errNotHim, err)
	}
	return fallback.Result[cert.Proof]{Value: p, Assurance: fallback.High}, nil
}

var _ backend = (*direct)(nil)
