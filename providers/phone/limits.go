package phone

import (
	"context"
	"strconv"
	"time"
)

// window is a number that is counted for an hour or a day of UTC and then anew.
type window struct {
	key       string
	most      int
	length    time.Duration
	ends      time.Time
	why       error
	everybody bool
}

const day = 24 * time.Hour

// window names what is counted under label and subject now. The number of the
// window is part of the name, so a key may outlive its window and what is given
// back goes where it was taken. A clock that goes back meets its old counts.
func (c *Codes) window(label, subject string, most int, length time.Duration, why error) window {
	n := time.Now().Unix() / int64(length/time.Second)
	return window{
		key: c.tag(label, subject, strconv.FormatInt(n, 10)), most: most, length: length,
		ends: time.Unix((n+1)*int64(length/time.Second), 0), why: why, everybody: subject == "",
	}
}

func (w window) full() error { return held(w.why, time.Until(w.ends), w.everybody) }

func (c *Codes) wrongs() window {
	return c.window("wrong", "", c.cfg.MaxWrongPerHour, time.Hour, ErrAlarm)
}

// taken is what one message took of the limits.
type taken struct {
	windows []window
	// gap is the time until the next message to the number, from at.
	gap time.Duration
	at  time.Time
}

// take counts one message to the number in every limit, or in none.
//
// First it looks, so that what is refused anyhow holds nothing up. Then the pause
// is taken, by one caller of many, since its first Add wins; then the counts, each
// in one step, so the looks need not be believed. Only the pause stays taken when a
// count turns out to be full.
func (c *Codes) take(ctx context.Context, number, session string) (taken, error) {
	daily := c.window("number", number, c.cfg.PerNumberDay, day, ErrTooMany)
	all := []window{daily, c.window("prefix", number[:len(number)-4], c.cfg.PerPrefixHour, time.Hour, ErrTooMany)}
	if session != "" {
		all = append(all, c.window("session", session, c.cfg.PerSessionHour, time.Hour, ErrTooMany))
	}
	site := c.window("site", "", c.cfg.PerHour, time.Hour, ErrBudget)

	var sent int64 // to this number, today
	for _, w := range append([]window{c.wrongs(), site}, all...) {
		n, err := c.add(ctx, w.key, 0, w.length)
		if err != nil {
			return taken{}, uncounted("limit", err)
		}
		if n >= int64(w.most) {
			return taken{}, w.full()
		}
		if w.key == daily.key {
			sent = max(n, 0)
		}
	}
	if err := c.heard(ctx); err != nil {
		return taken{}, err
	}
	t := taken{gap: c.pause(sent), at: time.Now()}
	n, err := c.add(ctx, c.tag("pause", number), 1, t.gap)
	if err != nil {
		return taken{}, uncounted("limit", err)
	}
	if n != 1 {
		return taken{}, held(ErrTooSoon, c.pause(sent-1), false)
	}
	for _, w := range append(all, site, c.unheard()) {
		n, err := c.add(ctx, w.key, 1, w.length)
		if err != nil {
			c.giveBack(ctx, t) // but not this one: nobody knows whether it was counted
			return taken{}, uncounted("limit", err)
		}
		t.windows = append(t.windows, w)
		if n > int64(w.most) {
			c.giveBack(ctx, t)
			return taken{}, w.full()
		}
	}
	return t, nil
}

// pause is the time after the n-th message of a day, counted from zero.
func (c *Codes) pause(n int64) time.Duration {
	gap := c.cfg.ResendAfter
	for ; n > 0 && gap < day; n-- {
		gap *= 2
	}
	return min(gap, day)
}

// freed is how often an hour a number is let go on at once after an outage.
const freed = 3

// goOn takes back the pause of a message that an outage kept from being sent: the
// citizen who tries again is not to wait for a message that never was. Only while
// the pause surely stands, or it would be another's that is taken back.
func (c *Codes) goOn(ctx context.Context, number string, t taken) {
	if time.Since(t.at) >= t.gap-hookTime {
		return
	}
	ctx = context.WithoutCancel(ctx)
	w := c.window("freed", number, freed, time.Hour, ErrTooSoon)
	if n, err := c.add(ctx, w.key, 1, w.length); err != nil || n > int64(w.most) {
		return
	}
	_, _ = c.add(ctx, c.tag("pause", number), -1, t.gap) // best effort: else it ends by itself
}

// giveBack uncounts a message that was not sent. What cannot be given back stays
// counted until its window ends.
func (c *Codes) giveBack(ctx context.Context, t taken) {
	ctx = context.WithoutCancel(ctx)
	for _, w := range t.windows {
		if _, err := c.add(ctx, w.key, -1, w.length); err != nil {
			return // a counter that is down is not asked four times
		}
	}
}
