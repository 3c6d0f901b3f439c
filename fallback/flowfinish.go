package fallback

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/detour-go/detour/breaker"
)

// Finish ends the flow that the ticket belongs to. It asks the source of the
// ticket, once: no retry, no other source. An open breaker is passed, since a
// citizen who is half-way may finish, and the outcome is told to it; a forced
// one is not, and then the ticket is left as it was, for nobody was asked.
//
// The ticket is taken before the leg is asked: of any number of Finishes with
// one ticket at most one asks. The error is an *Error that also matches
// ErrRestart or, when the same ticket may be used again, ErrPending:
//
//   - ErrDenied with ErrTicketForged, ErrTicketExpired, ErrTicketUsed or
//     ErrTicketSession: the ticket is refused, nobody was asked.
//   - ErrDenied with ErrMismatch or ErrWeak: the proof is of another, or worth
//     too little.
//   - ErrUnavailable with ErrTickets: nobody knows whether the ticket was used,
//     so it was not accepted.
//   - ErrUnavailable and the other faults: the source died between the steps,
//     or an operator took it out. The flow starts again from Offers.
//   - whatever answer the leg gave.
func (f *Flow[Q, C, R, A]) Finish(ctx context.Context, ticket string, r R) (a Result[A], err error) {
	c := f.now.Load()
	o := Outcome{Chain: c.name, Op: "finish", Verdict: Unavailable.String(), At: time.Now()}
	defer c.tell(&o, &err)
	a, err = c.finish(ctx, ticket, r, o.At)
	if err == nil {
		o.Verdict, o.Source, o.Rank, o.Freshness, o.Assurance, o.Flags, o.Attempts = "ok", a.Source, a.Rank, a.Freshness, a.Assurance, a.Flags, a.Attempts
	}
	return a, err
}

func (f *course[Q, C, R, A]) finish(ctx context.Context, text string, r R, at time.Time) (Result[A], error) {
	s := &step{flow: f.name, at: at}
	fail := func(err, mark error) (Result[A], error) { return Result[A]{}, s.fail(ctx, err, mark) }

	if ctx.Err() != nil {
		return Result[A]{}, s.over(ctx, ErrPending)
	}
	t, key, err := f.admit(ctx, text)
	if err != nil {
		return fail(err, ErrRestart)
	}
	l, rank := f.leg(t.source)
	if l == nil {
		return fail(errGone, ErrRestart)
	}
	s.leg = l.Name
	w := f.wants(ctx)
	w.floor, w.need = max(w.floor, t.min), w.need|t.traits
	ceiling := min(l.Assurance, t.level)
	if !w.by(ceiling, l.Traits) {
		return fail(ErrWeak, ErrRestart)
	}
	if snap := l.breaker().Snapshot(); snap.Forced == breaker.ForcedOpen {
		return fail(&breaker.OpenError{
			Name: snap.Name, State: breaker.Open, Since: snap.Since, Until: snap.ForcedUntil, Why: breaker.ReasonForced, Forced: true,
		}, ErrRestart)
	}
	spent, full := l.capacity().enter()
	if full != nil {
		return fail(full, ErrPending)
	}
	defer l.capacity().leave(spent, &s.sent)

	taken, err := f.take(ctx, t, key, l.Tries)
	if err != nil {
		return fail(err, ErrRestart)
	}
	q, joined, err := f.recall(t, key, taken.sealed, r)
	if err != nil {
		return fail(err, ErrRestart)
	}
	drill, _ := f.drilled(w)
	level := ceiling
	a, err := f.askFinish(ctx, l, s, joined, func(a A) (err error) {
		level, err = f.judge(q, a, ceiling, l.Traits, w)
		return err
	})
	if err != nil {
		if f.giveBack(ctx, t, taken, err) {
			return fail(err, ErrPending)
		}
		f.ended(l, s, t, drill, err)
		return fail(err, ErrRestart)
	}
	f.ended(l, s, t, drill, nil)
	if l.Upstream != nil {
		l.Upstream.Budget.earn()
	}
	got := Result[A]{
		Value: a, Source: l.Name, Rank: rank, Freshness: Live, ObtainedAt: time.Now(), Assurance: level, Attempts: 1,
	}
	if drill != nil && drill.set.Source != l.Name {
		got.Flags = FlagDrill
	}
	return got, nil
}

// admit opens a ticket and checks what lies in it. It changes nothing.
func (f *course[Q, C, R, A]) admit(ctx context.Context, text string) (*ticket, int, error) {
	t, key, err := f.sealer.open(text)
	if err != nil {
		return nil, 0, err
	}
	if !time.Now().Before(t.ends) {
		return nil, 0, ErrTicketExpired
	}
	session, err := f.sealer.session(key, t.id, asksOf(ctx).session)
	if err != nil {
		return nil, 0, err
	}
	if subtle.ConstantTimeCompare(session[:], t.session[:]) != 1 {
		return nil, 0, ErrTicketSession
	}
	return t, key, nil
}

// taken is a record in the hands of the one Finish that may use it.
type taken struct {
	handle string
	sealed []byte
	left   int // tries after this one
}

// take takes the record of a ticket, or refuses. Tries are counted before
// anything is compared, and a count that fails is a refusal.
func (f *course[Q, C, R, A]) take(ctx context.Context, t *ticket, key, tries int) (k taken, err error) {
	if k.handle, err = f.sealer.handle(key, t.id); err != nil {
		return k, err
	}
	found := false
	err = f.askTickets(ctx, func(ctx context.Context) (err error) {
		k.sealed, found, err = f.tickets.Take(ctx, k.handle)
		return err
	})
	if err != nil {
		return k, err
	}
	if !found {
		return k, ErrTicketUsed
	}
	if tries == 1 {
		return k, nil
	}
	var n int64
	err = f.askTickets(ctx, func(ctx context.Context) (err error) {
		n, err = f.tickets.Add(ctx, k.handle, 1, f.ttl+time.Minute) // outlives the ticket, also between clocks that differ
		return err
	})
	if err == nil && (n < 1 || n > int64(tries)) {
		err = ErrTicketUsed
	}
	k.left = tries - int(min(n, int64(tries)))
	return k, err
}

// giveBack makes the ticket usable again when step two is not decided and tries
// are left, and reports whether it did.
func (f *course[Q, C, R, A]) giveBack(ctx context.Context, t *ticket, k taken, err error) bool {
	ttl := time.Until(t.ends)
	if k.left <= 0 || ttl <= 0 || !pending(err) && !ClassOf(err).Fault() {
		return false
	}
	return f.askTickets(context.WithoutCancel(ctx), func(ctx context.Context) error {
		return f.tickets.Put(ctx, k.handle, k.sealed, ttl)
	}) == nil
}

// recall returns the claim of step one and the reply joined with its challenge.
func (f *course[Q, C, R, A]) recall(t *ticket, key int, sealed []byte, r R) (q Q, joined R, err error) {
	rec, err := f.sealer.openRecord(key, t, sealed)
	if err != nil {
		return q, r, err
	}
	if q, err = unpack[Q](rec.claim); err != nil {
		return q, r, because(errPacking, Unavailable, err)
	}
	c, err := unpack[C](rec.challenge)
	if err != nil {
		return q, r, because(errPacking, Unavailable, err)
	}
	if f.join == nil {
		return q, r, nil
	}
	err = hook("join", func() error { joined = f.join(r, c); return nil })
	return q, joined, err
}

// askFinish asks step two of the leg, inside its time, and tells its breaker
// how it ended.
func (f *course[Q, C, R, A]) askFinish(ctx context.Context, l *Leg[Q, C, R, A], s *step, r R, judge func(A) error) (A, error) {
	entered, leave := context.WithCancel(ctx)
	defer leave()
	b := l.breaker()
	pass, err := b.Enter(entered)
	var settle func(error)
	if err == nil {
		settle = func(err error) {
			if !evidence(err) {
				leave()
				err = context.Canceled
			}
			pass.Exit(err)
		}
	} else {
		var open *breaker.OpenError
		if !errors.As(err, &open) || open.Forced {
			return *new(A), err
		}
		started := time.Now()
		settle = func(err error) {
			if evidence(err) && ctx.Err() == nil {
				b.Report(started, err)
			}
		}
	}
	s.sent = 1
	return once(ctx, l.Timeout, l.Name, settle, func(ctx context.Context) (A, error) {
		a, err := l.Finish(ctx, r)
		if err == nil {
			err = judge(a)
		}
		return a, err
	})
}

// judge decides in one place for every leg whether a proof is one: there at
// all, worth enough, and of the person that step one was about.
func (f *course[Q, C, R, A]) judge(q Q, a A, ceiling Assurance, traits Trait, w wants) (level Assurance, err error) {
	if f.noProof != nil && f.noProof(a) {
		return 0, errNoAnswer
	}
	level = ceiling
	err = hook("proof", func() error {
		if f.level != nil {
			level = f.level(ceiling, a)
		}
		if f.traits != nil {
			traits = f.traits(traits, a)
		}
		return nil
	})
	if err != nil || !w.by(level, traits) {
		return 0, because(ErrWeak, Denied, err)
	}
	if err := hook("match", func() error { return f.match(q, a) }); err != nil {
		class := Denied
		if tellsClass(err) {
			class = ClassOf(err)
		}
		return 0, because(ErrMismatch, class, err)
	}
	return level, nil
}
