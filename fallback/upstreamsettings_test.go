package fallback_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
)

func TestBudgetSettings(t *testing.T) {
	b := &fallback.Budget{Tokens: 100, Retry: 5}
	assert.Equal(t, fallback.BudgetSettings{Tokens: to(100), Retry: to(5), Timeout: to(20), Success: to(1), Hedge: to(1)}, b.Settings())
	apply, err := b.Prepare(fallback.BudgetSettings{Tokens: to(12)})
	require.NoError(t, err)
	assert.Equal(t, 100, b.Left(), "not before it is applied")
	apply()
	assert.Equal(t, 12, b.Left())
	assert.Equal(t, to(5), b.Settings().Retry, "what is not said is as wired")

	synctest.Test(t, func(t *testing.T) {
		down := func(context.Context, int) (said, error) { return "", errors.New("down") }
		c, err := fallback.New(fallback.Config[int, said]{Name: "c", Sources: []fallback.Source[int, said]{
			{Name: "a", Do: down, Retry: fallback.Retry{Max: 10}, Upstream: &fallback.Upstream{Budget: b}}}})
		require.NoError(t, err)
		r, _ := c.Do(context.Background(), 1)
		assert.Equal(t, 3, r.Attempts, "twelve tokens are two retries of five")
	})
	apply, err = b.Prepare(fallback.BudgetSettings{Tokens: to(3)})
	require.NoError(t, err)
	apply()
	assert.Zero(t, b.Left(), "what was spent stays spent")

	_, err = b.Prepare(fallback.BudgetSettings{Tokens: to(0), Hedge: to(-1)})
	assert.EqualError(t, err, "budget: tokens must be above zero\nbudget: hedge must be above zero")
}

func TestCapacitySettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := &fallback.Capacity{InFlight: 9, PerSecond: 3}
		c, err := fallback.New(fallback.Config[int, said]{Name: "c", Sources: []fallback.Source[int, said]{
			{Name: "a", Do: saying("a"), Upstream: &fallback.Upstream{Capacity: room}}}})
		require.NoError(t, err)
		served := func(calls int) (n int) {
			for range calls {
				if _, err := c.Do(context.Background(), 1); err == nil {
					n++
				}
			}
			return n
		}
		set := func(s fallback.CapacitySettings) {
			apply, err := room.Prepare(s)
			require.NoError(t, err)
			apply()
		}
		assert.Equal(t, 3, served(5))
		set(fallback.CapacitySettings{PerSecond: to(5)})
		assert.Equal(t, 2, served(5), "the three of this second count")
		assert.Equal(t, 5, room.Usage().Second)
		set(fallback.CapacitySettings{PerSecond: to(2)})
		assert.Zero(t, served(1))
		set(fallback.CapacitySettings{PerSecond: to(5)})
		assert.Zero(t, served(1), "lowered and raised again: the five of this second count")
		set(fallback.CapacitySettings{PerSecond: to(2)})
		time.Sleep(time.Second)
		assert.Equal(t, 2, served(5))
		set(fallback.CapacitySettings{PerSecond: to(0), PerDay: to(int64(4)), InFlight: to(1)})
		assert.Equal(t, 4, served(9))
		set(fallback.CapacitySettings{PerSecond: to(0), PerDay: to(int64(6))})
		assert.Equal(t, 2, served(9), "a quota that was raised")
		assert.Equal(t, int64(6), room.Usage().Day)
		assert.Equal(t, fallback.CapacitySettings{InFlight: to(9), PerSecond: to(0), PerDay: to(int64(6))}, room.Settings())
		set(fallback.CapacitySettings{PerDay: to(int64(5))})
		assert.Zero(t, served(1), "a quota that was lowered below what was used")
	})
}

func TestCapacitySettingsThatAreWrong(t *testing.T) {
	counter, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
	require.NoError(t, err)
	room := &fallback.Capacity{PerDay: 10, Counter: counter, Key: "k"}
	before := room.Settings()
	_, err = room.Prepare(fallback.CapacitySettings{InFlight: to(-1), PerSecond: to(100_001), PerDay: to(int64(0))})
	assert.EqualError(t, err, `capacity: in flight is negative
capacity: per second must be between 0 and 100000
capacity: it has a counter, so per day must be above zero`)
	_, err = room.Prepare(fallback.CapacitySettings{PerDay: to(int64(-1))})
	assert.EqualError(t, err, "capacity: per day is negative")
	assert.Equal(t, before, room.Settings())
}

func TestALoweredQuotaHoldsForBlocksDrawnBefore(t *testing.T) {
	counter, err := fallback.NewMemoryCounter(fallback.MemoryCounterConfig{})
	require.NoError(t, err)
	room := &fallback.Capacity{PerDay: 10_000, Counter: counter, Key: "k"} // blocks of ten
	c, err := fallback.New(fallback.Config[int, said]{Name: "c", Sources: []fallback.Source[int, said]{
		{Name: "a", Do: saying("a"), Upstream: &fallback.Upstream{Capacity: room}}}})
	require.NoError(t, err)
	for range 3 {
		_, err := c.Do(context.Background(), 1)
		require.NoError(t, err)
	}
	apply, err := room.Prepare(fallback.CapacitySettings{PerDay: to(int64(3))})
	require.NoError(t, err)
	apply()
	_, err = c.Do(context.Background(), 1)
	assert.ErrorIs(t, err, fallback.ErrLimited)
}
