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

// lookout is a Watch that is asked once an hour, unless somebody suspects something.
type lookout struct {
	asks   atomic.Int32
	dead   atomic.Bool
	fooled atomic.Int32 // so often it says that all is well
}

func (w *lookout) ask(context.Context) error {
	w.asks.Add(1)
	if w.dead.Load() && w.fooled.Add(-1) < 0 {
		return errors.New("the page is dead")
	}
	return nil
}

// lookedAt is a site whose kakao leg has a lookout, and a town that uses it.
func lookedAt(t *testing.T, every time.Duration) (*crowd, *lookout, *breaker.Breaker) {
	w := new(lookout)
	s := newIDSite(t, nil)
	b := s.guard(t, breaker.Config{Name: "kakao", Watch: w.ask, WatchEvery: every, Consecutive: 1, MinCalls: 1})
	return &crowd{idSite: s}, w, b
}

// crowd are citizens who begin at kakao, some of whom come back 20 s later.
type crowd struct {
	*idSite
	away []string // their tickets; empty: never comes back
	n    int
}

// live lets one citizen begin every gap for so long; of ten, back come back.
func (c *crowd) live(t *testing.T, gap, last time.Duration, back int) {
	for range int(last / gap) {
		time.Sleep(gap)
		text := ""
		if b, err := c.flow.Begin(bgCtx, "kakao", idClaim{Person: "kim"}); err == nil && c.n*7%10 < back {
			text = b.Ticket
		}
		c.n++
		c.away = append(c.away, text)
		if len(c.away) > int(20*time.Second/gap) {
			c.next(t)
		}
	}
}

func (c *crowd) next(t *testing.T) {
	if c.away[0] != "" {
		_, err := c.flow.Finish(bgCtx, c.away[0], idReply{Code: "of kim"})
		require.NoError(t, err)
	}
	c.away = c.away[1:]
}

// home lets all who come back do so.
func (c *crowd) home(t *testing.T) {
	for len(c.away) > 0 {
		c.next(t)
	}
}

// Six of ten come back on a calm day, and that is no news. Then one of ten does: the vendor is looked at within the next slot that is judged.
func TestFlowWhoDoesNotComeBackIsMissed(t *testing.T) {
	for name, gap := range map[string]time.Duration{"two a second": 500 * time.Millisecond, "one in ten seconds": 10 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, w, b := lookedAt(t, 20*time.Hour)
				s.live(t, gap, 50*time.Minute, 6)
				require.Zero(t, w.asks.Load(), "nothing to suspect")
				s.live(t, gap, 9*time.Minute, 1)
				synctest.Wait()
				require.Positive(t, w.asks.Load(), "suspected")
				require.Equal(t, breaker.Closed, b.Snapshot().State, "and all is well")
				require.Zero(t, b.Snapshot().Faults)
			})
		})
	}
}

// A page that died and fooled its Watch once is found out long before the next look was due.
func TestFlowSuspicionFindsADeadPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, b := lookedAt(t, 10*time.Minute)
		s.live(t, 500*time.Millisecond, 10*time.Minute, 6)
		w.dead.Store(true)
		w.fooled.Store(1)
		s.home(t)
		b.Suspect()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Zero(t, w.fooled.Load(), "it was fooled")
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		died := time.Now()
		s.live(t, 500*time.Millisecond, 4*time.Minute, 0)
		snap := b.Snapshot()
		require.Equal(t, breaker.Open, snap.State)
		require.Equal(t, breaker.ReasonWatch, snap.Why)
		require.Less(t, snap.Since.Sub(died), 3*time.Minute+30*time.Second)
		require.False(t, s.flow.Offers(bgCtx)[0].Available)
	})
}

// Bots that begin and never finish cost one look each slot, and open nothing.
func TestFlowBeginStormOnlyLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, b := lookedAt(t, 10*time.Second)
		s.live(t, 500*time.Millisecond, 10*time.Minute, 6)
		calm := w.asks.Load()
		s.live(t, 60*time.Millisecond, 10*time.Minute, 0)
		require.LessOrEqual(t, w.asks.Load(), 2*calm+20+5, "one each half minute above what is asked anyway")
		require.Equal(t, breaker.Closed, b.Snapshot().State)
		require.Zero(t, b.Snapshot().Faults)
		require.True(t, s.flow.Offers(bgCtx)[0].Available)
	})
}

// After an hour of silence the vendor is not forgotten, nor is what was usual; and an outage does not become usual while it lasts.
func TestFlowAnOutageDoesNotBecomeUsual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, _ := lookedAt(t, time.Hour)
		s.live(t, time.Second, 10*time.Minute, 6)
		s.home(t)
		time.Sleep(30 * time.Minute)
		require.Zero(t, w.asks.Load())
		for range 3 { // each longer than a fifth of WatchEvery, within which suspicions share one look
			before := w.asks.Load()
			s.live(t, time.Second, 13*time.Minute, 1)
			require.Greater(t, w.asks.Load(), before)
		}
	})
}

// What is a return: whatever ends the ticket, but for a vendor's word of failure in the hands of the citizen.
func TestFlowWhatCountsAsAReturn(t *testing.T) {
	say := func(err *idError) func(*idSite, string) {
		return func(s *idSite, ticket string) {
			s.kakao.finish = func(context.Context, idReply) error { return err }
			_, _ = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
		}
	}
	for name, row := range map[string]struct {
		ends func(s *idSite, ticket string)
		back bool
	}{
		"ok":                               {func(s *idSite, ticket string) { _, _ = s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"}) }, true},
		"another person":                   {func(s *idSite, ticket string) { _, _ = s.flow.Finish(bgCtx, ticket, idReply{Code: "of lee"}) }, true},
		"denied":                           {say(&idError{class: "denied"}), true},
		"cancelled at the vendor":          {say(&idError{class: "denied", hearsay: true}), true},
		"a reply that is wrong":            {say(&idError{class: "invalid"}), true},
		"the vendor's word that it failed": {say(&idError{class: "unavailable", hearsay: true}), false},
		"not decided":                      {say(&idError{class: "denied", undecided: true}), false},
		"went back":                        {func(s *idSite, ticket string) { _ = s.flow.Cancel(bgCtx, ticket) }, false},
		"another session": {func(s *idSite, ticket string) {
			_, _ = s.flow.Finish(fallback.WithSession(bgCtx, "x"), ticket, idReply{Code: "of kim"})
		}, false},
		"never": {func(*idSite, string) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, w, _ := lookedAt(t, 20*time.Hour)
				if name == "not decided" {
					s.cfg.Legs[0].Tries = 5
					s.remake(t)
				}
				s.live(t, time.Second, 5*time.Minute, 10)
				s.home(t)
				for range 120 {
					time.Sleep(time.Second)
					row.ends(s.idSite, s.mustBegin(t, bgCtx, "kakao").Ticket)
				}
				s.kakao.finish = nil
				time.Sleep(150 * time.Second)
				s.mustBegin(t, bgCtx, "kakao")
				synctest.Wait()
				require.Equal(t, !row.back, w.asks.Load() > 0)
			})
		})
	}
}

// Who comes back after his slot was judged does not stand in for those who began later.
func TestFlowLateReturnsExcuseNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, _ := lookedAt(t, 10*time.Minute)
		s.live(t, time.Second, time.Minute, 10)
		s.home(t)
		var late []string
		for range 20 {
			late = append(late, s.mustBegin(t, bgCtx, "kakao").Ticket)
		}
		time.Sleep(160 * time.Second)
		s.mustBegin(t, bgCtx, "kakao")
		synctest.Wait()
		require.EqualValues(t, 1, w.asks.Load())
		time.Sleep(5 * time.Second)
		for _, ticket := range late {
			_, err := s.flow.Finish(bgCtx, ticket, idReply{Code: "of kim"})
			require.NoError(t, err)
			s.mustBegin(t, bgCtx, "kakao")
		}
		time.Sleep(170 * time.Second)
		s.mustBegin(t, bgCtx, "kakao")
		synctest.Wait()
		require.EqualValues(t, 2, w.asks.Load())
	})
}

// Nothing is judged by nine, and a leg without a breaker has nobody to tell.
func TestFlowFewAreNotJudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, _ := lookedAt(t, 20*time.Hour)
		s.live(t, time.Second, 5*time.Minute, 10)
		s.home(t)
		time.Sleep(5 * time.Minute)
		s.mustBegin(t, bgCtx, "naver")
		for range 8 {
			s.mustBegin(t, bgCtx, "kakao")
		}
		time.Sleep(5 * time.Minute)
		s.mustBegin(t, bgCtx, "kakao")
		synctest.Wait()
		require.Zero(t, w.asks.Load())
		time.Sleep(5 * time.Minute)
		s.mustBegin(t, bgCtx, "kakao")
		time.Sleep(5 * time.Minute)
		s.mustBegin(t, bgCtx, "kakao")
		synctest.Wait()
		require.EqualValues(t, 1, w.asks.Load(), "those of several slots together are ten")
	})
}

func TestFlowReturnsAtOnce(t *testing.T) {
	s := newIDSite(t, nil)
	s.guard(t, breaker.Config{Name: "kakao"})
	together(50, func(int) {
		for range 20 {
			_, err := s.flow.Finish(bgCtx, s.mustBegin(t, bgCtx, "kakao").Ticket, idReply{Code: "of kim"})
			if err != nil {
				t.Error(err)
			}
		}
	})
}
