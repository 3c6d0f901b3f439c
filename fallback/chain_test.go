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

func TestChainLabelsALiveAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		first := failing(&says{class: "unavailable"})
		first.does(func(context.Context, string) (reply, error) {
			time.Sleep(30 * time.Millisecond)
			return reply{Text: "half"}, &says{class: "unavailable"}
		})
		second := answering("ok")
		c := newChain(t, config{Sources: []source{
			{Name: "juso", Do: first.ask, Assurance: fallback.High},
			{Name: "osm", Do: second.ask, Assurance: fallback.Low},
		}})
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Result[reply]{
			Value: reply{Text: "ok"}, Source: "osm", Rank: 1, Freshness: fallback.Live,
			ObtainedAt: r.ObtainedAt, Assurance: fallback.Low, Attempts: 2, Failed: r.Failed,
		}, r)
		require.Equal(t, began.Add(30*time.Millisecond), r.ObtainedAt)
		require.Len(t, r.Failed, 1)
		f := r.Failed[0]
		require.Equal(t, "juso", f.Source)
		require.Equal(t, began, f.At)
		require.Equal(t, 30*time.Millisecond, f.Took)
		require.Equal(t, "juso: unavailable: vendor: search: unavailable", f.String())
		require.True(t, r.Degraded())
	})
}

func TestChainOfOneSourceRunsTheSameCode(t *testing.T) {
	r, err := chainOf(t, answering("ok")).Do(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, "a", r.Source)
	require.Zero(t, r.Rank)
	require.Equal(t, 1, r.Attempts)
	require.Nil(t, r.Failed)
	require.False(t, r.Degraded())
}

func TestChainAsksNobodyAnInvalidQuestion(t *testing.T) {
	for name, valid := range map[string]func(string) error{
		"error":                  func(string) error { return errors.New("no such place: Hong Gil-dong") },
		"error of another class": func(string) error { return &says{class: "unavailable"} },
		"F56 panic":              func(string) error { panic("Hong Gil-dong") },
	} {
		t.Run(name, func(t *testing.T) {
			s := answering("ok")
			c := newChain(t, config{Sources: []source{{Name: "a", Do: s.ask}}, Valid: valid})
			r, err := c.Do(t.Context(), "q")
			e := failed(t, r, err)
			requireVerdict(t, fallback.ErrInvalid, err)
			require.Zero(t, s.asked.Load())
			require.True(t, e.NotSent())
			require.NotContains(t, err.Error(), "Hong")
			require.Contains(t, err.Error(), "address: invalid")
			require.Error(t, e.Cause)
		})
	}
}

func TestChainChecksTheAnswerInsideTheGuard(t *testing.T) {
	for name, row := range map[string]struct {
		answers func(reply, string) error
		faults  uint64
		next    bool
		verdict error
	}{
		"no class is a fault":   {func(reply, string) error { return errors.New("a tile of another place") }, 1, true, nil},
		"F56 panic is a fault":  {func(reply, string) error { panic("x") }, 1, true, nil},
		"denied is an answer":   {func(reply, string) error { return &says{class: "denied"} }, 0, false, fallback.ErrDenied},
		"notfound is an answer": {func(reply, string) error { return &says{class: "notfound"} }, 0, false, fallback.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBreaker(t, breaker.Config{})
			c := newChain(t, config{
				Sources: []source{
					{Name: "a", Do: answering("wrong").ask, Upstream: &fallback.Upstream{Breaker: b}},
					{Name: "b", Do: answering("right").ask},
				},
				Answers: func(a reply, q string) error {
					if a.Text == q {
						return nil
					}
					return row.answers(a, q)
				},
			})
			r, err := c.Do(t.Context(), "right")
			require.Equal(t, row.faults, b.Snapshot().Faults)
			if !row.next {
				failed(t, r, err)
				requireVerdict(t, row.verdict, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "b", r.Source)
		})
	}
}

func TestChainNeverReturnsNilAndNoError(t *testing.T) {
	t.Run("pointer", func(t *testing.T) {
		c, err := fallback.New(fallback.Config[string, *reply]{Name: "x", Sources: []fallback.Source[string, *reply]{
			fallback.From("a", func(context.Context, string) (*reply, error) { return nil, nil }, nil),
			fallback.From("b", func(context.Context, string) (*reply, error) { return &reply{Text: "b"}, nil }, nil),
		}})
		require.NoError(t, err)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "b", r.Value.Text)
		require.Equal(t, "a: unavailable: the source returned nothing and no error", r.Failed[0].String())
	})
	t.Run("interface", func(t *testing.T) {
		for name, nothing := range map[string]error{"nil": nil, "typed nil": (*says)(nil)} {
			t.Run(name, func(t *testing.T) {
				c, err := fallback.New(fallback.Config[string, error]{Name: "x", Sources: []fallback.Source[string, error]{
					fallback.From("a", func(context.Context, string) (error, error) { return nothing, nil }, nil), //nolint:staticcheck // an answer that is an interface
				}})
				require.NoError(t, err)
				_, err = c.Do(t.Context(), "q")
				requireVerdict(t, fallback.ErrUnavailable, err)
			})
		}
		c, err := fallback.New(fallback.Config[string, any]{Name: "x", Sources: []fallback.Source[string, any]{
			fallback.From("a", func(context.Context, string) (any, error) { return 3, nil }, nil),
		}})
		require.NoError(t, err)
		_, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
	})
	t.Run("an empty list is an answer", func(t *testing.T) {
		c, err := fallback.New(fallback.Config[string, []string]{Name: "x", Sources: []fallback.Source[string, []string]{
			fallback.From("a", func(context.Context, string) ([]string, error) { return nil, nil }, nil),
		}})
		require.NoError(t, err)
		_, err = c.Do(t.Context(), "q")
		require.NoError(t, err)
	})
}

func TestChainEndsAtTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := answering("")
		first.hangs()
		c := chainOf(t, first)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		r, err := c.Do(ctx, "q")
		require.Equal(t, time.Second, time.Since(began), "F2")
		failed(t, r, err)
		requireVerdict(t, fallback.ErrUnavailable, err)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, "address: unavailable: a: unavailable: context deadline exceeded", err.Error())
		r, err = c.Do(ctx, "q")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, fallback.SkipDeadline, r.Failed[0].Skip)
		require.Equal(t, "address: unavailable: a: deadline", err.Error())
		require.EqualValues(t, 1, first.asked.Load(), "nobody is asked after the end")
	})
}

// TestChainF13TimeoutPerAttempt: a source that hangs costs its timeout, and the
// next one is asked.
func TestChainF13TimeoutPerAttempt(t *testing.T) {
	for name, row := range map[string]struct{ set, want time.Duration }{
		"default": {0, fallback.DefaultTimeout},
		"set":     {250 * time.Millisecond, 250 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := answering("")
				first.hangs()
				c := newChain(t, config{Sources: []source{
					{Name: "a", Do: first.ask, Timeout: row.set}, {Name: "b", Do: answering("ok").ask},
				}})
				began := time.Now()
				r, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
				require.Equal(t, row.want, time.Since(began))
				require.Equal(t, row.want, r.Failed[0].Took)
				require.ErrorIs(t, r.Failed[0].Err, context.DeadlineExceeded)
			})
		})
	}
}

func TestChainForcedOpenUpstreamIsNotAsked(t *testing.T) {
	b := newBreaker(t, breaker.Config{})
	require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "drill", time.Hour))
	first := answering("forced")
	c := newChain(t, config{Sources: []source{
		{Name: "a", Do: first.ask, Upstream: &fallback.Upstream{Breaker: b}}, {Name: "b", Do: answering("ok").ask},
	}})
	r, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, "b", r.Source)
	require.Equal(t, fallback.SkipForced, r.Failed[0].Skip)
	require.Equal(t, 1, r.Attempts)
	require.Zero(t, first.asked.Load())
}

// TestChainAGuardInsideIsNotOurs: a source that was asked and says that a breaker
// of its own is open has failed; it was not skipped.
func TestChainAGuardInsideIsNotOurs(t *testing.T) {
	inner := newBreaker(t, breaker.Config{})
	require.NoError(t, inner.Force(breaker.ForcedOpen, "kim", "drill", time.Hour))
	first := new(script)
	first.does(func(ctx context.Context, _ string) (reply, error) {
		return reply{}, inner.Do(ctx, func(context.Context) error { return nil })
	})
	r, err := chainOf(t, first, answering("ok")).Do(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, fallback.SkipNot, r.Failed[0].Skip)
	require.Equal(t, 1, r.Failed[0].Attempts)
	require.Equal(t, 2, r.Attempts)
}

// TestChainRampIsNotOpen: a breaker that has just closed takes a share; the rest
// goes on with the reason ramp.
func TestChainRampIsNotOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t, breaker.Config{Consecutive: 1, Ramp: time.Minute})
		first := failing(&says{class: "unavailable"})
		c := newChain(t, config{Sources: []source{
			{Name: "a", Do: first.ask, Upstream: &fallback.Upstream{Breaker: b}}, {Name: "b", Do: answering("ok").ask},
		}})
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		first.answers("back")
		skips := map[fallback.Skip]int{}
		for range 100 {
			time.Sleep(100 * time.Millisecond)
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			if len(r.Failed) > 0 {
				skips[r.Failed[0].Skip]++
			}
		}
		require.Positive(t, skips[fallback.SkipOpen])
		require.Positive(t, skips[fallback.SkipRamp])
		require.Len(t, skips, 2)
	})
}

// TestChainF42CapacityNeverQueues: what is above the bound goes on at once.
func TestChainF42CapacityNeverQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &fallback.Upstream{Capacity: &fallback.Capacity{InFlight: 2}}
		first, second := answering(""), answering("b")
		first.hangs()
		c := newChain(t, config{Sources: []source{
			{Name: "a", Do: first.ask, Upstream: up}, {Name: "b", Do: second.ask},
		}})
		for range 2 {
			go func() { _, _ = c.Do(t.Context(), "q") }()
		}
		synctest.Wait()
		require.Equal(t, 2, up.Capacity.Load())
		began := time.Now()
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Zero(t, time.Since(began))
		require.Equal(t, "b", r.Source)
		require.Equal(t, fallback.SkipCapacity, r.Failed[0].Skip)
		require.Equal(t, "a: capacity", r.Failed[0].String())
		require.EqualValues(t, 1, up.Capacity.Refused())
		synctest.Wait()
		time.Sleep(time.Minute)
		require.Zero(t, up.Capacity.Load())

		alone := newChain(t, config{Sources: []source{{Name: "a", Do: first.ask, Upstream: up}}})
		for range 2 {
			go func() { _, _ = alone.Do(t.Context(), "q") }()
		}
		synctest.Wait()
		_, err = alone.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrLimited, err)
		time.Sleep(time.Minute)
	})
}
