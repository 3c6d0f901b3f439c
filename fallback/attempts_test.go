package fallback_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestAttemptsArithmetic: how many calls go out, and to whom, over several calls
// and where the retrying ends; TestAttemptsTable has one call of every kind.
// Outcomes are per attempt, sources by comma; the last outcome of a source repeats.
func TestAttemptsArithmetic(t *testing.T) {
	for _, row := range []struct {
		name     string
		outcomes string
		retry    []int
		breakers []int  // Consecutive of each source; 0: none
		calls    int    // calls of the chain; the last one is looked at
		asked    string // attempts per source, all calls together
		attempts int    // of the last call
		verdict  string
	}{
		{"heals at the last attempt", "unavailable unavailable ok", []int{2}, nil, 1, "3", 3, "a"},
		{"heals too late", "unavailable unavailable ok", []int{1}, nil, 1, "2", 2, "unavailable"},
		{"an answer ends the retrying", "unavailable denied,ok", []int{3}, nil, 1, "2 0", 2, "denied"},
		{"refused ends the retrying", "unavailable refused,ok", []int{3}, nil, 1, "2 1", 3, "b"},
		{"notfound ends it as incomplete only after another source", "unavailable notfound", []int{3}, nil, 1, "2", 2, "notfound"},
		{"a breaker opens in the middle of the retrying", "unavailable", []int{5}, []int{3}, 1, "3", 3, "unavailable"},
		{"an open breaker costs no attempt", "unavailable,ok", []int{0, 0}, []int{1, 0}, 10, "1 10", 1, "b"},
		{"an open breaker is not retried", "unavailable", []int{5}, []int{1}, 2, "1", 0, "unavailable"},
		{"answers keep it closed", "denied", nil, []int{1}, 10, "10", 1, "denied"},
		{"limited opens and is not asked again", "limited,ok", []int{2, 0}, []int{5, 0}, 3, "1 3", 1, "b"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var cfg config
				var scripts []*script
				for i, words := range strings.Split(row.outcomes, ",") {
					s := scripted(strings.Fields(words)...)
					scripts = append(scripts, s)
					src := fallback.From(string(rune('a'+i)), s.ask, nil)
					// Short waits, so that no open breaker lets a trial through meanwhile.
					src.Retry = fallback.Retry{First: time.Millisecond, MaxWait: time.Millisecond}
					if i < len(row.retry) {
						src.Retry.Max = row.retry[i]
					}
					if i < len(row.breakers) && row.breakers[i] > 0 {
						src.Upstream = &fallback.Upstream{Breaker: newBreaker(t, breaker.Config{Consecutive: row.breakers[i]})}
					}
					cfg.Sources = append(cfg.Sources, src)
				}
				c := newChain(t, cfg)
				var r fallback.Result[reply]
				var err error
				for range row.calls {
					r, err = c.Do(t.Context(), "q")
				}
				got := r.Source
				if err != nil {
					got = failed(t, r, err).Verdict()
				}
				require.Equal(t, row.verdict, got)
				require.Equal(t, row.attempts, r.Attempts)
				var asked []string
				for _, s := range scripts {
					asked = append(asked, fmt.Sprint(s.asked.Load()))
				}
				require.Equal(t, row.asked, strings.Join(asked, " "))
			})
		})
	}
}
