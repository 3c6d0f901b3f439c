package fallback_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// TestOnceMovesOnOnlyWhenNothingWasSent counts effects: a message that left may
// have been sent, whatever came back (T19, F3, F77).
func TestOnceMovesOnOnlyWhenNothingWasSent(t *testing.T) {
	for name, row := range map[string]struct {
		err     error
		second  int64
		verdict error
	}{
		"F77 plain fault":      {&says{class: "unavailable"}, 0, fallback.ErrUnknown},
		"F7 fault, no class":   {context.DeadlineExceeded, 0, fallback.ErrUnknown},
		"limited, sent":        {&says{class: "limited"}, 0, fallback.ErrUnknown},
		"security, sent":       {&says{class: "security"}, 0, fallback.ErrUnknown},
		"unavailable, unsent":  {&says{class: "unavailable", unsent: true}, 1, nil},
		"F5 refused, unsent":   {&says{class: "refused", unsent: true}, 1, nil},
		"limited, unsent":      {&says{class: "limited", unsent: true}, 1, nil},
		"denied is an answer":  {&says{class: "denied"}, 0, fallback.ErrDenied},
		"invalid is an answer": {&says{class: "invalid"}, 0, fallback.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			first, second := failing(row.err), answering("sent")
			c := newChain(t, config{Once: true, Sources: []source{
				{Name: "a", Do: first.ask}, {Name: "b", Do: second.ask},
			}})
			r, err := c.Do(t.Context(), "q")
			require.EqualValues(t, 1, first.asked.Load())
			require.EqualValues(t, row.second, second.asked.Load())
			if row.verdict == nil {
				require.NoError(t, err)
				return
			}
			e := failed(t, r, err)
			requireVerdict(t, row.verdict, err)
			require.Equal(t, row.verdict == fallback.ErrUnknown, e.Unknown)
			require.False(t, e.NotSent())
		})
	}
	t.Run("F56 panic", func(t *testing.T) {
		first := answering("")
		first.does(func(context.Context, string) (reply, error) { panic("x") })
		c := newChain(t, config{Once: true, Sources: []source{{Name: "a", Do: first.ask}, {Name: "b", Do: answering("").ask}}})
		_, err := c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrUnknown, err)
	})
	t.Run("a receipt that makes no sense", func(t *testing.T) {
		c := newChain(t, config{Once: true, Answers: func(reply, string) error { return &says{class: "unavailable"} },
			Sources: []source{{Name: "a", Do: answering("?").ask}, {Name: "b", Do: answering("").ask}}})
		_, err := c.Do(t.Context(), "q")
		requireVerdict(t, fallback.ErrUnknown, err)
	})
	t.Run("open and forced and full send nothing", func(t *testing.T) {
		b := newBreaker(t, breaker.Config{})
		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "test", time.Hour))
		full := &fallback.Upstream{Capacity: &fallback.Capacity{InFlight: 1}}
		inside := answering("")
		c := newChain(t, config{Once: true, Sources: []source{
			{Name: "a", Do: answering("").ask, Upstream: &fallback.Upstream{Breaker: b}},
			{Name: "b", Do: inside.ask, Upstream: full},
			{Name: "c", Do: answering("sent").ask},
		}})
		inside.does(func(ctx context.Context, q string) (reply, error) {
			r, err := c.Do(ctx, q)
			require.NoError(t, err)
			require.Equal(t, "c", r.Source)
			require.Equal(t, fallback.SkipCapacity, r.Failed[1].Skip)
			return r.Value, nil
		})
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
	})
}

// TestOnceCancelledIsUnknown: a caller who leaves does not unsend a message.
func TestOnceCancelledIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := answering("")
		first.does(func(ctx context.Context, _ string) (reply, error) {
			<-ctx.Done()
			return reply{}, &says{class: "unavailable"}
		})
		c := newChain(t, config{Once: true, Sources: []source{{Name: "a", Do: first.ask}, {Name: "b", Do: answering("").ask}}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := c.Do(ctx, "q")
		requireVerdict(t, fallback.ErrUnknown, err)
		require.ErrorIs(t, err, context.Canceled)
		_, err = c.Do(ctx, "q")
		requireVerdict(t, fallback.ErrCancelled, err)
	})
}
