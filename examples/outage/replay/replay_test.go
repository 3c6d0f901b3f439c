package replay_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/notice"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/examples/outage/schedule"
	"github.com/detour-go/detour/examples/outage/tally"
	"github.com/detour-go/detour/examples/outage/timeline"
)

// theatre is a capability whose vendor is a number: the share of calls that fails.
type theatre struct {
	failing atomic.Uint64 // in thousandths
	calls   atomic.Uint64
	mu      sync.Mutex
	shares  []float64
	windows replay.Windows
	guard   *breaker.Breaker
}

func (th *theatre) set(p timeline.Phase) error {
	share := p.Share
	if p.Well() {
		share = 0
	}
	th.failing.Store(uint64(1000 * share))
	th.mu.Lock()
	defer th.mu.Unlock()
	th.shares = append(th.shares, share)
	return nil
}

func (th *theatre) call(context.Context) error {
	time.Sleep(10 * time.Millisecond)
	if th.calls.Add(1)*381%1000 < th.failing.Load() {
		return errors.New("down")
	}
	return nil
}

func (th *theatre) journey(ctx context.Context, side replay.Side, _ schedule.Arrival) tally.Outcome {
	if side == replay.Direct {
		if th.call(ctx) != nil {
			return tally.Outcome{Why: "down"}
		}
		return tally.Outcome{OK: true}
	}
	if th.guard.Do(ctx, th.call) != nil {
		return tally.Outcome{OK: true, Served: []tally.Served{{Source: "second", Freshness: tally.Live}}}
	}
	th.windows.Served(time.Now())
	return tally.Outcome{OK: true, Served: []tally.Served{{Source: "first", Freshness: tally.Live}}}
}

func (th *theatre) capability(name string) replay.Capability {
	return replay.Capability{
		Name: name, Roles: []replay.Role{{Name: name + ".primary", Play: th.set}}, Sources: []replay.Source{{Name: "first"}, {Name: "second"}},
		Breaker: th.guard, Windows: &th.windows, Journey: th.journey,
	}
}

func newTheatre(t *testing.T) *theatre {
	t.Helper()
	guard, err := breaker.New(breaker.Config{Name: "first", MaxOpenFor: time.Second})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, guard.Close()) })
	return &theatre{guard: guard}
}

// parse reads a timeline from 0h to 10h whose phases belong to one role.
func parse(t *testing.T, role, phases string) timeline.Timeline {
	t.Helper()
	tl, err := timeline.Parse("test", []byte(`{"name": "test", "title": "t", "from": "0h", "to": "10h", "phases": [`+phases+`]}`), []string{role})
	require.NoError(t, err)
	return tl
}

const deadFrom2To6 = `
	{"at": "2h", "role": "x.primary", "mode": "refuse", "confidence": "assumed"},
	{"at": "3h", "role": "x.primary", "mode": "fail", "confidence": "assumed"},
	{"at": "6h", "role": "x.primary", "mode": "ok", "confidence": "assumed"}`

func TestReplayMeasuresAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		var ticks []replay.Tick
		r, err := replay.Run(t.Context(), replay.Config{
			Timeline: parse(t, "x.primary", deadFrom2To6), Capabilities: []replay.Capability{th.capability("x")},
			Over: 20 * time.Second, Journeys: 2000, Citizens: 10, Seed: 1, Progress: func(t replay.Tick) { ticks = append(ticks, t) },
		})
		require.NoError(t, err)
		assert.False(t, r.Interrupted)
		assert.Zero(t, r.Lag.Max)
		require.Len(t, r.Capabilities, 1)
		x := r.Capabilities[0]

		assert.Equal(t, 2000, x.Direct.Requests)
		assert.InDelta(t, 0.6, x.Direct.Availability, 0.03, "dead for 4 of 10 hours")
		assert.Equal(t, 2000, x.Detour.Requests)
		assert.InDelta(t, 1, x.Detour.Availability, 0)
		assert.InDelta(t, 0.4, x.Detour.Sources[1].Share, 0.15)

		assert.Equal(t, 1, x.Measured.Windows, "two phases of one outage are one window")
		assert.Equal(t, []string{"faults"}, x.Measured.Why)
		assert.Positive(t, x.Measured.Open.Worst)
		assert.Less(t, x.Measured.Open.Worst, time.Second)
		assert.Positive(t, x.Measured.Back.Worst)
		assert.Less(t, x.Measured.Back.Worst, 10*time.Second)

		require.GreaterOrEqual(t, len(ticks), 19)
		assert.Equal(t, []time.Duration{time.Second, 30 * time.Minute}, []time.Duration{ticks[0].Elapsed, ticks[0].At})
		assert.Equal(t, timeline.Fail, ticks[6].Now[0].Primary.Mode)
		assert.Equal(t, breaker.Open, ticks[6].Now[0].Breaker)
		assert.Zero(t, ticks[6].Now[0].Direct.OK, "of the last second alone")
	})
}

func TestReplayMovesSharesThatMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		_, err := replay.Run(t.Context(), replay.Config{
			Timeline: parse(t, "x.primary", `
				{"at": "0h", "role": "x.primary", "mode": "fail", "share": 1, "share_to": 0, "confidence": "assumed"},
				{"at": "5h", "role": "x.primary", "mode": "ok", "confidence": "assumed"}`),
			Capabilities: []replay.Capability{th.capability("x")}, Over: 10 * time.Second, Journeys: 10, Citizens: 10,
		})
		require.NoError(t, err)
		require.Len(t, th.shares, 1+19+1+1, "the phase, every 250 ms of 5 s between, its end, and well")
		assert.InDelta(t, 0.95, th.shares[1], 1e-9)
		assert.InDelta(t, 0.5, th.shares[10], 1e-9)
	})
}

func TestReplayEndsEarlyWithWhatItHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		c := th.capability("x")
		c.Journey = func(ctx context.Context, _ replay.Side, a schedule.Arrival) tally.Outcome {
			if a.At < 2*time.Second {
				return tally.Outcome{OK: true}
			}
			<-ctx.Done()
			return tally.Outcome{}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		r, err := replay.Run(ctx, replay.Config{
			Timeline: parse(t, "x.primary", deadFrom2To6), Capabilities: []replay.Capability{c}, Over: 20 * time.Second, Journeys: 2000, Citizens: 1,
		})
		require.NoError(t, err)
		assert.True(t, r.Interrupted)
		assert.Equal(t, 4*time.Second, r.Took)
		assert.InDelta(t, 200, r.Capabilities[0].Direct.Requests, 40)
		assert.InDelta(t, 1, r.Capabilities[0].Direct.Availability, 0, "what was cut short is no failure of the site")
		assert.InDelta(t, 400, r.CutShort, 80)
	})
}

func TestArrivalsNeverWaitAndJourneysEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		var under atomic.Int64 // never goes down: nobody of them ends before the last has come
		c := th.capability("x")
		c.Journey = func(ctx context.Context, side replay.Side, _ schedule.Arrival) tally.Outcome {
			if side == replay.Detour {
				time.Sleep(11 * time.Second) // deaf to its context, and too late
				return tally.Outcome{OK: true}
			}
			under.Add(1)
			<-ctx.Done()
			return tally.Outcome{Why: "hang"}
		}
		r, err := replay.Run(t.Context(), replay.Config{
			Timeline: parse(t, "x.primary", deadFrom2To6), Capabilities: []replay.Capability{c}, Over: 5 * time.Second, Journeys: 500, Citizens: 1,
		})
		require.NoError(t, err)
		assert.EqualValues(t, 500, under.Load(), "nobody waited for anybody")
		assert.Zero(t, r.Lag.Max)
		x := r.Capabilities[0]
		assert.Equal(t, replay.JourneyLimit, x.Direct.P99)
		assert.Equal(t, []tally.Share{{Name: "hang", Count: 500, Share: 1}}, x.Direct.Failures)
		assert.Equal(t, []tally.Share{{Name: "too late", Count: 500, Share: 1}}, x.Detour.Failures)
	})
}

func TestCitizensGiveUpAfterTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTheatre(t).capability("x")
		c.Journey = func(ctx context.Context, _ replay.Side, _ schedule.Arrival) tally.Outcome {
			<-ctx.Done()
			return tally.Outcome{Why: "hang"}
		}
		r, err := replay.Run(t.Context(), replay.Config{
			Timeline: parse(t, "x.primary", deadFrom2To6), Capabilities: []replay.Capability{c}, Over: 5 * time.Second, Limit: 2 * time.Second, Journeys: 500, Citizens: 1,
		})
		require.NoError(t, err)
		assert.Equal(t, 2*time.Second, r.Limit)
		assert.Equal(t, 2*time.Second, r.Capabilities[0].Direct.P99)
		assert.LessOrEqual(t, r.Took, 7*time.Second)
	})
}

func TestReplayRefusesWhatItCannotPlay(t *testing.T) {
	synctest.Test(t, refuses)
}

func refuses(t *testing.T) {
	th := newTheatre(t)
	tl := parse(t, "x.primary", deadFrom2To6)
	good := replay.Config{Timeline: tl, Capabilities: []replay.Capability{th.capability("x")}, Over: time.Second, Journeys: 1, Citizens: 1}
	for want, change := range map[string]func(*replay.Config){
		"no capabilities":                 func(c *replay.Config) { c.Capabilities = nil },
		"nobody plays the role x.primary": func(c *replay.Config) { c.Capabilities = []replay.Capability{th.capability("y")} },
		"lacks roles":                     func(c *replay.Config) { c.Capabilities = []replay.Capability{{Name: "z"}} },
		"Count 0":                         func(c *replay.Config) { c.Journeys = 0 },
		"cannot be broken": func(c *replay.Config) {
			broken := th.capability("x")
			broken.Roles = []replay.Role{{Name: "x.primary", Play: func(timeline.Phase) error { return errors.New("cannot be broken") }}}
			c.Capabilities = []replay.Capability{broken}
		},
	} {
		c := good
		change(&c)
		_, err := replay.Run(t.Context(), c)
		assert.ErrorContains(t, err, want)
	}
}

// Citizens are told the time of the outage, not that of the replay.
func TestHeightOfTheOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := func(zero, phases string) replay.Height {
			th := newTheatre(t)
			c := th.capability("x")
			c.Ways = func(context.Context) []notice.Way {
				return []notice.Way{notice.Guarded("first", th.guard), {Name: "second", Works: true}}
			}
			c.Words = notice.Words{Out: notice.Text{KO: "{since}{name}", EN: "{name}{since}"}, Use: notice.Text{KO: "{list}", EN: "{list}"}}
			tl := parse(t, "x.primary", phases)
			if zero != "" {
				at, err := time.Parse(time.RFC3339, zero)
				require.NoError(t, err)
				tl.Zero = at
			}
			r, err := replay.Run(t.Context(), replay.Config{Timeline: tl, Capabilities: []replay.Capability{c}, Over: 20 * time.Second, Journeys: 2000, Citizens: 10, Seed: 1})
			require.NoError(t, err)
			return r.Height
		}
		h := run("2022-10-15T15:30:00+09:00", deadFrom2To6)
		require.Len(t, h.Notices, 1)
		assert.InDelta(t, 2*time.Hour, h.At, float64(30*time.Minute))
		assert.Equal(t, "x", h.Notices[0].Capability)
		assert.Regexp(t, `^10월 15일 17:\d\d부터 first second$`, h.Notices[0].Notice.Text.KO)
		assert.Regexp(t, `^first since 17:\d\d on 15 October second$`, h.Notices[0].Notice.Text.EN)
		assert.Equal(t, []string{"second"}, h.Notices[0].Notice.Use)

		h = run("", deadFrom2To6)
		require.Len(t, h.Notices, 1)
		assert.Regexp(t, `^first since hour 2:\d\d second$`, h.Notices[0].Notice.Text.EN)
		assert.Equal(t, replay.Height{}, run("", `{"at": "2h", "role": "x.primary", "mode": "ok", "confidence": "assumed"}`), "nothing to tell")
	})
}
