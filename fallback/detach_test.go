package fallback_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
)

// stubborn is a source that ignores its context: each call returns only when it
// is let go.
type stubborn struct {
	script
	let chan func() (reply, error)
}

func newStubborn(t *testing.T) *stubborn {
	s := &stubborn{let: make(chan func() (reply, error))}
	s.does(s.stays)
	t.Cleanup(func() { close(s.let) })
	return s
}

func (s *stubborn) stays(context.Context, string) (reply, error) {
	if f := <-s.let; f != nil {
		return f()
	}
	return reply{}, errors.New("the test is over")
}

// comesBack lets one call return what f returns, and waits until all is done
// that follows from it.
func (s *stubborn) comesBack(f func() (reply, error)) {
	s.let <- f
	synctest.Wait()
}

func lateAnswer() (reply, error) { return reply{Text: "late"}, nil }

const slack = 10 * time.Millisecond // how long after its time a Do is waited for

func detaching(t *testing.T, change func(*config)) (*chain, *stubborn, *script) {
	t.Helper()
	s, next := newStubborn(t), answering("b")
	cfg := config{Sources: []source{{Name: "a", Do: s.ask, Detach: true, Timeout: time.Second}, {Name: "b", Do: next.ask}}}
	change(&cfg)
	return newChain(t, cfg), s, next
}

// TestDetachLeavesBehindWhatIgnoresItsContext: the citizen goes on after the
// time of the source and 10ms, it is said, and what comes back later is thrown
// away.
func TestDetachLeavesBehindWhatIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []fallback.Outcome
		c, s, _ := detaching(t, func(cfg *config) {
			cfg.Observe = fallback.ObserverFunc(func(o fallback.Outcome) { heard = append(heard, o) })
		})
		began := time.Now()
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, time.Second+slack, time.Since(began))
		require.Equal(t, "b", r.Value.Text)
		require.Len(t, r.Failed, 1)
		require.ErrorIs(t, r.Failed[0].Err, fallback.ErrLeftBehind)
		require.ErrorIs(t, r.Failed[0].Err, context.DeadlineExceeded)
		require.Equal(t, fallback.Unavailable, r.Failed[0].Class)
		require.Equal(t, 1, r.Failed[0].Attempts)
		require.True(t, r.Degraded())
		require.True(t, r.Flags.Has(fallback.FlagLate))
		require.Contains(t, r.Explain(), "a could not answer, after 1.01s: left behind: it ignores that its time is up")
		require.Contains(t, r.Explain(), "a source did not return when its time was up, so it ignores its context")
		synctest.Wait()
		require.Len(t, heard, 1)
		require.True(t, heard[0].Flags.Has(fallback.FlagLate))
		require.ErrorIs(t, heard[0].Failed[0].Err, fallback.ErrLeftBehind)

		view := c.Inspect().Sources[0]
		require.True(t, view.Detach)
		require.Equal(t, 1, view.Left)
		s.comesBack(lateAnswer)
		view = c.Inspect().Sources[0]
		require.Zero(t, view.Left)
		require.Zero(t, view.Answers, "it answered nobody")
	})
}

// TestDetachIsNotSeenByASourceThatObeys: the answer, the error, the panic and
// the time of a Do that returns within 10ms of its end are those without Detach.
func TestDetachIsNotSeenByASourceThatObeys(t *testing.T) {
	for name, row := range map[string]struct {
		do      func(context.Context, string) (reply, error)
		verdict string
		took    time.Duration
	}{
		"answer":        {timed("", "ok 30ms").ask, "ok", ms(30)},
		"denied":        {timed("", "denied 30ms").ask, "denied", ms(30)},
		"fault":         {timed("", "unavailable 30ms").ask, "unavailable", ms(30)},
		"panic":         {timed("", "panic 30ms").ask, "unavailable", ms(30)},
		"hang":          {timed("", "ok 1h").ask, "unavailable", time.Second},
		"Goexit":        {func(context.Context, string) (reply, error) { runtime.Goexit(); return reply{}, nil }, "unavailable", 0},
		"a little late": {func(context.Context, string) (reply, error) { time.Sleep(time.Second + slack/2); return reply{}, nil }, "ok", time.Second + slack/2},
		"values arrive": {func(ctx context.Context, _ string) (reply, error) {
			return reply{Text: ctx.Value(ctxKey{}).(string)}, nil
		}, "ok", 0},
		"a wrong answer": {timed("wrong", "ok 30ms").ask, "unavailable", ms(30)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := &fallback.Upstream{Breaker: newBreaker(t, breaker.Config{}), Capacity: &fallback.Capacity{InFlight: 1}}
				c := newChain(t, config{
					Sources: []source{{Name: "a", Do: row.do, Detach: true, Timeout: time.Second, Upstream: up}},
					Answers: func(a reply, _ string) error {
						if a.Text == "wrong" {
							return errors.New("wrong")
						}
						return nil
					},
				})
				began := time.Now()
				r, err := c.Do(context.WithValue(t.Context(), ctxKey{}, "value"), "q")
				require.Equal(t, row.took, time.Since(began))
				verdict := "ok"
				if err != nil {
					verdict = failed(t, r, err).Verdict()
				}
				require.Equal(t, row.verdict, verdict)
				require.Zero(t, r.Flags)
				require.Zero(t, up.Capacity.Load())
				require.Equal(t, row.verdict == "unavailable", up.Breaker.Snapshot().Faults == 1)
				require.Zero(t, c.Inspect().Sources[0].Left)
			})
		})
	}
}

type ctxKey struct{}

// TestDetachContainsWhatComesLate: nothing that a call does after it was left
// behind reaches anybody: an answer, an error, a panic, the end of its goroutine.
func TestDetachContainsWhatComesLate(t *testing.T) {
	for name, end := range map[string]func() (reply, error){
		"answer": lateAnswer,
		"denied": func() (reply, error) { return reply{}, &says{class: "denied"} },
		"panic":  func() (reply, error) { panic("late") },
		"Goexit": func() (reply, error) { runtime.Goexit(); return reply{}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				up := &fallback.Upstream{Breaker: newBreaker(t, breaker.Config{}), Capacity: &fallback.Capacity{InFlight: 9}}
				c, s, _ := detaching(t, func(cfg *config) {
					cfg.Sources[0].Upstream = up
					cfg.Sources = cfg.Sources[:1]
				})
				r, err := c.Do(t.Context(), "q")
				require.ErrorIs(t, failed(t, r, err), fallback.ErrLeftBehind)
				before := up.Breaker.Snapshot()
				require.EqualValues(t, 1, before.Faults)
				require.Equal(t, 1, up.Capacity.Load(), "it is in flight until it returns")
				s.comesBack(end)
				require.Equal(t, before.Faults, up.Breaker.Snapshot().Faults, "told once")
				require.Equal(t, before.Calls, up.Breaker.Snapshot().Calls)
				require.Zero(t, up.Capacity.Load())
				require.NoError(t, c.Close())
			})
		})
	}
}

// TestDetachIsToldToTheBreakerOnce: of a call that its caller cut short nothing
// is known yet. It is told when it returns, or when it is slow.
func TestDetachIsToldToTheBreakerOnce(t *testing.T) {
	type counts [3]uint64 // calls, faults, slow
	for name, row := range map[string]struct {
		back time.Duration // after the caller left; 0: never; below: the caller waits
		end  func() (reply, error)
		told counts
		slow time.Duration // bound of the breaker
	}{
		"an answer soon after":  {ms(200), lateAnswer, counts{1, 0, 0}, ms(500)},
		"a fault soon after":    {ms(200), func() (reply, error) { return reply{}, &says{class: "unavailable"} }, counts{0, 0, 0}, ms(500)},
		"an answer, too late":   {ms(2000), lateAnswer, counts{1, 1, 1}, ms(500)},
		"refused, when slow":    {ms(2000), func() (reply, error) { return reply{}, &says{class: "refused"} }, counts{1, 1, 1}, ms(500)},
		"a panic, when slow":    {ms(2000), func() (reply, error) { panic("late") }, counts{1, 1, 1}, ms(500)},
		"it never comes back":   {0, nil, counts{1, 1, 1}, ms(500)},
		"its own time is up":    {-1, nil, counts{1, 1, 1}, ms(500)},
		"and it answers though": {-1, lateAnswer, counts{1, 1, 1}, ms(500)},
		"its own, and not slow": {-1, lateAnswer, counts{1, 1, 0}, ms(1500)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(t, breaker.Config{SlowAfter: row.slow})
				c, s, _ := detaching(t, func(cfg *config) {
					cfg.Sources[0].Upstream = &fallback.Upstream{Breaker: b}
					cfg.Sources = cfg.Sources[:1]
				})
				told := func() counts { v := b.Snapshot(); return counts{v.Calls, v.Faults, v.Slow} }
				patience := ms(100)
				if row.back < 0 {
					patience = time.Minute
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				_, err := c.Do(ctx, "q")
				require.Error(t, err)
				if row.back < 0 {
					require.Equal(t, row.told, told(), "at once")
				} else {
					require.Equal(t, counts{1, 0, 0}, told(), "nothing is known")
					time.Sleep(row.back)
				}
				if row.end != nil {
					s.comesBack(row.end)
				} else {
					time.Sleep(3 * time.Second)
					defer s.comesBack(lateAnswer)
				}
				require.Equal(t, row.told, told())
			})
		})
	}
}

// TestDetachHangOpensTheBreaker: a vendor hangs and its client ignores contexts.
// The breaker opens as it does for one that obeys, nobody waits longer, and all
// come back when the vendor does.
func TestDetachHangOpensTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t, breaker.Config{})
		up := &fallback.Upstream{Breaker: b, Capacity: &fallback.Capacity{InFlight: 500}}
		free := make(chan struct{})
		end := sync.OnceFunc(func() { close(free) })
		defer end()
		s := answering("a")
		c := newChain(t, config{Sources: []source{
			{Name: "a", Do: s.ask, Detach: true, Upstream: up}, {Name: "b", Do: answering("b").ask},
		}})
		ask := func(int) (fallback.Result[reply], error) { return c.Do(t.Context(), "q") }
		arrivals(200, 2*time.Second, ask)
		s.does(func(context.Context, string) (reply, error) { <-free; return reply{}, nil })
		trials := 0
		for _, u := range arrivals(200, 5*time.Second, ask) {
			require.NoError(t, u.err)
			require.LessOrEqual(t, u.took, fallback.DefaultTimeout+slack)
			if u.at > time.Second && u.took > 0 {
				trials++
			}
		}
		require.LessOrEqual(t, trials, 3)
		require.Equal(t, breaker.Open, b.Snapshot().State)
		left := c.Inspect().Sources[0].Left
		require.Less(t, left, 200)
		require.Equal(t, left, up.Capacity.Load())
		end()
		synctest.Wait()
		require.Zero(t, c.Inspect().Sources[0].Left)
		require.Zero(t, up.Capacity.Load())
	})
}
