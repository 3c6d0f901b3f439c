package fallback_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// A source name comes from a browser.
func TestBeginBelievesNoName(t *testing.T) {
	s := newIDSite(t, nil)
	for _, name := range []string{"", "google", "Kakao", "kakao ", "kakao\x00", "../pass", strings.Repeat("k", 1<<20)} {
		_, err := s.flow.Begin(bgCtx, name, idClaim{Person: "kim"})
		flowFails(t, err, fallback.ErrInvalid)
	}
	for _, v := range s.vendors() {
		require.Zero(t, v.begins.Load())
	}
	require.Zero(t, s.tickets.Stats().Keys)
}

func TestBeginJudgesTheClaimFirst(t *testing.T) {
	boom := errors.New("no page")
	for name, valid := range map[string]func(idClaim) error{
		"error": func(idClaim) error { return boom },
		"class": func(idClaim) error { return &idError{class: "unavailable"} },
		"panic": func(idClaim) error { panic(idCanary) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newIDSite(t, func(c *idConfig) { c.Valid = valid })
			_, err := s.flow.Begin(bgCtx, "no such source", idClaim{})
			flowFails(t, err, fallback.ErrInvalid)
			_, err = s.flow.Begin(bgCtx, "kakao", idClaim{})
			flowFails(t, err, fallback.ErrInvalid)
			require.Zero(t, s.kakao.begins.Load())
		})
	}
}

func TestBeginNeedsTheLevelBeforeAnythingElse(t *testing.T) {
	type row struct {
		ctx     context.Context
		source  string
		verdict error
	}
	s := newIDSite(t, func(c *idConfig) { c.Legs[2].Assurance = fallback.Substantial })
	for name, r := range map[string]row{
		"raised":                {fallback.WithMin(bgCtx, fallback.Substantial), "kakao", fallback.ErrInvalid},
		"raised, strong enough": {fallback.WithMin(bgCtx, fallback.Substantial), "pass", nil},
		"lowered":               {fallback.WithMin(bgCtx, fallback.None), "kakao", nil},
		"out of reach":          {fallback.WithMin(bgCtx, fallback.High), "pass", fallback.ErrRefused},
		"trait":                 {fallback.WithTraits(bgCtx, fallback.PersonVerified), "kakao", fallback.ErrInvalid},
		"trait it has":          {fallback.WithTraits(bgCtx, fallback.PersonVerified), "pass", nil},
		"trait nobody has":      {fallback.WithTraits(bgCtx, fallback.Signature), "pass", fallback.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			before := s.kakao.begins.Load() + s.pass.begins.Load()
			_, err := s.flow.Begin(r.ctx, r.source, idClaim{Person: "kim"})
			if r.verdict == nil {
				require.NoError(t, err)
				return
			}
			e := flowFails(t, err, r.verdict)
			require.Equal(t, before, s.kakao.begins.Load()+s.pass.begins.Load())
			if r.verdict == fallback.ErrRefused {
				require.ErrorIs(t, err, fallback.ErrNoSource)
			} else {
				require.Equal(t, fallback.SkipAssurance, e.Failed[0].Skip)
			}
		})
	}
}

func TestBeginErrorsOfTheLeg(t *testing.T) {
	for name, c := range map[string]struct {
		begin   func(context.Context) error
		verdict error
	}{
		"no class":  {func(context.Context) error { return errors.New(idCanary + " https://vendor/?key=kim") }, fallback.ErrUnavailable},
		"limited":   {func(context.Context) error { return &idError{class: "limited"} }, fallback.ErrLimited},
		"refused":   {func(context.Context) error { return &idError{class: "refused"} }, fallback.ErrRefused},
		"security":  {func(context.Context) error { return &idError{class: "security"} }, fallback.ErrSecurity},
		"invalid":   {func(context.Context) error { return &idError{class: "invalid"} }, fallback.ErrInvalid},
		"denied":    {func(context.Context) error { return &idError{class: "denied"} }, fallback.ErrDenied},
		"not found": {func(context.Context) error { return &idError{class: "notfound"} }, fallback.ErrNotFound},
		"panic":     {func(context.Context) error { panic(idCanary) }, fallback.ErrUnavailable},
		"hang": {func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}, fallback.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newIDSite(t, nil)
				s.kakao.begin = c.begin
				start := time.Now()
				b, err := s.flow.Begin(bgCtx, "kakao", idClaim{Person: "kim"})
				e := flowFails(t, err, c.verdict)
				require.Zero(t, b)
				require.Len(t, e.Failed, 1)
				require.Equal(t, "kakao", e.Failed[0].Source)
				require.Equal(t, 1, e.Failed[0].Attempts)
				require.EqualValues(t, 1, s.kakao.begins.Load(), "asked once")
				require.Zero(t, s.naver.begins.Load(), "nobody else was asked")
				require.Zero(t, s.tickets.Stats().Keys)
				if name == "hang" {
					require.Equal(t, 10*time.Second, time.Since(start))
				}
			})
		})
	}
}

func TestBeginOfALegThatEndsItsGoroutine(t *testing.T) {
	s := newIDSite(t, nil)
	s.kakao.begin = func(context.Context) error { runtime.Goexit(); return nil }
	done := make(chan bool)
	go func() {
		defer close(done)
		_, _ = s.flow.Begin(bgCtx, "kakao", idClaim{})
		done <- true
	}()
	require.False(t, <-done)
	require.Zero(t, s.tickets.Stats().Keys)
}

func TestBeginWithoutTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		cancelled, cancel := context.WithCancelCause(bgCtx)
		cancel(errors.New(idCanary))
		_, err := s.flow.Begin(cancelled, "kakao", idClaim{})
		flowFails(t, err, fallback.ErrCancelled, context.Canceled)
		over, cancel2 := context.WithTimeout(bgCtx, 0)
		defer cancel2()
		_, err = s.flow.Begin(over, "kakao", idClaim{})
		e := flowFails(t, err, fallback.ErrUnavailable, context.DeadlineExceeded)
		require.Equal(t, fallback.SkipDeadline, e.Failed[0].Skip)
		require.Zero(t, s.kakao.begins.Load())

		s.kakao.begin = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		leaving, cancel3 := context.WithCancel(bgCtx)
		go func() { time.Sleep(time.Second); cancel3() }()
		_, err = s.flow.Begin(leaving, "kakao", idClaim{})
		flowFails(t, err, fallback.ErrCancelled, context.Canceled)
	})
}

func TestBeginKeepsNoMoreThanItMay(t *testing.T) {
	s := newIDSite(t, nil)
	_, err := s.flow.Begin(bgCtx, "kakao", idClaim{Page: strings.Repeat("x", 70_000)})
	flowFails(t, err, fallback.ErrInvalid)
	require.Zero(t, s.kakao.begins.Load(), "the claim is judged before the leg is asked")

	big := fallback.NewLeg("big", func(context.Context, idClaim) (string, error) { return strings.Repeat("x", 70_000), nil }, s.kakao.Finish, nil)
	big.Assurance = fallback.Low
	f, err := fallback.NewFlow(fallback.FlowConfig[idClaim, string, idReply, idProof]{
		Name: "big", Legs: []fallback.Leg[idClaim, string, idReply, idProof]{big}, Match: idMatch, Min: fallback.Low, Keys: s.cfg.Keys, Tickets: s.tickets,
	})
	require.NoError(t, err)
	_, err = f.Begin(bgCtx, "big", idClaim{})
	flowFails(t, err, fallback.ErrInvalid)
	require.Zero(t, s.tickets.Stats().Keys)
}

func TestBeginNilChallengeIsAFault(t *testing.T) {
	s := newIDSite(t, nil)
	null := fallback.NewLeg("null", func(context.Context, idClaim) (*idChallenge, error) { return nil, nil }, s.kakao.Finish, nil)
	null.Assurance = fallback.Low
	f, err := fallback.NewFlow(fallback.FlowConfig[idClaim, *idChallenge, idReply, idProof]{
		Name: "null", Legs: []fallback.Leg[idClaim, *idChallenge, idReply, idProof]{null}, Match: idMatch, Min: fallback.Low, Keys: s.cfg.Keys, Tickets: s.tickets,
	})
	require.NoError(t, err)
	_, err = f.Begin(bgCtx, "null", idClaim{})
	flowFails(t, err, fallback.ErrUnavailable)
}

// tickets is a Counter whose methods a case may break.
type idTickets struct {
	fallback.Counter
	put  func(ctx context.Context) error
	take func(ctx context.Context) error
	add  func(ctx context.Context) error
}

func (c *idTickets) Put(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	if c.put != nil {
		if err := c.put(ctx); err != nil {
			return err
		}
	}
	return c.Counter.Put(ctx, key, data, ttl)
}

func (c *idTickets) Take(ctx context.Context, key string) ([]byte, bool, error) {
	if c.take != nil {
		if err := c.take(ctx); err != nil {
			return nil, false, err
		}
	}
	return c.Counter.Take(ctx, key)
}

func (c *idTickets) Add(ctx context.Context, key string, n int64, ttl time.Duration) (int64, error) {
	if c.add != nil {
		if err := c.add(ctx); err != nil {
			return 0, err
		}
	}
	return c.Counter.Add(ctx, key, n, ttl)
}

// brokenTickets are ways in which a Counter can fail.
var brokenTickets = map[string]func(context.Context) error{
	"error": func(context.Context) error { return errors.New(idCanary + " dial redis:6379: refused") },
	"class": func(context.Context) error { return &idError{class: "denied"} },
	"panic": func(context.Context) error { panic(idCanary) },
	"hang":  func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	"full":  func(context.Context) error { return fallback.ErrCounterFull },
}

func TestBeginFailsClosedWithoutTickets(t *testing.T) {
	for name, fault := range brokenTickets {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newIDSite(t, func(c *idConfig) { c.Tickets = &idTickets{Counter: c.Tickets, put: fault} })
				start := time.Now()
				b, err := s.flow.Begin(bgCtx, "kakao", idClaim{Person: "kim"})
				flowFails(t, err, fallback.ErrUnavailable, fallback.ErrTickets)
				require.Zero(t, b)
				require.LessOrEqual(t, time.Since(start), 2*time.Second)
				if name == "full" {
					require.ErrorIs(t, err, fallback.ErrCounterFull)
				}
			})
		})
	}
}

func TestBeginAboveCapacity(t *testing.T) {
	s := newIDSite(t, nil)
	room := &fallback.Capacity{InFlight: 1}
	s.cfg.Legs[0].Upstream = &fallback.Upstream{Capacity: room}
	s.remake(t)
	s.kakao.begin = func(ctx context.Context) error {
		_, err := s.flow.Begin(ctx, "kakao", idClaim{})
		e := flowFails(t, err, fallback.ErrLimited)
		require.Equal(t, fallback.SkipCapacity, e.Failed[0].Skip)
		offer := s.flow.Offers(ctx)[0]
		require.False(t, offer.Available)
		require.Equal(t, "capacity", offer.Why)
		return nil
	}
	s.mustBegin(t, bgCtx, "kakao")
	require.Zero(t, room.Load())
	require.True(t, s.flow.Offers(bgCtx)[0].Available)
}

// TestFlowRefusedByItsBreakerIsNoCall: what did not go out is not counted against the quota.
func TestFlowRefusedByItsBreakerIsNoCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		b := s.guard(t, breaker.Config{Name: "kakao"})
		quota := &fallback.Capacity{InFlight: 10, PerSecond: 100, PerDay: 100}
		s.cfg.Legs[0].Upstream.Capacity = quota
		ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
		_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		require.NoError(t, err)
		used := quota.Usage()
		require.EqualValues(t, 2, used.Day)
		_, err = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		require.ErrorIs(t, err, fallback.ErrTicketUsed)
		require.NoError(t, b.Force(breaker.ForcedOpen, "op", "maintenance", time.Hour))
		_, err = s.flow.Begin(bgCtx, "kakao", idClaim{Person: "kim"})
		flowFails(t, err, fallback.ErrUnavailable)
		require.Equal(t, used.Day, quota.Usage().Day)
		require.Equal(t, used.Second, quota.Usage().Second)
		require.Zero(t, quota.Load())
	})
}
