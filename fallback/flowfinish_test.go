package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// The Hometax case of January 2022: the claim of one person, the proof of another, at every source of the flow.
func TestFinishRefusesTheProofOfAnother(t *testing.T) {
	for _, name := range []string{"kakao", "naver", "pass"} {
		t.Run(name, func(t *testing.T) {
			s := newIDSite(t, nil)
			b := s.mustBegin(t, bgCtx, name)
			r, err := s.flow.Finish(bgCtx, b.Ticket, idReply{Code: "of lee"})
			require.Zero(t, r)
			flowFails(t, err, fallback.ErrDenied, fallback.ErrMismatch, fallback.ErrRestart)
			_, err = s.flow.Finish(bgCtx, b.Ticket, idReply{Code: "of kim"})
			flowFails(t, err, fallback.ErrDenied, fallback.ErrTicketUsed)
		})
	}
}

func TestFinishMatchDecides(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		match   func(idClaim, idProof) error
		verdict error
	}{
		"no class":  {func(idClaim, idProof) error { return boom }, fallback.ErrDenied},
		"its class": {func(idClaim, idProof) error { return fmt.Errorf("%w: %w", boom, &idError{class: "unavailable"}) }, fallback.ErrUnavailable},
		"a word that is no class": {func(idClaim, idProof) error {
			return fmt.Errorf("%w: %w", boom, &idError{class: "ok"})
		}, fallback.ErrUnavailable},
		"panic": {func(idClaim, idProof) error { panic(idCanary) }, fallback.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			s := newIDSite(t, func(cfg *idConfig) { cfg.Match = c.match })
			r, err := s.flow.Finish(bgCtx, s.mustBegin(t, bgCtx, "kakao").Ticket, idReply{Code: "of kim"})
			require.Zero(t, r)
			flowFails(t, err, c.verdict, fallback.ErrMismatch, fallback.ErrRestart)
			if name != "panic" {
				require.ErrorIs(t, err, boom)
			}
		})
	}
}

// pointed is a flow whose proof is a pointer.
func pointed(t *testing.T, finish func() (*idProof, error)) (*fallback.Flow[idClaim, idChallenge, idReply, *idProof], string) {
	t.Helper()
	s := newIDSite(t, nil)
	l := fallback.NewLeg("p", s.kakao.Begin, func(context.Context, idReply) (*idProof, error) { return finish() }, nil)
	l.Assurance = fallback.Low
	f, err := fallback.NewFlow(fallback.FlowConfig[idClaim, idChallenge, idReply, *idProof]{
		Name: "pointed", Legs: []fallback.Leg[idClaim, idChallenge, idReply, *idProof]{l}, Min: fallback.Low, Keys: s.cfg.Keys, Tickets: s.tickets,
		Match: func(q idClaim, a *idProof) error { return idMatch(q, *a) },
	})
	require.NoError(t, err)
	b, err := f.Begin(bgCtx, "p", idClaim{Person: "kim"})
	require.NoError(t, err)
	return f, b.Ticket
}

func TestFinishNoProofIsNoProof(t *testing.T) {
	f, ticket := pointed(t, func() (*idProof, error) { return nil, nil })
	_, err := f.Finish(bgCtx, ticket, idReply{})
	flowFails(t, err, fallback.ErrUnavailable, fallback.ErrRestart)
}

func TestFinishErrorsOfTheLeg(t *testing.T) {
	for name, c := range map[string]struct {
		finish  func(context.Context, idReply) error
		verdict error
	}{
		"no class":  {func(context.Context, idReply) error { return errors.New(idCanary) }, fallback.ErrUnavailable},
		"limited":   {func(context.Context, idReply) error { return &idError{class: "limited"} }, fallback.ErrLimited},
		"refused":   {func(context.Context, idReply) error { return &idError{class: "refused"} }, fallback.ErrRefused},
		"security":  {func(context.Context, idReply) error { return &idError{class: "security"} }, fallback.ErrSecurity},
		"invalid":   {func(context.Context, idReply) error { return &idError{class: "invalid"} }, fallback.ErrInvalid},
		"denied":    {func(context.Context, idReply) error { return &idError{class: "denied"} }, fallback.ErrDenied},
		"not found": {func(context.Context, idReply) error { return &idError{class: "notfound"} }, fallback.ErrNotFound},
		"panic":     {func(context.Context, idReply) error { panic(idCanary) }, fallback.ErrUnavailable},
		"no index":  {func(context.Context, idReply) error { none := []error{}; return none[len(none)] }, fallback.ErrUnavailable},
		"hang":      {func(ctx context.Context, _ idReply) error { <-ctx.Done(); return ctx.Err() }, fallback.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newIDSite(t, func(cfg *idConfig) { cfg.Legs[0].Timeout = 4 * time.Second })
				s.kakao.finish = c.finish
				ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
				start := time.Now()
				r, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
				require.Zero(t, r, "never half an answer")
				e := flowFails(t, err, c.verdict, fallback.ErrRestart)
				require.NotErrorIs(t, err, fallback.ErrPending)
				require.Len(t, e.Failed, 1)
				require.Equal(t, 1, e.Failed[0].Attempts)
				require.Equal(t, 1, s.asked(), "asked once: no retry, no failover")
				if name == "hang" {
					require.Equal(t, 4*time.Second, time.Since(start))
				}
				_, err = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
				flowFails(t, err, fallback.ErrDenied, fallback.ErrTicketUsed, fallback.ErrRestart)
				require.Equal(t, 1, s.asked())
			})
		})
	}
}

// F73: the vendor dies after the redirect. The code is never sent elsewhere, and the flow starts again.
func TestFinishF73NoCodeReachesAnotherLeg(t *testing.T) {
	s := newIDSite(t, nil)
	for _, v := range s.vendors() {
		v.finish = func(context.Context, idReply) error { return &idError{class: "unavailable"} }
	}
	for i, v := range s.vendors() {
		code := "of kim at " + v.name
		_, err := s.flow.Finish(bgCtx, s.mustBegin(t, bgCtx, v.name).Ticket, idReply{Code: code})
		flowFails(t, err, fallback.ErrUnavailable, fallback.ErrRestart)
		for j, other := range s.vendors() {
			if j <= i {
				require.Equal(t, []string{"of kim at " + other.name}, other.codes)
			} else {
				require.Empty(t, other.codes)
			}
		}
	}
	s.kakao.finish = nil
	b := s.mustBegin(t, bgCtx, "kakao")
	_, err := s.flow.Finish(bgCtx, b.Ticket, idReply{Code: "of kim"})
	require.NoError(t, err, "the restart works")
}

func TestFinishOfALegThatIsGone(t *testing.T) {
	s := newIDSite(t, nil)
	ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
	s.cfg.Legs = s.cfg.Legs[1:]
	s.remake(t)
	_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
	flowFails(t, err, fallback.ErrUnavailable, fallback.ErrRestart)
	require.Zero(t, s.asked())
}

// F85: a duplicate or late callback.
func TestFinishF85OneTicketOneAsk(t *testing.T) {
	s := newIDSite(t, nil)
	for round := range 5 {
		ticket := s.mustBegin(t, bgCtx, "naver").Ticket
		var ok, used atomic.Int32
		var g sync.WaitGroup
		start := make(chan struct{})
		for range 100 {
			g.Go(func() {
				<-start
				switch _, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"}); {
				case err == nil:
					ok.Add(1)
				case errors.Is(err, fallback.ErrTicketUsed) && errors.Is(err, fallback.ErrDenied):
					used.Add(1)
				}
			})
		}
		close(start)
		g.Wait()
		require.EqualValues(t, 1, ok.Load())
		require.EqualValues(t, 99, used.Load())
		require.Equal(t, round+1, s.asked())
	}
}

func TestFinishFailsClosedWithoutTickets(t *testing.T) {
	for name, fault := range brokenTickets {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				broken := &idTickets{}
				s := newIDSite(t, func(c *idConfig) { broken.Counter = c.Tickets; c.Tickets = broken })
				ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
				broken.take = fault
				start := time.Now()
				_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
				flowFails(t, err, fallback.ErrUnavailable, fallback.ErrTickets, fallback.ErrRestart)
				require.LessOrEqual(t, time.Since(start), 2*time.Second)
				require.Zero(t, s.asked())
			})
		})
	}
}

func TestFinishTakesTheTicketBeforeItAsks(t *testing.T) {
	s := newIDSite(t, nil)
	s.kakao.finish = func(context.Context, idReply) error {
		require.Zero(t, s.tickets.Stats().Keys)
		return nil
	}
	_, err := s.flow.Finish(bgCtx, s.mustBegin(t, bgCtx, "kakao").Ticket, idReply{Code: "of kim"})
	require.NoError(t, err)
}

func TestFinishWithoutTimeLeavesTheTicket(t *testing.T) {
	s := newIDSite(t, nil)
	ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
	gone, cancel := context.WithCancel(bgCtx)
	cancel()
	_, err := s.flow.Finish(gone, ticket, idReply{Code: "of kim"})
	flowFails(t, err, fallback.ErrCancelled, fallback.ErrPending)
	over, cancel2 := context.WithTimeout(bgCtx, 0)
	defer cancel2()
	_, err = s.flow.Finish(over, ticket, idReply{Code: "of kim"})
	flowFails(t, err, fallback.ErrUnavailable, fallback.ErrPending, context.DeadlineExceeded)
	require.Zero(t, s.asked())
	_, err = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
	require.NoError(t, err)
}

func TestFinishAboveCapacityLeavesTheTicket(t *testing.T) {
	s := newIDSite(t, func(c *idConfig) {
		c.Legs[0].Upstream = &fallback.Upstream{Capacity: &fallback.Capacity{InFlight: 1}, Budget: &fallback.Budget{}}
	})
	one, two := s.mustBegin(t, bgCtx, "kakao").Ticket, s.mustBegin(t, bgCtx, "kakao").Ticket
	s.kakao.finish = func(ctx context.Context, r idReply) error {
		if r.Code == "of kim" {
			return nil
		}
		_, err := s.flow.Finish(ctx, two, idReply{Code: "of kim"})
		flowFails(t, err, fallback.ErrLimited, fallback.ErrPending)
		return &idError{class: "denied"}
	}
	_, err := s.flow.Finish(bgCtx, one, idReply{Code: "first"})
	flowFails(t, err, fallback.ErrDenied)
	_, err = s.flow.Finish(bgCtx, two, idReply{Code: "of kim"})
	require.NoError(t, err)
}

// The budget is shared with the chains of the same vendor: a flow that came to its end pays in.
func TestFinishEarnsForTheUpstream(t *testing.T) {
	budget := &fallback.Budget{}
	s := newIDSite(t, func(c *idConfig) { c.Legs[0].Upstream = &fallback.Upstream{Budget: budget} })
	chain, err := fallback.New(fallback.Config[int, int]{Name: "chain", Sources: []fallback.Source[int, int]{{
		Name: "kakao", Do: func(context.Context, int) (int, error) { return 0, errors.New("down") }, Upstream: s.cfg.Legs[0].Upstream,
		Retry: fallback.Retry{Max: 1, First: time.Nanosecond},
	}}})
	require.NoError(t, err)
	_, err = chain.Do(bgCtx, 1)
	require.Error(t, err)
	before := budget.Left()
	_, err = s.flow.Finish(bgCtx, s.mustBegin(t, bgCtx, "kakao").Ticket, idReply{Code: "of kim"})
	require.NoError(t, err)
	require.Equal(t, before+1, budget.Left())
}

func TestFinishJoinThatPanics(t *testing.T) {
	s := newIDSite(t, func(c *idConfig) { c.Join = func(idReply, idChallenge) idReply { panic(idCanary) } })
	_, err := s.flow.Finish(bgCtx, s.mustBegin(t, bgCtx, "kakao").Ticket, idReply{})
	flowFails(t, err, fallback.ErrUnavailable, fallback.ErrRestart)
	require.Zero(t, s.asked())
}

func TestFinishOfALegThatEndsItsGoroutine(t *testing.T) {
	var told []fallback.Outcome
	s := newIDSite(t, func(c *idConfig) {
		c.Observe = fallback.ObserverFunc(func(o fallback.Outcome) { told = append(told, o) })
	})
	ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
	s.kakao.finish = func(context.Context, idReply) error { runtime.Goexit(); return nil }
	done := make(chan bool)
	go func() {
		defer close(done)
		_, _ = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		done <- true
	}()
	require.False(t, <-done)
	require.NoError(t, s.flow.Close())
	require.Len(t, told, 2)
	require.NotEqual(t, "ok", told[1].Verdict)
}
