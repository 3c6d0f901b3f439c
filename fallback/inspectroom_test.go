package fallback_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestInspectTellsTheTraitsAndTheRoom, of chains and flows, and what its parts are called.
func TestInspectTellsTheTraitsAndTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := &fallback.Capacity{InFlight: 1}
		c := newChain(t, config{Require: fallback.Signature, Sources: []source{
			{Name: "a", Do: slowly(time.Second).ask, Traits: fallback.Signature, Upstream: &fallback.Upstream{Capacity: room, Through: nameless{}}},
		}})
		go func() { _, _ = c.Do(context.Background(), "q") }()
		synctest.Wait()
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
		in := c.Inspect()
		require.Equal(t, fallback.Signature, in.Require)
		require.Equal(t, 1, in.Sources[0].InFlight)
		require.EqualValues(t, 1, in.Sources[0].NoRoom)
		require.Equal(t, "found by looking", in.Sources[0].Through)
		time.Sleep(time.Second)
	})
	s := newIDSite(t, func(c *idConfig) {
		c.Require = fallback.PersonVerified
		c.Legs = c.Legs[2:]
		c.Observe = fallback.ObserverFunc(func(fallback.Outcome) { panic("x") })
	})
	s.mustBegin(t, bgCtx, "pass")
	require.NoError(t, s.flow.Close())
	in := s.flow.Inspect()
	require.Equal(t, fallback.PersonVerified, in.Require)
	require.EqualValues(t, 1, in.Unheard)
}

// nameless has a name only for those who look.
type nameless struct{}

func (nameless) Inspect() fallback.Inspection { return fallback.Inspection{Name: "found by looking"} }
