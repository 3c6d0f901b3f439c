package phone

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/detour-go/detour/providers"
)

// Finish checks a code. Its errors:
//
//   - Denied with ErrWrong, and Pending() true while checks are left.
//   - Denied with ErrSpent, ErrExpired or ErrUsed: this challenge is over.
//   - Unavailable: the counter could not be asked, so nothing was accepted.
func (c *Codes) Finish(ctx context.Context, r Reply) (Proof, error) {
	const op = "check"
	ch := r.Challenge
	if ch.ID == "" || ch.Number == "" || ch.Purpose == "" {
		return Proof{}, denied(op, ErrUsed) // no challenge of ours: there is nothing to count on
	}
	if err := left(ctx, op); err != nil {
		return Proof{}, err
	}
	// Counted first, whatever was typed; the count outlives the challenge.
	n, err := c.add(ctx, c.checked(ch), 1, c.cfg.TTL+time.Minute)
	if err != nil {
		return Proof{}, uncounted(op, err)
	}
	if n < 1 || n > int64(c.cfg.Checks) {
		return Proof{}, denied(op, ErrSpent)
	}
	now := time.Now()
	if !now.Before(ch.Expires) {
		return Proof{}, denied(op, ErrExpired)
	}
	if subtle.ConstantTimeCompare([]byte(r.Code.Reveal()), []byte(c.code(ch))) != 1 {
		w := c.wrongs()
		if _, err := c.add(ctx, w.key, 1, w.length); err != nil {
			return Proof{}, uncounted(op, err)
		}
		is := &providers.Error{Provider: name, Op: op, Kind: providers.Denied, Unsent: true, Err: ErrWrong}
		return Proof{}, &verdict{is: is, pending: n < int64(c.cfg.Checks), hearsay: true}
	}
	// One only takes it from one to zero.
	open, err := c.add(ctx, c.opened(ch), -1, c.cfg.TTL)
	if err != nil {
		return Proof{}, uncounted(op, err)
	}
	if open != 0 {
		return Proof{}, denied(op, ErrUsed)
	}
	_, _ = c.add(ctx, c.answered(0), 1, 2*spell) // uncounted, it is an alarm too early and no proof too many
	return Proof{Number: ch.Number, Purpose: ch.Purpose, At: now}, nil
}
