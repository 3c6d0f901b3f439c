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

func pastKakao(share float64) fallback.Drill {
	return fallback.Drill{Source: "kakao", Share: share, By: "kim", Reason: "first tuesday", For: time.Hour}
}

func inSession(n int) context.Context { return fallback.WithSession(bgCtx, fmt.Sprint("session ", n)) }

// through takes the session through the leg, and returns how it ended.
func (s *idSite) through(ctx context.Context, leg string) (fallback.Result[idProof], error) {
	b, err := s.flow.Begin(ctx, leg, idClaim{Person: "kim"})
	if err != nil {
		return fallback.Result[idProof]{}, err
	}
	time.Sleep(20 * time.Second)
	return s.flow.Finish(ctx, b.Ticket, idReply{Code: "of kim"})
}

// A share of the sessions sees one leg less, each the same all the time and in every process; nothing else changes.
func TestFlowDrill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, other := newIDSite(t, nil), newIDSite(t, nil)
		b := s.guard(t, breaker.Config{Name: "kakao"})
		d, err := s.flow.Drill(pastKakao(0.3))
		require.NoError(t, err)
		_, err = other.flow.Drill(pastKakao(0.3))
		require.NoError(t, err)
		before, drilled := b.Snapshot(), 0
		for n := range 300 {
			ctx := inSession(n)
			offers := s.flow.Offers(ctx)
			require.Len(t, offers, 3)
			require.Equal(t, offers[0].Available, other.flow.Offers(ctx)[0].Available)
			require.True(t, offers[1].Available && offers[2].Available)
			if offers[0].Available {
				require.Empty(t, offers[0].Why)
				s.mustBegin(t, ctx, "kakao")
				continue
			}
			drilled++
			o := offers[0]
			require.Equal(t, "drill", o.Why)
			require.Zero(t, o.Admitted)
			require.Equal(t, time.Hour, o.RetryAt.Sub(o.Since))
			begins := s.kakao.begins.Load()
			_, err := s.flow.Begin(ctx, "kakao", idClaim{Person: "kim"})
			e := flowFails(t, err, fallback.ErrUnavailable, fallback.ErrDrill)
			require.Equal(t, fallback.SkipDrill, e.Failed[0].Skip)
			require.Equal(t, begins, s.kakao.begins.Load())
		}
		require.InDelta(t, 90, drilled, 30)
		require.Equal(t, before, b.Snapshot(), "its breaker is neither asked nor told")
		require.True(t, s.flow.Offers(bgCtx)[0].Available, "nobody who has no session is drilled")
		s.mustBegin(t, bgCtx, "kakao")
		require.Zero(t, d.Report().Calls, "who is sent elsewhere has not got there yet")

		ok := 0
		for n := range 20 {
			r, err := s.through(inSession(n), "naver")
			require.NoError(t, err)
			in := !s.flow.Offers(inSession(n))[0].Available
			require.Equal(t, in, r.Flags.Has(fallback.FlagDrill))
			if in {
				ok++
			}
		}
		for n := range 20 {
			r, err := s.through(fallback.WithMin(inSession(n), fallback.High), "pass")
			require.NoError(t, err)
			require.False(t, r.Flags.Has(fallback.FlagDrill), "the drilled leg is not enough anyway")
		}
		r := d.Report()
		require.Positive(t, ok)
		require.EqualValues(t, ok, r.Calls)
		require.EqualValues(t, ok, r.OK)
		require.Equal(t, []fallback.DrillSource{{Name: "naver", Calls: uint64(ok)}}, r.Sources) //nolint:gosec // small
		require.Equal(t, fallback.Duration(20*time.Second), r.P50, "with the citizen's own time")
		require.Equal(t, "login", r.Part)
		require.Equal(t, &r, s.flow.Inspect().Sources[0].Drill)
		require.Nil(t, s.flow.Inspect().Sources[1].Drill)

		<-d.Done()
		for n := range 300 {
			require.True(t, s.flow.Offers(inSession(n))[0].Available, "it has ended by itself")
		}
		require.Equal(t, fallback.DrillExpired, d.Report().End)
	})
}

// Where nothing else works, or nothing else is enough, there is no drill.
func TestFlowDrillSparesTheLastLeg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		b, err := breaker.New(breaker.Config{Name: "others"})
		require.NoError(t, err)
		defer b.Close() //nolint:errcheck // nothing is asked in the background
		s.cfg.Legs[1].Upstream = &fallback.Upstream{Breaker: b}
		s.cfg.Legs[2].Upstream = s.cfg.Legs[1].Upstream
		s.remake(t)
		d, err := s.flow.Drill(pastKakao(1))
		require.NoError(t, err)
		strong, err := s.flow.Drill(fallback.Drill{Source: "pass", Share: 1, By: "kim", Reason: "x", For: time.Hour})
		require.NoError(t, err)
		high := fallback.WithMin(inSession(1), fallback.High)
		require.True(t, s.flow.Offers(high)[0].Available, "it is the only one that is enough")
		require.True(t, s.flow.Offers(inSession(1))[2].Available, "a session is kept from one leg")
		require.False(t, s.flow.Offers(inSession(1))[0].Available)
		require.NoError(t, strong.Stop("kim", "over"))

		require.NoError(t, b.Force(breaker.ForcedOpen, "kim", "both are out", time.Minute))
		require.True(t, s.flow.Offers(inSession(1))[0].Available)
		r, err := s.through(inSession(1), "kakao")
		require.NoError(t, err)
		require.False(t, r.Flags.Has(fallback.FlagDrill))
		got := d.Report()
		require.EqualValues(t, []uint64{1, 0, 1, 1}, []uint64{got.Calls, got.OK, got.Failed, got.Spared})
		require.NoError(t, b.Release("kim", "over"))
		require.False(t, s.flow.Offers(inSession(1))[0].Available)
	})
}

// What the others are not good for counts, what citizens do does not, and too much of the first ends the drill.
func TestFlowDrillGuard(t *testing.T) {
	for name, row := range map[string]struct {
		said    *idError
		begins  bool
		guarded bool
		failed  bool
	}{
		"finish fails":    {&idError{class: "unavailable"}, false, true, true},
		"begin fails":     {&idError{class: "unavailable"}, true, true, true},
		"denied":          {&idError{class: "denied"}, false, false, false},
		"by hearsay":      {&idError{class: "unavailable", hearsay: true}, false, false, false},
		"denied at begin": {&idError{class: "denied"}, true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newIDSite(t, nil)
				before := s.mustBegin(t, inSession(0), "naver").Ticket
				at := s.mustBegin(t, inSession(0), "kakao").Ticket
				time.Sleep(time.Second)
				d, err := s.flow.Drill(pastKakao(1))
				require.NoError(t, err)
				if row.begins {
					s.naver.begin = func(context.Context) error { return row.said }
				} else {
					s.naver.finish = func(context.Context, idReply) error { return row.said }
				}
				_, err = s.flow.Finish(inSession(0), before, idReply{Code: "of kim"})
				require.Equal(t, row.begins, err == nil)
				r, err := s.flow.Finish(inSession(0), at, idReply{Code: "of kim"})
				require.NoError(t, err, "who is half-way may finish")
				require.False(t, r.Flags.Has(fallback.FlagDrill))
				require.Zero(t, d.Report().Calls, "they began before")
				for n := range 2 {
					_, err := s.through(inSession(n), "naver")
					require.Error(t, err)
				}
				got := d.Report()
				require.Equal(t, row.guarded, got.End == fallback.DrillGuarded)
				require.Equal(t, row.failed, got.Failed > 0)
				require.Equal(t, row.guarded, s.flow.Offers(inSession(0))[0].Available)
				require.Zero(t, got.OK)
				require.EqualValues(t, !row.failed && !row.begins, got.Left == 2)
				require.NoError(t, s.flow.Close())
			})
		})
	}
}

func TestFlowDrillMistakesAndItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		bad := pastKakao(2)
		bad.Source = "daum"
		_, err := s.flow.Drill(bad)
		require.ErrorContains(t, err, "share")
		require.ErrorContains(t, err, `no such source: "daum"`)
		alone := newIDSite(t, func(c *idConfig) { c.Legs = c.Legs[:1] })
		_, err = alone.flow.Drill(pastKakao(1))
		require.ErrorContains(t, err, "nobody else is enough")

		d, err := s.flow.Drill(pastKakao(1))
		require.NoError(t, err)
		_, err = s.flow.Drill(pastKakao(0.1))
		require.ErrorContains(t, err, "under way")
		require.NoError(t, s.flow.Reconfigure(s.flow.Settings()))
		require.False(t, s.flow.Offers(inSession(1))[0].Available, "settings do not end it")
		require.NoError(t, s.flow.Close())
		require.Equal(t, fallback.DrillClosed, d.Report().End)
		require.True(t, s.flow.Offers(inSession(1))[0].Available)
		_, err = s.flow.Drill(pastKakao(1))
		require.ErrorIs(t, err, fallback.ErrClosed)
	})
}

// A leg is proven by who finished there, for MaxIdle; not by a Begin, nor by a no.
func TestFlowLegsAreProven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, func(c *idConfig) { c.MaxIdle = time.Hour })
		unproven := func() (names []string) {
			for i, o := range s.flow.Offers(bgCtx) {
				require.Equal(t, o.Unproven, s.flow.Inspect().Sources[i].Unproven)
				if o.Unproven {
					names = append(names, o.Source)
				}
			}
			return names
		}
		require.Equal(t, []string{"kakao", "naver", "pass"}, unproven())
		s.naver.finish = func(context.Context, idReply) error { return &idError{class: "denied"} }
		_, err := s.through(bgCtx, "naver")
		require.Error(t, err)
		_, err = s.through(bgCtx, "kakao")
		require.NoError(t, err)
		require.Equal(t, []string{"naver", "pass"}, unproven())
		require.NoError(t, s.flow.Reconfigure(s.flow.Settings()))
		require.Equal(t, []string{"naver", "pass"}, unproven(), "settings forget nothing")
		in := s.flow.Inspect()
		require.Equal(t, time.Hour, in.MaxIdle)
		require.EqualValues(t, 1, in.Sources[0].Answers)
		require.Equal(t, time.Now().UnixMilli(), in.Sources[0].Answered.UnixMilli())
		time.Sleep(time.Hour - 1)
		require.Equal(t, []string{"naver", "pass"}, unproven())
		time.Sleep(time.Nanosecond)
		require.Equal(t, []string{"kakao", "naver", "pass"}, unproven())
		require.Equal(t, fallback.DefaultMaxIdle, newIDSite(t, nil).flow.Inspect().MaxIdle)
	})
}

// Check says of which legs nobody knows whether they work, once the first has served long enough.
func TestCheckTellsUnprovenLegs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newIDSite(t, nil)
		unproven := func() (about []string) {
			for _, f := range fallback.Check(s.flow).Findings {
				require.NotEqual(t, fallback.LintNotWarm, f.Code, "citizens choose")
				if f.Code == fallback.LintUnproven {
					about = f.Sources
				}
			}
			return about
		}
		_, err := s.through(bgCtx, "pass")
		require.NoError(t, err)
		require.Empty(t, unproven())
		for range 100 {
			_, err := s.through(bgCtx, "kakao")
			require.NoError(t, err)
		}
		require.Equal(t, []string{"naver"}, unproven())
	})
}
