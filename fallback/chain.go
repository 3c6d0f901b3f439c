package fallback

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Chain asks one source after another; see the package comment for the law.
// Make it with New. It is safe for concurrent use.
type Chain[Q, A any] struct {
	now    atomic.Pointer[wiring[Q, A]]
	made   Config[Q, A] // as New got it
	change sync.Mutex   // held while another wiring is put in place
}

// New returns a chain, or all the mistakes of cfg at once (errors.Join). It
// touches no network and starts no goroutine. The slice of sources is copied.
func New[Q, A any](cfg Config[Q, A]) (*Chain[Q, A], error) {
	cfg.Sources = slices.Clone(cfg.Sources)
	if errs := cfg.mistakes(); len(errs) > 0 {
		return nil, fmt.Errorf("fallback: %q: config: %w", cfg.Name, errors.Join(errs...))
	}
	w := &wiring[Q, A]{
		cfg: cfg, level: levelReader[A](), empty: emptyReader[A](), teller: newTeller(cfg.Observe), crew: new(crew), began: time.Now(),
	}
	if err := w.wire(nil); err != nil {
		return nil, fmt.Errorf("fallback: %s: config: memory: %w", cfg.Name, err)
	}
	c := &Chain[Q, A]{made: cfg}
	c.now.Store(w)
	return c, nil
}

// Do answers q from the first source that can, or from memory, and says on the
// Result where the answer comes from. The error is an *Error; with it the
// Result holds no answer, only Failed, Flags and Attempts.
//
// Do returns when ctx ends, unless a source ignores its context and is not left
// behind (Source.Detach). Whoever waits
// for a shared call then hears which sources had failed by that time, and a
// last Failure without a Source for the wait itself; the verdict and a stale
// answer follow from what was known.
//
// A source that panics has failed; one that ends its goroutine (runtime.Goexit)
// ends the caller's too, unless the call was shared or hedged, and in any case it is
// counted and holds nothing up.
func (c *Chain[Q, A]) Do(ctx context.Context, q Q) (Result[A], error) {
	w := c.now.Load()
	if w.teller != nil {
		return w.told(ctx, q)
	}
	return w.do(ctx, q)
}

func (c *wiring[Q, A]) do(ctx context.Context, q Q) (Result[A], error) {
	if c.cfg.Valid != nil {
		if err := c.valid(q); err != nil {
			return Result[A]{}, &Error{Chain: c.cfg.Name, Kind: Invalid, Cause: err}
		}
	}
	want := asksOf(ctx)
	floor, need := max(c.cfg.MinAssurance, want.min), c.cfg.Require|want.traits
	if c.memory != nil && floor <= c.plain && need == 0 {
		if key := c.memory.key(q); key != "" {
			return c.recall(ctx, q, key)
		}
	}
	return c.live(ctx, q, floor, need, nil, nil)
}

// live asks the sources, nobody's memory, and tells p how far it is. x is what
// is special about the call, nil when it is still to be seen whether anything is.
func (c *wiring[Q, A]) live(ctx context.Context, q Q, floor Assurance, need Trait, p *progress, x *special) (Result[A], error) {
	if x == nil && (c.warm != nil || c.aside.drills.running.Load() != nil) {
		return c.notPlain(ctx, q, floor, need, p)
	}
	var t trail
	at := time.Now() // the one reading of a call that goes well, but for how long it took
	pl := c.plan(ctx, p, at)
	if x != nil {
		if t = x.t; x.drill != nil {
			pl.keep = c.reserve(&pl, &c.members[x.rank])
		}
	}
	for rank := 0; rank < len(c.members); rank++ {
		m := &c.members[rank]
		if p != nil {
			p.tell(&t, m.Name)
		}
		if !m.reaches(floor, need) {
			t.pass(m.Name, Refused, SkipAssurance, nil)
			continue
		}
		if x != nil && x.rank == rank {
			if !c.passOver(&t, x, &floor) {
				break
			}
			continue
		}
		if ctx.Err() != nil {
			if t.left(ctx) {
				break
			}
			t.pass(m.Name, Unavailable, SkipDeadline, endOf(ctx))
			continue
		}
		if pl.over(at) {
			t.pass(m.Name, Unavailable, SkipDeadline, context.DeadlineExceeded)
			continue
		}
		limit, err := c.turnTime(&pl, at, rank, floor, need, t.attempts == 0)
		if err != nil {
			t.pass(m.Name, Unavailable, SkipDeadline, err)
			continue
		}
		if m.capacity == nil { // a full one is named first
			if open := m.breaker.Refusal(); open != nil { // nothing is prepared for who is refused
				if !c.onward(&t, t.refused(m.Name, open, at), m.Assurance, &floor) {
					break
				}
				continue
			}
		}
		if after := c.cfg.Hedge.after(m.recent); after > 0 && rank+1 < len(c.members) && !t.flags.Has(FlagHedged) {
			r, next := c.hedge(ctx, &t, &pl, rank, limit, after, q, &floor, need, x)
			if next == answered {
				return r, nil
			}
			if next == stop {
				break
			}
			if next > rank {
				rank, at = next-1, time.Now()
				continue
			}
		}
		got := said[A]{at: at}
		sent, err := c.bounded(ctx, limit, m, q, floor, nil, &got)
		t.attempts += sent
		if err == nil {
			return c.heard(&t, rank, at, &got), nil
		}
		f := t.note(m.Name, err, sent, at)
		t.late(got.late, got.left)
		if f.Class.Fault() {
			t.effect(got.effect, got.find)
			if got.effect == EffectDone {
				return c.result(&t, rank, at.Add(f.Took), &got), nil
			}
			if t.left(ctx) {
				break
			}
			if got.effect == EffectUnknown && !c.repeats(q, err) {
				break
			}
		}
		if !c.onward(&t, f, m.Assurance, &floor) {
			break
		}
		if at = at.Add(f.Took); sent > 0 { // hooks may have been asked since
			at = time.Now()
		}
	}
	return c.end(ctx, &t, &pl, q, floor, need, p, x)
}

// end is what becomes of a call that nobody answered in turn.
func (c *wiring[Q, A]) end(ctx context.Context, t *trail, pl *plan, q Q, floor Assurance, need Trait, p *progress, x *special) (Result[A], error) {
	p.tell(t, "")
	var r Result[A]
	ok := false
	if x != nil && x.drill != nil {
		r, ok = c.afterAll(ctx, t, pl, q, floor, need, x)
	} else if p == nil || !p.kept {
		r, ok = c.panicTrial(ctx, t, pl, q, floor, need)
	}
	if ok {
		return r, nil
	}
	return Result[A]{Flags: t.flags, Attempts: t.attempts, Failed: t.failed}, t.verdict(c.cfg.Name)
}

// heard labels an answer of the source at rank, whose turn began at a time, and
// notes how long that took.
func (c *wiring[Q, A]) heard(t *trail, rank int, at time.Time, got *said[A]) Result[A] {
	now := got.at.Add(got.took)
	c.members[rank].recent.tell(now.Sub(at), now.Sub(c.began))
	return c.result(t, rank, now, got)
}

// result labels what the source at rank gave at a time.
func (c *wiring[Q, A]) result(t *trail, rank int, at time.Time, got *said[A]) Result[A] {
	if t.unknown != nil {
		t.flags |= FlagRepeated
	}
	if got.late > 0 {
		t.flags |= FlagLate
	}
	return Result[A]{
		Value: got.value, Source: c.members[rank].Name, Rank: rank, Freshness: Live, ObtainedAt: at,
		Assurance: got.level, Flags: t.flags, Attempts: t.attempts, Failed: t.failed,
	}
}

// onward reads the column next of the table: whether the next source is asked
// after f, and how much it has to be worth.
func (c *wiring[Q, A]) onward(t *trail, f *Failure, level Assurance, floor *Assurance) bool {
	switch f.Class.rule().next {
	case yes:
		return true
	case strong:
		*floor = max(*floor, level)
		t.flags |= FlagSecurity
		return true
	case optIn:
		if c.next(f.Err) {
			t.nothing = true
			return true
		}
	}
	t.answer = f.Err
	return false
}

// valid judges the question. A Valid that panics has not found it valid.
func (c *wiring[Q, A]) valid(q Q) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked("valid", v)
		}
	}()
	return c.cfg.Valid(q)
}

// next asks Config.Next. One that panics has not agreed.
func (c *wiring[Q, A]) next(err error) (more bool) {
	if c.cfg.Next == nil {
		return false
	}
	defer func() {
		if recover() != nil {
			more = false
		}
	}()
	return c.cfg.Next(err)
}

// told is do with an observer.
func (c *wiring[Q, A]) told(ctx context.Context, q Q) (r Result[A], err error) {
	o := Outcome{Chain: c.cfg.Name, Op: "do", Verdict: Unavailable.String(), At: time.Now()}
	defer func() {
		o.Took = time.Since(o.At)
		c.teller.tell(o)
	}()
	r, err = c.do(ctx, q)
	o.Verdict, o.Unproven = verdictOf(err), c.unproven()
	o.Source, o.Rank, o.Freshness, o.Age = r.Source, r.Rank, r.Freshness, r.Age
	o.Assurance, o.Flags, o.Attempts, o.Failed = r.Assurance, r.Flags, r.Attempts, r.Failed
	return r, err
}

// verdictOf returns the word for an outcome.
func verdictOf(err error) string {
	if err == nil {
		return "ok"
	}
	if e, ok := find[*Error](err); ok {
		return e.Verdict()
	}
	return Unavailable.String()
}

// Name returns the name of the chain.
func (c *Chain[Q, A]) Name() string { return c.made.Name }

// Longest returns how long a call may last at most: every source with all its
// attempts and waits, or Config.Deadline when that is shorter. Sources that
// ignore their context are bounded by it, and 10ms, only with Source.Detach.
func (c *Chain[Q, A]) Longest() time.Duration { return c.now.Load().longest }

// Close ends drills, and waits for shared calls that outlived their callers, for calls that were
// overtaken or left behind and for the observer, at most the greatest Longest that it had and a
// second more each, and says so when something is still running then. It may be
// called again. A chain that was closed still answers, without sharing,
// hedging or detaching calls. The breakers are their owner's to close.
func (c *Chain[Q, A]) Close() error {
	var errs []error
	w := c.now.Load()
	w.aside.drills.close()
	if w.memory != nil && !w.memory.flights.close(w.ever+time.Second) {
		errs = append(errs, errors.New("a shared call still runs"))
	}
	if !w.crew.close(w.ever + time.Second) {
		errs = append(errs, errors.New("a call that was overtaken or left behind still runs"))
	}
	if !w.teller.close(time.Second) {
		errs = append(errs, errors.New("the observer is still busy"))
	}
	if len(errs) > 0 {
		return fmt.Errorf("fallback: %s: close: %w", w.cfg.Name, errors.Join(errs...))
	}
	return nil
}

// emptyReader returns how to see that an answer is nil, or nil when A cannot
// be. A slice or a map may be nil and still be an answer: an empty one.
func emptyReader[A any]() func(A) bool {
	switch reflect.TypeFor[A]().Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan:
		return func(a A) bool {
			v := reflect.ValueOf(any(a))
			switch v.Kind() {
			case reflect.Invalid:
				return true
			case reflect.Pointer, reflect.Func, reflect.Chan:
				return v.IsNil()
			}
			return false
		}
	}
	return nil
}
