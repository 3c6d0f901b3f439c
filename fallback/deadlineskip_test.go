package fallback_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// deaf takes d and fails, whatever its context says.
func deaf(d time.Duration) *script {
	s := new(script)
	s.does(func(context.Context, string) (reply, error) {
		time.Sleep(d)
		return reply{}, &says{class: "limited"}
	})
	return s
}

// TestDeadlineNamesEverybodyOnce: those who were not asked because a source in
// front of them took all the time.
func TestDeadlineNamesEverybodyOnce(t *testing.T) {
	for name, own := range map[string]time.Duration{"the caller's": 0, "our own": ms(200)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newChain(t, config{Deadline: own, Sources: []source{
					{Name: "a", Do: deaf(time.Second).ask}, {Name: "b", Do: answering("").ask}, {Name: "c", Do: answering("").ask},
				}})
				ctx := t.Context()
				if own == 0 {
					ctx = within(t, ms(200))
				}
				r, err := c.Do(ctx, "q")
				failed(t, r, err)
				require.Len(t, r.Failed, 3)
				for i, name := range []string{"b", "c"} {
					require.Equal(t, fallback.Failure{
						Source: name, Class: fallback.Unavailable, Skip: fallback.SkipDeadline, Err: context.DeadlineExceeded, At: time.Now(),
					}, r.Failed[i+1])
				}
			})
		})
	}
}

// TestDeadlineKeepsWhatTheLastUsuallyNeeds: who stands in between is cut down to
// what he usually needs himself.
func TestDeadlineKeepsWhatTheLastUsuallyNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scripts := []*script{answering(""), answering(""), answering("")}
		var cfg config
		for i, s := range scripts {
			cfg.Sources = append(cfg.Sources, source{Name: string(rune('a' + i)), Do: s.ask, Timeout: time.Second})
		}
		c := newChain(t, cfg)
		for i, takes := range []func(n int) time.Duration{
			func(int) time.Duration { return ms(100) },
			func(n int) time.Duration { return ms([]int{50, 50, 50, 150}[n%4]) },
			func(int) time.Duration { return ms(200) },
		} {
			for n := range 20 {
				scripts[i].does(timed("", fmt.Sprint("ok ", takes(n))).ask)
				_, err := c.Do(t.Context(), "q")
				require.NoError(t, err)
			}
			scripts[i].fails(&says{class: "unavailable"})
		}
		for _, s := range scripts {
			s.hangs()
		}
		r, err := c.Do(within(t, ms(350)), "q")
		failed(t, r, err)
		for i, want := range []time.Duration{ms(100), ms(50), ms(200)} {
			require.InDelta(t, want, r.Failed[i].Took, 100, r.Failed[i].Source)
		}
	})
}

// TestDeadlineKeptForTheLast: a source of which nothing is known is left out
// when the last one needs all that is left, and says so.
func TestDeadlineKeptForTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, last := failing(&says{class: "unavailable"}), failing(&says{class: "unavailable"}), answering("")
		c := newChain(t, config{Sources: []source{{Name: "a", Do: a.ask}, {Name: "b", Do: b.ask}, {Name: "last", Do: last.ask}}})
		practise(t, c, []*script{a}, []time.Duration{ms(100)})
		a.fails(&says{class: "unavailable"})
		last.does(timed("last", "ok 200ms").ask)
		for range 20 {
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		a.does(timed("", "unavailable 100ms").ask)
		b.hangs()
		r, err := c.Do(within(t, ms(300)), "q")
		require.NoError(t, err)
		require.Equal(t, "last", r.Source)
		require.Equal(t, "b: deadline: 200ms left, kept for the last source", r.Failed[1].String())
		var short interface {
			Class() string
			NotSent() bool
			Timeout() bool
		}
		require.ErrorAs(t, r.Failed[1].Err, &short)
		require.Equal(t, "unavailable", short.Class())
		require.True(t, short.NotSent())
		require.True(t, short.Timeout())
	})
}

// TestDeadlineOnceNeedsItsUsualTime: with exactly that it is asked.
func TestDeadlineOnceNeedsItsUsualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := timed("a", "ok 300ms")
		c := newChain(t, config{Once: true, Sources: []source{{Name: "a", Do: a.ask}, {Name: "b", Do: answering("b").ask}}})
		for range 10 {
			_, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
		}
		r, err := c.Do(within(t, ms(300)-1), "q")
		require.NoError(t, err)
		require.Equal(t, "a: deadline: 300ms left, usually needs 300ms", r.Failed[0].String())
		a.does(timed("a", "ok 299ms").ask)
		r, err = c.Do(within(t, ms(300)), "q")
		require.NoError(t, err)
		require.Equal(t, "a", r.Source)
	})
}

// TestDeadlineATrialThatIsDueNeedsTime: an open source whose trial is due may be
// asked, and so has its part.
func TestDeadlineATrialThatIsDueNeedsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		br := newBreaker(t, breaker.Config{Consecutive: 1})
		a, b := failing(&says{class: "unavailable"}), failing(&says{class: "unavailable"})
		c := newChain(t, config{Sources: []source{
			{Name: "a", Do: a.ask, Timeout: time.Second}, {Name: "b", Do: b.ask, Timeout: time.Second, Upstream: &fallback.Upstream{Breaker: br}},
		}})
		_, err := c.Do(t.Context(), "q")
		require.Error(t, err)
		require.Equal(t, breaker.Open, br.Snapshot().State)
		a.hangs()
		b.answers("b")
		r, err := c.Do(within(t, ms(400)), "q")
		failed(t, r, err)
		require.Equal(t, ms(400), r.Failed[0].Took)
		time.Sleep(time.Until(br.Snapshot().Until))
		r, err = c.Do(within(t, ms(400)), "q")
		require.NoError(t, err)
		require.Equal(t, "b", r.Source)
		require.Equal(t, ms(200), r.Failed[0].Took)
	})
}

// TestDeadlineOfTheMostPatient: whoever comes first, the time of the one who
// waits longest is divided.
func TestDeadlineOfTheMostPatient(t *testing.T) {
	for name, row := range map[string]struct {
		patience [2]time.Duration // zero: for ever
		took     time.Duration    // of the second source
	}{
		"the second":              {[2]time.Duration{ms(300), ms(4010)}, ms(2000)},
		"the first":               {[2]time.Duration{ms(4030), ms(250)}, ms(2000)},
		"the second, without end": {[2]time.Duration{ms(300), 0}, 3 * time.Second},
		"the first, without end":  {[2]time.Duration{0, ms(250)}, 3 * time.Second},
		"neither has much time":   {[2]time.Duration{ms(300), ms(250)}, ms(135)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := answering("")
				b.hangs()
				c, _ := remembering(t, timed("", "unavailable 30ms"), func(cfg *config) {
					cfg.Sources = append(cfg.Sources, source{Name: "b", Do: b.ask}, source{Name: "c", Do: answering("c").ask})
				})
				together(2, func(i int) {
					time.Sleep(time.Duration(i) * ms(20))
					ctx := t.Context()
					if d := row.patience[i]; d > 0 {
						ctx = within(t, d)
					}
					r, err := c.Do(ctx, "q")
					if err == nil {
						require.Equal(t, "c", r.Source)
						require.Equal(t, row.took, r.Failed[1].Took)
					}
				})
				time.Sleep(time.Minute)
			})
		})
	}
}

// TestDeadlineWhenAllHaveGone: a shared call that goes on for the memory alone
// is not cut short.
func TestDeadlineWhenAllHaveGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := remembering(t, deaf(ms(500)), func(cfg *config) {
			cfg.Sources = append(cfg.Sources, source{Name: "b", Do: slowly(ms(300)).ask, Retention: fallback.Forever}, source{Name: "c", Do: answering("c").ask})
		})
		_, err := c.Do(within(t, ms(400)), "q")
		require.Error(t, err)
		time.Sleep(time.Second)
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, fallback.Cached, r.Freshness)
		require.Equal(t, "b", r.Source)
	})
}

// TestDeadlineOfNobodyAlone: where calls are shared, one that is not, for there
// was no room or the chain was closed, and that has no end, has all the time:
// neither is it skipped as too short nor is its time divided.
func TestDeadlineOfNobodyAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slowly(ms(10))
		c, _ := remembering(t, s, func(cfg *config) {
			cfg.Sources = append(cfg.Sources, source{Name: "b", Do: slowly(ms(10)).ask, Retention: fallback.Forever, Timeout: time.Second})
		})
		for i := range 20 { // then it is known what it needs
			_, err := c.Do(t.Context(), fmt.Sprint("q", i))
			require.NoError(t, err)
		}
		require.NoError(t, c.Close())
		s.does(func(ctx context.Context, q string) (reply, error) {
			end, bounded := ctx.Deadline()
			require.True(t, bounded)
			require.Equal(t, time.Second, time.Until(end), "its Timeout and nothing less")
			return reply{Text: q}, nil
		})
		r, err := c.Do(t.Context(), "alone")
		require.NoError(t, err)
		require.Equal(t, "a", r.Source)
		require.Empty(t, r.Failed)
	})
}
