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

// TestAgainIsTheCallersWord: what may be done twice is done twice only when the
// caller said so, and says so itself.
func TestAgainIsTheCallersWord(t *testing.T) {
	yes := func(string, error) bool { return true }
	for name, row := range map[string]struct {
		again   func(string, error) bool
		lost    error
		find    look
		second  error // nil: it is done
		asked   int64
		verdict error
		effect  fallback.Effect
		flags   fallback.Flags
	}{
		"nobody said so":       {nil, &says{class: "unavailable"}, nil, nil, 0, fallback.ErrUnknown, fallback.EffectUnknown, 0},
		"said so":              {yes, &says{class: "unavailable"}, nil, nil, 1, nil, fallback.EffectUnknown, fallback.FlagRepeated},
		"after a vain search":  {yes, &says{class: "unavailable"}, unable("refused", 0), nil, 1, nil, fallback.EffectUnknown, fallback.FlagRepeated},
		"needless: absent":     {yes, &says{class: "unavailable"}, nothing, nil, 1, nil, fallback.EffectAbsent, 0},
		"needless: done":       {yes, &says{class: "unavailable"}, there, nil, 0, nil, fallback.EffectDone, 0},
		"needless: not sent":   {yes, &says{class: "unavailable", unsent: true}, nil, nil, 1, nil, fallback.EffectAbsent, 0},
		"not after an answer":  {yes, &says{class: "denied"}, nil, nil, 0, fallback.ErrDenied, 0, 0},
		"F56 panics":           {func(string, error) bool { panic("x") }, &says{class: "unavailable"}, nil, nil, 0, fallback.ErrUnknown, fallback.EffectUnknown, 0},
		"the next cannot":      {yes, &says{class: "unavailable"}, nil, &says{class: "limited", unsent: true}, 1, fallback.ErrUnknown, fallback.EffectUnknown, 0},
		"the next says no":     {yes, &says{class: "unavailable"}, nil, &says{class: "denied"}, 1, fallback.ErrUnknown, fallback.EffectUnknown, 0},
		"security goes on too": {yes, &says{class: "security"}, nil, nil, 1, nil, fallback.EffectUnknown, fallback.FlagSecurity | fallback.FlagRepeated},
		"this question only": {func(q string, err error) bool { return q == "other" && err != nil }, &says{class: "unavailable"},
			nil, nil, 0, fallback.ErrUnknown, fallback.EffectUnknown, 0},
		"this error only": {func(q string, err error) bool { return q == "q" && fallback.ClassOf(err) == fallback.Limited }, &says{class: "limited"},
			nil, nil, 1, nil, fallback.EffectUnknown, fallback.FlagRepeated},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				second := answering("second")
				if row.second != nil {
					second.fails(row.second)
				}
				first := source{Name: "a", Do: failing(row.lost).ask}
				if row.find != nil {
					first.Find = finding(row.find)
				}
				c := newChain(t, config{Once: true, Again: row.again, Sources: []source{first, {Name: "b", Do: second.ask}}})
				r, err := c.Do(t.Context(), "q")
				require.Equal(t, row.asked, second.asked.Load())
				require.Equal(t, row.effect, r.Failed[0].Effect)
				if row.verdict != nil {
					require.False(t, failed(t, r, err).NotSent())
					requireVerdict(t, row.verdict, err)
					return
				}
				require.NoError(t, err)
				require.Equal(t, row.flags, r.Flags)
			})
		})
	}
}

// TestAgainAllUnknown: the first doubt is the cause, and every one is told.
func TestAgainAllUnknown(t *testing.T) {
	c := newChain(t, config{
		Once: true, Again: func(string, error) bool { return true },
		Sources: []source{{Name: "a", Do: failing(&says{class: "limited"}).ask}, {Name: "b", Do: failing(errors.New("key=secret")).ask}},
	})
	r, err := c.Do(t.Context(), "q")
	e := failed(t, r, err)
	requireVerdict(t, fallback.ErrUnknown, err)
	require.Equal(t, "limited", e.Class())
	require.EqualError(t, err, "address: unknown: a: limited: vendor: search: limited [unknown]; b: unavailable [unknown]")
}

// TestEffectsAreObserved: an observer hears what became of it, and no secrets.
func TestEffectsAreObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []fallback.Outcome
		find := finding(func(context.Context) (reply, bool, error) { return reply{}, false, &says{class: "refused"} },
			func(context.Context) (reply, bool, error) { return reply{}, false, errors.New("key=secret") })
		c := newChain(t, config{
			Once: true, Again: func(string, error) bool { return true },
			Observe: fallback.ObserverFunc(func(o fallback.Outcome) { heard = append(heard, o) }),
			Sources: []source{{Name: "a", Do: failing(&says{class: "unavailable"}).ask, Find: find, FindTimeout: time.Second}, {Name: "b", Do: answering("b").ask}},
		})
		for range 2 {
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Len(t, heard, 2)
		for _, o := range heard {
			require.Equal(t, "repeated", o.Flags.String())
			require.Equal(t, fallback.EffectUnknown, o.Failed[0].Effect)
		}
		require.Equal(t, &says{class: "refused"}, heard[0].Failed[0].FindErr)
		require.Equal(t, "a: unavailable: vendor: search: unavailable [unknown: vendor: search: refused]", heard[0].Failed[0].String())
		require.NoError(t, heard[1].Failed[0].FindErr, "its text may hold anything")
	})
}
