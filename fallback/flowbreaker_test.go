package fallback_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// open drives a breaker open by Begins that fail.
func (s *idSite) open(t *testing.T, b *breaker.Breaker) {
	t.Helper()
	s.kakao.begin = func(context.Context) error { return &idError{class: "unavailable"} }
	for range 5 {
		_, err := s.flow.Begin(bgCtx, "kakao", idClaim{Person: "kim"})
		flowFails(t, err, fallback.ErrUnavailable)
	}
	s.kakao.begin = nil
	require.Equal(t, breaker.Open, b.Snapshot().State)
}

func TestFlowBeginFaultsCountAndSuccessesDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		b := s.guard(t, breaker.Config{Name: "kakao"})
		for range 50 {
			s.mustBegin(t, bgCtx, "kakao")
		}
		require.Zero(t, b.Snapshot().Calls, "a redirect proves nothing")
		for _, class := range []string{"invalid", "denied", "notfound"} {
			s.kakao.begin = func(context.Context) error { return &idError{class: class} }
			_, err := s.flow.Begin(bgCtx, "kakao", idClaim{})
			require.Error(t, err)
		}
		s.kakao.begin = func(context.Context) error { return &idError{class: "unavailable", hearsay: true} }
		_, err := s.flow.Begin(bgCtx, "kakao", idClaim{})
		require.Error(t, err)
		require.Zero(t, b.Snapshot().Calls)
		s.open(t, b)
		before := s.kakao.begins.Load()
		_, err = s.flow.Begin(bgCtx, "kakao", idClaim{Person: "kim"})
		e := flowFails(t, err, fallback.ErrUnavailable, breaker.ErrOpen)
		var open *breaker.OpenError
		require.ErrorAs(t, err, &open)
		require.Equal(t, breaker.ReasonFaults, open.Why)
		require.Equal(t, fallback.SkipOpen, e.Failed[0].Skip)
		require.Positive(t, e.Wait())
		require.Equal(t, before, s.kakao.begins.Load(), "not asked")
		s.mustBegin(t, bgCtx, "naver")
	})
}

// What a browser can bring about must never open a circuit, nor close one.
func TestFlowT5OnlyEvidenceOfTheUpstreamCounts(t *testing.T) {
	for name, c := range map[string]struct {
		finish func(context.Context, idReply) error
		calls  uint64 // seen by the breaker
		faults uint64
	}{
		"fault":                     {func(context.Context, idReply) error { return &idError{class: "unavailable"} }, 1, 1},
		"fault, not sent":           {func(context.Context, idReply) error { return &idError{class: "unavailable", unsent: true} }, 1, 1},
		"fault, by hearsay":         {func(context.Context, idReply) error { return &idError{class: "unavailable", hearsay: true} }, 0, 0},
		"denied by the vendor":      {func(context.Context, idReply) error { return &idError{class: "denied"} }, 1, 0},
		"denied, not sent":          {func(context.Context, idReply) error { return &idError{class: "denied", unsent: true} }, 0, 0},
		"denied, by hearsay":        {func(context.Context, idReply) error { return &idError{class: "denied", hearsay: true} }, 0, 0},
		"another person":            {nil, 1, 0},
		"panic":                     {func(context.Context, idReply) error { panic("x") }, 1, 1},
		"timeout":                   {func(ctx context.Context, _ idReply) error { <-ctx.Done(); return ctx.Err() }, 1, 1},
		"security, only by hearsay": {func(context.Context, idReply) error { return &idError{class: "security", hearsay: true} }, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newIDSite(t, func(cfg *idConfig) { cfg.Legs[0].Timeout = 100 * time.Millisecond })
				b := s.guard(t, breaker.Config{})
				s.kakao.finish = c.finish
				ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
				_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of lee"})
				require.Error(t, err)
				snap := b.Snapshot()
				require.Equal(t, c.calls, snap.Calls)
				require.Equal(t, c.faults, snap.Faults)
				require.Equal(t, breaker.Closed, snap.State)
			})
		})
	}
}

// F70: ten thousand forged callbacks.
func TestFlowF70ForgedCallbacksChangeNothing(t *testing.T) {
	s := newIDSite(t, nil)
	b := s.guard(t, breaker.Config{})
	for range 10_000 {
		_, err := s.flow.Finish(bgCtx, "forged", idReply{Code: "of kim"})
		require.ErrorIs(t, err, fallback.ErrDenied)
	}
	require.Zero(t, b.Snapshot().Calls)
	require.Zero(t, s.asked())
}

func TestFlowTheCallerWhoLeavesIsNoFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		b := s.guard(t, breaker.Config{})
		for _, state := range []string{"closed", "open"} {
			tickets := make([]string, 10)
			for i := range tickets {
				tickets[i] = s.mustBegin(t, bgCtx, "kakao").Ticket
			}
			if state == "open" {
				s.open(t, b)
			}
			before := b.Snapshot()
			s.kakao.finish = func(ctx context.Context, _ idReply) error { <-ctx.Done(); return ctx.Err() }
			for _, ticket := range tickets {
				ctx, cancel := context.WithCancel(bgCtx)
				time.AfterFunc(10*time.Millisecond, cancel)
				_, err := s.flow.Finish(ctx, ticket, idReply{Code: "of kim"})
				flowFails(t, err, fallback.ErrCancelled, fallback.ErrRestart)
			}
			require.Equal(t, before.Calls, b.Snapshot().Calls)
			require.Equal(t, before.Late, b.Snapshot().Late)
		}
	})
}

// F74: the circuit opens while a citizen is half-way. He may finish; who begins now is offered something else.
func TestFlowF74HalfWayWhenItOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		b := s.guard(t, breaker.Config{Name: "kakao", OpenFor: time.Minute})
		good, bad := s.mustBegin(t, bgCtx, "kakao").Ticket, s.mustBegin(t, bgCtx, "kakao").Ticket
		said := s.mustBegin(t, bgCtx, "kakao").Ticket
		s.open(t, b)
		require.False(t, s.flow.Offers(bgCtx)[0].Available)

		r, err := s.flow.Finish(bgCtx, good, idReply{Code: "of kim"})
		require.NoError(t, err)
		require.Equal(t, "kakao", r.Source)
		require.Equal(t, breaker.Open, b.Snapshot().State, "one citizen is no proof that it is well")
		require.EqualValues(t, 1, b.Snapshot().Late, "yet it is told")

		s.kakao.finish = func(context.Context, idReply) error { return &idError{class: "unavailable"} }
		_, err = s.flow.Finish(bgCtx, bad, idReply{Code: "of kim"})
		flowFails(t, err, fallback.ErrUnavailable, fallback.ErrRestart)
		require.EqualValues(t, 2, b.Snapshot().Late)
		_, err = s.flow.Begin(bgCtx, "kakao", idClaim{})
		flowFails(t, err, fallback.ErrUnavailable, breaker.ErrOpen)

		s.kakao.finish = func(context.Context, idReply) error { return &idError{class: "unavailable", hearsay: true} }
		_, err = s.flow.Finish(bgCtx, said, idReply{Code: "of kim"})
		flowFails(t, err, fallback.ErrUnavailable, fallback.ErrRestart)
		require.EqualValues(t, 2, b.Snapshot().Late, "what a browser says is not told")
	})
}

// F69: forced by an operator. It wins over the citizen who is half-way too; his ticket stays what it was, for nobody was asked.
func TestFlowF69ForcedOpenRefusesBothSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		b := s.guard(t, breaker.Config{Name: "kakao"})
		ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "maintenance", time.Hour))
		begins := s.kakao.begins.Load()

		_, err := s.flow.Begin(bgCtx, "kakao", idClaim{})
		e := flowFails(t, err, fallback.ErrUnavailable, breaker.ErrOpen)
		require.Equal(t, fallback.SkipForced, e.Failed[0].Skip)
		_, err = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		e = flowFails(t, err, fallback.ErrUnavailable, breaker.ErrOpen, fallback.ErrRestart)
		require.Equal(t, fallback.SkipForced, e.Failed[0].Skip)
		require.Zero(t, e.Failed[0].Attempts)
		require.True(t, e.NotSent())
		require.Equal(t, time.Hour, e.Wait().Round(time.Second))
		require.Zero(t, s.asked())
		require.Equal(t, begins, s.kakao.begins.Load())

		require.NoError(t, b.Release("kim", "done"))
		_, err = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		require.NoError(t, err)
	})
}

// An operator who forces it open between the look at the breaker and the ask wins as well.
func TestFlowForcedWhileTheTicketIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &idTickets{}
		s := newIDSite(t, func(c *idConfig) { broken.Counter = c.Tickets; c.Tickets = broken })
		b := s.guard(t, breaker.Config{Name: "kakao"})
		ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
		broken.take = func(context.Context) error { return b.Force(breaker.ForcedOpen, "kim", "maintenance", time.Hour) }
		_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		e := flowFails(t, err, fallback.ErrUnavailable, breaker.ErrOpen, fallback.ErrRestart)
		require.Equal(t, fallback.SkipForced, e.Failed[0].Skip)
		require.Zero(t, s.asked())
	})
}

func TestFlowForcedClosedPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		b := s.guard(t, breaker.Config{})
		s.open(t, b)
		require.NoError(t, b.Force(breaker.ForcedClosed, "kim", "we know better", time.Hour))
		require.True(t, s.flow.Offers(bgCtx)[0].Available)
		ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
		_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		require.NoError(t, err)
	})
}

// Without a Watch only citizens can find out that it is back: Begins are let through one at a time and prove nothing, Finishes close it.
func TestFlowRecoversByCitizens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		b := s.guard(t, breaker.Config{OpenFor: time.Second})
		s.open(t, b)
		require.False(t, s.flow.Offers(bgCtx)[0].Available)
		time.Sleep(5 * time.Second)
		offer := s.flow.Offers(bgCtx)[0]
		require.True(t, offer.Available, "or nobody would ever try")
		require.Zero(t, offer.Admitted)
		require.Equal(t, "faults", offer.Why)
		var tickets []string
		for range 20 {
			tickets = append(tickets, s.mustBegin(t, bgCtx, "kakao").Ticket)
		}
		require.Equal(t, breaker.HalfOpen, b.Snapshot().State)
		for i, ticket := range tickets[:3] {
			require.Equal(t, breaker.HalfOpen, b.Snapshot().State, "after %d", i)
			_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
			require.NoError(t, err)
		}
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		offer = s.flow.Offers(bgCtx)[0]
		require.True(t, offer.Available)
		require.Less(t, offer.Admitted, 0.5, "it comes back step by step")
		time.Sleep(2 * time.Second)
		require.EqualValues(t, 1, s.flow.Offers(bgCtx)[0].Admitted)
	})
}

// With a Watch no citizen is sent to a dead page, however long it lasts.
func TestFlowRecoversByWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		var dead atomic.Bool
		b := s.guard(t, breaker.Config{Watch: func(ctx context.Context) error {
			if dead.Load() {
				<-ctx.Done() // it hangs, so that each look takes its time
				return errors.New("login page is down")
			}
			return nil
		}})
		ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
		dead.Store(true)
		time.Sleep(10 * time.Second)
		for range 1000 {
			offer := s.flow.Offers(bgCtx)[0]
			require.False(t, offer.Available)
			require.Equal(t, "watch", offer.Why)
			_, err := s.flow.Begin(bgCtx, "kakao", idClaim{})
			flowFails(t, err, fallback.ErrUnavailable, breaker.ErrOpen)
			time.Sleep(77 * time.Millisecond)
		}
		_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		require.NoError(t, err, "the page is dead, the token endpoint may not be")
		dead.Store(false)
		time.Sleep(time.Minute)
		require.True(t, s.flow.Offers(bgCtx)[0].Available)
		require.NoError(t, b.Close())
	})
}
