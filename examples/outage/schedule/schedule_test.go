package schedule_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/examples/outage/schedule"
)

func config() schedule.Config {
	return schedule.Config{Seed: 1, Stream: "login", Count: 4000, Over: 40 * time.Second, Citizens: 100}
}

func TestScheduleIsOrderedBoundedAndEven(t *testing.T) {
	all, err := schedule.New(config())
	require.NoError(t, err)
	require.Len(t, all, 4000)
	perQuarter := make([]int, 4)
	people := make(map[int]int)
	for i, a := range all {
		assert.Equal(t, i, a.N)
		require.GreaterOrEqual(t, a.At, time.Duration(0))
		require.Less(t, a.At, 40*time.Second)
		perQuarter[a.At/(10*time.Second)]++
		people[a.Citizen]++
	}
	assert.True(t, slices.IsSortedFunc(all, func(a, b schedule.Arrival) int { return int(a.At - b.At) }))
	for _, n := range perQuarter {
		assert.InDelta(t, 1000, n, 150)
	}
	assert.Len(t, people, 100)
}

func TestScheduleIsFixedBySeedAndStream(t *testing.T) {
	one, err := schedule.New(config())
	require.NoError(t, err)
	again, err := schedule.New(config())
	require.NoError(t, err)
	assert.Equal(t, one, again)

	seed, stream := config(), config()
	seed.Seed, stream.Stream = 2, "tiles"
	for _, c := range []schedule.Config{seed, stream} {
		other, err := schedule.New(c)
		require.NoError(t, err)
		assert.NotEqual(t, one, other)
	}
}

func TestScheduleSaysAllMistakesAtOnce(t *testing.T) {
	_, err := schedule.New(schedule.Config{Count: -1})
	require.Error(t, err)
	assert.Len(t, strings.Split(err.Error(), "\n"), 3)

	_, err = schedule.New(schedule.Config{Count: 10_000, Over: time.Second, Citizens: 1})
	assert.ErrorContains(t, err, "more than 2000 per second")
}
