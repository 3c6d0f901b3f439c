package fallback

import (
	"context"
	"errors"
	"math"
	"math/bits"
	"time"

	"github.com/detour-go/detour/breaker"
)

const (
	maxWarm   = 0.1
	warmEpoch = time.Hour          // how long a group stays where it is
	warmWait  = time.Second        // what a source that is asked before its turn may cost at most
	warmRest  = 10 * time.Second   // how long it is left alone after it failed
	warmShare = 4                  // of the time that is left it gets this part at most
	golden    = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio: its multiples spread evenly
	slowSlack = time.Millisecond   // above the slow bound, for what is slow to be seen as slow
)

// warmth is how a chain keeps its alternates warm. Nil: it does not.
type warmth struct {
	first int   // who is asked first in good times
	ranks []int // who may be asked before
	share uint64
	key   uint64
}

// newWarmth returns nil when cfg asks for none or there is nobody to keep warm.
func newWarmth[Q, A any](cfg *Config[Q, A]) *warmth {
	if cfg.Warm <= 0 {
		return nil
	}
	w := &warmth{first: -1, share: shareOf(cfg.Warm), key: hash64(0, cfg.Name)}
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		switch {
		case s.Assurance < cfg.MinAssurance || !s.Traits.Has(cfg.Require):
		case w.first < 0:
			w.first = i
		case s.Assurance == cfg.Sources[w.first].Assurance && !(s.Upstream != nil && s.Upstream.Courtesy):
			w.ranks = append(w.ranks, i)
		}
	}
	if len(w.ranks) == 0 {
		return nil
	}
	return w
}

func (cfg *Config[Q, A]) warmMistakes() (errs []error) {
	wrong := func(text string) { errs = append(errs, errors.New(text)) }
	switch {
	case !(cfg.Warm >= 0 && cfg.Warm <= maxWarm): // so written for NaN
		wrong("warm must be between 0 and 0.1")
	case cfg.Warm > 0 && cfg.Once:
		wrong("warm cannot go with once: what has an effect is asked of the first choice")
	case cfg.Warm > 0 && newWarmth(cfg) == nil:
		wrong("warm needs a second source that is worth as much as the first")
	}
	if cfg.MaxIdle < 0 {
		wrong("max idle is negative")
	}
	return errs
}

// shareOf returns the number below which the share p of all numbers lies.
func shareOf(p float64) uint64 {
	if p >= 1 {
		return math.MaxUint64
	}
	return uint64(p * (1 << 32) * (1 << 32))
}

// hash64 mixes text into key (FNV-1a). It is no secret: see Config.Group.
func hash64(key uint64, text string) uint64 {
	h := key ^ 0xcbf29ce484222325
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 0x100000001b3
	}
	return mix(h)
}

// mix spreads the bits of x (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// group asks Config.Group. One that panics has named none.
func (c *wiring[Q, A]) group(q Q) (name string) {
	if c.cfg.Group == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			name = ""
		}
	}()
	return c.cfg.Group(q)
}

// warmed returns the place of the source that is to be asked before its turn,
// and false when none is.
func (c *wiring[Q, A]) warmed(group string, now time.Time) (rank int, ok bool) {
	w := c.warm
	if group == "" {
		if c.aside.calls.Add(1)*golden >= w.share {
			return 0, false
		}
		n := c.aside.warmed.Add(1) - 1
		return w.ranks[n%uint64(len(w.ranks))], true
	}
	h := hash64(w.key, group)
	epoch := (uint64(now.UnixNano()) + h%uint64(warmEpoch)) / uint64(warmEpoch) //nolint:gosec // the bits will do
	h = mix(h ^ epoch*golden)
	if h >= w.share {
		return 0, false
	}
	n, _ := bits.Mul64(mix(h), uint64(len(w.ranks)))
	return w.ranks[n], true
}

// askWarm asks an alternate before its turn, when it is its turn to be kept warm
// and nothing speaks against it. It returns the result if that answered, an error
// if that ended the call, and else neither: what it met is then in x.
func (c *wiring[Q, A]) askWarm(ctx context.Context, q Q, group string, floor Assurance, need Trait, p *progress, x *special) (r Result[A], err error) {
	at := time.Now()
	rank, ok := c.warmed(group, at)
	if !ok || ctx.Err() != nil {
		return r, nil
	}
	m, first := &c.members[rank], &c.members[c.warm.first]
	if !m.reaches(floor, need) || !first.reaches(floor, need) || c.aside.isDrilled(m.Name) {
		return r, nil
	}
	age := at.Sub(c.began)
	if int64(age) < m.past.rests.Load() || !first.well() || !m.capacity.spare() {
		return r, nil
	}
	pl := c.plan(ctx, p, at)
	limit := c.warmTime(&pl, at, m)
	if limit == 0 {
		return r, nil
	}
	calls := new(tally)
	calls.lost.Store(true) // asked once: nobody waits for a second try
	p.tell(&x.t, m.Name)
	got := said[A]{at: at}
	sent, err := c.bounded(ctx, limit, m, q, floor, calls, &got)
	if sent == 0 {
		return r, nil
	}
	t := &x.t
	t.attempts, t.flags = sent, FlagWarm
	if err == nil {
		return c.heard(t, rank, at, &got), nil
	}
	x.rank = rank
	f := t.note(m.Name, err, sent, at)
	t.late(got.late, got.left)
	t.failed[0].Turn = TurnWarm
	if f.Class.Fault() {
		m.past.rests.Store(int64(age + warmRest))
	}
	if f.Class.rule().next == strong {
		t.flags |= FlagSecurity
	}
	if f.Class == Denied { // never moved on from, whenever it was said
		t.answer = err
		return Result[A]{Flags: t.flags, Attempts: t.attempts, Failed: t.failed}, t.verdict(c.cfg.Name)
	}
	return r, nil
}

// warmTime returns how long m may take when it is asked before its turn, zero
// when there is too little time for that.
func (c *wiring[Q, A]) warmTime(pl *plan, now time.Time, m *member[Q, A]) time.Duration {
	limit := min(m.Timeout, warmWait)
	if m.breaker != nil {
		limit = min(limit, m.breaker.Snapshot().SlowAfter+slowSlack)
	}
	left, _ := pl.left(now)
	if left == 0 {
		return limit
	}
	limit = min(limit, left/warmShare)
	if own, known := m.recent.need(now.Sub(c.began)); known && limit < own.usual {
		return 0
	}
	return limit
}

// well reports whether m takes all calls, as in good times.
func (m *member[Q, A]) well() bool {
	if m.breaker == nil {
		return true
	}
	s := m.breaker.Snapshot()
	return s.State == breaker.Closed && s.Forced == breaker.NotForced && s.Admit == 1
}

// spare reports whether c, with one more call, is used to a tenth at most.
func (c *Capacity) spare() bool {
	if c == nil {
		return true
	}
	most := c.numbers()
	tenth := func(bound int64) int64 { return max(bound/10, 1) }
	return (most.inFlight <= 0 || c.now.Load() < tenth(int64(most.inFlight))) &&
		(most.perSecond <= 0 || c.rate.below(int(tenth(int64(most.perSecond))))) &&
		(most.perDay <= 0 || c.quota.used(c) < tenth(most.perDay))
}
