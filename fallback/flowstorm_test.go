package fallback_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// F70: ten thousand callbacks of every kind that a stranger can make, from many
// at once. No leg is asked, no breaker moves, nothing more is kept, and the
// citizen who is half-way finishes.
func TestFlowF70StormLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, func(c *idConfig) { c.Legs[0].Tries = 5 })
		b := s.guard(t, breaker.Config{Name: "kakao", Consecutive: 1, MinCalls: 1})
		mine := fallback.WithSession(bgCtx, "mine")
		expired := s.mustBegin(t, mine, "kakao").Ticket
		time.Sleep(10 * time.Minute)
		used, good := s.mustBegin(t, mine, "kakao").Ticket, s.mustBegin(t, mine, "kakao").Ticket
		_, err := s.flow.Finish(mine, used, idReply{Code: "of kim"})
		require.NoError(t, err)
		asked, stats, state := s.asked(), s.tickets.Stats(), b.Snapshot()

		kinds := []func(n int) (context.Context, string){
			func(int) (context.Context, string) { return mine, "forged" },
			func(n int) (context.Context, string) { return mine, forged(good, n) },
			func(int) (context.Context, string) { return mine, expired },
			func(int) (context.Context, string) { return mine, used },
			func(int) (context.Context, string) { return fallback.WithSession(bgCtx, "theirs"), good },
			func(int) (context.Context, string) { return bgCtx, good },
			func(n int) (context.Context, string) { return mine, strings.Repeat("A", n*10) },
		}
		together(100, func(who int) {
			for i := range 100 {
				n := who*100 + i
				ctx, text := kinds[n%len(kinds)](n)
				_, err := s.flow.Finish(ctx, text, idReply{Code: "of kim"})
				if err == nil || !isAll(err, fallback.ErrDenied, fallback.ErrRestart) {
					t.Errorf("kind %d: %v", n%len(kinds), err)
				}
			}
		})
		require.Equal(t, asked, s.asked())
		require.Equal(t, stats, s.tickets.Stats())
		require.Equal(t, state, b.Snapshot())
		_, err = s.flow.Finish(mine, good, idReply{Code: "of kim"})
		require.NoError(t, err, "nobody's storm used it up")
		time.Sleep(time.Hour)
		require.Zero(t, s.tickets.Stats().Keys)
	})
}

// T5: one person who cancels at the vendor a thousand times, brings bad codes a
// thousand times, or error parameters that he wrote himself, opens nothing.
func TestFlowT5OnePersonOpensNoBreaker(t *testing.T) {
	for name, said := range map[string]*idError{
		"cancels": {class: "denied"}, "bad codes": {class: "denied", undecided: true}, "error parameters": {class: "unavailable", hearsay: true},
		"wrong redirect": {class: "invalid"}, "refused parameters": {class: "refused", hearsay: true}, "security parameters": {class: "security", hearsay: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newIDSite(t, nil)
				b := s.guard(t, breaker.Config{Name: "kakao", Consecutive: 1, MinCalls: 1})
				s.kakao.finish = func(context.Context, idReply) error { return said }
				for range 1000 {
					_, err := s.flow.Finish(bgCtx, s.mustBegin(t, bgCtx, "kakao").Ticket, idReply{Code: "of kim"})
					require.Error(t, err)
				}
				require.Equal(t, breaker.Closed, b.Snapshot().State)
				require.Zero(t, b.Snapshot().Faults)
				require.True(t, s.flow.Offers(bgCtx)[0].Available)
				require.Zero(t, s.tickets.Stats().Keys)
			})
		})
	}
}

func isAll(err error, all ...error) bool {
	for _, want := range all {
		if !errors.Is(err, want) {
			return false
		}
	}
	return true
}
