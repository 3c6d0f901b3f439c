package fallback_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestChainInvariants: random chains (sources, levels, traits, breakers shared
// and alone, capacities, budgets, memory, hedges, warmth, panic trials, effects,
// deadlines, some detached), asked at random times by several people at once, while sources
// fail in every way there is and an operator forces breakers. Whatever happens:
//
//	F1 nothing is worth less than the minimum, and a denial is final
//	F2 a call ends with its caller's time, or with Longest
//	F3 an effect happens at most once
//	F4 a result names who, when, how fresh, and who failed before
//	F5 nothing that is printed holds what it must not
//	F6 no upstream is asked for more than it carries
//	F7 an answer goes to who asked for it
//	F8 nobody is asked but who may be
//	F9 no error means an answer that was found to answer the question
func TestChainInvariants(t *testing.T) {
	walks(t, 20, func(t *testing.T, rt *rapid.T) { drawPlan(rt).play(t, rt) })
}

// play wires the plan, lets everything happen, and looks at what came of it.
func (p *plan) play(t *testing.T, rt *rapid.T) {
	w := newWorld(p)
	defer w.close()
	c, err := fallback.New(w.wire())
	if !p.reachable() {
		require.Error(rt, err)
		return
	}
	require.NoError(rt, err)
	for _, f := range p.forces {
		time.AfterFunc(f.at, func() { w.force(f) })
	}
	together(len(p.calls), func(i int) {
		call := &p.calls[i]
		time.Sleep(call.at)
		ctx, cancel := w.context(t.Context(), i)
		defer cancel()
		o := outcome{call: i, exited: true, began: time.Now()}
		defer func() {
			o.took = time.Since(o.began)
			w.ended(c, o)
		}()
		o.r, o.err = c.Do(ctx, call.q)
		o.exited = false
	})
	if err := c.Close(); err != nil {
		w.wrong("F2", "something still runs: %v", err)
	}
	w.prints("%+v", c.Inspect())
	w.finish()
	for _, v := range w.violations {
		t.Log(v) // rapid shows only its last try
	}
	require.Empty(rt, w.violations)
}

// plan is all that is drawn, before anything happens.
type plan struct {
	cfg       fallback.Config[string, fact] // without sources and functions
	remembers bool
	next      bool
	ups       []planUpstream
	sources   []planSource
	calls     []planCall
	forces    []planForce
}

type planUpstream struct {
	guarded  bool
	breaker  breaker.Config
	capacity *fallback.Capacity
	tokens   int
}

type planSource struct {
	fallback.Source[string, fact]     // without functions
	up                            int // -1: none
	acts                          []act
}

// act is what a source does when it is asked.
type act struct {
	word   string
	level  string
	takes  time.Duration
	effect bool // a call whose end is not known was carried out
}

type planCall struct {
	at     time.Duration
	q      string
	min    fallback.Assurance
	traits fallback.Trait
	within time.Duration // zero: no end
	leaves bool          // the end is a cancel
}

type planForce struct {
	at, ttl time.Duration
	up      int
	what    breaker.Forced
}

// faultWords and answerWords are what an ask may end in besides ok. A source that
// is detached may also be deaf: it does not hear that its time is up.
var (
	faultWords  = []string{"plain", "unavailable", "unsent", "limited", "refused", "security", "hang", "panic", "goexit", "wrong", "nothing"}
	answerWords = []string{"invalid", "denied", "notfound", "weak"}
)

func drawPlan(rt *rapid.T) *plan {
	chance := func(of int, what string) bool { return rapid.IntRange(1, of).Draw(rt, what) == 1 }
	millis := func(least, most int, what string) time.Duration {
		return time.Duration(rapid.IntRange(least, most).Draw(rt, what)) * time.Millisecond
	}
	level := func(what string) fallback.Assurance {
		return fallback.Assurance(rapid.SampledFrom([]int{0, 1, 2, 3, 4}).Draw(rt, what)) //nolint:gosec // small
	}
	traits := func(what string) fallback.Trait {
		return fallback.Trait(rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(rt, what)) //nolint:gosec // small
	}
	p := &plan{next: chance(2, "next")}
	p.cfg.Name = "model"
	switch rapid.IntRange(0, 3).Draw(rt, "kind") {
	case 0:
		p.cfg.Once = true
	case 1:
		p.remembers = true
		p.cfg.Memory = &fallback.Memory[string, fact]{Fresh: millis(1, 1500, "fresh"), Stale: 3 * time.Second, Negative: millis(0, 500, "negative")}
		if chance(2, "revalidates") {
			p.cfg.Memory.Revalidate = millis(1, 1500, "revalidate")
		}
	default:
		p.cfg.MinAssurance, p.cfg.Require = level("min"), traits("require")
	}
	if p.remembers && chance(2, "impatient") {
		p.cfg.Memory.Patience = millis(1, 500, "patience")
	}
	if chance(3, "deadline") {
		p.cfg.Deadline = millis(20, 3000, "own deadline")
	}
	p.cfg.PanicTrials = rapid.SampledFrom([]int{-1, 0, 5}).Draw(rt, "panic trials")

	for range rapid.IntRange(1, 3).Draw(rt, "upstreams") {
		u := planUpstream{guarded: !chance(3, "bare"), tokens: rapid.IntRange(1, 50).Draw(rt, "tokens")}
		u.breaker = breaker.Config{Consecutive: rapid.IntRange(1, 4).Draw(rt, "consecutive"), OpenFor: millis(10, 1000, "open for")}
		if chance(2, "capacity") {
			u.capacity = &fallback.Capacity{InFlight: rapid.IntRange(0, 2).Draw(rt, "in flight"), PerSecond: rapid.IntRange(0, 4).Draw(rt, "per second")}
		}
		p.ups = append(p.ups, u)
	}
	for i := range rapid.IntRange(1, 4).Draw(rt, "sources") {
		acts := faultWords
		s := planSource{up: rapid.IntRange(-1, len(p.ups)-1).Draw(rt, "upstream")}
		s.Name, s.Timeout = fmt.Sprint("s", i), millis(20, 1500, "timeout")
		s.Assurance, s.Traits, s.Retention = level("ceiling"), traits("traits"), fallback.Forever
		if chance(4, "may not be kept") {
			s.Retention = 0
		}
		if !p.cfg.Once {
			s.Retry = fallback.Retry{Max: rapid.IntRange(0, 2).Draw(rt, "retries"), First: millis(1, 200, "first wait")}
		}
		if s.Detach = chance(3, "detached"); s.Detach {
			acts = append([]string{"deaf", "deaf", "deaf"}, faultWords...)
		}
		for range 4 {
			a := act{word: "ok", level: "high", takes: millis(0, 600, "takes"), effect: chance(2, "effect")}
			switch rapid.IntRange(0, 5).Draw(rt, "act") {
			case 0, 1, 2:
				a.word = rapid.SampledFrom(acts).Draw(rt, "fault")
			case 3:
				a.word = rapid.SampledFrom(answerWords).Draw(rt, "answer")
				a.level = rapid.SampledFrom([]string{"unset", "none", "low", "gold"}).Draw(rt, "level")
			}
			s.acts = append(s.acts, a)
		}
		p.sources = append(p.sources, s)
	}
	if p.remembers {
		p.sources[0].Retention = fallback.Forever
	}
	if !p.cfg.Once && len(p.sources) > 1 {
		if chance(2, "hedges") {
			p.cfg.Hedge.After = millis(10, 300, "after")
		}
		if a, b := &p.sources[0], &p.sources[1]; chance(2, "warm") && p.enough(a) && p.enough(b) && a.Assurance == b.Assurance {
			p.cfg.Warm = 0.1
		}
	}
	for range rapid.IntRange(1, 12).Draw(rt, "calls") {
		call := planCall{at: millis(0, 4000, "at"), q: fmt.Sprint(canary, " ", rapid.IntRange(0, 2).Draw(rt, "person"))}
		if chance(4, "raises") {
			call.min, call.traits = level("raised"), traits("and traits")
		}
		if !chance(3, "endless") {
			call.within, call.leaves = millis(0, 2500, "within"), chance(3, "leaves")
		}
		if chance(12, "asks nonsense") {
			call.q = "nonsense " + canary
		}
		p.calls = append(p.calls, call)
	}
	for range rapid.IntRange(0, 2).Draw(rt, "forces") {
		p.forces = append(p.forces, planForce{
			at: millis(0, 4000, "force at"), ttl: millis(10, 3000, "ttl"), up: rapid.IntRange(0, len(p.ups)-1).Draw(rt, "force"),
			what: rapid.SampledFrom([]breaker.Forced{breaker.ForcedOpen, breaker.ForcedOpen, breaker.ForcedClosed}).Draw(rt, "what"),
		})
	}
	return p
}

// reachable reports whether any source is enough for the chain at all.
func (p *plan) reachable() bool {
	for i := range p.sources {
		if p.enough(&p.sources[i]) {
			return true
		}
	}
	return false
}

func (p *plan) enough(s *planSource) bool {
	return s.Assurance >= p.cfg.MinAssurance && s.Traits.Has(p.cfg.Require)
}

type callKey struct{}

// context returns the context of a call, with its number in it.
func (w *world) context(ctx context.Context, i int) (context.Context, context.CancelFunc) {
	call := &w.p.calls[i]
	ctx = context.WithValue(fallback.WithTraits(fallback.WithMin(ctx, call.min), call.traits), callKey{}, i)
	switch {
	case call.within == 0:
		return ctx, func() {}
	case !call.leaves:
		return context.WithTimeout(ctx, call.within)
	}
	ctx, cancel := context.WithCancel(ctx)
	time.AfterFunc(call.within, cancel)
	return ctx, cancel
}
