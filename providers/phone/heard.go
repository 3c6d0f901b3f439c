package phone

import (
	"context"
	"strconv"
	"time"
)

// spell is what MaxUnanswered looks at.
const spell = 10 * time.Minute

// unheard counts the messages of this spell.
func (c *Codes) unheard() window {
	return c.window("unheard", "", maxLimit, spell, ErrUnanswered)
}

// answered names the count of codes that came back in a spell, so many ago. It
// outlives the next one, in which it is looked at.
func (c *Codes) answered(ago int64) string {
	n := time.Now().Unix()/int64(spell/time.Second) - ago
	return c.tag("answered", strconv.FormatInt(n, 10))
}

// heard reports that too many codes went out and not one came back.
func (c *Codes) heard(ctx context.Context) error {
	w := c.unheard()
	n, err := c.add(ctx, w.key, 0, w.length)
	if err != nil {
		return uncounted("limit", err)
	}
	if n < int64(c.cfg.MaxUnanswered) {
		return nil
	}
	for ago := range int64(2) {
		back, err := c.add(ctx, c.answered(ago), 0, 2*spell)
		if err != nil {
			return uncounted("limit", err)
		}
		if back > 0 {
			return nil
		}
	}
	return w.full()
}
