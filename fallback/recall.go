package fallback

import (
	"context"
	"errors"
	"slices"
	"time"
)

// recall is a call with Memory: fresh from memory, else live (shared with equal
// questions), else stale.
func (c *wiring[Q, A]) recall(ctx context.Context, q Q, key string) (Result[A], error) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return c.ended(ctx, nil, time.Now())
	}
	m := c.memory
	saw := glance{seen: m.saves.Load()}
	old, known := m.load(key)
	saw.wait = old.wait
	if known && min(old.assurance, c.members[old.rank].Assurance) < c.plain {
		known = false // it was saved by a wiring that asked for less
	}
	if known {
		_, fresh := old.age(old.soft)
		switch {
		case fresh && old.nothing:
			return c.nothing(&old)
		case fresh:
			r, ok := m.open(key, &old, Cached)
			if ok {
				m.hits.Add(1)
				return r, nil
			}
			known = false
		default:
			if r, ok := c.update(q, key, &old, saw.seen); ok {
				return r, nil
			}
		}
	}
	m.misses.Add(1)
	saw.known = known
	var standIn *memo
	if known && !old.nothing && m.Patience > 0 {
		standIn = &old
	}
	r, err := c.share(ctx, q, key, saw, standIn)
	if err == nil || !known || old.nothing {
		return r, err
	}
	if !mayBeStale(err) {
		return r, err
	}
	e, _ := find[*Error](err)
	if s, ok := c.stale(key, &old, e); ok {
		s.Flags |= r.Flags
		s.Attempts, s.Failed = r.Attempts, r.Failed
		return s, nil
	}
	return r, err
}

// mayBeStale reports whether a remembered answer may stand in for err.
func mayBeStale(err error) bool {
	e, ok := find[*Error](err)
	return ok && !e.Cancelled && !e.Unknown && e.Kind.rule().stale == yes
}

// stale returns the remembered answer if it is young enough now and worth as
// much as a source that could not be trusted.
func (c *wiring[Q, A]) stale(key string, old *memo, e *Error) (r Result[A], ok bool) {
	old.look()
	if _, young := old.age(old.hard); !young {
		return r, false
	}
	if r, ok = c.memory.open(key, old, Stale); !ok {
		return r, false
	}
	for _, f := range e.Failed {
		if f.Class.rule().next != strong || f.Skip == SkipAssurance {
			continue
		}
		r.Flags |= FlagSecurity
		for i := range c.members {
			if c.members[i].Name == f.Source && r.Assurance < c.members[i].Assurance {
				return Result[A]{}, false
			}
		}
	}
	c.memory.stales.Add(1)
	return r, true
}

// glance is what a caller saw of the memory before the sources are asked.
type glance struct {
	seen  uint64        // saves until then
	known bool          // there was something
	wait  time.Duration // how long the store may still take for this call; zero: it took all
}

// flight is what a shared call gave.
type flight[A any] struct {
	r      Result[A]
	err    error
	unmade bool // there was no room: ask for yourself
}

// share asks the sources once for everybody who asks the same now. The shared
// call belongs to nobody: it has its own bounded time and carries no values of
// anybody's context, so a caller who leaves does not end it and nothing of one
// caller reaches another. standIn is what may be served to who has lost patience,
// nil when nothing may.
func (c *wiring[Q, A]) share(ctx context.Context, q Q, key string, saw glance, standIn *memo) (Result[A], error) {
	at := time.Now()
	if ctx.Err() != nil {
		return c.ended(ctx, c.memory.flights.of(key), at)
	}
	until := deadline(ctx)
	c.memory.flights.join(key, until)
	defer c.memory.flights.leave(key)
	landed := c.memory.flights.group.DoChan(key, func() (any, error) {
		return c.fly(q, key, saw, until, false), nil
	})
	var soon <-chan time.Time
	if standIn != nil {
		timer := time.NewTimer(c.memory.Patience)
		defer timer.Stop()
		soon = timer.C
	}
	for {
		select {
		case got := <-landed:
			f, _ := got.Val.(flight[A])
			if f.unmade {
				return c.alone(ctx, q, key, saw)
			}
			if got.Shared {
				c.memory.shared.Add(1)
				f.r.Flags |= FlagShared
				f.r.Failed = slices.Clone(f.r.Failed)
			}
			return f.r, f.err
		case <-ctx.Done():
			return c.ended(ctx, c.memory.flights.of(key), at)
		case <-soon:
			if r, ok := c.impatient(key, standIn, at); ok {
				return r, nil
			}
		}
	}
}

// impatient serves what is remembered to a caller who has waited long enough
// since at, if it may be served now.
func (c *wiring[Q, A]) impatient(key string, old *memo, at time.Time) (r Result[A], ok bool) {
	t := c.memory.flights.of(key).soFar()
	t.failed = append(t.failed, Failure{Class: Unavailable, Skip: SkipDeadline, Err: ErrPatience, At: at, Took: time.Since(at)})
	if r, ok = c.stale(key, old, &Error{Failed: t.failed}); ok {
		r.Flags |= t.flags
		r.Attempts, r.Failed = t.attempts, t.failed
	}
	return r, ok
}

// fly makes the shared call in a goroutine of its own, so that neither a panic
// nor runtime.Goexit keeps those who wait from hearing.
func (c *wiring[Q, A]) fly(q Q, key string, saw glance, until time.Time, behind bool) flight[A] {
	p := c.memory.flights.begin(key, until, behind)
	if p == nil {
		if behind {
			c.memory.unrefreshed.Add(1)
		}
		return flight[A]{unmade: true}
	}
	p.kept = saw.known
	landed := make(chan flight[A], 1)
	go func() {
		var f flight[A]
		over, at := false, time.Now()
		defer func() {
			if !over {
				f = c.exited(p, at)
			}
			c.memory.flights.end(key)
			landed <- f
		}()
		// Somebody may have saved the answer between our look and now.
		if c.memory.saves.Load() != saw.seen && saw.wait > 0 {
			k, ok := c.memory.load(key)
			saw.wait = min(saw.wait, k.wait)
			if ok {
				if _, fresh := k.age(k.soft); fresh && k.nothing {
					f.r, f.err = c.nothing(&k)
					over = true
					return
				} else if fresh {
					if f.r, over = c.memory.open(key, &k, Cached); over {
						return
					}
				}
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), c.memory.bound)
		defer cancel()
		f.r, f.err = c.live(ctx, q, c.cfg.MinAssurance, c.cfg.Require, p, nil)
		c.learn(key, &f.r, f.err, saw)
		if behind && (f.err == nil || !mayBeStale(f.err)) {
			c.memory.refreshed.Add(1)
		}
		over = true
	}()
	return <-landed
}

// exited is what a shared call gave that its source ended.
func (c *wiring[Q, A]) exited(p *progress, at time.Time) flight[A] {
	t := p.exited(at)
	e := &Error{Chain: c.cfg.Name, Kind: Unavailable, Cause: errExited}
	if len(t.failed) > 0 {
		e = t.verdict(c.cfg.Name)
	}
	return flight[A]{r: Result[A]{Flags: t.flags, Attempts: t.attempts, Failed: t.failed}, err: e}
}

// alone asks for one caller only, and remembers.
func (c *wiring[Q, A]) alone(ctx context.Context, q Q, key string, saw glance) (Result[A], error) {
	r, err := c.live(ctx, q, c.cfg.MinAssurance, c.cfg.Require, &progress{kept: saw.known}, nil)
	c.learn(key, &r, err, saw)
	return r, err
}

// learn remembers a live answer. One that says no makes it forget, or remember
// that there is nothing: what was remembered is known to be wrong.
func (c *wiring[Q, A]) learn(key string, r *Result[A], err error, saw glance) {
	if saw.wait <= 0 {
		return
	}
	if err == nil {
		c.memory.save(key, r, saw.wait)
		return
	}
	if e, ok := find[*Error](err); ok && !e.Kind.Fault() && !c.memory.saveNothing(key, e, saw.wait) && saw.known {
		c.memory.drop(key)
	}
}

// ended is what a caller gets whose context ended while it waited: what the
// shared call met until now, and the wait. The source that is being asked at
// that moment is not known to fail, so it is not among them.
func (c *wiring[Q, A]) ended(ctx context.Context, p *progress, at time.Time) (Result[A], error) {
	t := p.soFar()
	if !t.left(ctx) {
		t.failed = append(t.failed, Failure{
			Class: Unavailable, Skip: SkipDeadline, Err: endOf(ctx), At: at, Took: time.Since(at),
		})
	}
	return Result[A]{Flags: t.flags, Attempts: t.attempts, Failed: t.failed}, t.verdict(c.cfg.Name)
}
