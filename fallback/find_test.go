package fallback_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// look is what one ask of Find gives.
type look func(context.Context) (reply, bool, error)

func nothing(context.Context) (reply, bool, error) { return reply{}, false, nil }
func there(context.Context) (reply, bool, error)   { return reply{Text: "found"}, true, nil }
func strange(context.Context) (reply, bool, error) { return reply{Text: "strange"}, true, nil }
func blows(context.Context) (reply, bool, error)   { panic("secret") }

func hanging(ctx context.Context) (reply, bool, error) {
	<-ctx.Done()
	return reply{}, false, ctx.Err()
}

// numb says nothing is there, when it did not hear in time.
func numb(ctx context.Context) (reply, bool, error) {
	<-ctx.Done()
	return reply{}, false, nil
}

func unable(class string, wait time.Duration) look {
	return func(context.Context) (reply, bool, error) {
		return reply{Text: "half"}, true, &says{class: class, wait: wait}
	}
}

// finding is a Find of one look per ask; the last one repeats.
func finding(looks ...look) func(context.Context, string) (reply, bool, error) {
	var asked atomic.Int64
	return func(ctx context.Context, _ string) (reply, bool, error) {
		return looks[min(int(asked.Add(1)), len(looks))-1](ctx)
	}
}

// counted counts the asks of a Find.
func counted(n *atomic.Int64, find func(context.Context, string) (reply, bool, error)) func(context.Context, string) (reply, bool, error) {
	return func(ctx context.Context, q string) (reply, bool, error) {
		n.Add(1)
		return find(ctx, q)
	}
}

// TestFindTellsWhatBecameOfIt: three asks in six seconds, at 0, 2 and 4 (T19, F3).
func TestFindTellsWhatBecameOfIt(t *testing.T) {
	for name, row := range map[string]struct {
		looks  []look
		asks   int64
		took   time.Duration
		effect fallback.Effect
	}{
		"there":                         {[]look{there}, 1, 0, fallback.EffectDone},
		"listed late":                   {[]look{nothing, there}, 2, 2 * time.Second, fallback.EffectDone},
		"listed very late":              {[]look{nothing, nothing, there}, 3, 4 * time.Second, fallback.EffectDone},
		"there after trouble":           {[]look{unable("unavailable", 0), blows, there}, 3, 4 * time.Second, fallback.EffectDone},
		"there after a hang":            {[]look{hanging, there}, 2, 2 * time.Second, fallback.EffectDone},
		"nothing":                       {[]look{nothing}, 3, 4 * time.Second, fallback.EffectAbsent},
		"nothing after trouble":         {[]look{unable("unavailable", 0), nothing}, 3, 4 * time.Second, fallback.EffectAbsent},
		"nothing, and then trouble":     {[]look{nothing, nothing, unable("unavailable", 0)}, 3, 4 * time.Second, fallback.EffectUnknown},
		"F2 hangs":                      {[]look{hanging}, 3, 6 * time.Second, fallback.EffectUnknown},
		"hangs and says nothing":        {[]look{numb}, 3, 6 * time.Second, fallback.EffectUnknown},
		"F56 panics":                    {[]look{blows}, 3, 4 * time.Second, fallback.EffectUnknown},
		"an answer of something else":   {[]look{strange}, 3, 4 * time.Second, fallback.EffectUnknown},
		"refused is not asked again":    {[]look{unable("refused", 0)}, 1, 0, fallback.EffectUnknown},
		"notfound is no way to say so":  {[]look{unable("notfound", 0)}, 1, 0, fallback.EffectUnknown},
		"limited: its wait is kept":     {[]look{unable("limited", 3*time.Second), nothing}, 2, 4 * time.Second, fallback.EffectAbsent},
		"limited: its wait is too long": {[]look{unable("limited", time.Minute), there}, 1, 0, fallback.EffectUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asks atomic.Int64
				first, second := failing(&says{class: "unavailable"}), answering("second")
				c := newChain(t, config{
					Once: true,
					Answers: func(r reply, _ string) error {
						if r.Text == "strange" {
							return errors.New("another one")
						}
						return nil
					},
					Sources: []source{
						{Name: "a", Do: first.ask, Find: counted(&asks, finding(row.looks...)), FindTimeout: 6 * time.Second},
						{Name: "b", Do: second.ask},
					},
				})
				began := time.Now()
				r, err := c.Do(t.Context(), "q")
				require.Equal(t, row.took, time.Since(began))
				require.Equal(t, row.asks, asks.Load())
				require.EqualValues(t, 1, first.asked.Load())
				require.Len(t, r.Failed, 1)
				f := r.Failed[0]
				require.Equal(t, row.effect, f.Effect)
				require.Equal(t, row.effect == fallback.EffectUnknown, f.FindErr != nil)
				require.Equal(t, row.took, f.Took)
				require.Equal(t, 1, f.Attempts)
				require.Zero(t, r.Flags)
				switch row.effect {
				case fallback.EffectDone:
					require.NoError(t, err)
					require.Equal(t, fallback.Result[reply]{
						Value: reply{Text: "found"}, Source: "a", Freshness: fallback.Live, ObtainedAt: time.Now(), Attempts: 1, Failed: r.Failed,
					}, r)
					require.True(t, r.Degraded())
				case fallback.EffectAbsent:
					require.NoError(t, err)
					require.Equal(t, "b", r.Source)
					require.Equal(t, 2, r.Attempts)
				default:
					e := failed(t, r, err)
					requireVerdict(t, fallback.ErrUnknown, err)
					require.False(t, e.NotSent())
					require.Zero(t, second.asked.Load())
					require.NotContains(t, err.Error(), "secret")
				}
			})
		})
	}
}

// TestFindIsAskedOnlyWhenInDoubt: neither after an answer nor after an error
// that says NotSent, nor when nothing went out.
func TestFindIsAskedOnlyWhenInDoubt(t *testing.T) {
	b := newBreaker(t, breaker.Config{})
	require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "test", time.Hour))
	for name, row := range map[string]struct {
		do     *script
		up     *fallback.Upstream
		effect fallback.Effect
	}{
		"ok":       {answering("ok"), nil, 0},
		"denied":   {failing(&says{class: "denied"}), nil, 0},
		"not sent": {failing(&says{class: "unavailable", unsent: true}), nil, fallback.EffectAbsent},
		"forced":   {answering("ok"), &fallback.Upstream{Breaker: b}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var asks atomic.Int64
			c := newChain(t, config{Once: true, Sources: []source{{Name: "a", Do: row.do.ask, Upstream: row.up, Find: counted(&asks, finding(there))}}})
			_, err := c.Do(t.Context(), "q")
			require.Zero(t, asks.Load())
			var e *fallback.Error
			if errors.As(err, &e) {
				require.Equal(t, row.effect, e.Failed[0].Effect)
			}
		})
	}
}

// TestFindFoundNothingAnywhere: then nothing was done, and the caller may begin anew.
func TestFindFoundNothingAnywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := failing(&says{class: "unavailable"})
		c := newChain(t, config{Once: true, Sources: []source{{Name: "a", Do: lost.ask, Find: finding(nothing)}}})
		require.Equal(t, fallback.DefaultTimeout+fallback.DefaultFindTimeout, c.Longest())
		require.Equal(t, fallback.DefaultFindTimeout, c.Inspect().Sources[0].Finds)
		began := time.Now()
		r, err := c.Do(t.Context(), "q")
		require.Equal(t, fallback.DefaultFindTimeout*2/3, time.Since(began))
		requireVerdict(t, fallback.ErrUnavailable, err)
		require.True(t, failed(t, r, err).NotSent())
		require.EqualError(t, err, "address: unavailable: a: unavailable: vendor: search: unavailable [absent]")
	})
}

// TestFindBesideTheBreaker: an open breaker does not hinder it and it proves
// nothing to the breaker; the place is held meanwhile.
func TestFindBesideTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &fallback.Upstream{Breaker: newBreaker(t, breaker.Config{Consecutive: 1}), Capacity: &fallback.Capacity{InFlight: 1}}
		lost := failing(&says{class: "unavailable"})
		c := newChain(t, config{Once: true, Sources: []source{{Name: "a", Do: lost.ask, Upstream: up, Find: finding(func(context.Context) (reply, bool, error) {
			require.Equal(t, breaker.Open, up.Breaker.Snapshot().State)
			require.Equal(t, 1, up.Capacity.Load())
			return there(t.Context())
		})}}})
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "a", r.Source)
		require.Zero(t, up.Capacity.Load())
		s := up.Breaker.Snapshot()
		require.EqualValues(t, 1, s.Openings)
		require.Zero(t, s.Rejected)
		require.Equal(t, breaker.Open, s.State)
	})
}

// TestFindRespectsTheCaller: whoever is out of time or gone is not kept, and
// hears that nobody knows (F2).
func TestFindRespectsTheCaller(t *testing.T) {
	for name, row := range map[string]struct {
		after  time.Duration // the caller's time
		cancel bool          // it leaves rather than being out of time
		hang   bool          // Do takes all of it
		find   look
		asks   int64
	}{
		"deadline between asks": {3 * time.Second, false, false, nothing, 2},
		"deadline in an ask":    {time.Second, false, false, numb, 1},
		"deadline before":       {time.Second, false, true, there, 0},
		"gone between asks":     {time.Second, true, false, nothing, 1},
		"gone before":           {time.Second, true, true, there, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asks atomic.Int64
				first, second := failing(&says{class: "unavailable"}), answering("second")
				if row.hang {
					first.hangs()
				}
				c := newChain(t, config{
					Once: true, Again: func(string, error) bool { return true },
					Sources: []source{{Name: "a", Do: first.ask, Find: counted(&asks, finding(row.find)), FindTimeout: 6 * time.Second}, {Name: "b", Do: second.ask}},
				})
				ctx, cancel := context.WithTimeout(t.Context(), row.after)
				if row.cancel {
					ctx, cancel = context.WithCancel(t.Context())
					time.AfterFunc(row.after, cancel)
				}
				defer cancel()
				began := time.Now()
				r, err := c.Do(ctx, "q")
				require.Equal(t, row.after, time.Since(began))
				require.Equal(t, row.asks, asks.Load())
				e := failed(t, r, err)
				requireVerdict(t, fallback.ErrUnknown, err)
				require.Equal(t, fallback.EffectUnknown, e.Failed[0].Effect)
				require.Zero(t, second.asked.Load())
				require.Equal(t, row.cancel, errors.Is(err, context.Canceled))
			})
		})
	}
}
