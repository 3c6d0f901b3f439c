package fallback_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestPanicTrialVerdicts: what the trial says is what the call says.
func TestPanicTrialVerdicts(t *testing.T) {
	secret := errors.New("https://vendor/?key=canary")
	for name, row := range map[string]struct {
		do      func(context.Context, string) (reply, error)
		alone   bool
		once    bool
		find    func(context.Context, string) (reply, bool, error)
		verdict error
		text    string
	}{
		"denied": {do: failing(&says{class: "denied"}).ask, verdict: fallback.ErrDenied,
			text: "address: denied: b: open: breaker: open: faults: vendor: search: unavailable; a: denied: vendor: search: denied [panic]"},
		"nothing found, and the other may know": {do: failing(&says{class: "notfound"}).ask, verdict: fallback.ErrIncomplete,
			text: "address: incomplete: b: open: breaker: open: faults: vendor: search: unavailable; a: notfound: vendor: search: notfound [panic]"},
		"nothing found": {do: failing(&says{class: "notfound"}).ask, alone: true, verdict: fallback.ErrNotFound,
			text: "address: notfound: a: notfound: vendor: search: notfound [panic]"},
		"F5 fault with a secret": {do: failing(secret).ask, alone: true, verdict: fallback.ErrUnavailable,
			text: "address: unavailable: a: unavailable [panic]"},
		"F56 panic": {do: func(context.Context, string) (reply, error) { panic("canary") }, alone: true, verdict: fallback.ErrUnavailable,
			text: "address: unavailable: a: unavailable: panic in source a: string [panic]"},
		"an effect nobody knows of": {do: failing(dead).ask, alone: true, once: true, verdict: fallback.ErrUnknown,
			text: "address: unknown: a: unavailable: vendor: search: unavailable [panic] [unknown]"},
		"an effect that was had": {do: failing(dead).ask, alone: true, once: true,
			find: func(context.Context, string) (reply, bool, error) { return reply{Text: "done"}, true, nil }},
		"an effect that was not": {do: failing(&says{class: "unavailable", unsent: true}).ask, alone: true, once: true, verdict: fallback.ErrUnavailable,
			text: "address: unavailable: a: unavailable: vendor: search: unavailable [panic] [absent]"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := func() *fallback.Upstream {
					return &fallback.Upstream{Breaker: opened(t, dead), Capacity: &fallback.Capacity{InFlight: 1, PerDay: 100}}
				}
				ua, ub := up(), up()
				cfg := config{Once: row.once, PanicTrials: 1, Sources: []source{{Name: "a", Do: row.do, Find: row.find, Upstream: ua}}}
				if !row.alone {
					cfg.Sources = append(cfg.Sources, source{Name: "b", Do: answering("").ask, Upstream: ub})
				}
				c := newChain(t, cfg)
				time.Sleep(time.Second)
				r, err := c.Do(t.Context(), "q")
				require.True(t, r.Flags.Has(fallback.FlagPanic))
				require.Equal(t, 1, r.Attempts)
				require.Zero(t, ua.Capacity.Load())
				require.EqualValues(t, 1, ua.Capacity.Usage().Day)
				if row.verdict == nil {
					require.NoError(t, err)
					require.Equal(t, "done", r.Value.Text)
					require.Equal(t, "a: unavailable: vendor: search: unavailable [panic] [done]", r.Failed[0].String())
					return
				}
				e := failed(t, r, err)
				requireVerdict(t, row.verdict, err)
				require.Equal(t, row.text, err.Error())
				require.Equal(t, 1, strings.Count(e.Explain(), "when it was tried although its breaker is open"))
				require.Contains(t, r.Explain(), "\n- nobody could be asked, so one was tried although its breaker is open")
			})
		})
	}
}

// TestPanicTrialHoldsNothing: neither a source that ends its goroutine nor a
// caller who goes away keeps the place of a trial.
func TestPanicTrialHoldsNothing(t *testing.T) {
	for name, do := range map[string]func(context.Context, string) (reply, error){
		"F57 goexit": func(context.Context, string) (reply, error) { runtime.Goexit(); panic("no") },
		"cancelled":  func(ctx context.Context, _ string) (reply, error) { <-ctx.Done(); return reply{}, ctx.Err() },
		"deadline":   func(ctx context.Context, _ string) (reply, error) { <-ctx.Done(); return reply{}, ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := &fallback.Upstream{Breaker: opened(t, dead), Capacity: new(fallback.Capacity)}
				c := newChain(t, config{Deadline: time.Minute, PanicTrials: 10, Sources: []source{{Name: "a", Do: do, Timeout: time.Hour, Upstream: up}}})
				time.Sleep(time.Second)
				for range 12 { // more than the places for trials
					began := time.Now()
					ctx, cancel := context.WithCancel(t.Context())
					if name == "cancelled" {
						time.AfterFunc(time.Second, cancel)
					}
					ended := make(chan struct{})
					var err error
					var r fallback.Result[reply]
					go func() {
						defer close(ended)
						err = errExitedInTest
						r, err = c.Do(ctx, "q")
					}()
					<-ended
					cancel()
					switch name {
					case "F57 goexit":
						require.Equal(t, errExitedInTest, err)
					case "cancelled":
						requireVerdict(t, fallback.ErrCancelled, err)
						require.Equal(t, time.Second, time.Since(began))
					case "deadline":
						requireVerdict(t, fallback.ErrUnavailable, err)
						require.Equal(t, time.Minute, time.Since(began), "the Deadline of the chain bounds it")
						require.Equal(t, 1, r.Attempts)
					}
					require.Zero(t, up.Capacity.Load())
					time.Sleep(time.Second)
				}
				require.EqualValues(t, 12, c.Inspect().PanicTrials)
			})
		})
	}
}

var errExitedInTest = errors.New("exited")
