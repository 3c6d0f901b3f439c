package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/login"
)

// backend is what the login pages stand on: the only thing in which the two sites differ.
type backend interface {
	Offers(context.Context) []fallback.Offer
	// Begin returns where to send the browser and the ticket that it must bring back.
	Begin(ctx context.Context, way string, q login.Request) (to, ticket string, err error)
	Finish(ctx context.Context, ticket string, r login.Reply) (fallback.Result[login.Identity], error)
}

// maxBegun bounds the logins that a direct site remembers between the steps.
const maxBegun = 20_000

// direct is how most sites do it: one vendor, its button always there.
type direct struct {
	kakao login.Provider

	mu    sync.Mutex
	begun map[string]login.Challenge
	order []string
}

func newDirect(kakao login.Provider) *direct {
	return &direct{kakao: kakao, begun: make(map[string]login.Challenge)}
}

func (d *direct) Offers(context.Context) []fallback.Offer {
	return []fallback.Offer{{Source: Kakao, Available: true, Admitted: 1, Assurance: fallback.Low}}
}

func (d *direct) Begin(ctx context.Context, _ string, q login.Request) (to, ticket string, err error) {
	c, err := d.kakao.Begin(ctx, q)
	if err != nil {
		return "", "", err
	}
	ticket = rand.Text()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.order) == maxBegun {
		delete(d.begun, d.order[0])
		d.order = d.order[1:]
	}
	d.begun[ticket] = c
	d.order = append(d.order, ticket)
	return c.URL, ticket, nil
}

func (d *direct) Finish(ctx context.Context, ticket string, r login.Reply) (fallback.Result[login.Identity], error) {
	d.mu.Lock()
	c, ok := d.begun[ticket]
	delete(d.begun, ticket)
	d.mu.Unlock()
	if !ok {
		return fallback.Result[login.Identity]{}, errors.New("signin: no such login")
	}
	id, err := d.kakao.Finish(ctx, r.Resume(c))
	if err == nil {
		err = login.Match(login.Request{}, id)
	}
	if err != nil {
		return fallback.Result[login.Identity]{}, err
	}
	return fallback.Result[login.Identity]{Value: id, Assurance: fallback.Low}, nil
}

var _ backend = (*direct)(nil)
