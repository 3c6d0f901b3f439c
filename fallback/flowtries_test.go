package fallback_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// codes is a site whose kakao leg is a code on a telephone: five tries, and a wrong code is not the end.
func codes(t *testing.T, change func(*idConfig)) *idSite {
	t.Helper()
	s := newIDSite(t, func(c *idConfig) {
		c.Legs[0].Tries = 5
		if change != nil {
			change(c)
		}
	})
	s.kakao.finish = func(_ context.Context, r idReply) error {
		if r.Code != "of kim" {
			return &idError{class: "denied", undecided: true}
		}
		return nil
	}
	return s
}

func TestFlowTries(t *testing.T) {
	const wrong, right, cancelled, down = "of 000000", "of kim", "cancelled", "down"
	for name, c := range map[string]struct {
		codes []string
		ends  []error // nil: success
		asked int
	}{
		"right at once":         {[]string{right, right}, []error{nil, fallback.ErrTicketUsed}, 1},
		"right after wrong":     {[]string{wrong, wrong, right, right}, []error{fallback.ErrPending, fallback.ErrPending, nil, fallback.ErrTicketUsed}, 3},
		"right at the last try": {[]string{wrong, wrong, wrong, wrong, right}, []error{fallback.ErrPending, fallback.ErrPending, fallback.ErrPending, fallback.ErrPending, nil}, 5},
		"right too late": {[]string{wrong, wrong, wrong, wrong, wrong, right}, []error{fallback.ErrPending, fallback.ErrPending, fallback.ErrPending, fallback.ErrPending,
			fallback.ErrRestart, fallback.ErrTicketUsed}, 5},
		"a final no is final":     {[]string{wrong, cancelled, right}, []error{fallback.ErrPending, fallback.ErrRestart, fallback.ErrTicketUsed}, 2},
		"the vendor fell silent":  {[]string{down, down, right}, []error{fallback.ErrPending, fallback.ErrPending, nil}, 3},
		"the vendor stays silent": {[]string{down, down, down, down, down, right}, []error{fallback.ErrPending, fallback.ErrPending, fallback.ErrPending, fallback.ErrPending, fallback.ErrRestart, fallback.ErrTicketUsed}, 5},
		"another person is final": {[]string{"of lee", right}, []error{fallback.ErrMismatch, fallback.ErrTicketUsed}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := codes(t, nil)
			inner := s.kakao.finish
			s.kakao.finish = func(ctx context.Context, r idReply) error {
				require.Equal(t, idSecret(idCanary+" state of kakao"), r.Challenge.State)
				switch r.Code {
				case cancelled:
					return &idError{class: "denied"}
				case down:
					return &idError{class: "unavailable"}
				case "of lee":
					return nil
				}
				return inner(ctx, r)
			}
			ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
			for i, code := range c.codes {
				_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: code})
				if c.ends[i] == nil {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, c.ends[i], "%d", i)
				require.NotEqual(t, errors.Is(err, fallback.ErrPending), errors.Is(err, fallback.ErrRestart), "either the ticket lives or it does not")
				require.NotContains(t, err.Error(), code)
			}
			require.Equal(t, c.asked, s.asked())
		})
	}
}

// T6: 100 checks at once, all but one wrong: never more than five are evaluated, never more than one succeeds.
func TestFlowT6TriesAtOnce(t *testing.T) {
	for round := range 20 {
		s := codes(t, nil)
		ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
		var ok atomic.Int32
		var g sync.WaitGroup
		for i := range 100 {
			g.Go(func() {
				code := "of 123456"
				if i == 5*round {
					code = "of kim"
				}
				for range 3 {
					if _, err := s.flow.Finish(bgCtx, ticket, idReply{Code: code}); err == nil {
						ok.Add(1)
					}
				}
			})
		}
		g.Wait()
		require.LessOrEqual(t, s.asked(), 5)
		require.LessOrEqual(t, ok.Load(), int32(1))
	}
}

// A counter that lost the count, or cannot count, allows nothing.
func TestFlowTriesFailClosed(t *testing.T) {
	for name, fault := range brokenTickets {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				broken := &idTickets{}
				s := codes(t, func(c *idConfig) { broken.Counter = c.Tickets; c.Tickets = broken })
				ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
				broken.add = fault
				_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
				flowFails(t, err, fallback.ErrUnavailable, fallback.ErrTickets, fallback.ErrRestart)
				require.Zero(t, s.asked())

				broken.add = nil
				ticket = s.mustBegin(t, bgCtx, "kakao").Ticket
				broken.put = fault
				_, err = s.flow.Finish(bgCtx, ticket, idReply{Code: "of 000000"})
				flowFails(t, err, fallback.ErrDenied, fallback.ErrRestart)
				require.NotErrorIs(t, err, fallback.ErrPending, "it could not be given back")
			})
		})
	}
}

// A record that was put back does not bring back the tries.
func TestFlowTriesAreCountedApart(t *testing.T) {
	sp := &spy{kept: map[string][]byte{}}
	s := codes(t, func(c *idConfig) { sp.Counter = c.Tickets; c.Tickets = sp })
	ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
	for handle := range sp.kept {
		_, err := s.tickets.Add(bgCtx, handle, 5, time.Hour)
		require.NoError(t, err)
	}
	_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
	flowFails(t, err, fallback.ErrDenied, fallback.ErrTicketUsed, fallback.ErrRestart)
	require.Zero(t, s.asked())
}

func TestFlowTriesEndWithTheTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := codes(t, func(c *idConfig) { c.TTL = 3 * time.Minute })
		ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
		for range 3 {
			time.Sleep(50 * time.Second)
			_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of 000000"})
			flowFails(t, err, fallback.ErrDenied, fallback.ErrPending)
		}
		time.Sleep(30 * time.Second)
		_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		flowFails(t, err, fallback.ErrDenied, fallback.ErrTicketExpired)
		require.Equal(t, 1, s.tickets.Stats().Keys, "giving back did not prolong it; the count outlives it")
		time.Sleep(3 * time.Minute)
		require.Zero(t, s.tickets.Stats().Keys)
	})
}

func TestFlowTriesSurviveACitizenWhoReloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := codes(t, func(c *idConfig) {
			c.Tickets = &idTickets{Counter: c.Tickets, put: func(ctx context.Context) error { return ctx.Err() }}
		})
		ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
		inner := s.kakao.finish
		s.kakao.finish = func(ctx context.Context, _ idReply) error { <-ctx.Done(); return ctx.Err() }
		ctx, cancel := context.WithCancel(bgCtx)
		time.AfterFunc(time.Second, cancel)
		_, err := s.flow.Finish(ctx, ticket, idReply{Code: "of kim"})
		flowFails(t, err, fallback.ErrCancelled, fallback.ErrPending)
		s.kakao.finish = inner
		_, err = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		require.NoError(t, err)
	})
}

func TestFlowWithoutTriesOnceIsOnce(t *testing.T) {
	s := newIDSite(t, nil)
	s.kakao.finish = func(context.Context, idReply) error { return &idError{class: "denied", undecided: true} }
	ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
	_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
	flowFails(t, err, fallback.ErrDenied, fallback.ErrRestart)
	require.Zero(t, s.tickets.Stats().Keys)
}
