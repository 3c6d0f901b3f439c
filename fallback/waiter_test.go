package fallback_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestSharedTellsWhatItMetSoFar: a caller whose own time ends while it waits
// for a shared call hears who had failed by then (F4).
func TestSharedTellsWhatItMetSoFar(t *testing.T) {
	for name, row := range map[string]struct {
		first   error
		cancel  bool
		wait    time.Duration
		verdict error
		text    string
		asked   int
	}{
		"out of time": {&says{class: "unavailable"}, false, 300 * time.Millisecond, fallback.ErrUnavailable,
			"address: unavailable: a: unavailable: vendor: search: unavailable; shared call: deadline", 1},
		"gone": {&says{class: "unavailable"}, true, 300 * time.Millisecond, fallback.ErrCancelled,
			"address: cancelled: a: unavailable: vendor: search: unavailable", 1},
		"security is not hidden": {&says{class: "security"}, false, 300 * time.Millisecond, fallback.ErrSecurity,
			"address: security: a: security: vendor: search: security; shared call: deadline", 1},
		"one found nothing": {&says{class: "notfound"}, false, 300 * time.Millisecond, fallback.ErrIncomplete,
			"address: incomplete: a: notfound: vendor: search: notfound; shared call: deadline", 1},
		"nothing known yet": {&says{class: "unavailable"}, false, 50 * time.Millisecond, fallback.ErrUnavailable,
			"address: unavailable: shared call: deadline", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := answering("")
				first.does(func(context.Context, string) (reply, error) {
					time.Sleep(100 * time.Millisecond)
					return reply{}, row.first
				})
				c, _ := remembering(t, slowly(900*time.Millisecond), func(cfg *config) {
					cfg.Next = func(error) bool { return true }
					cfg.Sources[0].Name = "b"
					cfg.Sources = append([]source{{Name: "a", Do: first.ask}}, cfg.Sources...)
				})
				together(3, func(i int) {
					if i == 0 { // waits for the end
						r, err := c.Do(t.Context(), "q")
						require.NoError(t, err)
						require.Len(t, r.Failed, 1)
						return
					}
					ctx, cancel := context.WithTimeout(t.Context(), row.wait)
					if row.cancel {
						ctx, cancel = context.WithCancel(t.Context())
						time.AfterFunc(row.wait, cancel)
					}
					defer cancel()
					r, err := c.Do(ctx, "q")
					failed(t, r, err)
					requireVerdict(t, row.verdict, err)
					require.EqualError(t, err, row.text)
					require.Equal(t, row.asked, r.Attempts)
					require.Equal(t, row.cancel, errors.Is(err, context.Canceled))
					if len(r.Failed) > 0 {
						r.Failed[0].Source = "changed" // its own copy
					}
				})
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, fallback.Cached, r.Freshness)
				require.Equal(t, 0, r.Attempts, "nothing is left of the call")
			})
		})
	}
}

// TestSharedSecurityReachesTheImpatient: one who cannot wait is not served a
// remembered answer that is worth less than the source that was not to be trusted.
func TestSharedSecurityReachesTheImpatient(t *testing.T) {
	for _, level := range []fallback.Assurance{fallback.Low, fallback.High} {
		t.Run(level.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				strong, weak := failing(&says{class: "unavailable"}), answering("weak")
				c, _ := remembering(t, weak, func(cfg *config) {
					cfg.Sources = append([]source{{Name: "s", Do: strong.ask, Assurance: level}}, cfg.Sources...)
					cfg.Sources = append(cfg.Sources, source{Name: "z", Do: slowly(time.Second).ask, Assurance: fallback.High})
				})
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				time.Sleep(2 * time.Minute)
				strong.fails(&says{class: "security"})
				weak.fails(&says{class: "unavailable"})
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				r, err := c.Do(ctx, "q")
				if level == fallback.High {
					failed(t, r, err)
					requireVerdict(t, fallback.ErrSecurity, err)
					return
				}
				require.NoError(t, err)
				require.Equal(t, fallback.Stale, r.Freshness)
				require.Equal(t, fallback.FlagSecurity, r.Flags)
				require.Equal(t, "weak", r.Value.Text)
			})
		})
	}
}
