package fallback_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

func TestFlowInspect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, func(c *idConfig) { c.Legs[1].Timeout = time.Second; c.Require = 0 })
		b := s.guard(t, breaker.Config{Name: "kakao"})
		s.cfg.Legs[0].Upstream.Fate = []string{"Kakao"}
		in := fallback.Inspectable(s.flow).Inspect()
		require.Equal(t, fallback.Inspection{
			Kind: "flow", Name: "login", MinAssurance: fallback.Low, Question: "fallback_test.idClaim", Once: true,
			TTL: fallback.DefaultTicketTTL, MaxIdle: fallback.DefaultMaxIdle, Longest: 12 * time.Second,
			Sources: []fallback.SourceView{
				{
					Name: "kakao", Upstream: "kakao", Fate: []string{"Kakao"}, Recipient: fallback.Recipient{Company: "Kakao", Country: "KR"}, Timeout: 10 * time.Second, Tries: 1,
					Stated: true, Assurance: fallback.Low, Guarded: true, Breaker: b.Snapshot(), Unproven: true,
				},
				{Name: "naver", Timeout: time.Second, Tries: 1, Assurance: fallback.Low, Unproven: true},
				{Name: "pass", Timeout: 10 * time.Second, Tries: 1, Assurance: fallback.High, Traits: fallback.PersonVerified, Unproven: true},
			},
		}, in)
		in.Sources[0].Fate[0] = "changed"
		require.Equal(t, []string{"Kakao"}, s.flow.Inspect().Sources[0].Fate)
	})
}

// Every wait in Finish at its worst: the longest that is stated is the longest that happens.
func TestFlowLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &idTickets{}
		s := newIDSite(t, func(c *idConfig) {
			broken.Counter, c.Tickets = c.Tickets, broken
			c.Legs[0].Tries = 3
		})
		ticket := s.mustBegin(t, bgCtx, "kakao").Ticket
		slow := func(context.Context) error { time.Sleep(2*time.Second - 1); return nil }
		broken.add, broken.take = slow, slow
		broken.put = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		s.kakao.finish = func(ctx context.Context, _ idReply) error { <-ctx.Done(); return ctx.Err() }
		start := time.Now()
		_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		flowFails(t, err, fallback.ErrUnavailable, fallback.ErrRestart)
		require.Equal(t, 16*time.Second, s.flow.Longest())
		require.Equal(t, s.flow.Longest(), time.Since(start).Round(time.Millisecond))
	})
}
