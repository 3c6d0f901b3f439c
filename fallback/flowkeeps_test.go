package fallback_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestFlowKeepsTheLongestName, and says what it cannot keep.
func TestFlowKeepsTheLongestName(t *testing.T) {
	name := "kakao-account-of-the-citizen-as-it-was-linked-in-better-times-ok"
	require.Len(t, name, 64)
	s := newIDSite(t, func(c *idConfig) { c.Legs[0].Name = name })
	_, err := s.flow.Finish(bgCtx, s.mustBegin(t, bgCtx, name).Ticket, idReply{Code: "of kim"})
	require.NoError(t, err)

	leg := fallback.NewLeg("a", func(context.Context, unwritable) (string, error) { return "", nil }, func(context.Context, string) (string, error) { return "", nil }, nil)
	leg.Assurance = fallback.Low
	f, err := fallback.NewFlow(fallback.FlowConfig[unwritable, string, string, string]{
		Name: "login", Legs: []fallback.Leg[unwritable, string, string, string]{leg}, Match: func(unwritable, string) error { return nil },
		Min: fallback.Low, Keys: [][]byte{idKey(1)}, Tickets: memoryCounter(t, 0, 0),
	})
	require.NoError(t, err)
	_, err = f.Begin(bgCtx, "a", unwritable{1})
	require.EqualError(t, err, "login: refused: a: refused: claim or challenge cannot be kept between the steps")
}

// unwritable is a claim that does not let itself be written.
type unwritable struct{ N int }

func (unwritable) GobEncode() ([]byte, error) { return nil, errors.New("canary") }
func (*unwritable) GobDecode([]byte) error    { return nil }

// TestNewFlowTakesTheGreatestNumbers that it says it takes, and looks at all
// that a leg shares.
func TestNewFlowTakesTheGreatestNumbers(t *testing.T) {
	s := newIDSite(t, func(c *idConfig) {
		c.TTL, c.Legs[0].Timeout, c.Legs[0].Tries = 24*time.Hour, time.Hour, 1000
		for i := range byte(7) {
			c.Keys = append(c.Keys, idKey(i+10))
		}
	})
	s.cfg.Legs[0].Upstream = &fallback.Upstream{Budget: &fallback.Budget{Tokens: -1}}
	_, err := fallback.NewFlow(s.cfg)
	require.ErrorContains(t, err, `leg 0 "kakao": budget: a number is negative`)
}

// TestCancelOutlivesTheTicket: that its tries are spent is known for longer than
// the ticket lives.
func TestCancelOutlivesTheTicket(t *testing.T) {
	l := &ledger{}
	s := newIDSite(t, func(c *idConfig) { l.Counter, c.Tickets = c.Tickets, l })
	require.NoError(t, s.flow.Cancel(bgCtx, s.mustBegin(t, bgCtx, "kakao").Ticket))
	require.Len(t, l.asked, 1)
	require.Contains(t, l.asked[0], " +1001 for 11m0s")
}
