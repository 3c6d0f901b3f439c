package message

import (
	"context"
	"errors"
	"time"

	"github.com/detour-go/detour/providers"
)

// DeliverConfig says how long [Deliver] looks after a message. Zero or negative: the default.
type DeliverConfig struct {
	// Poll is the pause between two questions; default 2 s.
	Poll time.Duration
	// Wait is how long the fate is asked for, from the end of Send; default 30 s.
	Wait time.Duration
	// Timeout bounds each single ask, Send included; default 5 s.
	Timeout time.Duration
	// Settle is how long after a lost answer the vendor's "no such message" is
	// believed: a request that we gave up may still be on its way inside. Default
	// 5 s; more than Wait means never.
	Settle time.Duration
	// Again decides whether a message of unknown fate counts as not sent, so that
	// the next source sends it too and the citizen may get it twice. Nil: never.
	// A code is harmless twice as long as it is the same code:
	//
	//	Again: func(m message.Message) bool { return m.OTP }
	Again func(Message) bool
}

func (c DeliverConfig) withDefaults() DeliverConfig {
	for _, d := range []struct {
		at    *time.Duration
		value time.Duration
	}{{&c.Poll, 2 * time.Second}, {&c.Wait, 30 * time.Second}, {&c.Timeout, 5 * time.Second}, {&c.Settle, 5 * time.Second}} {
		if *d.at <= 0 {
			*d.at = d.value
		}
	}
	return c
}

// Longest is how long a call may take at most. The Timeout of the source must be
// longer, and so must the SlowAfter of its breaker: waiting for a delivery is no
// hang of the vendor.
func (c DeliverConfig) Longest() time.Duration {
	c = c.withDefaults()
	return 2*c.Timeout + c.Wait
}

// Deliver makes a source of a sender for which an answer means arrived: it sends
// once and asks the tracker until the message has
//
//   - arrived: the receipt, with State Delivered;
//   - surely failed: an error of the kind that the tracker gives, which says
//     NotSent, so that the next source may try; not NotSent when the sender is a
//     [Resender], which owns the fall-back;
//   - neither within Wait: an error of class unavailable that does not say NotSent
//     ([DeliverConfig.Again] aside).
//
// When the answer of Send got lost and the sender is a [Finder], the vendor is
// asked by our own key first. An error of Send that is certain is returned as it is.
// The function keeps nothing between calls and is safe for concurrent use.
func Deliver(s Sender, t Tracker, cfg DeliverConfig) func(context.Context, Message) (Receipt, error) {
	d := &deliverer{sender: s, tracker: t, cfg: cfg.withDefaults()}
	d.finder, _ = s.(Finder)
	if r, ok := s.(Resender); ok {
		d.resends = r.Resends()
	}
	return d.deliver
}

// deliverer is what one Deliver was given.
type deliverer struct {
	sender  Sender
	tracker Tracker
	finder  Finder // nil: it is none
	resends bool
	cfg     DeliverConfig
}

func (d *deliverer) deliver(ctx context.Context, m Message) (Receipt, error) {
	if err := m.Validate(); err != nil {
		return Receipt{}, err
	}
	if d.sender == nil || d.tracker == nil {
		return Receipt{}, &providers.Error{Provider: "message", Op: opDeliver, Kind: providers.Refused, Unsent: true, Err: errNobody}
	}
	r, err := d.send(ctx, m)
	over, stop := context.WithTimeout(ctx, d.cfg.Wait)
	defer stop()
	if err != nil {
		if certain(err) {
			return Receipt{}, err
		}
		if r, err = d.find(over, m, err); err != nil {
			return Receipt{}, err
		}
	}
	return d.follow(over, m, r)
}

// certain reports an error after which nothing is to be looked for.
func certain(err error) bool {
	if notSent(err) {
		return true
	}
	var class interface{ Class() string }
	if !errors.As(err, &class) {
		return false
	}
	switch class.Class() {
	case providers.Invalid.String(), providers.Denied.String(), providers.NotFound.String():
		return true
	}
	return false
}

func (d *deliverer) send(ctx context.Context, m Message) (Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	defer cancel()
	r, err := d.sender.Send(ctx, m)
	if err == nil {
		err = r.Answers(m)
	}
	return r, err
}

// find asks by our own key for a message whose answer got lost.
func (d *deliverer) find(ctx context.Context, m Message, lost error) (Receipt, error) {
	if d.finder == nil {
		return Receipt{}, d.unknown(m, lost)
	}
	since := time.Now()
	for d.pause(ctx) {
		r, found, err := d.ask(ctx, m)
		switch {
		case err != nil:
		case found:
			return r, nil
		case time.Since(since) >= d.cfg.Settle:
			return Receipt{}, absent(lost)
		}
	}
	return Receipt{}, d.unknown(m, lost)
}

func (d *deliverer) ask(ctx context.Context, m Message) (Receipt, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	defer cancel()
	r, found, err := d.finder.Find(ctx, m)
	if err == nil && found {
		err = r.Answers(m)
	}
	return r, found, err
}

// follow asks until the fate of an accepted message is known.
func (d *deliverer) follow(ctx context.Context, m Message, r Receipt) (Receipt, error) {
	var last error
	for d.pause(ctx) {
		is, err := d.status(ctx, r)
		if err != nil {
			last = err // notfound too: a list may lag behind
			continue
		}
		switch is.State {
		case Delivered:
			r.State = Delivered
			return r, nil
		case Failed:
			return Receipt{}, &providers.Error{Provider: r.Provider, Op: opDeliver, Kind: is.Kind, Code: is.Code, Unsent: !d.resends, Err: errFailed}
		case Lost:
			return Receipt{}, d.unknown(m, &providers.Error{Provider: r.Provider, Op: opDeliver, Code: is.Code, Err: errLost})
		}
		last = nil
	}
	if last == nil {
		last = &providers.Error{Provider: r.Provider, Op: opDeliver, Err: errWait}
	}
	return Receipt{}, d.unknown(m, last)
}

func (d *deliverer) status(ctx context.Context, r Receipt) (Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	defer cancel()
	return d.tracker.Status(ctx, r)
}

// pause waits for the next question; false: there is none any more.
func (d *deliverer) pause(ctx context.Context) bool {
	t := time.NewTimer(d.cfg.Poll)
	defer t.Stop()
	select {
	case <-t.C:
		end, ends := ctx.Deadline()
		return ctx.Err() == nil && !(ends && !time.Now().Before(end)) // a context learns of its end a little late
	case <-ctx.Done():
		return false
	}
}

// unknown is the error of a message that may have arrived. It keeps the kind of
// what it rests on if that is a fault; an answer, such as "no such message", is
// none to the question whether it arrived.
func (d *deliverer) unknown(m Message, why error) error {
	e := &providers.Error{Provider: "message", Op: opDeliver, Err: errUnknown}
	var is *providers.Error
	if errors.As(why, &is) {
		e.Provider, e.Code, e.Err = is.Provider, is.Code, unknown{is.Err}
		if is.Kind <= providers.Security {
			e.Kind, e.After = is.Kind, is.After
		}
	}
	e.Unsent = d.cfg.Again != nil && !d.resends && d.cfg.Again(m)
	return e
}

// unknown keeps the cause reachable behind the verdict.
type unknown struct{ cause error }

func (u unknown) Error() string {
	if u.cause == nil {
		return errUnknown.Error()
	}
	return errUnknown.Error() + ": " + u.cause.Error()
}

func (u unknown) Unwrap() error { return u.cause }

// absent is a lost answer of a message that the vendor surely does not have.
func absent(lost error) error {
	e := providers.Error{Provider: "message", Op: opDeliver, Err: errAbsent}
	var is *providers.Error
	if errors.As(lost, &is) {
		e = *is
	}
	e.Unsent = true
	return &e
}

const opDeliver = "deliver"

var (
	errNobody  = errors.New("no sender or no tracker")
	errFailed  = errors.New("not delivered")
	errLost    = errors.New("nobody knows")
	errWait    = errors.New("no word in time")
	errUnknown = errors.New("fate unknown")
	errAbsent  = errors.New("the vendor does not have it")
)
