package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// classRow is what the design says of one class, written out by hand: the table
// in class.go is judged by it, through a chain and a breaker that are real.
type classRow struct {
	name     string
	err      error
	class    fallback.Class
	verdict  error
	attempts int // with one retry allowed
	opens    int // after how many such calls the breaker is open; 0: never
	why      breaker.Reason
	next     string // who answers behind it: "strong" (equal assurance) and "weak", "strong", "optin" or "nobody"
	stale    bool
}

var classTable = []classRow{
	{"no class", errors.New("boom"), fallback.Unavailable, fallback.ErrUnavailable, 2, 5, breaker.ReasonFaults, "any", true},
	{"unknown word", &says{class: "sleepy"}, fallback.Unavailable, fallback.ErrUnavailable, 2, 5, breaker.ReasonFaults, "any", true},
	{"unavailable", &says{class: "unavailable"}, fallback.Unavailable, fallback.ErrUnavailable, 2, 5, breaker.ReasonFaults, "any", true},
	{"unavailable, wrapped", fmt.Errorf("x: %w", &says{class: "unavailable"}), fallback.Unavailable, fallback.ErrUnavailable, 2, 5, breaker.ReasonFaults, "any", true},
	{"F22 F24 limited, wait fits", &says{class: "limited", wait: time.Second}, fallback.Limited, fallback.ErrLimited, 2, 1, breaker.ReasonLimited, "any", true},
	{"F24 limited, wait too long", &says{class: "limited", wait: 120 * time.Second}, fallback.Limited, fallback.ErrLimited, 1, 1, breaker.ReasonLimited, "any", true},
	{"F23 refused", &says{class: "refused"}, fallback.Refused, fallback.ErrRefused, 1, 1, breaker.ReasonRefused, "any", true},
	{"F9 security", &says{class: "security"}, fallback.Security, fallback.ErrSecurity, 1, 1, breaker.ReasonSecurity, "strong", true},
	{"invalid", &says{class: "invalid"}, fallback.Invalid, fallback.ErrInvalid, 1, 0, 0, "nobody", false},
	{"denied", &says{class: "denied"}, fallback.Denied, fallback.ErrDenied, 1, 0, 0, "nobody", false},
	{"notfound", &says{class: "notfound"}, fallback.NotFound, fallback.ErrNotFound, 1, 0, 0, "optin", false},
}

func TestTableOfClasses(t *testing.T) {
	for _, row := range classTable {
		t.Run(row.name, func(t *testing.T) {
			t.Run("class", func(t *testing.T) {
				require.Equal(t, row.class, fallback.ClassOf(row.err))
				require.Equal(t, row.opens > 0, row.class.Fault())
			})
			t.Run("verdict", func(t *testing.T) { synctest.Test(t, row.testVerdict) })
			t.Run("retry", func(t *testing.T) { synctest.Test(t, row.testRetry) })
			t.Run("breaker", func(t *testing.T) { synctest.Test(t, row.testBreaker) })
			t.Run("next", func(t *testing.T) { synctest.Test(t, row.testNext) })
			t.Run("stale", func(t *testing.T) { synctest.Test(t, row.testStale) })
		})
	}
}

var verdictsOfAll = []error{
	fallback.ErrUnavailable, fallback.ErrLimited, fallback.ErrRefused, fallback.ErrSecurity, fallback.ErrInvalid, fallback.ErrDenied,
	fallback.ErrNotFound, fallback.ErrIncomplete, fallback.ErrUnknown, fallback.ErrCancelled,
}

// requireVerdict checks that err matches one verdict only.
func requireVerdict(t testing.TB, want, err error) {
	t.Helper()
	for _, v := range verdictsOfAll {
		require.Equal(t, v == want, errors.Is(err, v), "want %v: errors.Is(%v, %v)", want, err, v)
	}
}

func (row classRow) testVerdict(t *testing.T) {
	r, err := chainOf(t, failing(row.err)).Do(t.Context(), "q")
	e := failed(t, r, err)
	requireVerdict(t, row.verdict, err)
	require.Equal(t, row.class, e.Kind)
	require.Equal(t, row.class.String(), e.Class(), "a guard around the chain sees the same class")
	require.ErrorIs(t, err, row.err, "the cause is reached")
	require.Len(t, e.Failed, 1)
	require.Equal(t, row.class, e.Failed[0].Class)
	require.Equal(t, fallback.SkipNot, e.Failed[0].Skip)
}

func (row classRow) testRetry(t *testing.T) {
	s := failing(row.err)
	c := newChain(t, config{Sources: []source{{Name: "a", Do: s.ask, Retry: fallback.Retry{Max: 1}}}})
	r, err := c.Do(t.Context(), "q")
	e := failed(t, r, err)
	require.EqualValues(t, row.attempts, s.asked.Load())
	require.Equal(t, row.attempts, r.Attempts)
	require.Equal(t, row.attempts, e.Failed[0].Attempts)
}

// testBreaker holds package breaker to the same table.
func (row classRow) testBreaker(t *testing.T) {
	s := failing(row.err)
	b := newBreaker(t, breaker.Config{Name: "vendor"})
	c := newChain(t, config{Sources: []source{{Name: "a", Do: s.ask, Upstream: &fallback.Upstream{Breaker: b}}}})
	calls := row.opens
	if calls == 0 {
		calls = 50
	}
	for i := range calls {
		require.Equal(t, breaker.Closed, b.Snapshot().State, "before call %d", i+1)
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
	}
	now := b.Snapshot()
	if row.opens == 0 {
		require.Equal(t, breaker.Closed, now.State)
		require.Zero(t, now.Faults, "an answer is no fault")
		require.EqualValues(t, calls, s.asked.Load())
		return
	}
	require.Equal(t, breaker.Open, now.State)
	require.Equal(t, row.why, now.Why)
	if w := new(says); errors.As(row.err, &w) && w.wait > 0 {
		require.InDelta(t, w.wait, time.Until(now.Until), float64(w.wait)/4, "open for its wait")
	}
	// The refusal of the breaker has the class that opened it, and nobody is asked.
	r, err := c.Do(t.Context(), "q")
	e := failed(t, r, err)
	requireVerdict(t, row.verdict, err)
	require.ErrorIs(t, err, breaker.ErrOpen)
	require.Equal(t, fallback.SkipOpen, e.Failed[0].Skip)
	require.Zero(t, r.Attempts)
	require.EqualValues(t, calls, s.asked.Load())
	require.Positive(t, e.Wait())
	require.True(t, e.NotSent())
}

func (row classRow) testNext(t *testing.T) {
	ask := func(level fallback.Assurance, next func(error) bool) string {
		second := answering("ok")
		c := newChain(t, config{
			Sources: []source{
				{Name: "first", Do: failing(row.err).ask, Assurance: fallback.Substantial},
				{Name: "second", Do: second.ask, Assurance: level},
			},
			Next: next,
		})
		r, err := c.Do(t.Context(), "q")
		if err != nil {
			require.Zero(t, second.asked.Load())
			return "nobody"
		}
		require.Equal(t, fallback.Live, r.Freshness)
		require.Equal(t, 1, r.Rank)
		require.Equal(t, row.class == fallback.Security, r.Flags.Has(fallback.FlagSecurity))
		require.Equal(t, row.class.Fault(), r.Degraded())
		return r.Source
	}
	always := func(error) bool { return true }
	want := map[string][3]string{ // weaker source; equal one; equal one and Config.Next agrees
		"any":    {"second", "second", "second"},
		"strong": {"nobody", "second", "second"},
		"optin":  {"nobody", "nobody", "second"},
		"nobody": {"nobody", "nobody", "nobody"},
	}[row.next]
	require.Equal(t, want[0], ask(fallback.Low, nil), "weaker")
	require.Equal(t, want[1], ask(fallback.Substantial, nil), "equal")
	require.Equal(t, want[2], ask(fallback.Substantial, always), "equal, with Next")
	require.Equal(t, want[1], ask(fallback.High, nil), "stronger")
}

func (row classRow) testStale(t *testing.T) {
	s := answering("remembered")
	c := newChain(t, config{
		Sources: []source{{Name: "a", Do: s.ask, Retention: fallback.Forever}},
		Memory:  &memory{Key: identity, Fresh: time.Minute, Stale: time.Hour},
	})
	_, err := c.Do(t.Context(), "q")
	require.NoError(t, err)
	time.Sleep(2 * time.Minute)
	s.fails(row.err)
	r, err := c.Do(t.Context(), "q")
	require.EqualValues(t, 2, s.asked.Load(), "it was asked live")
	if !row.stale {
		failed(t, r, err)
		requireVerdict(t, row.verdict, err)
		return
	}
	require.NoError(t, err)
	require.Equal(t, fallback.Stale, r.Freshness)
	require.Equal(t, "remembered", r.Value.Text)
	require.Equal(t, 2*time.Minute, r.Age)
	require.Len(t, r.Failed, 1)
	require.Equal(t, row.class, r.Failed[0].Class)
	require.Equal(t, row.class == fallback.Security, r.Flags.Has(fallback.FlagSecurity))
	require.True(t, r.Degraded())
}

func TestClassWords(t *testing.T) {
	words := []string{"unavailable", "limited", "refused", "security", "invalid", "denied", "notfound"}
	for c, word := range words {
		require.Equal(t, word, fallback.Class(c).String())
		require.Equal(t, fallback.Class(c), fallback.ClassOf(&says{class: word}))
	}
	for _, beyond := range []fallback.Class{fallback.Class(len(words)), 200} {
		require.Equal(t, "unavailable", beyond.String())
		require.True(t, beyond.Fault())
	}
	require.Equal(t, fallback.Unavailable, fallback.ClassOf(nil))
	require.Equal(t, fallback.Unavailable, fallback.ClassOf(context.DeadlineExceeded))
	require.Equal(t, fallback.Denied, fallback.ClassOf(errors.Join(errors.New("x"), &says{class: "denied"}, &says{class: "refused"})), "the first of the tree")
}
