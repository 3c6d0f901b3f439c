package fallback

import "context"

// special is what is out of the ordinary about one call: a source that is not
// asked in its turn, and why.
type special struct {
	rank int // of that source
	t    trail
}

// notPlain is live while calls may be out of the ordinary.
func (c *wiring[Q, A]) notPlain(ctx context.Context, q Q, floor Assurance, need Trait, p *progress) (Result[A], error) {
	x := &special{rank: -1}
	if r, err := c.askWarm(ctx, q, floor, need, p, x); r.Freshness != 0 || err != nil {
		return r, err
	}
	return c.live(ctx, q, floor, need, p, x)
}

// passOver does at the turn of the source of x what is to be done instead of
// asking it, and reports whether the call goes on.
func (c *wiring[Q, A]) passOver(t *trail, x *special, floor *Assurance) bool {
	t.due = true // what it said before its turn counts from here on
	return c.onward(t, x.t.failed[0], c.members[x.rank].Assurance, floor)
}

// saidNo reports whether the source of x was asked before its turn and said no.
func (x *special) saidNo() bool { return !x.t.failed[0].Class.Fault() }
