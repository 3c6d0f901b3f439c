package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
)

func TestCheckHasNothingToSayAboutGoodWiring(t *testing.T) {
	w := newTown(t)
	w.address.Sources[0].Detach, w.message.Sources[0].Detach = true, true
	r := w.check(t)
	assert.Empty(t, r.Findings)
	assert.Empty(t, r.Excepted)
	assert.Empty(t, r.SinglePoints)
	assert.Empty(t, r.Unstated)
	assert.NoError(t, r.Err())
	assert.Equal(t, []string{"address", "message", "login", "codes"}, r.Parts, "codes is found through login")
	r = fallback.Check(w.made[3], w.made[2])
	assert.Empty(t, r.Findings)
	assert.Equal(t, []string{"codes", "login"}, r.Parts)
}

func brief(f fallback.Finding) string {
	return fmt.Sprintf("%v %s %s %v", f.Severity, f.Code, f.Part, f.Sources)
}

func TestCheckFinds(t *testing.T) {
	memory := func(w *town) {
		w.address.Memory = &fallback.Memory[int, said]{Key: func(int) string { return "k" }, Fresh: time.Second, Stale: time.Hour}
	}
	for name, row := range map[string]struct {
		change func(t *testing.T, w *town)
		want   []string
	}{
		"single-source": {func(_ *testing.T, w *town) { w.address.Sources = w.address.Sources[:1] },
			[]string{"error single-source address [juso]"}},
		"single-source, with memory": {func(_ *testing.T, w *town) { w.address.Sources = w.address.Sources[:1]; memory(w) },
			[]string{"warning single-source address [juso]"}},
		"single-source, that needs nobody": {func(_ *testing.T, w *town) { w.address.Sources = w.address.Sources[2:] }, nil},
		"single-source, of those that are enough": {func(_ *testing.T, w *town) {
			w.address.MinAssurance, w.address.Answers = fallback.Low, func(said, int) error { return nil }
			w.address.Sources[1].Assurance = fallback.Low
		}, []string{"error single-source address [naver]", "warning never-asked address [juso]", "warning never-asked address [list]"}},
		"single-source, one way to sign in": {func(_ *testing.T, w *town) { w.login.Legs = w.login.Legs[2:] },
			[]string{"error single-source login [phone]"}},

		"F41 shared-fate": {func(_ *testing.T, w *town) {
			for i := range 2 {
				w.codes.Sources[i].Upstream.Fate = append(w.codes.Sources[i].Upstream.Fate, []string{"mobile carriers", " Mobile  Carriers"}[i])
			}
		}, []string{"error shared-fate codes [sms mail]", "note shared-fate-next message [sms mail]"}},
		"F41 shared-fate, with memory": {func(_ *testing.T, w *town) {
			memory(w)
			w.address.Sources = w.address.Sources[:2]
			w.address.Sources[1].Upstream.Fate = []string{"Ministry"}
		}, []string{"warning shared-fate address [juso naver]"}},
		"F41 shared-fate, by the messenger of the company that signs in": {func(_ *testing.T, w *town) {
			w.codes.Sources = []fallback.Source[string, int]{w.message.Sources[0], w.message.Sources[0]}
			w.codes.Sources[1].Name = "kakaotalk again"
			w.login.Legs = append(w.login.Legs[:1], w.login.Legs[2:]...)
		}, []string{"error shared-fate codes [kakaotalk kakaotalk again]", "error shared-fate login [kakao phone]"}},
		"shared-fate-next": {func(_ *testing.T, w *town) {
			w.message.Sources[1].Upstream.Recipient.Company = "KAKAO"
		}, []string{"warning shared-fate-next message [kakaotalk sms]"}},
		"shared-fate-next, a list between them": {func(_ *testing.T, w *town) {
			w.address.Sources[1].Upstream.Fate = []string{"Ministry"}
			w.address.Sources[1], w.address.Sources[2] = w.address.Sources[2], w.address.Sources[1]
		}, nil},
		"same-upstream": {func(_ *testing.T, w *town) { w.address.Sources[1].Upstream = w.address.Sources[0].Upstream },
			[]string{"warning same-upstream address [juso naver]"}},
		"last-resort": {func(_ *testing.T, w *town) { w.address.Sources = w.address.Sources[:2] },
			[]string{"warning last-resort address [naver]"}},
		"last-resort, of what needs no level": {func(_ *testing.T, w *town) {
			w.address.Sources = w.address.Sources[:2]
			w.address.Sources[0].Assurance, w.address.Sources[1].Assurance, w.address.MinAssurance = fallback.None, fallback.None, fallback.None
		}, []string{"warning last-resort address [naver]"}},
		"last-resort, of a proof": {func(_ *testing.T, w *town) {
			w.address.Sources = w.address.Sources[:2]
			w.address.Sources[0].Assurance, w.address.Sources[1].Assurance, w.address.MinAssurance = fallback.Low, fallback.Low, fallback.Low
			w.address.Answers = func(said, int) error { return nil }
		}, nil},
		"last-resort, with memory": {func(_ *testing.T, w *town) { memory(w); w.address.Sources = w.address.Sources[:2] }, nil},

		"courtesy-only": {func(_ *testing.T, w *town) {
			w.address.Sources = w.address.Sources[:2]
			w.address.Sources[1].Upstream.Courtesy = true
		}, []string{"error courtesy-only address [naver]", "warning last-resort address [naver]"}},
		"courtesy-only, with memory": {func(_ *testing.T, w *town) {
			memory(w)
			w.address.Sources = w.address.Sources[:2]
			w.address.Sources[1].Upstream.Courtesy = true
		}, []string{"warning courtesy-only address [naver]"}},
		"courtesy, beside a list": {func(_ *testing.T, w *town) { w.address.Sources[1].Upstream.Courtesy = true }, nil},
		"courtesy-first": {func(_ *testing.T, w *town) { w.address.Sources[0].Upstream.Courtesy = true },
			[]string{"warning courtesy-first address [juso]"}},
		"courtesy-uncapped": {func(_ *testing.T, w *town) {
			w.address.Sources[1].Upstream.Courtesy, w.address.Sources[1].Upstream.Capacity = true, &fallback.Capacity{}
		}, []string{"warning courtesy-uncapped address [naver]"}},

		"no-breaker": {func(_ *testing.T, w *town) { w.address.Sources[0].Upstream.Breaker = nil },
			[]string{"warning no-breaker address [juso]"}},
		"no-breaker, no upstream at all": {func(_ *testing.T, w *town) { w.address.Sources[1].Upstream = nil },
			[]string{"warning no-breaker address [naver]"}},
		"no-breaker, of a flow": {func(_ *testing.T, w *town) { w.login.Legs[1].Upstream.Breaker = nil },
			[]string{"warning no-breaker login [naver]"}},
		"source-unstated": {func(_ *testing.T, w *town) { w.address.Sources[2].Upstream = nil },
			[]string{"note source-unstated address [list]"}},
		"no-watch": {func(_ *testing.T, w *town) { w.login.Legs[0].Upstream.Breaker = w.message.Sources[0].Upstream.Breaker },
			[]string{"warning breaker-shared  [message/kakaotalk login/kakao]", "warning no-watch login [kakao]"}},
		"no-watch, of a Begin that asks": {func(_ *testing.T, w *town) {
			w.login.Legs[0].Upstream, w.login.Legs[0].BeginAsks = firm("kakao login", "Kakao"), true
		}, nil},
		"breaker-shared": {func(_ *testing.T, w *town) { w.address.Sources[1].Upstream = w.message.Sources[2].Upstream },
			[]string{"warning breaker-shared  [address/naver message/mail codes/mail]"}},
		"uncapped": {func(_ *testing.T, w *town) { w.address.Sources[1].Upstream.Capacity = nil },
			[]string{"note uncapped address [naver]"}},
		"uncapped, the first": {func(_ *testing.T, w *town) { w.address.Sources[0].Upstream.Capacity = nil }, nil},
		"fate-unstated": {func(_ *testing.T, w *town) { w.address.Sources[1].Upstream.Fate = nil },
			[]string{"note fate-unstated address [naver]"}},
		"no-recipient": {func(_ *testing.T, w *town) { w.address.Sources[1].Upstream.Recipient.Country = "" },
			[]string{"note no-recipient address [naver]"}},
		"budget-apart": {func(_ *testing.T, w *town) {
			w.address.Sources[0].Retry.Max = 1
			w.parts = append(w.parts, partOf(t, "reverse", w.address.Sources[0], w.address.Sources[2]))
		}, []string{"note budget-apart  [address/juso reverse/juso]"}},
		"budget-apart, with one": {func(_ *testing.T, w *town) {
			w.address.Sources[0].Retry.Max = 1
			w.address.Sources[0].Upstream.Budget = &fallback.Budget{}
			w.parts = append(w.parts, partOf(t, "reverse", w.address.Sources[0], w.address.Sources[2]))
		}, nil},
		"name-taken": {func(_ *testing.T, w *town) { w.parts = append(w.parts, partOf(t, "address", w.address.Sources[2])) },
			[]string{"error name-taken address []"}},
		"budget-apart, of one alone": {func(_ *testing.T, w *town) { w.address.Sources[0].Retry.Max = 1 }, nil},
		"upstream-twice, without a name": {func(_ *testing.T, w *town) {
			w.address.Sources[0].Upstream.Name, w.address.Sources[1].Upstream.Name = "", ""
		}, nil},
		"upstream-twice": {func(_ *testing.T, w *town) { w.address.Sources[1].Upstream.Name = "mail" },
			[]string{"warning upstream-twice  [address/naver message/mail codes/mail]"}},
		"part-missing": {func(_ *testing.T, w *town) {
			w.parts = append(w.parts, nil, (*fallback.Chain[int, int])(nil), broken{})
		}, []string{"error part-missing  []", "error part-missing  []", "error part-missing  []"}},

		"no-turn": {func(_ *testing.T, w *town) { w.message.Deadline = 2 * time.Second },
			[]string{"error no-turn message [mail]", "error no-turn message [sms]"}},
		"no-turn, of a read": {func(_ *testing.T, w *town) {
			w.address.Sources[0].Timeout = time.Minute * 59
			w.address.Deadline = time.Second
		},
			[]string{"error no-turn address [naver]"}},
		"no-turn, of quick sources": {func(_ *testing.T, w *town) {
			for i := range w.address.Sources {
				w.address.Sources[i].Timeout = 10 * time.Millisecond
			}
			w.address.Deadline = 30 * time.Millisecond
		}, nil},
		"no-turn, just enough": {func(_ *testing.T, w *town) { w.address.Deadline = 150 * time.Millisecond }, nil},
		"no-turn, just too little": {func(_ *testing.T, w *town) { w.address.Deadline = 149 * time.Millisecond },
			[]string{"error no-turn address [naver]"}},
		"no-hedge, of two": {func(_ *testing.T, w *town) {
			w.address.Sources = append(w.address.Sources[:1:1], w.address.Sources[2])
			w.address.Hedge.After = 3 * time.Second
		}, []string{"warning no-hedge address []"}},
		"hedge, by what is usual":          {func(_ *testing.T, w *town) { w.address.Hedge = fallback.Hedge{After: 3 * time.Second, Quantile: 0.9} }, nil},
		"hedge, without a deadline":        {func(_ *testing.T, w *town) { w.address.Hedge.After, w.address.Deadline = 300*time.Millisecond, 0 }, nil},
		"no-minimum, of what has no level": {func(_ *testing.T, w *town) { w.address.Sources[0].Assurance = fallback.None }, nil},
		"never-asked, and so not abroad": {func(_ *testing.T, w *town) {
			w.address.MinAssurance, w.address.Sources[0].Assurance, w.address.Sources[2].Assurance = fallback.None, fallback.None, fallback.None
			w.address.Sources[1].Upstream.Recipient.Country = "US"
		}, []string{"warning never-asked address [naver]"}},
		"memory-no-stale, of one": {func(_ *testing.T, w *town) {
			memory(w)
			w.address.Memory.Stale, w.address.Sources = 0, w.address.Sources[:1]
		}, []string{"error single-source address [juso]", "warning memory-no-stale address []"}},
		"memory, of one that is never asked": {func(_ *testing.T, w *town) {
			memory(w)
			w.address.MinAssurance, w.address.Sources[0].Assurance, w.address.Sources[1].Assurance = fallback.None, fallback.None, fallback.None
			w.address.Sources[0].Retention, w.address.Sources[2].Retention = 0, fallback.Forever
		}, []string{"warning never-asked address [list]", "warning last-resort address [naver]"}},
		"short-ttl":         {func(_ *testing.T, w *town) { w.login.TTL = 12 * time.Second }, []string{"error short-ttl login []"}},
		"short-ttl, enough": {func(_ *testing.T, w *town) { w.login.TTL = time.Minute }, nil},
		"short-ttl, little": {func(_ *testing.T, w *town) { w.login.TTL = 59 * time.Second }, []string{"warning short-ttl login []"}},
		"no-hedge":          {func(_ *testing.T, w *town) { w.address.Hedge.After = 3 * time.Second }, []string{"warning no-hedge address []"}},
		"no-hedge, after the deadline": {func(_ *testing.T, w *town) { w.address.Hedge.After, w.address.Deadline = 2*time.Second, 2*time.Second },
			[]string{"warning no-hedge address []"}},
		"hedge": {func(_ *testing.T, w *town) { w.address.Hedge.After = 300 * time.Millisecond }, nil},

		"no-minimum": {func(_ *testing.T, w *town) { w.address.Sources[0].Assurance = fallback.Low },
			[]string{"note no-minimum address []"}},
		"T18 abroad": {func(_ *testing.T, w *town) { w.address.Sources[1].Upstream.Recipient.Country = "us" },
			[]string{"warning abroad address [naver]"}},
		"T18 abroad, seen from there": {func(_ *testing.T, w *town) {
			w.address.Sources[1].Upstream.Recipient.Country, w.lint.Home = "US", "us"
		}, []string{
			"warning abroad address [juso]", "warning abroad codes [mail]", "warning abroad codes [sms]", "warning abroad login [kakao]",
			"warning abroad login [naver]", "warning abroad message [kakaotalk]", "warning abroad message [mail]", "warning abroad message [sms]"}},
		"resends":           {func(_ *testing.T, w *town) { w.message.Sources[0].Resends = true }, []string{"error resends message [kakaotalk]"}},
		"resends, the last": {func(_ *testing.T, w *town) { w.message.Sources[2].Resends = true }, nil},
		"ends-unknown": {func(_ *testing.T, w *town) { w.message.Sources[0].Find, w.message.Sources[0].FindTimeout = nil, 0 },
			[]string{"warning ends-unknown message [kakaotalk]"}},
		"ends-unknown, done twice on purpose": {func(_ *testing.T, w *town) {
			w.message.Sources[0].Find, w.message.Sources[0].FindTimeout = nil, 0
			w.message.Again = func(string, error) bool { return true }
		}, nil},
		"memory-no-stale": {func(_ *testing.T, w *town) { memory(w); w.address.Memory.Stale = 0 },
			[]string{"warning memory-no-stale address []"}},
		"memory-thin": {func(_ *testing.T, w *town) {
			memory(w)
			w.address.Sources[0].Retention, w.address.Sources[1].Retention = 0, fallback.Forever
		}, []string{"note memory-thin address [naver]"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			row.change(t, w)
			r := w.check(t)
			got := []string{}
			failed := false
			for _, f := range r.Findings {
				got = append(got, brief(f))
				failed = failed || f.Severity == fallback.SeverityError
				assert.NotEmpty(t, f.Text)
				assert.NotContains(t, f.Text, "%!")
			}
			assert.ElementsMatch(t, row.want, got)
			assert.Equal(t, failed, r.Err() != nil)
		})
	}
}

func TestCheckKnowsHowLongSourcesUsuallyTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context, int) (said, error) { time.Sleep(600 * time.Millisecond); return "a", nil }
		dead := true
		c := partOf(t, "x", fallback.Source[int, said]{Name: "a", Do: func(ctx context.Context, q int) (said, error) {
			if dead {
				return "", errors.New("down")
			}
			return slow(ctx, q)
		}}, fallback.Source[int, said]{Name: "b", Do: slow})
		tight := func() bool {
			r := fallback.Check(c)
			for _, f := range r.Findings {
				if f.Code == fallback.LintTightTurns {
					assert.Equal(t, "warning tight-turns x [a b]", brief(f))
					return true
				}
			}
			return false
		}
		require.NoError(t, c.Reconfigure(fallback.Settings{Deadline: in(time.Second)}))
		for range 8 {
			_, err := c.Do(context.Background(), 1)
			require.NoError(t, err)
		}
		require.NoError(t, c.Reconfigure(fallback.Settings{Deadline: in(500 * time.Millisecond)}))
		assert.False(t, tight(), "of one of them nothing is known")
		require.NoError(t, c.Reconfigure(fallback.Settings{Deadline: in(time.Second)}))
		dead = false
		for range 8 {
			_, err := c.Do(context.Background(), 1)
			require.NoError(t, err)
		}
		assert.Equal(t, 600*time.Millisecond, c.Inspect().Sources[0].Usual)
		assert.True(t, tight())
		require.NoError(t, c.Reconfigure(fallback.Settings{Deadline: in(1200 * time.Millisecond)}))
		assert.False(t, tight())
	})
}

func TestExceptions(t *testing.T) {
	w := newTown(t)
	w.message.Sources[0].Resends = true
	w.address.Sources[1].Upstream.Recipient.Country = "US"
	w.lint.Exceptions = []fallback.Exception{
		{Code: fallback.LintResends, Part: "message", Reason: "the other one is switched off there"},
		{Code: fallback.LintAbroad, Part: "address", Source: "naver", Reason: "an address is no person"},
	}
	r := w.check(t)
	assert.Empty(t, r.Findings)
	require.Len(t, r.Excepted, 2)
	assert.Equal(t, "the other one is switched off there", r.Excepted[0].Reason)
	assert.NoError(t, r.Err())

	w.lint.Exceptions = append(w.lint.Exceptions,
		fallback.Exception{Code: fallback.LintAbroad, Part: "address", Source: "juso", Reason: "gone since"},
		fallback.Exception{Code: fallback.LintSharedFate, Part: "login", Reason: "gone since"},
		fallback.Exception{Code: "no-such-code", Part: "login", Reason: "typing"})
	r = w.check(t)
	require.Len(t, r.Findings, 3)
	assert.Equal(t, "error exception-unused address [juso]", brief(r.Findings[0]))
	assert.Equal(t, "error exception-unused login []", brief(r.Findings[1]))
	assert.Equal(t, "error exception-vague login []", brief(r.Findings[2]))
	assert.ErrorIs(t, r.Err(), fallback.ErrLint)

	w.lint.Exceptions = []fallback.Exception{{Code: fallback.LintResends, Part: "message", Reason: " "}}
	r = w.check(t)
	assert.Empty(t, r.Excepted, "without a reason it counts for nothing")
	assert.Equal(t, []string{"error exception-vague message []", "error resends message [kakaotalk]", "warning abroad address [naver]"},
		[]string{brief(r.Findings[0]), brief(r.Findings[1]), brief(r.Findings[2])})
}

func TestReportErr(t *testing.T) {
	w := newTown(t)
	w.address.Sources[1].Upstream.Recipient.Country = "US"
	assert.NoError(t, w.check(t).Err())
	w.lint.Fail = fallback.SeverityWarning
	err := w.check(t).Err()
	assert.EqualError(t, err, "fallback: check: warning abroad: address (naver): what it is asked goes to NAVER in US: "+
		"falling back to it sends data abroad, which a privacy notice has to say.")
	assert.NoError(t, fallback.Check().Err(), "nothing to look at")
}

func TestCheckFindsAlternatesThatAreNotKnownToWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t)
		w.address.Sources[0].Upstream.Capacity, w.address.Sources[1].Upstream.Capacity = nil, &fallback.Capacity{InFlight: 1000}
		cold := partOf(t, "cold", w.address.Sources...)
		codes := func(parts ...fallback.Inspectable) (all []string) {
			for _, f := range w.lint.Check(parts...).Findings {
				all = append(all, brief(f))
			}
			return all
		}
		serve := func(c *fallback.Chain[int, said], calls int) {
			for range calls {
				_, err := c.Do(context.Background(), 1)
				require.NoError(t, err)
			}
		}
		assert.Equal(t, []string{"note not-warm cold [naver]"}, codes(cold))
		serve(cold, 99)
		assert.Equal(t, []string{"note not-warm cold [naver]"}, codes(cold), "it has hardly begun")
		serve(cold, 1)
		assert.Equal(t, []string{"warning unproven cold [naver list]", "note not-warm cold [naver]"}, codes(cold))

		w.address.Warm = 0.1
		warm, err := fallback.New(w.address)
		require.NoError(t, err)
		serve(warm, 300)
		assert.Empty(t, codes(warm), "all are asked, and answer")

		w.address.Sources[1].Do = func(context.Context, int) (said, error) { return "", errors.New("the key has run out") }
		broken, err := fallback.New(w.address)
		require.NoError(t, err)
		serve(broken, 150)
		assert.Empty(t, codes(broken), "too early to say")
		serve(broken, 150)
		assert.Equal(t, []string{"warning unproven address [naver]"}, codes(broken))
	})
}

// seen is a part of somebody else's, which says no more than an Inspection holds.
type seen fallback.Inspection

func (s *seen) Inspect() fallback.Inspection { return fallback.Inspection(*s) }

func TestCheckTellsUpstreamsOfAForeignPartByTheirNames(t *testing.T) {
	source := func(name, upstream string) fallback.SourceView {
		return fallback.SourceView{Name: name, Upstream: upstream, Stated: true, Guarded: true, Capped: true, Fate: []string{name},
			Recipient: fallback.Recipient{Company: name, Country: "KR"}, Timeout: time.Second}
	}
	r := fallback.Check(&seen{Kind: "chain", Name: "x", Once: true, Again: true, Sources: []fallback.SourceView{source("a", "v"), source("b", "v"), source("c", "w")}})
	require.Len(t, r.Findings, 1)
	assert.Equal(t, "warning same-upstream x [a b]", brief(r.Findings[0]))
	assert.Equal(t, []fallback.Cause{{Kind: "upstream", Name: "v"}}, r.Losses[1].Of)
	assert.Equal(t, "degraded to c", r.Losses[1].Parts[0].String())
}

func TestWordsOfAReport(t *testing.T) {
	assert.Equal(t, "severity(9)", fallback.Severity(9).String())
	var s fallback.Severity
	assert.EqualError(t, s.UnmarshalText([]byte("bad")), `"bad" is no severity`)
	assert.EqualError(t, s.UnmarshalText(nil), `"" is no severity`)
	assert.Equal(t, "restricted,person-verified,bit17", (fallback.Restricted | fallback.PersonVerified | 1<<17).String())
	assert.Empty(t, fallback.Trait(0).String())
	for d, want := range map[time.Duration]string{47 * time.Hour: "47h", 49 * time.Hour: "49h", 72 * time.Hour: "3 days"} {
		assert.Equal(t, "only memory, at most "+want+" old", fallback.PartLoss{State: fallback.FalloutMemory, MaxAge: fallback.Duration(d)}.String())
	}
	assert.Equal(t, "degraded to b; at most level low, not high; traits lost: signature", fallback.PartLoss{
		State: fallback.FalloutDegraded, Left: []fallback.Left{{Source: "b"}}, BestBefore: fallback.High, Best: fallback.Low, TraitsLost: []string{"signature"}}.String())
}
