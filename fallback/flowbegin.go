package fallback

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"
)

// Begin starts the flow at the source that the citizen chose. The name comes
// from a browser and is only believed when it is that of a leg. The error is an
// *Error:
//
//   - ErrInvalid: the claim is not valid, there is no such leg, or it is below
//     the minimum of this call. Nobody was asked.
//   - ErrRefused with ErrNoSource: no leg at all reaches the minimum of this
//     call.
//   - ErrUnavailable and the other faults: the leg could not begin, its breaker
//     is open or forced, a drill passes it over (ErrDrill), or Tickets could not keep the ticket (ErrTickets). The
//     citizen chooses again from Offers; nothing else was tried.
//   - whatever answer the leg gave.
//
// A fault counts in the breaker of the leg. A success does not, since a Begin
// may ask nobody; in half-open state a Begin passes as a trial and takes its
// place back.
func (f *Flow[Q, C, R, A]) Begin(ctx context.Context, source string, q Q) (b Begun[C], err error) {
	c := f.now.Load()
	o := Outcome{Chain: c.name, Op: "begin", Verdict: Unavailable.String(), At: time.Now()}
	defer c.tell(&o, &err)
	b, rank, err := c.begin(ctx, source, q, o.At)
	if err == nil {
		o.Verdict, o.Source, o.Rank, o.Freshness, o.Assurance, o.Attempts = "ok", b.Source, rank, Live, b.Assurance, 1
	}
	return b, err
}

func (f *course[Q, C, R, A]) begin(ctx context.Context, source string, q Q, at time.Time) (Begun[C], int, error) {
	s := &step{flow: f.name, at: at}
	fail := func(err error) (Begun[C], int, error) { return Begun[C]{}, 0, s.fail(ctx, err, nil) }

	if f.valid != nil {
		if err := hook("valid", func() error { return f.valid(q) }); err != nil {
			return Begun[C]{}, 0, &Error{Chain: f.name, Kind: Invalid, Cause: err}
		}
	}
	w := f.wants(ctx)
	if len(f.eligible(w)) == 0 {
		return Begun[C]{}, 0, &Error{Chain: f.name, Kind: Refused, Cause: ErrNoSource}
	}
	l, rank := f.leg(source)
	if l == nil {
		return fail(errSource)
	}
	s.leg = l.Name
	if !w.by(l.Assurance, l.Traits) {
		return fail(errTooWeak)
	}
	drill, over := f.drilled(w)
	if l.Name == over && f.besides(over, w) {
		return fail(ErrDrill)
	}
	b, err := f.beginAt(ctx, l, s, w, q)
	drill.toldBegin(l.Name, at, err)
	return b, rank, err
}

// beginAt begins at that leg.
func (f *course[Q, C, R, A]) beginAt(ctx context.Context, l *Leg[Q, C, R, A], s *step, w wants, q Q) (Begun[C], error) {
	fail := func(err error) (Begun[C], error) { return Begun[C]{}, s.fail(ctx, err, nil) }
	if ctx.Err() != nil {
		return Begun[C]{}, s.over(ctx, nil)
	}
	var r record
	var err error
	if r.claim, err = pack(q); err != nil {
		return fail(because(errPacking, Refused, err))
	}
	if len(r.claim) >= recordMax { // no challenge is empty: nobody is asked for one that cannot be kept
		return fail(errKeep)
	}
	spent, full := l.capacity().enter()
	if full != nil {
		return fail(full)
	}
	defer l.capacity().leave(spent, &s.sent)

	c, err := f.askBegin(ctx, l, s, q)
	if err != nil {
		return fail(err)
	}
	if r.challenge, err = pack(c); err != nil {
		return fail(because(errPacking, Refused, err))
	}
	if len(r.claim)+len(r.challenge) > recordMax {
		return fail(errKeep)
	}
	t := &ticket{
		claim: sha256.Sum256(r.claim), level: l.Assurance, min: w.floor, traits: w.need,
		ends: time.Now().Add(f.ttl).Round(0), source: l.Name,
	}
	_, _ = rand.Read(t.id[:]) // never fails
	text, err := f.keep(ctx, t, &r, w.session)
	if err != nil {
		return fail(err)
	}
	f.sent(l, t.ends.Add(-f.ttl))
	return Begun[C]{Challenge: c, Ticket: text, Source: l.Name, Expires: t.ends, Assurance: l.Assurance}, nil
}

// eligible returns the places of the legs that are enough.
func (f *course[Q, C, R, A]) eligible(w wants) (ranks []int) {
	for i := range f.legs {
		if w.by(f.legs[i].Assurance, f.legs[i].Traits) {
			ranks = append(ranks, i)
		}
	}
	return ranks
}

// askBegin asks step one of the leg, inside its breaker and its time.
func (f *course[Q, C, R, A]) askBegin(ctx context.Context, l *Leg[Q, C, R, A], s *step, q Q) (C, error) {
	entered, leave := context.WithCancel(ctx)
	defer leave()
	pass, err := l.breaker().Enter(entered)
	if err != nil {
		return *new(C), err
	}
	s.sent = 1
	settle := func(err error) {
		if err == nil || !ClassOf(err).Fault() || hearsay(err) {
			leave() // a call that its caller gave up says nothing: the way to leave a breaker without a vote
			err = context.Canceled
		}
		pass.Exit(err)
	}
	return once(ctx, l.Timeout, l.Name, settle, func(ctx context.Context) (C, error) {
		c, err := l.Begin(ctx, q)
		if err == nil && f.noChall != nil && f.noChall(c) {
			err = errNoAnswer
		}
		return c, err
	})
}

// keep seals the ticket and puts the record where only one Finish finds it.
func (f *course[Q, C, R, A]) keep(ctx context.Context, t *ticket, r *record, session string) (string, error) {
	var err error
	if t.session, err = f.sealer.session(0, t.id, session); err != nil {
		return "", err
	}
	text, err := f.sealer.seal(t)
	if err != nil {
		return "", err
	}
	sealed, err := f.sealer.sealRecord(0, t.id, r)
	if err != nil {
		return "", err
	}
	handle, err := f.sealer.handle(0, t.id)
	if err != nil {
		return "", err
	}
	return text, f.askTickets(ctx, func(ctx context.Context) error { return f.tickets.Put(ctx, handle, sealed, f.ttl) })
}
