package fallback_test

import (
	"context"
	"errors"
	"testing"

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
