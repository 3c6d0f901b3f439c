package fallback_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// F75: who went back is not signed in by what is confirmed afterwards.
func TestF75CancelEndsTheTicket(t *testing.T) {
	for _, tries := range []int{1, 5} {
		synctest.Test(t, func(t *testing.T) {
			s := newIDSite(t, func(c *idConfig) { c.Legs[0].Tries = tries })
			b, other := s.mustBegin(t, bgCtx, "kakao"), s.mustBegin(t, bgCtx, "kakao")
			for range 3 { // and again
				require.NoError(t, s.flow.Cancel(bgCtx, b.Ticket))
			}
			for range 2 {
				_, err := s.flow.Finish(bgCtx, b.Ticket, idReply{Code: "of kim"})
				flowFails(t, err, fallback.ErrDenied, fallback.ErrTicketUsed, fallback.ErrRestart)
			}
			require.Zero(t, s.asked())
			s.remake(t)
			_, err := s.flow.Finish(bgCtx, b.Ticket, idReply{Code: "of kim"})
			flowFails(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
			_, err = s.flow.Finish(bgCtx, other.Ticket, idReply{Code: "of kim"})
			require.NoError(t, err, "another request of his is another request")
			require.NoError(t, s.flow.Cancel(bgCtx, other.Ticket), "what is over needs no cancelling")
			require.NoError(t, s.flow.Cancel(bgCtx, s.mustBegin(t, bgCtx, "naver").Ticket), "a leg that cannot take anything back")
			late := s.mustBegin(t, bgCtx, "kakao").Ticket
			time.Sleep(time.Hour)
			require.NoError(t, s.flow.Cancel(bgCtx, late))
		})
	}
}

func TestCancelIsForWhoBegan(t *testing.T) {
	s := codes(t, nil)
	mine := fallback.WithSession(bgCtx, "mine")
	ticket := s.mustBegin(t, mine, "kakao").Ticket
	err := s.flow.Cancel(fallback.WithSession(bgCtx, "theirs"), ticket)
	flowFails(t, err, fallback.ErrDenied, fallback.ErrTicketSession)
	flowFails(t, s.flow.Cancel(mine, ticket[1:]), fallback.ErrDenied, fallback.ErrTicketForged)
	flowFails(t, s.flow.Cancel(mine, ""), fallback.ErrDenied, fallback.ErrTicketForged)
	gone, leave := context.WithCancel(mine)
	leave()
	flowFails(t, s.flow.Cancel(gone, ticket), fallback.ErrCancelled, fallback.ErrPending)
	_, err = s.flow.Finish(mine, ticket, idReply{Code: "of kim"})
	require.NoError(t, err, "none of them ended it")
}

// A Finish that is under way while the citizen cancels gives the ticket back, and it is worth nothing all the same.
func TestCancelBesideAFinish(t *testing.T) {
	s := codes(t, nil)
	ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
	inner := s.kakao.finish
	s.kakao.finish = func(ctx context.Context, r idReply) error {
		require.NoError(t, s.flow.Cancel(ctx, ticket))
		return inner(ctx, r)
	}
	_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of 000000"})
	flowFails(t, err, fallback.ErrDenied)
	_, err = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
	flowFails(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
	require.Equal(t, 1, s.asked())
}

func TestNoFinishBeginsAfterCancel(t *testing.T) {
	for range 50 {
		s := codes(t, nil)
		ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
		var over atomic.Bool
		var late atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if i == 4 {
					if s.flow.Cancel(bgCtx, ticket) == nil {
						over.Store(true)
					}
					return
				}
				after := over.Load()
				if _, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of 000000"}); after && errors.Is(err, fallback.ErrPending) {
					late.Add(1)
				}
			})
		}
		all.Wait()
		require.Zero(t, late.Load())
		asked := s.asked()
		_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		require.ErrorIs(t, err, fallback.ErrTicketUsed)
		require.Equal(t, asked, s.asked())
	}
}

// F75: what can be taken back is, once, after the ticket has ended, with what step one was given.
func TestF75CancelTakesTheRequestBack(t *testing.T) {
	rows := map[string]struct {
		ends    error // of Leg.Cancel
		verdict error
	}{
		"it can":                {nil, nil},
		"it is down":            {&idError{class: "unavailable"}, fallback.ErrUnavailable},
		"it says no":            {&idError{class: "denied"}, fallback.ErrDenied},
		"it has none":           {&idError{class: "notfound"}, fallback.ErrNotFound},
		"it says who it was":    {errors.New(idCanary + " kim"), fallback.ErrUnavailable},
		"it never comes back":   {context.DeadlineExceeded, fallback.ErrUnavailable},
		"it panics with a name": {nil, fallback.ErrUnavailable},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var took []idSecret
				s := newIDSite(t, func(c *idConfig) {
					c.Legs[0].Tries, c.Legs[0].Timeout = 5, time.Second
					c.Legs[0].Cancel = func(ctx context.Context, c idChallenge) error {
						took = append(took, c.State)
						switch name {
						case "it panics with a name":
							panic(idCanary)
						case "it never comes back":
							<-ctx.Done()
							return ctx.Err()
						}
						return row.ends
					}
				})
				b := s.guard(t, breaker.Config{Name: "kakao", Consecutive: 1})
				ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
				began := time.Now()
				err := s.flow.Cancel(bgCtx, ticket)
				require.LessOrEqual(t, time.Since(began), time.Second)
				if row.verdict == nil {
					require.NoError(t, err)
				} else {
					flowFails(t, err, row.verdict, fallback.ErrRestart)
				}
				require.NoError(t, s.flow.Cancel(bgCtx, ticket), "it is over, whatever the vendor said")
				require.Equal(t, []idSecret{idCanary + " state of kakao"}, took, "once")
				_, err = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
				flowFails(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
				require.Equal(t, breaker.Closed, b.Snapshot().State)
				require.Zero(t, b.Snapshot().Faults, "no vote")
			})
		})
	}
}

func TestCancelAsksNobodyWhoIsDown(t *testing.T) {
	asked := 0
	s := newIDSite(t, func(c *idConfig) {
		c.Legs[0].Cancel = func(context.Context, idChallenge) error { asked++; return nil }
	})
	b := s.guard(t, breaker.Config{Name: "kakao"})
	ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
	require.NoError(t, b.Force(breaker.ForcedOpen, "operator", "maintenance", time.Minute))
	err := s.flow.Cancel(bgCtx, ticket)
	flowFails(t, err, fallback.ErrUnavailable, fallback.ErrRestart)
	var open *breaker.OpenError
	require.ErrorAs(t, err, &open)
	require.True(t, open.Forced)
	require.Zero(t, asked)
	require.NoError(t, b.Release("operator", "over"))
	require.NoError(t, s.flow.Cancel(bgCtx, ticket), "over already")
}

func TestCancelKeepsWithinTheCapacity(t *testing.T) {
	asked := 0
	s := newIDSite(t, func(c *idConfig) {
		c.Legs[0].Upstream = &fallback.Upstream{Capacity: &fallback.Capacity{InFlight: 1}}
		c.Legs[0].Cancel = func(context.Context, idChallenge) error { asked++; return nil }
	})
	one, two, three := s.mustBegin(t, bgCtx, "kakao").Ticket, s.mustBegin(t, bgCtx, "kakao").Ticket, s.mustBegin(t, bgCtx, "kakao").Ticket
	s.kakao.finish = func(ctx context.Context, _ idReply) error {
		flowFails(t, s.flow.Cancel(ctx, two), fallback.ErrLimited, fallback.ErrRestart)
		return nil
	}
	_, err := s.flow.Finish(bgCtx, one, idReply{Code: "of kim"})
	require.NoError(t, err)
	_, err = s.flow.Finish(bgCtx, two, idReply{Code: "of kim"})
	flowFails(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
	require.Zero(t, asked)
	require.NoError(t, s.flow.Cancel(bgCtx, three))
	require.NoError(t, s.flow.Cancel(bgCtx, s.mustBegin(t, bgCtx, "kakao").Ticket), "the place was given back")
	require.Equal(t, 2, asked)
}

func TestCancelWithoutTicketsSaysThatNobodyKnows(t *testing.T) {
	for name, fault := range brokenTickets {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				broken := &idTickets{}
				s := codes(t, func(c *idConfig) { broken.Counter = c.Tickets; c.Tickets = broken })
				ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
				broken.add = fault
				flowFails(t, s.flow.Cancel(bgCtx, ticket), fallback.ErrUnavailable, fallback.ErrTickets, fallback.ErrPending)
				broken.add, broken.take = nil, fault
				flowFails(t, s.flow.Cancel(bgCtx, ticket), fallback.ErrUnavailable, fallback.ErrTickets, fallback.ErrPending)
				broken.take = nil
				require.NoError(t, s.flow.Cancel(bgCtx, ticket))
				_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
				flowFails(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
			})
		})
	}
}

func TestCancelIsObserved(t *testing.T) {
	var told []fallback.Outcome
	s := newIDSite(t, func(c *idConfig) {
		c.Observe = fallback.ObserverFunc(func(o fallback.Outcome) { told = append(told, o) })
	})
	require.NoError(t, s.flow.Cancel(bgCtx, s.mustBegin(t, bgCtx, "kakao").Ticket))
	require.Error(t, s.flow.Cancel(bgCtx, "x"))
	require.NoError(t, s.flow.Close())
	require.Len(t, told, 3)
	require.Equal(t, []string{"cancel", "ok", "kakao"}, []string{told[1].Op, told[1].Verdict, told[1].Source})
	require.Equal(t, []string{"cancel", "denied", ""}, []string{told[2].Op, told[2].Verdict, told[2].Source})
}
