package fallback_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestOneVerdict: which class wins when sources fail in different ways. The
// words are the outcomes in order; "ok" would end the call.
func TestOneVerdict(t *testing.T) {
	for _, row := range []struct {
		outcomes string
		next     bool // Config.Next agrees
		want     error
		class    string // as a guard around the chain sees it
	}{
		{"unavailable", false, fallback.ErrUnavailable, "unavailable"},
		{"unavailable limited refused", false, fallback.ErrUnavailable, "unavailable"},
		{"refused limited unavailable", false, fallback.ErrUnavailable, "unavailable"},
		{"limited refused", false, fallback.ErrLimited, "limited"},
		{"refused limited", false, fallback.ErrLimited, "limited"},
		{"refused refused", false, fallback.ErrRefused, "refused"},
		{"unavailable security limited", false, fallback.ErrSecurity, "security"},
		{"security unavailable", false, fallback.ErrSecurity, "security"},
		{"unavailable denied unavailable", false, fallback.ErrDenied, "denied"},
		{"security denied", false, fallback.ErrDenied, "denied"},
		{"limited invalid", true, fallback.ErrInvalid, "invalid"},
		{"denied unavailable", true, fallback.ErrDenied, "denied"},
		{"notfound", false, fallback.ErrNotFound, "notfound"},
		{"notfound notfound", true, fallback.ErrNotFound, "notfound"},
		{"notfound notfound unavailable", false, fallback.ErrNotFound, "notfound"}, // it stopped at the first
		{"unavailable notfound", false, fallback.ErrIncomplete, "unavailable"},     // F44
		{"limited notfound notfound", true, fallback.ErrIncomplete, "unavailable"},
		{"notfound unavailable", true, fallback.ErrIncomplete, "unavailable"},
		{"security notfound", false, fallback.ErrIncomplete, "unavailable"},
		{"notfound denied", true, fallback.ErrDenied, "denied"},
		{"notfound unavailable denied", true, fallback.ErrDenied, "denied"},
	} {
		t.Run(row.outcomes, func(t *testing.T) {
			cfg := config{Next: func(error) bool { return row.next }}
			for i, word := range strings.Fields(row.outcomes) {
				cfg.Sources = append(cfg.Sources, fallback.From(string(rune('a'+i)), failing(&says{class: word}).ask, nil))
			}
			r, err := newChain(t, cfg).Do(t.Context(), "q")
			e := failed(t, r, err)
			requireVerdict(t, row.want, err)
			require.Equal(t, row.class, e.Class())
			require.Equal(t, row.want.Error(), e.Verdict())
			require.Equal(t, row.class, fallback.ClassOf(err).String())
			for i, f := range e.Failed {
				require.Equal(t, strings.Fields(row.outcomes)[i], f.Class.String())
			}
			// The cause is the error of the first source that failed in the way that decided.
			var cause *says
			require.ErrorAs(t, err, &cause)
			if !e.Incomplete {
				require.Equal(t, row.class, cause.class)
			}
		})
	}
}

func TestNextThatPanicsHasNotAgreed(t *testing.T) {
	second := answering("ok")
	c := newChain(t, config{
		Sources: []source{{Name: "a", Do: failing(&says{class: "notfound"}).ask}, {Name: "b", Do: second.ask}},
		Next:    func(error) bool { panic("x") },
	})
	_, err := c.Do(t.Context(), "q")
	requireVerdict(t, fallback.ErrNotFound, err)
	require.Zero(t, second.asked.Load())
}

func TestErrorNeverShowsWhatWasNotWrittenToBeShown(t *testing.T) {
	const secret = "https://juso.example/?confmKey=U01TX0FVVEg"
	plain := errors.New(`Get "` + secret + `": EOF`)
	for name, row := range map[string]struct {
		err  error
		want string
	}{
		"plain":             {plain, "address: unavailable: a: unavailable"},
		"below a class":     {&wrapped{says{class: "limited"}, plain}, "address: limited: a: limited: vendor: search: limited"},
		"above a class":     {&wrapping{plain, &says{class: "denied"}}, "address: denied: a: denied: vendor: search: denied"},
		"end of a context":  {&wrapping{plain, context.DeadlineExceeded}, "address: unavailable: a: unavailable: context deadline exceeded"},
		"joined with plain": {errors.Join(plain, &says{class: "refused"}), "address: refused: a: refused: vendor: search: refused"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := chainOf(t, failing(row.err)).Do(t.Context(), "q")
			require.Equal(t, row.want, err.Error())
			require.ErrorIs(t, err, row.err, "but it is reached")
		})
	}
}

// TestErrorOfAnOpenBreakerShowsNoMore: what opened it is shown by the same rule,
// to the caller and to an observer.
func TestErrorOfAnOpenBreakerShowsNoMore(t *testing.T) {
	for name, row := range map[string]struct {
		err  error
		want string
	}{
		"plain": {errors.New("https://juso.example/?confmKey=U01TX0FVVEg"), "address: unavailable: a: open: juso: breaker: open: faults"},
		"class": {&says{class: "unavailable"}, "address: unavailable: a: open: juso: breaker: open: faults: vendor: search: unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			up := &fallback.Upstream{Breaker: newBreaker(t, breaker.Config{Name: "juso", Consecutive: 1, OpenFor: time.Minute})}
			e := new(ear)
			c := newChain(t, config{Sources: []source{{Name: "a", Do: failing(row.err).ask, Upstream: up}}, Observe: e})
			_, err := c.Do(t.Context(), "q")
			require.Error(t, err)
			r, err := c.Do(t.Context(), "q")
			require.Equal(t, row.want, err.Error())
			require.NoError(t, c.Close())
			told := e.all()[1].Failed[0]
			require.Equal(t, row.want, "address: unavailable: "+told.String())
			require.NotContains(t, told.Err.Error(), "U01TX0FVVEg")
			require.ErrorIs(t, told.Err, breaker.ErrOpen)
			var open *breaker.OpenError
			require.ErrorAs(t, r.Failed[0].Err, &open)
			require.Equal(t, row.err, open.Cause, "but it is reached")
		})
	}
}

// wrapped tells its class and has a cause; wrapping has a text of its own.
type (
	wrapped struct {
		says
		cause error
	}
	wrapping struct {
		text  error
		inner error
	}
)

func (w *wrapped) Unwrap() error  { return w.cause }
func (w *wrapping) Error() string { return w.text.Error() }
func (w *wrapping) Unwrap() error { return w.inner }

func TestErrorByItself(t *testing.T) {
	e := &fallback.Error{Kind: fallback.Class(77)}
	require.Equal(t, "unavailable", e.Error())
	require.ErrorIs(t, e, fallback.ErrUnavailable)
	require.NotErrorIs(t, e, context.Canceled)
	require.Zero(t, e.Wait())
	e = &fallback.Error{Chain: "x", Kind: fallback.Unavailable, Cause: fallback.ErrClosed}
	require.Equal(t, "x: unavailable: closed", e.Error())
	require.Equal(t, "shared call: deadline", fallback.Failure{Skip: fallback.SkipDeadline}.String())
	var skips []string
	for s := range fallback.Skip(9) {
		skips = append(skips, s.String())
	}
	require.Equal(t, []string{"", "assurance", "open", "forced", "capacity", "ramp", "deadline", "drill", ""}, skips)
}

// TestErrorHidesTheVerdictsOfItsCause: a cause that matches a verdict of its own
// lets no second one through.
func TestErrorHidesTheVerdictsOfItsCause(t *testing.T) {
	both := errors.Join(&says{class: "denied"}, fallback.ErrUnavailable, fallback.ErrUnknown)
	_, err := chainOf(t, failing(both)).Do(t.Context(), "q")
	requireVerdict(t, fallback.ErrDenied, err)
}

func TestErrorNamesTheShortestWait(t *testing.T) {
	r, err := chainOf(t,
		failing(&says{class: "limited", wait: time.Minute}),
		failing(&says{class: "limited"}),
		failing(&says{class: "limited", wait: time.Second}),
		failing(&says{class: "limited", wait: 2 * time.Minute}),
		failing(&says{class: "limited", wait: -time.Hour}),
	).Do(t.Context(), "q")
	require.Equal(t, time.Second, failed(t, r, err).Wait())
}

// TestChainInAChain: a chain is a source like any other, and its verdict is
// the class that the outer one acts on.
func TestChainInAChain(t *testing.T) {
	for word, outer := range map[string]error{
		"unavailable": nil, "limited": nil, "refused": nil, "security": nil,
		"invalid": fallback.ErrInvalid, "denied": fallback.ErrDenied, "notfound": fallback.ErrNotFound,
	} {
		t.Run(word, func(t *testing.T) {
			inner := chainOf(t, failing(&says{class: word, unsent: true}))
			c := newChain(t, config{
				Name: "outer", Once: true,
				Sources: []source{{Name: "inner", Do: func(ctx context.Context, q string) (reply, error) {
					r, err := inner.Do(ctx, q)
					return r.Value, err
				}}, {Name: "b", Do: answering("ok").ask}},
			})
			r, err := c.Do(t.Context(), "q")
			if outer == nil {
				require.NoError(t, err)
				require.Equal(t, "b", r.Source)
				return
			}
			requireVerdict(t, outer, err)
		})
	}
}
