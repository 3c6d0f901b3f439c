package fallback_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// scripted answers "ok" or fails with the class of each word in turn; the last
// one repeats.
func scripted(words ...string) *script {
	s := new(script)
	s.does(func(context.Context, string) (reply, error) {
		word := words[min(int(s.asked.Load()), len(words))-1]
		if word == "ok" {
			return reply{Text: "ok"}, nil
		}
		return reply{}, &says{class: word}
	})
	return s
}

func TestRetryWaitsGrowAndAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		s := answering("")
		s.does(func(context.Context, string) (reply, error) {
			at = append(at, time.Now())
			return reply{}, errors.New("x")
		})
		c := newChain(t, config{Sources: []source{{
			Name: "a", Do: s.ask, Retry: fallback.Retry{Max: 10, First: 100 * time.Millisecond, MaxWait: 400 * time.Millisecond},
		}}})
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
		require.Len(t, at, 11)
		step := 100 * time.Millisecond
		for i := 1; i < len(at); i++ {
			wait := at[i].Sub(at[i-1])
			require.GreaterOrEqual(t, wait, step/2)
			require.LessOrEqual(t, wait, min(step*3/2+1, 400*time.Millisecond))
			step = min(step*3/2, 400*time.Millisecond)
		}
		require.Less(t, time.Since(at[0]), c.Longest())
	})
}

func TestRetryWaitsAsLongAsTheSourceAsks(t *testing.T) {
	for name, row := range map[string]struct {
		wait     time.Duration
		deadline time.Duration // zero: none
		asked    int64
		took     time.Duration
	}{
		"it fits":                      {1500 * time.Millisecond, 0, 2, 1500 * time.Millisecond},
		"it fits the deadline":         {1500 * time.Millisecond, 2 * time.Second, 2, 1500 * time.Millisecond},
		"F24 longer than MaxWait":      {120 * time.Second, 0, 1, 0},
		"longer than the deadline":     {1500 * time.Millisecond, time.Second, 1, 0},
		"it would end at the deadline": {1500 * time.Millisecond, 1500 * time.Millisecond, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := failing(&says{class: "limited", wait: row.wait})
				c := newChain(t, config{Sources: []source{{Name: "a", Do: s.ask, Retry: fallback.Retry{Max: 1}}}})
				ctx := t.Context()
				if row.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.deadline)
					defer cancel()
				}
				began := time.Now()
				_, err := c.Do(ctx, "q")
				requireVerdict(t, fallback.ErrLimited, err)
				require.Equal(t, row.asked, s.asked.Load())
				require.Equal(t, row.took, time.Since(began))
			})
		})
	}
}

// TestRetryHasTheTimeThatLongestSays: also waits that are longer than the
// source's time, and no more: one that ignores its time is not asked for ever.
func TestRetryHasTheTimeThatLongestSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := failing(&says{class: "unavailable"})
		c := newChain(t, config{Sources: []source{{
			Name: "a", Do: s.ask, Timeout: ms(1), Retry: fallback.Retry{Max: 1, First: ms(100), MaxWait: ms(100)},
		}}})
		for i := range 20 {
			_, err := c.Do(t.Context(), "q")
			require.Error(t, err)
			require.EqualValues(t, 2*(i+1), s.asked.Load())
		}
		deaf := failing(&says{class: "unavailable"})
		deaf.does(func(context.Context, string) (reply, error) { time.Sleep(time.Second); return reply{}, errors.New("x") })
		c = newChain(t, config{Sources: []source{{
			Name: "a", Do: deaf.ask, Timeout: ms(10), Retry: fallback.Retry{Max: 5, First: ms(10), MaxWait: ms(10)},
		}}})
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
		require.EqualValues(t, 2, deaf.asked.Load())
	})
}

// TestRetryKeepsTheLastRealError: neither the end of the context nor a breaker
// that opened meanwhile hides what the source said.
func TestRetryKeepsTheLastRealError(t *testing.T) {
	real := &says{class: "unavailable"}
	t.Run("cancelled while waiting", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newChain(t, config{Sources: []source{{Name: "a", Do: failing(real).ask, Retry: fallback.Retry{Max: 1, First: time.Second}}}})
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			r, err := c.Do(ctx, "q")
			e := failed(t, r, err)
			requireVerdict(t, fallback.ErrCancelled, err)
			require.Equal(t, error(real), e.Failed[0].Err)
			require.Equal(t, 1, r.Attempts)
		})
	})
	t.Run("breaker opened", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(t, breaker.Config{Consecutive: 1})
			c := newChain(t, config{Sources: []source{{
				Name: "a", Do: failing(real).ask, Retry: fallback.Retry{Max: 3, First: time.Millisecond}, Upstream: &fallback.Upstream{Breaker: b},
			}}})
			r, err := c.Do(t.Context(), "q")
			e := failed(t, r, err)
			require.Equal(t, error(real), e.Failed[0].Err)
			require.Equal(t, fallback.SkipNot, e.Failed[0].Skip)
			require.NotErrorIs(t, err, breaker.ErrOpen)
		})
	})
}

// TestBudgetBoundsExtraAttemptsOnly: with the default numbers, 50 retries and
// then none; first attempts at every source go on.
func TestBudgetBoundsExtraAttemptsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &fallback.Upstream{Budget: new(fallback.Budget)}
		retry := fallback.Retry{Max: 2, First: time.Millisecond}
		first, second := failing(&says{class: "unavailable"}), failing(&says{class: "unavailable"})
		c := newChain(t, config{Sources: []source{
			{Name: "a", Do: first.ask, Upstream: up, Retry: retry},
			{Name: "b", Do: second.ask, Upstream: up},
		}})
		const calls = 1000
		for range calls {
			_, _ = c.Do(t.Context(), "q")
		}
		require.EqualValues(t, calls+50, first.asked.Load(), "500 tokens pay for 50 retries at 10")
		require.EqualValues(t, calls, second.asked.Load(), "failover is never refused for lack of budget")
		require.Zero(t, up.Budget.Left())
		require.EqualValues(t, calls-25, up.Budget.Refused())

		first.answers("ok")
		for range 12 {
			_, _ = c.Do(t.Context(), "q")
		}
		require.Equal(t, 12, up.Budget.Left(), "a success earns one")
		first.fails(&says{class: "unavailable"})
		_, _ = c.Do(t.Context(), "q")
		require.Equal(t, 2, up.Budget.Left())
		for range 600 {
			first.answers("ok")
			_, _ = c.Do(t.Context(), "q")
		}
		require.Equal(t, 500, up.Budget.Left(), "never above its size")
	})
}

func TestBudgetNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &fallback.Budget{Tokens: 20, Retry: 2, Timeout: 9, Success: 4}
		s := answering("")
		c := newChain(t, config{Sources: []source{{
			Name: "a", Do: s.ask, Upstream: &fallback.Upstream{Budget: b}, Timeout: time.Second, Retry: fallback.Retry{Max: 1, First: 1},
		}}})
		s.fails(&says{class: "unavailable"})
		_, _ = c.Do(t.Context(), "q")
		require.Equal(t, 18, b.Left())
		s.hangs()
		_, _ = c.Do(t.Context(), "q")
		require.Equal(t, 9, b.Left(), "a retry after a timeout costs more")
		require.EqualValues(t, 4, s.asked.Load(), "and is made")
		s.fails(&timeoutError{})
		_, _ = c.Do(t.Context(), "q")
		require.Equal(t, 0, b.Left(), "so does one after a timeout of the network")
		_, _ = c.Do(t.Context(), "q")
		require.Equal(t, 0, b.Left())
		require.EqualValues(t, 1, b.Refused())
		s.answers("ok")
		_, _ = c.Do(t.Context(), "q")
		require.Equal(t, 4, b.Left())
		// A retry that succeeds earns as well.
		words := scripted("unavailable", "ok")
		c = newChain(t, config{Sources: []source{{
			Name: "a", Do: words.ask, Upstream: &fallback.Upstream{Budget: b}, Retry: fallback.Retry{Max: 1, First: 1},
		}}})
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, 4-2+4, b.Left())
		for range 10 {
			_, _ = c.Do(t.Context(), "q")
		}
		require.Equal(t, 20, b.Left(), "a success that is worth more than is missing fills it, no more")
	})
}

type timeoutError struct{}

func (*timeoutError) Error() string { return "i/o timeout" }
func (*timeoutError) Timeout() bool { return true }

// TestRetryWithoutAnUpstreamHasABudgetToo: nobody retries without a bound.
func TestRetryWithoutAnUpstreamHasABudgetToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := failing(&says{class: "unavailable"})
		c := newChain(t, config{Sources: []source{{Name: "a", Do: s.ask, Retry: fallback.Retry{Max: 1, First: 1}}}})
		for range 200 {
			_, _ = c.Do(t.Context(), "q")
		}
		require.EqualValues(t, 250, s.asked.Load())
		require.EqualValues(t, 150, c.Inspect().Sources[0].NoBudget)
	})
}

func TestLongest(t *testing.T) {
	c := newChain(t, config{Sources: []source{
		{Name: "a", Do: answering("").ask, Timeout: time.Second, Retry: fallback.Retry{Max: 2, MaxWait: 500 * time.Millisecond}},
		{Name: "b", Do: answering("").ask},
	}})
	require.Equal(t, 3*time.Second+2*500*time.Millisecond+fallback.DefaultTimeout, c.Longest())
}
