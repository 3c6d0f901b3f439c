package fallback_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// ear keeps what it heard.
type ear struct {
	mu    sync.Mutex
	heard []fallback.Outcome
	do    func(n int) // after the nth outcome
}

func (e *ear) Observe(o fallback.Outcome) {
	e.mu.Lock()
	e.heard = append(e.heard, o)
	n := len(e.heard)
	e.mu.Unlock()
	if e.do != nil {
		e.do(n)
	}
}

func (e *ear) all() []fallback.Outcome {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]fallback.Outcome(nil), e.heard...)
}

func TestObserverHearsEveryCallOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret := errors.New("https://juso.example/?key=secret")
		first, second := failing(secret), answering("ok")
		e := new(ear)
		c := newChain(t, config{
			Sources: []source{
				{Name: "a", Do: first.ask, Retention: fallback.Forever},
				{Name: "b", Do: second.ask, Retention: fallback.Forever, Assurance: fallback.Low},
			},
			Valid:   func(q string) error { return map[string]error{"bad": errors.New("bad")}[q] },
			Memory:  &memory{Key: identity, Fresh: time.Minute, Stale: time.Hour},
			Observe: e,
		})
		began := time.Now()
		first.does(func(context.Context, string) (reply, error) { time.Sleep(time.Millisecond); return reply{}, secret })
		_, _ = c.Do(t.Context(), "q") // live, behind a failure
		_, _ = c.Do(t.Context(), "q") // cached
		_, _ = c.Do(t.Context(), "bad")
		time.Sleep(2 * time.Minute)
		second.fails(&says{class: "limited"})
		_, _ = c.Do(t.Context(), "q") // stale
		_, _ = c.Do(t.Context(), "r")
		second.fails(&says{class: "denied"})
		_, _ = c.Do(t.Context(), "r")
		synctest.Wait()

		heard := e.all()
		require.Len(t, heard, 6)
		var verdicts, fresh []string
		for _, o := range heard {
			verdicts, fresh = append(verdicts, o.Verdict), append(fresh, o.Freshness.String())
			require.Equal(t, "address", o.Chain)
			require.Equal(t, "do", o.Op)
			for _, f := range o.Failed {
				require.NotErrorIs(t, f.Err, secret, "what may not be shown is not told")
			}
		}
		require.Equal(t, []string{"ok", "ok", "invalid", "ok", "unavailable", "denied"}, verdicts)
		require.Equal(t, []string{"live", "cached", "none", "stale", "none", "none"}, fresh)
		live := heard[0]
		require.Equal(t, began, live.At)
		require.Equal(t, time.Millisecond, live.Took)
		require.Equal(t, "b", live.Source)
		require.Equal(t, 1, live.Rank)
		require.Equal(t, 2, live.Attempts)
		require.Equal(t, fallback.Low, live.Assurance)
		require.Len(t, live.Failed, 1)
		require.Equal(t, 2*time.Minute+time.Millisecond, heard[3].Age)
		require.Equal(t, "b: limited: vendor: search: limited", heard[4].Failed[1].String())
	})
}

// TestObserverF58CannotHurt: one that blocks, panics or ends its goroutine
// delays and fails nothing; what is not heard is counted.
func TestObserverF58CannotHurt(t *testing.T) {
	t.Run("F58 blocks", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			gate := make(chan struct{})
			e := &ear{do: func(int) { <-gate }}
			c, err := fallback.New(config{Name: "x", Sources: []source{{Name: "a", Do: answering("ok").ask}}, Observe: e})
			require.NoError(t, err)
			began := time.Now()
			for range 2000 {
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
			}
			require.Zero(t, time.Since(began))
			synctest.Wait()
			missed := c.Inspect().Unheard
			require.InDelta(t, 2000-1024, missed, 1, "one may be in its hands")
			require.EqualError(t, c.Close(), "fallback: x: close: the observer is still busy")
			require.Equal(t, time.Second, time.Since(began))
			close(gate)
			require.NoError(t, c.Close())
			require.EqualValues(t, 2000, uint64(len(e.all()))+missed)
		})
	})
	for name, end := range map[string]func(){"F56 panics": func() { panic("x") }, "F57 ends": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &ear{do: func(n int) {
					if n%2 == 1 {
						end()
					}
				}}
				c := newChain(t, config{Sources: []source{{Name: "a", Do: answering("ok").ask}}, Observe: e})
				for range 10 {
					_, err := c.Do(t.Context(), "q")
					require.NoError(t, err)
				}
				require.NoError(t, c.Close())
				require.Len(t, e.all(), 10, "in spite of it all are told")
				require.EqualValues(t, 5, c.Inspect().Unheard)
			})
		})
	}
	t.Run("may ask the chain", func(t *testing.T) {
		var c *chain
		e := &ear{do: func(n int) {
			if n == 1 {
				_, _ = c.Do(context.Background(), "q")
			}
		}}
		c = newChain(t, config{Sources: []source{{Name: "a", Do: answering("ok").ask}}, Observe: e})
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.NoError(t, c.Close())
		require.Len(t, e.all(), 2)
	})
}
