package breaker_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
)

// Refusal says nothing unless it is plain that a call would be refused, and then says and counts what that call would.
func TestRefusal(t *testing.T) {
	require.Nil(t, (*breaker.Breaker)(nil).Refusal())

	t.Run("while open", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			require.Nil(t, b.Refusal())
			trip(t, b)
			require.Same(t, refused(t, b), b.Refusal())
			require.EqualValues(t, 2, b.Snapshot().Rejected)
			time.Sleep(time.Until(b.Snapshot().Until) - time.Nanosecond)
			require.NotNil(t, b.Refusal())
			time.Sleep(time.Nanosecond)
			require.Nil(t, b.Refusal(), "a trial is due")
			require.EqualValues(t, 3, b.Snapshot().Rejected)
			first, err := b.Enter(bg)
			require.NoError(t, err)
			require.Nil(t, b.Refusal(), "half-open: only an attempt tells")
			first.Exit(nil)
			times(2, b, callOK)
			require.Equal(t, breaker.Closed, b.Snapshot().State)
			require.Nil(t, b.Refusal())
		})
	})
	t.Run("while a Probe decides", func(t *testing.T) {
		bubble(t, breaker.Config{Probe: callFail}, func(t *testing.T, b *breaker.Breaker) {
			trip(t, b)
			time.Sleep(time.Hour)
			require.Same(t, refused(t, b), b.Refusal())
		})
	})
	t.Run("not while forced", func(t *testing.T) {
		bubble(t, breaker.Config{}, func(t *testing.T, b *breaker.Breaker) {
			trip(t, b)
			require.NoError(t, b.Force(breaker.ForcedClosed, "ops", "test", time.Minute))
			require.Nil(t, b.Refusal())
			require.NoError(t, b.Force(breaker.ForcedOpen, "ops", "test", time.Minute))
			require.Nil(t, b.Refusal())
		})
	})
	t.Run("not in a group, whose parent has a say", func(t *testing.T) {
		group(t, breaker.GroupConfig{Max: 1}, func(t *testing.T, g *breaker.Group) {
			b := g.Of("a")
			trip(t, b)
			require.Nil(t, b.Refusal())
		})
	})
	t.Run("without allocation", func(t *testing.T) {
		b := mustNew(t, breaker.Config{Probe: func(context.Context) error { return errVendor }})
		defer b.Close()
		trip(t, b)
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = b.Refusal() }))
	})
}
