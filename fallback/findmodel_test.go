package fallback_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// office is a vendor that does what its script says and keeps a list of what
// it did. The list is honest, and complete after lag.
type office struct {
	sends, looks []string // one word per ask; the last one repeats
	takes, lag   time.Duration

	sent, looked int
	done         []time.Time // when; may be in the future
}

func word(words []string, i int) string { return words[min(i, len(words)-1)] }

func (o *office) effect(after time.Duration) { o.done = append(o.done, time.Now().Add(after)) }

func (o *office) send(ctx context.Context, _ string) (reply, error) {
	step := word(o.sends, o.sent)
	o.sent++
	select {
	case <-time.After(o.takes):
	case <-ctx.Done():
	}
	switch step {
	case "accepted":
		o.effect(0)
		return reply{Text: "sent"}, nil
	case "not sent":
		return reply{}, &says{class: "refused", unsent: true}
	case "denied":
		return reply{}, &says{class: "denied"}
	case "lost after":
		o.effect(0)
	case "lost after, limited":
		o.effect(0)
		return reply{}, &says{class: "limited", wait: time.Second}
	case "panics after":
		o.effect(0)
		panic("x")
	case "hangs after":
		o.effect(0)
		<-ctx.Done()
	case "accepted when nobody listens":
		<-ctx.Done()
		o.effect(time.Second)
	case "lost before, hangs":
		<-ctx.Done()
	}
	return reply{}, &says{class: "unavailable"}
}

func (o *office) find(ctx context.Context, _ string) (reply, bool, error) {
	step := word(o.looks, o.looked)
	o.looked++
	switch step {
	case "fails":
		return reply{}, false, &says{class: "unavailable"}
	case "refused":
		return reply{}, false, &says{class: "refused"}
	case "limited":
		return reply{}, false, &says{class: "limited", wait: 3 * time.Second}
	case "hangs":
		<-ctx.Done()
		return reply{}, false, ctx.Err()
	}
	if len(o.done) > 0 && time.Since(o.done[0]) >= o.lag {
		return reply{Text: "found"}, true, nil
	}
	return reply{}, false, nil
}

// TestEffectHappensOnce: whatever vendors do and however badly they can be
// asked afterwards, an effect happens at most once unless the caller agreed to
// more, and what is told of it is true (T19, F3). What is done late and listed
// late is so within two thirds of FindTimeout.
func TestEffectHappensOnce(t *testing.T) {
	sends := []string{"accepted", "not sent", "denied", "lost after", "lost after, limited", "panics after", "hangs after",
		"accepted when nobody listens", "lost before", "lost before, hangs"}
	looks := []string{"honest", "honest", "fails", "refused", "limited", "hangs"}
	walks(t, 1, func(t *testing.T, rt *rapid.T) { oneEffect(rt, t.Context(), sends, looks) })
}

func oneEffect(rt *rapid.T, base context.Context, sends, looks []string) {
	millis := func(most int, name string) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(rt, name)) * time.Millisecond
	}
	var offices []*office
	agreed := 0
	cfg := config{Name: "message", Once: true}
	if rapid.Bool().Draw(rt, "may agree") {
		agrees := rapid.SliceOfN(rapid.Bool(), 4, 4).Draw(rt, "agrees")
		cfg.Again = func(string, error) bool {
			yes := agrees[0]
			agrees = agrees[1:]
			if yes {
				agreed++
			}
			return yes
		}
	}
	for i := range rapid.IntRange(1, 4).Draw(rt, "sources") {
		o := &office{
			sends: []string{rapid.SampledFrom(sends).Draw(rt, "send")},
			looks: rapid.SliceOfN(rapid.SampledFrom(looks), 3, 3).Draw(rt, "looks"),
			takes: millis(1500, "takes"), lag: millis(2900, "lag"),
		}
		offices = append(offices, o)
		s := source{Name: fmt.Sprint(i), Do: o.send, Timeout: time.Second}
		if rapid.IntRange(0, 3).Draw(rt, "can be asked") > 0 {
			s.Find, s.FindTimeout = o.find, 6*time.Second
		}
		cfg.Sources = append(cfg.Sources, s)
	}
	c, err := fallback.New(cfg)
	require.NoError(rt, err)
	ctx, cancel := context.WithCancel(base)
	defer cancel()
	patience := c.Longest()
	switch rapid.IntRange(0, 3).Draw(rt, "caller") {
	case 0:
		patience = millis(15_000, "patience")
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	case 1:
		patience = millis(15_000, "patience")
		time.AfterFunc(patience, cancel)
	}
	began := time.Now()
	r, err := c.Do(ctx, "q")
	require.LessOrEqual(rt, time.Since(began), patience)

	total, unknown := 0, false
	for _, o := range offices {
		require.LessOrEqual(rt, o.sent, 1)
		require.LessOrEqual(rt, o.looked, 3)
		total += len(o.done)
	}
	require.LessOrEqual(rt, total, 1+agreed, "at most once, unless agreed")
	for _, f := range r.Failed {
		o := offices[f.Source[0]-'0']
		switch f.Effect {
		case fallback.EffectAbsent:
			require.Empty(rt, o.done, "it said absent")
		case fallback.EffectDone:
			require.Len(rt, o.done, 1, "it said done")
			require.Equal(rt, f.Source, r.Source)
		case fallback.EffectUnknown:
			unknown = true
		default:
			require.Empty(rt, o.done, "it was skipped, or it answered no")
		}
	}
	if err == nil {
		require.Len(rt, offices[r.Rank].done, 1, "the result was done")
		require.Equal(rt, unknown, r.Flags.Has(fallback.FlagRepeated))
		require.True(rt, unknown || total == 1)
		return
	}
	e, ok := err.(*fallback.Error)
	require.True(rt, ok)
	require.Equal(rt, unknown, e.Unknown)
	if !unknown {
		require.Zero(rt, total, "it is known that nothing was done")
	}
	if e.NotSent() {
		require.Zero(rt, total)
	}
}
