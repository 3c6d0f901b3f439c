package tally_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/detour-go/detour/examples/outage/tally"
)

func TestPercentileIsNearestRank(t *testing.T) {
	ms := func(ns ...int) []time.Duration {
		var ds []time.Duration
		for _, n := range ns {
			ds = append(ds, time.Duration(n)*time.Millisecond)
		}
		return ds
	}
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i+1) * time.Millisecond
	}
	for _, c := range []struct {
		sorted []time.Duration
		p      float64
		want   int
	}{
		{nil, 0.5, 0},
		{ms(7), 0.5, 7},
		{ms(7), 0.99, 7},
		{ms(1, 2), 0.5, 1},
		{ms(1, 2, 3), 0.5, 2},
		{ms(1, 2, 3), 0.99, 3},
		{ms(1, 2, 3), 0, 1},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 100},
	} {
		assert.Equal(t, time.Duration(c.want)*time.Millisecond, tally.Percentile(c.sorted, c.p), "%v of %d", c.p, len(c.sorted))
	}
}

func TestTallyCounts(t *testing.T) {
	tl := tally.New(10, "kakao", "naver")
	live := func(s string) []tally.Served { return []tally.Served{{Source: s, Freshness: tally.Live}} }
	tl.Add(tally.Outcome{OK: true, Took: 20 * time.Millisecond, Served: live("kakao")})
	tl.Add(tally.Outcome{OK: true, Took: time.Second, Served: live("naver")})
	tl.Add(tally.Outcome{OK: true, Took: time.Second + 1, Served: append(live("naver"), tally.Served{Source: "attic", Freshness: tally.Stale})})
	tl.Add(tally.Outcome{Why: "deadline", Took: 10 * time.Second, WrongAccount: true, BelowAssurance: true, Duplicate: true})

	s := tl.Summary()
	assert.Equal(t, tally.Summary{
		Requests: 4, OK: 3, Availability: 0.75, P50: time.Second, P99: 10 * time.Second, Over1s: 2, Answers: 4,
		Sources:   []tally.Share{{"kakao", 1, 0.25}, {"naver", 2, 0.5}, {"attic", 1, 0.25}},
		Freshness: []tally.Share{{"live", 3, 0.75}, {"cached", 0, 0}, {"stale", 1, 0.25}},
		Failures:  []tally.Share{{"deadline", 1, 0.25}},
		Stale:     1, WrongAccount: 1, Below: 1, Duplicate: 1,
	}, s)

	assert.Equal(t, 4, tl.Recent().Requests)
	assert.Zero(t, tl.Recent().Requests, "what was told once is not recent")
	assert.Equal(t, s, tl.Summary(), "the whole stays")
}

func TestTallyIsBounded(t *testing.T) {
	tl := tally.New(100)
	for i := range 100 {
		assert.True(t, tl.Add(tally.Outcome{OK: true, Served: []tally.Served{{Source: fmt.Sprint(i), Freshness: tally.Live}}}))
	}
	assert.False(t, tl.Add(tally.Outcome{OK: true}), "one more than announced")
	s := tl.Summary()
	assert.Equal(t, 100, s.Requests)
	assert.LessOrEqual(t, len(s.Sources), 33)
	assert.Contains(t, s.Sources, tally.Share{Name: tally.Other, Count: 68, Share: 0.68})
}

func TestEmptyTally(t *testing.T) {
	s := tally.New(0, "kakao").Summary()
	assert.Zero(t, s.Requests)
	assert.Zero(t, s.Availability)
	assert.Zero(t, s.P99)
	assert.Equal(t, []tally.Share{{Name: "kakao"}}, s.Sources)
}
