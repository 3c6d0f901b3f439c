package phone

import (
	"context"
	"crypto/rand"
	"strconv"
	"time"

	"github.com/detour-go/detour/providers"
)

// Begin sends a new code. Before that the request is checked, the site's hooks
// are asked and the limits are counted, in this order.
//
// When Send fails with an error of a fault class that does not say NotSent, nobody
// knows whether the message left: the challenge stands, with Unsure set, and a code
// that arrives is good. After any other error nothing arrives: the challenge is
// gone and the error, with the class of Send's, is returned.
//
// Codes of an earlier challenge to the same number stay good until they expire,
// each for its own challenge: else a stranger could end a citizen's.
func (c *Codes) Begin(ctx context.Context, q Request) (Challenge, error) {
	if err := q.Validate(); err != nil {
		return Challenge{}, err
	}
	number, err := Normalize(q.Number)
	if err != nil {
		return Challenge{}, err
	}
	ch := Challenge{ID: rand.Text(), Number: number, Purpose: q.Purpose, Locale: language(q.Locale)}
	if q.Session != "" {
		ch.Session = c.tag("visitor", q.Session)
	}
	t, err := c.allow(ctx, ch)
	if err != nil {
		return Challenge{}, err
	}
	ch.Expires = time.Now().Add(c.cfg.TTL).Round(0).UTC()
	if n, err := c.add(ctx, c.opened(ch), 1, c.cfg.TTL); err != nil || n != 1 {
		c.giveBack(ctx, t)
		return Challenge{}, uncounted("begin", err)
	}
	ch, err = c.send(ctx, ch, t)
	if err != nil {
		// Best effort: the code was sent to nobody.
		_, _ = c.add(context.WithoutCancel(ctx), c.opened(ch), -1, c.cfg.TTL)
		return Challenge{}, err
	}
	return ch, nil
}

// Resend sends the code of a challenge again: the same one, and no longer good
// than before. It is subject to all limits. A code that is used, spent, or about
// to expire (a sixth of its TTL) is not sent: Denied, begin anew. After another
// error the challenge is as it was. For this the site keeps what Begin of the flow
// gave it, in the session on its own side; ticket and challenge stay good.
func (c *Codes) Resend(ctx context.Context, ch Challenge) (Challenge, error) {
	if time.Until(ch.Expires) < c.cfg.TTL/6 {
		return Challenge{}, denied("resend", ErrExpired)
	}
	if n, err := Normalize(ch.Number); err != nil || n != ch.Number {
		return Challenge{}, denied("resend", ErrUsed)
	}
	open, err := c.add(ctx, c.opened(ch), 0, c.cfg.TTL)
	if err != nil {
		return Challenge{}, uncounted("resend", err)
	}
	if open != 1 {
		return Challenge{}, denied("resend", ErrUsed)
	}
	checks, err := c.add(ctx, c.checked(ch), 0, c.cfg.TTL)
	if err != nil {
		return Challenge{}, uncounted("resend", err)
	}
	if checks >= int64(c.cfg.Checks) {
		return Challenge{}, denied("resend", ErrSpent)
	}
	t, err := c.allow(ctx, ch)
	if err != nil {
		return Challenge{}, err
	}
	return c.send(ctx, ch, t)
}

// allow asks whether one more message may go to the number of a challenge.
func (c *Codes) allow(ctx context.Context, ch Challenge) (taken, error) {
	if err := left(ctx, "send"); err != nil {
		return taken{}, err
	}
	if err := c.cleared(ctx, ch.Number); err != nil {
		return taken{}, err
	}
	return c.take(ctx, ch.Number, ch.Session)
}

// send sends the code of a challenge. Each message has a key of its own, by which
// a vendor can be asked what became of it.
func (c *Codes) send(ctx context.Context, ch Challenge, t taken) (Challenge, error) {
	n, err := c.add(ctx, c.tag("sends", ch.of()...), 1, c.cfg.TTL)
	if err != nil {
		c.giveBack(ctx, t)
		return ch, uncounted("send", err)
	}
	key := c.tag("message", append(ch.of(), strconv.FormatInt(n, 10))...)
	m, err := c.cfg.compose(key, ch.Number, c.code(ch), ch.Locale)
	if err != nil {
		c.giveBack(ctx, t)
		return ch, &providers.Error{Provider: name, Op: "text", Kind: providers.Refused, Unsent: true, Err: &silent{errText, err}}
	}
	ch.ResendAt, ch.Unsure = time.Now().Add(t.gap).Round(0).UTC(), false
	if err := c.cfg.Send(ctx, m); err != nil {
		err, unsure := fate(err)
		if !unsure {
			c.giveBack(ctx, t)
			if fault(err) {
				c.goOn(ctx, ch.Number, t)
			}
			return ch, err
		}
		ch.Unsure = true
	}
	return ch, nil
}
