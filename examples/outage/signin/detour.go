package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/phonelogin"
	"github.com/detour-go/detour/providers/message"
)

const (
	// watchEvery bounds how long a dead authorise page is not noticed: the site sends citizens there and hears nothing of what they see.
	watchEvery = time.Second
	// slowAfter bounds each ask of a Watch, two of which must fail: an outage that hangs is noticed within watchEvery and twice this.
	slowAfter = 900 * time.Millisecond
	// maxOpenFor is short, because no citizen is spent on finding out whether the vendor is back: the Watch asks.
	maxOpenFor = 5 * time.Second
	// finishWithin is less than a citizen's patience: he shall read our page, not an empty one.
	finishWithin = 2500 * time.Millisecond
)

// minimum is what an identity must be worth at both sites.
const minimum = fallback.Low

type loginFlow = fallback.Flow[login.Request, login.Challenge, login.Reply, login.Identity]

// detour is the login of the site that uses Detour.
type detour struct {
	flow    *loginFlow
	phone   *phonelogin.Provider
	guards  *guards
	windows *replay.Windows
}

// guards are the breakers of the vendors.
type guards struct{ kakao, naver *breaker.Breaker }

// newGuard is the breaker of one vendor.
func newGuard(name string, w login.Watcher) (*breaker.Breaker, error) {
	return breaker.New(breaker.Config{Name: name, Watch: w.Watch, WatchEvery: watchEvery, SlowAfter: slowAfter, MaxOpenFor: maxOpenFor})
}

func newDetour(a adapters, send func(context.Context, message.Message) error, codes fallback.Inspectable, w *replay.Windows) (*detour, error) {
	kakao, errKakao := newGuard(Kakao, a.kakao)
	naver, errNaver := newGuard(Naver, a.naver)
	d := &detour{guards: &guards{kakao: kakao, naver: naver}, windows: w}
	if err := errors.Join(errKakao, errNaver); err != nil {
		return nil, errors.Join(err, d.guards.Close())
	}
	if err := d.start(a, send, codes); err != nil {
		return nil, errors.Join(err, d.guards.Close())
	}
	return d, nil
}

func (d *detour) start(a adapters, send func(context.Context, message.Message) error, codes fallback.Inspectable) error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	tickets, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
	if err != nil {
		return err
	}
	if d.phone, err = newPhoneLogin(send, tickets); err != nil {
		return err
	}
	kakao := fallback.NewLeg(Kakao, a.kakao.Begin, a.kakao.Finish, &fallback.Upstream{
		Name: "kakao login", Breaker: d.guards.kakao, Fate: []string{"Kakao"}, Recipient: fallback.Recipient{Company: "Kakao Corp.", Country: "KR"}})
	naver := fallback.NewLeg(Naver, a.naver.Begin, a.naver.Finish, &fallback.Upstream{
		Name: "naver login", Breaker: d.guards.naver, Fate: []string{"NAVER"}, Recipient: fallback.Recipient{Company: "NAVER Corp.", Country: "KR"}})
	kakao.Assurance, naver.Assurance = fallback.Low, fallback.Low
	kakao.Timeout, naver.Timeout = finishWithin, finishWithin
	d.flow, err = fallback.NewFlow(fallback.FlowConfig[login.Request, login.Challenge, login.Reply, login.Identity]{
		Name:  "login",
		Legs:  []fallback.Leg[login.Request, login.Challenge, login.Reply, login.Identity]{kakao, naver, phoneLeg(d.phone, codes)},
		Valid: login.Request.Validate, Join: login.Reply.Resume, Match: login.Match,
		Min: minimum, Keys: [][]byte{key}, Tickets: tickets,
	})
	return err
}

func (d *detour) Offers(ctx context.Context) []fallback.Offer { return d.flow.Offers(ctx) }

func (d *detour) Begin(ctx context.Context, way string, q login.Request) (to, ticket string, err error) {
	b, err := d.flow.Begin(ctx, way, q)
	return b.Challenge.URL, b.Ticket, err
}

func (d *detour) Finish(ctx context.Context, ticket string, r login.Reply) (fallback.Result[login.Identity], error) {
	res, err := d.flow.Finish(ctx, ticket, r)
	if err == nil && res.Source == Kakao {
		d.windows.Served(time.Now())
	}
	return res, err
}

// Close ends the flow and the watching.
func (d *detour) Close() error { return errors.Join(d.flow.Close(), d.guards.Close()) }

// Close ends the watching of those that were made.
func (g *guards) Close() error {
	var errs []error
	for _, b := range []*breaker.Breaker{g.kakao, g.naver} {
		if b != nil {
			errs = append(errs, b.Close())
		}
	}
	return errors.Join(errs...)
}

var _ backend = (*detour)(nil)
