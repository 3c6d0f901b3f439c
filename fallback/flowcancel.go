package fallback

import (
	"context"
	"errors"
	"time"

	"github.com/detour-go/detour/breaker"
)

// Cancel ends what a ticket began, for a citizen who goes back or takes another
// way: no Finish with it begins any more, in any process, so what is confirmed
// later confirms nothing. A Finish that is under way just then may still end as it
// would have. Like Finish it is for the session that began; a ticket that is used
// or expired is over already, which is no error.
//
// Then Leg.Cancel, where there is one and its breaker is closed, takes back what
// step one set in motion. The error is an *Error:
//
//   - ErrDenied with ErrTicketForged or ErrTicketSession: the ticket is refused.
//   - ErrUnavailable with ErrTickets: nobody knows whether the ticket has ended;
//     it also matches ErrPending.
//   - what Leg.Cancel said: the ticket is over (ErrRestart), but the request may
//     still wait at the vendor. Tell the citizen to leave it unanswered.
func (f *Flow[Q, C, R, A]) Cancel(ctx context.Context, ticket string) (err error) {
	c := f.now.Load()
	o := Outcome{Chain: c.name, Op: "cancel", Verdict: Unavailable.String(), At: time.Now()}
	defer c.tell(&o, &err)
	if o.Source, err = c.cancel(ctx, ticket, o.At); err == nil {
		o.Verdict = "ok"
	}
	return err
}

func (f *course[Q, C, R, A]) cancel(ctx context.Context, text string, at time.Time) (source string, err error) {
	s := &step{flow: f.name, at: at}
	if ctx.Err() != nil {
		return "", s.over(ctx, ErrPending)
	}
	t, key, err := f.admit(ctx, text)
	switch {
	case errors.Is(err, ErrTicketExpired):
		return "", nil
	case err != nil:
		return "", s.fail(ctx, err, ErrRestart)
	}
	sealed, found, err := f.end(ctx, t, key)
	if err != nil {
		return "", s.fail(ctx, err, ErrPending)
	}
	l, _ := f.leg(t.source)
	if l == nil || l.Cancel == nil || !found {
		return t.source, nil
	}
	s.leg = l.Name
	if err := f.takeBack(ctx, l, s, t, key, sealed); err != nil {
		return "", s.fail(ctx, err, ErrRestart)
	}
	return t.source, nil
}

// end makes a ticket worth nothing: its tries are counted as spent first, so that
// a Finish which is under way gives back what nobody can take.
func (f *course[Q, C, R, A]) end(ctx context.Context, t *ticket, key int) (sealed []byte, found bool, err error) {
	handle, err := f.sealer.handle(key, t.id)
	if err != nil {
		return nil, false, err
	}
	err = f.askTickets(ctx, func(ctx context.Context) error {
		_, err := f.tickets.Add(ctx, handle, maxTries+1, f.ttl+time.Minute)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	err = f.askTickets(ctx, func(ctx context.Context) (err error) {
		sealed, found, err = f.tickets.Take(ctx, handle)
		return err
	})
	return sealed, found, err
}

// takeBack asks the leg to, once and without a vote in its breaker: whether a
// vendor can forget says nothing about whether it can do its work.
func (f *course[Q, C, R, A]) takeBack(ctx context.Context, l *Leg[Q, C, R, A], s *step, t *ticket, key int, sealed []byte) error {
	rec, err := f.sealer.openRecord(key, t, sealed)
	if err != nil {
		return err
	}
	c, err := unpack[C](rec.challenge)
	if err != nil {
		return because(errPacking, Unavailable, err)
	}
	if snap := l.breaker().Snapshot(); snap.State != breaker.Closed {
		return &breaker.OpenError{
			Name: snap.Name, State: snap.State, Since: snap.Since, Until: snap.Until, Why: snap.Why, Forced: snap.Forced == breaker.ForcedOpen,
		}
	}
	if !l.capacity().take() {
		return errNoRoom
	}
	defer l.capacity().give()
	s.sent = 1
	_, err = once(ctx, l.Timeout, l.Name, func(error) {}, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, l.Cancel(ctx, c)
	})
	return err
}
