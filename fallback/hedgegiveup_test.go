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

// TestHedgeGivesUpWhatHangs: a source that nobody can be asked beside is waited
// for until its breaker has opened and the call is slow, and not longer.
func TestHedgeGivesUpWhatHangs(t *testing.T) {
	faults := func(b *breaker.Breaker) {
		for range 5 {
			_ = b.Do(t.Context(), func(context.Context) error { return errors.New("vendor") })
		}
	}
	force := func(b *breaker.Breaker) { _ = b.Force(breaker.ForcedOpen, "operator", "test", time.Hour) }
	for _, row := range []struct {
		name      string
		beside    string // what is asked beside it
		full      bool   // there is no room for it
		poor      bool   // the budget cannot pay for it
		opens     func(*breaker.Breaker)
		at        int // when that is
		took      int
		got, said string
	}{
		{"no room: once it is slow", "ok 10ms", true, false, faults, 150, 325, "unavailable", "b: capacity; a: unavailable: given up: its breaker opened while it was waited for"},
		{"no room: once it opens", "ok 10ms", true, false, faults, 410, 425, "unavailable", "b: capacity; a: unavailable: given up: its breaker opened while it was waited for"},
		{"no room: it never opens", "ok 10ms", true, false, nil, 0, 2000, "unavailable", "b: capacity; a: unavailable: context deadline exceeded"},
		{"no room: an operator opens it", "ok 10ms", true, false, force, 150, 2000, "unavailable", "b: capacity; a: unavailable: context deadline exceeded"},
		{"no budget: then it has its turn", "ok 10ms", false, true, faults, 150, 335, "b", "a: unavailable: given up: its breaker opened while it was waited for"},
		{"the other failed", "unavailable 50ms", false, false, faults, 120, 325, "unavailable", ""},
		{"the other said no", "denied 50ms", false, false, faults, 120, 325, "denied", ""},
		{"the other found nothing", "notfound 50ms", false, false, faults, 120, 325, "incomplete", ""},
		{"the other still runs", "ok 900ms", false, false, faults, 120, 1000, "b", "a: unavailable: overtaken: another source answered first"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(t, breaker.Config{SlowAfter: ms(300), OpenFor: time.Minute})
				a, beside := timed("a", "ok 9s"), timed("b", row.beside)
				capacity, budget := &fallback.Capacity{InFlight: 1}, new(fallback.Budget)
				if row.poor {
					budget = &fallback.Budget{Tokens: 1, Hedge: 2}
				}
				c := newChain(t, config{Hedge: fallback.Hedge{After: ms(100)}, Sources: []source{
					{Name: "a", Do: a.ask, Timeout: 2 * time.Second, Upstream: &fallback.Upstream{Breaker: b}},
					{Name: "b", Do: beside.ask, Upstream: &fallback.Upstream{Capacity: capacity, Budget: budget}},
				}})
				if row.full {
					other := newChain(t, config{Sources: []source{{Name: "b", Do: timed("b", "ok 3s").ask, Timeout: time.Hour, Upstream: &fallback.Upstream{Capacity: capacity}}}})
					go func() { _, _ = other.Do(t.Context(), "q") }()
					synctest.Wait()
				}
				if row.opens != nil {
					time.AfterFunc(ms(row.at), func() { row.opens(b) })
				}
				began := time.Now()
				r, err := c.Do(t.Context(), "q")
				require.Equal(t, ms(row.took), time.Since(began))
				got := r.Source
				if err != nil {
					got = failed(t, r, err).Verdict()
				}
				require.Equal(t, row.got, got)
				if row.said != "" {
					require.Equal(t, row.said, failures(r.Failed))
				}
				require.EqualValues(t, 1, a.asked.Load())
			})
		})
	}
}

// failures joins what the sources said.
func failures(failed []fallback.Failure) string {
	var all []string
	for _, f := range failed {
		all = append(all, f.String())
	}
	return strings.Join(all, "; ")
}
