package main

import (
	"context"
	"io"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	p := outagePlan(10*s, s)
	p.warm, p.steady = 0, 300*ms
	got := read(p, []told{ // in no order
		{at: 4 * s, took: 2 * s, failed: true},                // sacrificed
		{at: 1 * s, took: 2 * s, failed: true},                // lost
		{at: 2 * s, took: 1100 * ms},                          // lost: too long
		{at: 2500 * ms, took: 10 * ms},                        // well
		{at: 3 * s, refused: true, failed: true},              // opened
		{at: 5 * s, refused: true, failed: true},              //
		{at: 10 * s, refused: true, failed: true, late: ms},   //
		{at: 10*s + 310*ms, refused: true, failed: true},      // so it is not back yet
		{at: 10*s + 350*ms}, {at: 10*s + 500*ms, took: 2 * s}, // slow, but an answer
		{at: 10*s + 900*ms, failed: true}, // later than the traffic was back
	})
	require.Equal(t, outcome{opened: 3 * s, lost: 2, slow: 4, back: 400 * ms, sacrificed: 1, after: 3, closing: -1, late: ms}, got)

	never := read(p, []told{
		{at: 1 * s, failed: true}, {at: 10*s + 250*ms, failed: true}, {at: 10*s + 550*ms, failed: true}, {at: 10*s + 850*ms, failed: true},
	})
	require.Equal(t, outcome{opened: -1, lost: 1, back: -1, after: 3, closing: -1}, never)
}

// Each guard meets the outage; the figures of the others are those known of them.
func TestPlay(t *testing.T) {
	opens := map[string]time.Duration{
		guards()[0].name: 700 * time.Millisecond,
		guards()[1].name: 2100 * time.Millisecond, guards()[2].name: 2100 * time.Millisecond, guards()[3].name: 7100 * time.Millisecond,
		guards()[4].name: 2050 * time.Millisecond, guards()[5].name: 6 * time.Second, guards()[6].name: 5200 * time.Millisecond,
	}
	for _, g := range guards() {
		t.Run(g.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, err := playOne(t.Context(), outagePlan(10*time.Second, 70*time.Second), g)
				require.NoError(t, err)
				require.Greater(t, o.opened, opens[g.name]*4/5)
				require.Less(t, o.opened, opens[g.name])
				require.InDelta(t, o.opened.Seconds()*200, o.lost, 3)
				require.GreaterOrEqual(t, o.back, time.Duration(0))
				require.Zero(t, o.late)
				if g.name == guards()[0].name {
					require.Zero(t, o.sacrificed)
					require.Positive(t, o.closing)
					require.Less(t, o.closing, time.Second)
				}
			})
		})
	}
}

func TestOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options{outage: 3 * time.Second, only: regexp.MustCompile("default")}
		table, goals, notes, err := outages(t.Context(), o, io.Discard)
		require.NoError(t, err)
		require.Len(t, table.rows, 3)
		require.Len(t, goals, 5)
		require.NotEmpty(t, notes)
		_, missed := judge(goals)
		require.Zero(t, missed, "%v", goals)
	})
}

func TestOutagesEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, _, _, err := outages(ctx, options{outage: time.Minute, only: regexp.MustCompile("")}, io.Discard)
		require.Error(t, err)
		require.Less(t, time.Since(start), 5*time.Second)
	})
}
