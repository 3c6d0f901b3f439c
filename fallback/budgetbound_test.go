package fallback_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// outbound is a source, with retries and a breaker of its own, that counts what
// goes out to it, the asks of the breaker's probe included.
type outbound struct {
	*script
	asked   atomic.Int64
	breaker *breaker.Breaker
}

func newOutbound(t *testing.T, probe, guarded bool) *outbound {
	o := &outbound{script: timed("", "ok 20ms")}
	if !guarded {
		return o
	}
	cfg := breaker.Config{}
	if probe {
		cfg.Probe = func(ctx context.Context) error { _, err := o.ask(ctx, ""); return err }
	}
	o.breaker = newBreaker(t, cfg)
	return o
}

func (o *outbound) ask(ctx context.Context, q string) (reply, error) {
	o.asked.Add(1)
	return o.script.ask(ctx, q)
}

func (o *outbound) worth() bool { return o.breaker.Snapshot().State == breaker.Closed }

// hedgedOver returns a chain over n such sources that hedges and retries.
func hedgedOver(t *testing.T, n int, retry fallback.Retry, probe, guarded bool) (*chain, []*outbound) {
	cfg := config{}
	if n > 1 {
		cfg.Hedge = fallback.Hedge{After: ms(200)}
	}
	var all []*outbound
	for i := range n {
		o := newOutbound(t, probe, guarded)
		all = append(all, o)
		cfg.Sources = append(cfg.Sources, source{
			Name: string(rune('a' + i)), Do: o.ask, Retry: retry,
			Upstream: &fallback.Upstream{Breaker: o.breaker, Budget: new(fallback.Budget)},
		})
	}
	return newChain(t, cfg), all
}

func sum(all []*outbound) (n int64) {
	for _, o := range all {
		n += o.asked.Load()
	}
	return n
}

// TestF20OutboundCallsAreBounded: 200 users a second, and all sources fail at
// once in one way for a minute. Until the breakers are open no more than one
// call per source and a tenth goes out for each user; then no more than a
// twentieth for each open source. Retries that come so soon that the breaker
// has not seen five faults yet are more in proportion, but never more than those
// five faults.
func TestF20OutboundCallsAreBounded(t *testing.T) {
	const rate, inARow = 200, 5
	for _, act := range []string{"unavailable 0s", "unavailable 30ms", "unavailable 300ms", "hang", "panic 10ms", "limited 10ms", "refused 10ms"} {
		for _, retry := range []fallback.Retry{{Max: 2}, {Max: 2, First: ms(10)}} {
			for _, n := range []int{1, 3} {
				probe := n == 3
				t.Run(fmt.Sprint(act, ", ", n, " sources, waits ", retry.First), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						c, all := hedgedOver(t, n, retry, probe, true)
						ask := func(int) (fallback.Result[reply], error) { return c.Do(t.Context(), "q") }
						for _, u := range arrivals(rate, 2*time.Second, ask) {
							require.NoError(t, u.err)
						}
						for _, o := range all {
							if act == "hang" {
								o.hangs()
							} else {
								o.does(timed("", act).ask)
							}
						}
						before := sum(all)
						var mu sync.Mutex
						var inbound, sent int64 // until all were open
						users := arrivals(rate, 60*time.Second, func(i int) (fallback.Result[reply], error) {
							mu.Lock()
							if inbound == 0 && !slices.ContainsFunc(all, (*outbound).worth) {
								inbound, sent = int64(i), sum(all)-before
							}
							mu.Unlock()
							return ask(i)
						})
						for _, u := range users {
							require.Error(t, u.err)
						}
						require.NotZero(t, inbound, "they open")
						few := 0.
						if retry.First > 0 {
							few = inARow * float64(n)
						}
						require.LessOrEqual(t, float64(sent), (float64(n)+0.1)*float64(inbound)+few, "for %d", inbound)
						later := float64(sum(all)-before-sent) / float64(int64(len(users))-inbound)
						require.LessOrEqual(t, later, 0.05*float64(n), "of those who came later")
					})
				})
			}
		}
	}
}

// TestF29RetriesAreATenthOfTheAnswers: sources that fail now and then do not
// open their breakers, or have none; retries stay within the bound all the
// same, and so they do when everything fails and there is no breaker at all.
func TestF29RetriesAreATenthOfTheAnswers(t *testing.T) {
	for _, share := range []float64{0.05, 0.2, 0.5, 1} {
		for n := 1; n <= 3; n++ {
			t.Run(fmt.Sprint(share, " fail, ", n, " sources"), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, all := hedgedOver(t, n, fallback.Retry{Max: 2, First: ms(10)}, false, false)
					rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test
					for _, o := range all {
						o.does(func(context.Context, string) (reply, error) {
							if rng.Float64() < share {
								return reply{}, &says{class: "unavailable"}
							}
							return reply{}, nil
						})
					}
					const inbound = 20_000
					for range inbound {
						_, _ = c.Do(t.Context(), "q")
					}
					ratio := float64(sum(all)) / inbound
					require.LessOrEqual(t, ratio, float64(n)+0.1)
					if n == 1 && share < 1 {
						require.Greater(t, ratio, 1.04, "they are retried, though")
					}
				})
			})
		}
	}
}
