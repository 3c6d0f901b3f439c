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

// slowBreaker remembers for as long as a test of a drill takes.
var slowBreaker = breaker.Config{Window: 5 * time.Minute}

// TestDrillVerdicts: for every combination of what three sources say, a call of
// a drill past the first ends as one without it would have, unless another
// answered or denied.
func TestDrillVerdicts(t *testing.T) {
	words := []string{"ok", "unavailable", "limited", "refused", "security", "invalid", "denied", "notfound"}
	yes := func(error) bool { return true }
	for _, next := range []func(error) bool{nil, yes} {
		for i := range len(words) * len(words) * len(words) {
			said := []string{words[i%8], words[i/8%8], words[i/64]}
			var scripts [3]*script
			ask := func(from int, drilled bool) (fallback.Result[reply], fallback.DrillReport, error) {
				cfg := config{Name: "address", Next: next}
				for i := from; i < 3; i++ {
					scripts[i] = scripted(said[i])
					cfg.Sources = append(cfg.Sources, fallback.From(string(rune('a'+i)), scripts[i].ask, nil))
				}
				c := newChain(t, cfg)
				var report fallback.DrillReport
				if !drilled {
					r, err := c.Do(t.Context(), "q")
					return r, report, err
				}
				d := drill(t, c, nil)
				r, err := c.Do(t.Context(), "q")
				require.True(t, r.Flags.Has(fallback.FlagDrill))
				return r, d.Report(), err
			}
			others, _, othersErr := ask(1, false)
			plain, _, plainErr := ask(0, false)
			got, report, err := ask(0, true)
			require.EqualValues(t, got.Attempts, scripts[0].asked.Load()+scripts[1].asked.Load()+scripts[2].asked.Load())
			verdict := func(err error) string { return err.(*fallback.Error).Verdict() }
			switch {
			case othersErr == nil:
				require.NoError(t, err, said)
				require.Equal(t, others.Source, got.Source, said)
				require.Zero(t, scripts[0].asked.Load(), said)
				require.EqualValues(t, 1, report.OK, said)
			case verdict(othersErr) == "denied":
				require.Equal(t, "denied", verdict(err), said)
				require.Zero(t, scripts[0].asked.Load(), said)
				require.EqualValues(t, 1, report.OK, said)
			case plainErr == nil:
				require.NoError(t, err, said)
				require.Equal(t, plain.Source, got.Source, said)
				require.EqualValues(t, 1, report.Failed, said)
				require.EqualValues(t, 1, report.Spared, said)
			case next != nil || said[0] != "notfound":
				require.Error(t, err, said)
				require.Equal(t, verdict(plainErr), verdict(err), said)
				require.Zero(t, report.Spared, said)
				require.Equal(t, verdict(err) == verdict(othersErr) && (verdict(err) == "invalid" || verdict(err) == "notfound"), report.OK == 1, said)
			default: // a found nothing, which ends a plain call; here others had failed before
				require.Contains(t, []string{"notfound", "incomplete", "invalid"}, verdict(err), said)
			}
		}
	}
}

func TestDrillFailureText(t *testing.T) {
	c, s := warming(t, func(cfg *config) { cfg.Warm = 0 })
	drill(t, c, nil)
	for i := range s {
		s[i].fails(dead)
	}
	r, err := c.Do(t.Context(), "q")
	e := failed(t, r, err)
	require.Equal(t, "address: unavailable: b: unavailable: vendor: search: unavailable; c: unavailable: vendor: search: unavailable; "+
		"a: unavailable: vendor: search: unavailable [drill]", err.Error())
	require.Contains(t, e.Explain(), "\n- a could not answer when it was asked although a drill passes it over, for nobody else could answer: vendor")
}

// TestDrillKeepsTimeForTheSource: the others may hang, and the citizen still has
// an answer in time.
func TestDrillKeepsTimeForTheSource(t *testing.T) {
	for name, row := range map[string]struct {
		known    bool // how long the source takes: 20ms
		deadline bool // of the chain, not of the caller
		memory   bool
		took     time.Duration
	}{
		"half of it":                     {false, false, false, ms(500)},
		"half of the chain's":            {false, true, false, ms(500)},
		"what it usually takes":          {true, false, false, ms(980)},
		"what it takes, of the chain's":  {true, true, false, ms(980)},
		"half of it, for those who wait": {false, false, true, ms(500)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := warming(t, func(cfg *config) {
					cfg.Warm = 0
					if row.deadline {
						cfg.Deadline = time.Second
					}
					if row.memory {
						cfg.Memory = &memory{Key: identity, Stale: time.Hour}
						cfg.Sources[0].Retention = fallback.Forever
					}
				})
				s[0].does(func(context.Context, string) (reply, error) { time.Sleep(ms(20)); return reply{Text: "a"}, nil })
				s[1].hangs()
				s[2].hangs()
				for range 8 {
					if row.known {
						_, err := c.Do(t.Context(), "q")
						require.NoError(t, err)
					}
				}
				d := drill(t, c, nil)
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if !row.deadline {
					ctx, cancel = context.WithTimeout(ctx, time.Second)
				}
				defer cancel()
				began := time.Now()
				r, err := c.Do(ctx, "another")
				require.NoError(t, err)
				require.Equal(t, "a", r.Source)
				require.Equal(t, row.took+ms(20), time.Since(began))
				require.EqualValues(t, 1, d.Report().Spared)
				synctest.Wait()
			})
		})
	}
}

// TestDrillAndWhoIgnoresTheContext: whoever comes after it loses its turn, the
// drilled source what is over.
func TestDrillAndWhoIgnoresTheContext(t *testing.T) {
	for took, want := range map[time.Duration]string{ms(700): "a", ms(1200): "unavailable"} {
		synctest.Test(t, func(t *testing.T) {
			c, s := warming(t, func(cfg *config) { cfg.Warm, cfg.Deadline = 0, time.Second })
			s[1].does(func(context.Context, string) (reply, error) { time.Sleep(took); return reply{}, dead })
			d := drill(t, c, nil)
			r, err := c.Do(t.Context(), "q")
			if err != nil {
				r.Source = failed(t, r, err).Verdict()
			}
			require.Equal(t, want, r.Source)
			require.Zero(t, s[2].asked.Load())
			require.EqualValues(t, 1, d.Report().Failed)
		})
	}
}

// TestDrillKeepsTheAssurance: a call for which nobody else is enough is not drilled.
func TestDrillKeepsTheAssurance(t *testing.T) {
	weak, strong := answering("b"), answering("a")
	c := newChain(t, config{Sources: []source{
		{Name: "a", Do: strong.ask, Assurance: fallback.High}, {Name: "b", Do: weak.ask, Assurance: fallback.Low},
	}})
	drill(t, c, nil)
	for level, want := range map[fallback.Assurance]string{fallback.None: "b", fallback.Low: "b", fallback.Substantial: "a"} {
		r, err := c.Do(fallback.WithMin(t.Context(), level), "q")
		require.NoError(t, err)
		require.Equal(t, want, r.Source)
		require.Equal(t, want == "b", r.Flags.Has(fallback.FlagDrill))
	}
	other := newChain(t, config{Sources: []source{
		{Name: "a", Do: weak.ask, Assurance: fallback.Low}, {Name: "b", Do: strong.ask, Assurance: fallback.High}, {Name: "c", Do: strong.ask, Assurance: fallback.High},
	}})
	d := drill(t, other, nil)
	r, err := other.Do(fallback.WithMin(t.Context(), fallback.High), "q")
	require.NoError(t, err)
	require.Zero(t, r.Flags, "it would not have been asked")
	require.Zero(t, d.Report().Calls)

	weak.fails(&says{class: "security"})
	r, err = c.Do(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, "a", r.Source, "it is worth more than who could not be trusted")
	require.Equal(t, fallback.FlagDrill|fallback.FlagSecurity, r.Flags)
}

// TestDrillNobodyWeakerAfterSecurity: not even to spare the citizen.
func TestDrillNobodyWeakerAfterSecurity(t *testing.T) {
	weak := answering("a")
	c := newChain(t, config{Sources: []source{
		{Name: "a", Do: weak.ask, Assurance: fallback.Low}, {Name: "b", Do: failing(&says{class: "security"}).ask, Assurance: fallback.High},
	}})
	d := drill(t, c, nil)
	_, err := c.Do(t.Context(), "q")
	requireVerdict(t, fallback.ErrSecurity, err)
	require.Zero(t, weak.asked.Load())
	require.EqualValues(t, 1, d.Report().Failed)
}

// TestDrillWithEffects: what may have been done is not done again.
func TestDrillWithEffects(t *testing.T) {
	for name, row := range map[string]struct {
		err   error
		first int64
	}{
		"certainly not done": {&says{class: "unavailable", unsent: true}, 1},
		"nobody knows":       {dead, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := answering("a")
			c := newChain(t, config{Once: true, Sources: []source{{Name: "a", Do: a.ask}, {Name: "b", Do: failing(row.err).ask}}})
			d := drill(t, c, nil)
			_, err := c.Do(t.Context(), "q")
			if row.first == 0 {
				requireVerdict(t, fallback.ErrUnknown, err)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, row.first, a.asked.Load())
			require.EqualValues(t, 1, d.Report().Failed)
			require.EqualValues(t, row.first, d.Report().Spared)
		})
	}
}

// TestDrillIsNoPanic: the source is asked through its breaker, or not at all.
func TestDrillIsNoPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s, _ := panicking(t, func(cfg *config) { cfg.PanicTrials = 10 })
		time.Sleep(time.Second)
		drill(t, c, nil)
		r, err := c.Do(t.Context(), "q")
		e := failed(t, r, err)
		require.Equal(t, fallback.FlagDrill, r.Flags)
		require.Zero(t, s[0].asked.Load()+s[1].asked.Load())
		require.Len(t, e.Failed, 2)
		require.Equal(t, fallback.SkipOpen, e.Failed[1].Skip)
		require.Zero(t, e.Failed[1].Turn)
	})
}

// TestDrillAndHedge: a slow one is helped by one that is not passed over.
func TestDrillAndHedge(t *testing.T) {
	for _, past := range []string{"a", "b"} {
		synctest.Test(t, func(t *testing.T) {
			c, s := warming(t, func(cfg *config) { cfg.Warm, cfg.Hedge.After = 0, ms(100) })
			slow := 1
			if past == "b" {
				slow = 0
			}
			s[slow].does(func(context.Context, string) (reply, error) { time.Sleep(ms(500)); return reply{}, nil })
			drill(t, c, func(d *fallback.Drill) { d.Source = past })
			began := time.Now()
			r, err := c.Do(t.Context(), "q")
			require.NoError(t, err)
			require.Equal(t, "c", r.Source)
			require.Equal(t, ms(100), time.Since(began))
			require.Equal(t, fallback.FlagDrill|fallback.FlagHedged, r.Flags)
			require.Len(t, r.Failed, 2)
			skipped := 0
			for _, f := range r.Failed {
				if f.Skip == fallback.SkipDrill {
					skipped++
					require.Equal(t, past, f.Source)
				}
			}
			require.Equal(t, 1, skipped)
			require.False(t, r.Degraded())
			time.Sleep(time.Second)
		})
	}
}

// TestDrillAndWarm: who is passed over is not kept warm meanwhile.
func TestDrillAndWarm(t *testing.T) {
	c, s := warming(t, nil)
	drill(t, c, func(d *fallback.Drill) { d.Source, d.Share = "b", 0.5 })
	for range 1000 {
		_, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
	}
	require.Zero(t, s[1].asked.Load())
	require.InDelta(t, 25, s[2].asked.Load(), 3)
}

// TestDrillAndMemory: an answer is remembered as always.
func TestDrillAndMemory(t *testing.T) {
	c, s := warming(t, func(cfg *config) {
		cfg.Warm, cfg.Memory = 0, &memory{Key: identity, Fresh: time.Hour}
		for i := range cfg.Sources {
			cfg.Sources[i].Retention = fallback.Forever
		}
	})
	d := drill(t, c, nil)
	for _, want := range []fallback.Flags{fallback.FlagDrill, 0} {
		r, err := c.Do(t.Context(), "q")
		require.NoError(t, err)
		require.Equal(t, "b", r.Source)
		require.Equal(t, want, r.Flags)
	}
	require.Zero(t, s[0].asked.Load())
	require.EqualValues(t, 1, d.Report().Calls, "memory is not drilled")
}
