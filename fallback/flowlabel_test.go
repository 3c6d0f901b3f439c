package fallback_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestFlowSaysWhatWentWrong: the line that stands in the log, for each way in
// which a step is refused.
func TestFlowSaysWhatWentWrong(t *testing.T) {
	finish := func(s *idSite, ctx context.Context, ticket, code string) error {
		_, err := s.flow.Finish(ctx, ticket, idReply{Code: code})
		return err
	}
	begin := func(s *idSite, ctx context.Context, source string) error {
		_, err := s.flow.Begin(ctx, source, idClaim{Person: "kim"})
		return err
	}
	mine := fallback.WithSession(bgCtx, "mine")
	late, cancel := context.WithDeadline(bgCtx, time.Unix(1, 0))
	defer cancel()
	for want, row := range map[string]struct {
		change func(*idConfig)
		fails  func(t *testing.T, s *idSite, ticket string) error
		mark   error
	}{
		"login: denied: ticket: not one of this flow": {nil, func(_ *testing.T, s *idSite, ticket string) error { return finish(s, mine, ticket[1:], "of kim") }, fallback.ErrRestart},
		"login: denied: ticket: expired": {nil, func(_ *testing.T, s *idSite, ticket string) error {
			time.Sleep(10 * time.Minute)
			return finish(s, mine, ticket, "of kim")
		}, fallback.ErrRestart},
		"login: denied: kakao: denied: ticket: used": {nil, func(t *testing.T, s *idSite, ticket string) error {
			require.NoError(t, finish(s, mine, ticket, "of kim"))
			return finish(s, mine, ticket, "of kim")
		}, fallback.ErrRestart},
		"login: denied: ticket: begun in another session": {nil, func(_ *testing.T, s *idSite, ticket string) error { return finish(s, bgCtx, ticket, "of kim") }, fallback.ErrRestart},
		"login: denied: kakao: denied: the proof does not match the claim": {nil, func(_ *testing.T, s *idSite, ticket string) error {
			return finish(s, mine, ticket, "of lee")
		}, fallback.ErrRestart},
		"login: denied: kakao: assurance: the proof is below the assurance asked for": {nil, func(_ *testing.T, s *idSite, ticket string) error {
			return finish(s, fallback.WithMin(mine, fallback.High), ticket, "of kim")
		}, fallback.ErrRestart},
		"login: unavailable: kakao: unavailable: the tickets could not be kept": {nil, func(_ *testing.T, s *idSite, ticket string) error {
			s.cfg.Tickets.(*idTickets).take = func(context.Context) error { return errors.New(idCanary) }
			return finish(s, mine, ticket, "of kim")
		}, fallback.ErrRestart},
		"login: unavailable: the source of the ticket is gone": {nil, func(t *testing.T, s *idSite, ticket string) error {
			s.cfg.Legs = s.cfg.Legs[1:]
			s.remake(t)
			return finish(s, mine, ticket, "of kim")
		}, fallback.ErrRestart},
		"login: unavailable: no time was left": {nil, func(_ *testing.T, s *idSite, ticket string) error { return finish(s, late, ticket, "of kim") }, fallback.ErrPending},
		"login: invalid: no such source":       {nil, func(_ *testing.T, s *idSite, _ string) error { return begin(s, mine, "daum") }, nil},
		"login: invalid: kakao: assurance: the source is below the assurance asked for": {nil, func(_ *testing.T, s *idSite, _ string) error {
			return begin(s, fallback.WithMin(mine, fallback.High), "kakao")
		}, nil},
		"login: invalid: kakao: invalid: claim and challenge are larger than 64 KiB together": {nil, func(_ *testing.T, s *idSite, _ string) error {
			_, err := s.flow.Begin(mine, "kakao", idClaim{Page: string(make([]byte, 70_000))})
			return err
		}, nil},
		"login: invalid: no citizen": {func(c *idConfig) {
			c.Valid = func(q idClaim) error {
				if q.Person == "" {
					return &hinted{"no citizen"}
				}
				return nil
			}
		}, func(_ *testing.T, s *idSite, _ string) error {
			_, err := s.flow.Begin(mine, "kakao", idClaim{})
			return err
		}, nil},
		"login: refused: no source reaches the assurance asked for": {nil, func(_ *testing.T, s *idSite, _ string) error {
			return begin(s, fallback.WithTraits(mine, fallback.Signature), "kakao")
		}, nil},
		"login: unavailable: kakao: unavailable: panic in source kakao: string": {nil, func(_ *testing.T, s *idSite, ticket string) error {
			s.kakao.finish = func(context.Context, idReply) error { panic(idCanary) }
			return finish(s, mine, ticket, "of kim")
		}, fallback.ErrRestart},
	} {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newIDSite(t, func(c *idConfig) {
					c.Tickets = &idTickets{Counter: c.Tickets}
					if row.change != nil {
						row.change(c)
					}
				})
				err := row.fails(t, s, s.mustBegin(t, mine, "kakao").Ticket)
				require.EqualError(t, err, want)
				require.NotContains(t, err.Error(), idCanary)
				for _, mark := range []error{fallback.ErrRestart, fallback.ErrPending} {
					require.Equal(t, mark == row.mark, errors.Is(err, mark), mark)
				}
			})
		})
	}
}

// hinted is an error whose text may be shown.
type hinted struct{ text string }

func (h *hinted) Error() string { return h.text }
func (h *hinted) Class() string { return "invalid" }

// TestTicketErrorsMeanARestart by themselves, without the flow around them.
func TestTicketErrorsMeanARestart(t *testing.T) {
	for _, err := range []error{fallback.ErrTicketForged, fallback.ErrTicketExpired, fallback.ErrTicketUsed, fallback.ErrTicketSession} {
		require.ErrorIs(t, err, fallback.ErrRestart)
		require.Equal(t, fallback.Denied, fallback.ClassOf(err))
	}
	require.Equal(t, fallback.Denied, fallback.ClassOf(fallback.ErrMismatch))
	require.Equal(t, fallback.Denied, fallback.ClassOf(fallback.ErrWeak))
	require.Equal(t, fallback.Unavailable, fallback.ClassOf(fallback.ErrTickets))
	require.EqualError(t, fallback.ErrDrill, "passed over by a drill")
	require.Equal(t, fallback.Unavailable, fallback.ClassOf(fallback.ErrDrill))
}

// TestFlowFailureIsLabelled: which leg, when its step began, how long it took
// and how many calls went out; the observer hears the same.
func TestFlowFailureIsLabelled(t *testing.T) {
	down := &idError{class: "unavailable"}
	slow := func(context.Context) error { time.Sleep(ms(30)); return down }
	for step, fail := range map[string]func(s *idSite, ticket string) error{
		"begin": func(s *idSite, _ string) error {
			_, err := s.flow.Begin(bgCtx, "kakao", idClaim{Person: "kim"})
			return err
		},
		"finish": func(s *idSite, ticket string) error {
			_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
			return err
		},
		"cancel": func(s *idSite, ticket string) error { return s.flow.Cancel(bgCtx, ticket) },
	} {
		t.Run(step, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told fallback.Outcome
				s := newIDSite(t, func(c *idConfig) {
					c.Observe = fallback.ObserverFunc(func(o fallback.Outcome) { told = o })
					c.Legs[0].Cancel = func(ctx context.Context, _ idChallenge) error { return slow(ctx) }
				})
				ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
				s.kakao.begin = slow
				s.kakao.finish = func(ctx context.Context, _ idReply) error { return slow(ctx) }
				time.Sleep(time.Minute)
				at := time.Now()
				var e *fallback.Error
				require.ErrorAs(t, fail(s, ticket), &e)
				require.Equal(t, "login", e.Chain)
				require.Equal(t, []fallback.Failure{{
					Source: "kakao", Class: fallback.Unavailable, Err: down, Attempts: 1, At: at, Took: ms(30),
				}}, e.Failed)
				require.NoError(t, s.flow.Close())
				require.Equal(t, "login "+step+" unavailable", told.Chain+" "+told.Op+" "+told.Verdict)
				require.Equal(t, at, told.At)
				require.Equal(t, ms(30), told.Took)
				require.Equal(t, 1, told.Attempts)
				require.Equal(t, e.Failed, told.Failed)
			})
		})
	}
}

// TestF57FlowLegThatExits: its caller's goroutine ends, its breaker counts it,
// and the observer hears of it with a verdict.
func TestF57FlowLegThatExits(t *testing.T) {
	for step, run := range map[string]func(s *idSite, ticket string){
		"begin":  func(s *idSite, _ string) { _, _ = s.flow.Begin(bgCtx, "kakao", idClaim{Person: "kim"}) },
		"finish": func(s *idSite, ticket string) { _, _ = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"}) },
		"cancel": func(s *idSite, ticket string) { _ = s.flow.Cancel(bgCtx, ticket) },
	} {
		t.Run(step, func(t *testing.T) {
			var told []fallback.Outcome
			s := newIDSite(t, func(c *idConfig) {
				c.Observe = fallback.ObserverFunc(func(o fallback.Outcome) { told = append(told, o) })
				c.Legs[0].Cancel = func(context.Context, idChallenge) error { runtime.Goexit(); return nil }
			})
			b := s.guard(t, breaker.Config{Name: "kakao"})
			ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
			s.kakao.begin = func(context.Context) error { runtime.Goexit(); return nil }
			s.kakao.finish = func(context.Context, idReply) error { runtime.Goexit(); return nil }
			done := make(chan struct{})
			go func() {
				defer close(done)
				run(s, ticket)
				t.Error("the goroutine should have ended")
			}()
			<-done
			require.NoError(t, s.flow.Close())
			require.Len(t, told, 2)
			require.Equal(t, "login "+step+" unavailable", told[1].Chain+" "+told[1].Op+" "+told[1].Verdict)
			require.False(t, told[1].At.IsZero())
			require.Equal(t, step != "cancel", b.Snapshot().Faults == 1)
		})
	}
}

// TestFlowSaysHowItsBreakerStands: to whoever is refused because an operator took
// a leg out, or because it is open.
func TestFlowSaysHowItsBreakerStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, func(c *idConfig) { c.Legs[0].Cancel = func(context.Context, idChallenge) error { return nil } })
		b := s.guard(t, breaker.Config{Name: "kakao.com"})
		one, two := s.mustBegin(t, bgCtx, "kakao").Ticket, s.mustBegin(t, bgCtx, "kakao").Ticket
		time.Sleep(time.Minute)
		since := time.Now()
		require.NoError(t, b.Force(breaker.ForcedOpen, "op", "maintenance", time.Hour))
		_, err := s.flow.Finish(bgCtx, one, idReply{Code: "of kim"})
		var open *breaker.OpenError
		require.ErrorAs(t, err, &open)
		require.Equal(t, breaker.OpenError{
			Name: "kakao.com", State: breaker.Open, Since: since, Until: since.Add(time.Hour), Why: breaker.ReasonForced, Forced: true,
		}, *open)
		require.NoError(t, b.Release("op", "over"))
		for range 5 {
			_ = b.Do(bgCtx, func(context.Context) error { return dead })
		}
		snap := b.Snapshot()
		require.Equal(t, breaker.Open, snap.State)
		require.ErrorAs(t, s.flow.Cancel(bgCtx, two), &open)
		require.Equal(t, breaker.OpenError{
			Name: "kakao.com", State: breaker.Open, Since: snap.Since, Until: snap.Until, Why: breaker.ReasonFaults,
		}, *open)
	})
}

// TestCancelIsToldWhereItWent: also when there was nothing to take back.
func TestCancelIsToldWhereItWent(t *testing.T) {
	var told []fallback.Outcome
	s := newIDSite(t, func(c *idConfig) {
		c.Observe = fallback.ObserverFunc(func(o fallback.Outcome) { told = append(told, o) })
		c.Legs[0].Cancel = func(context.Context, idChallenge) error { return nil }
	})
	for _, leg := range []string{"kakao", "naver"} {
		require.NoError(t, s.flow.Cancel(bgCtx, s.mustBegin(t, bgCtx, leg).Ticket))
		require.NoError(t, s.flow.Close())
		require.Equal(t, leg, told[len(told)-1].Source)
		require.Equal(t, "ok", told[len(told)-1].Verdict)
	}
}

// TestOffersWhereThereIsNoBound: a Capacity that bounds nothing is never full.
func TestOffersWhereThereIsNoBound(t *testing.T) {
	s := newIDSite(t, func(c *idConfig) { c.Legs[0].Upstream = &fallback.Upstream{Capacity: new(fallback.Capacity)} })
	require.True(t, s.flow.Offers(bgCtx)[0].Available)
}
