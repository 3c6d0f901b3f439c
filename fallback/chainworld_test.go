package fallback_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

// canary is in every question, every foreign error and every panic of the model.
const canary = "CANARY-51c8"

// fact is an answer: for whom, how much it is worth, and whether it is one.
type fact struct {
	For, Worth string
	Wrong      bool
}

func (f fact) Cacheable() bool { return true }
func (f fact) Level() string   { return f.Worth }

// world is a plan that happens.
type world struct {
	p        *plan
	ups      []*fallback.Upstream
	mu       sync.Mutex
	asks     []ask
	n        map[int]int         // asks per source
	out      map[int]int         // asks that are out, per upstream
	came     map[int][]time.Time // asks per upstream
	effects  map[int]int         // per call
	denied   map[int]time.Time   // per call: since when it is known
	answered map[string]bool     // questions to which an answer was found good
	told     []fallback.Outcome  // by the observer
	outcomes []outcome

	violations []string
}

// ask is one ask of a source.
type ask struct {
	source, call int // call -1: nobody's, it is shared
	at           time.Time
}

// outcome is what a caller got.
type outcome struct {
	call   int
	began  time.Time
	took   time.Duration
	r      fallback.Result[fact]
	err    error
	exited bool // the source ended the caller's goroutine
}

func newWorld(p *plan) *world {
	w := &world{p: p, n: map[int]int{}, out: map[int]int{}, came: map[int][]time.Time{}, effects: map[int]int{}, denied: map[int]time.Time{}, answered: map[string]bool{}}
	for i := range p.ups {
		u := &fallback.Upstream{Name: fmt.Sprint("u", i), Budget: &fallback.Budget{Tokens: p.ups[i].tokens}}
		if c := p.ups[i].capacity; c != nil {
			u.Capacity = &fallback.Capacity{InFlight: c.InFlight, PerSecond: c.PerSecond}
		}
		if p.ups[i].guarded {
			u.Breaker, _ = breaker.New(p.ups[i].breaker) // nil: the plan is at fault, and nothing is guarded
		}
		w.ups = append(w.ups, u)
	}
	return w
}

func (w *world) close() {
	for _, u := range w.ups {
		_ = u.Breaker.Close()
	}
}

func (w *world) wire() fallback.Config[string, fact] {
	cfg := w.p.cfg
	cfg.Valid = func(q string) error {
		if strings.HasPrefix(q, "nonsense") {
			return errors.New(q)
		}
		return nil
	}
	cfg.Answers = func(a fact, q string) error {
		if a.Wrong {
			return errors.New(canary + " is wrong")
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.answered[q] = true
		return nil
	}
	cfg.Next = func(error) bool { return w.p.next }
	cfg.Observe = fallback.ObserverFunc(func(o fallback.Outcome) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told = append(w.told, o)
	})
	if cfg.Memory != nil {
		m := *cfg.Memory
		m.Key = identity
		cfg.Memory = &m
	}
	for i := range w.p.sources {
		s := w.p.sources[i].Source
		s.Do = func(ctx context.Context, q string) (fact, error) { return w.ask(ctx, i, q) }
		if up := w.p.sources[i].up; up >= 0 {
			s.Upstream = w.ups[up]
		}
		cfg.Sources = append(cfg.Sources, s)
	}
	return cfg
}

func (w *world) force(f planForce) {
	if b := w.ups[f.up].Breaker; b != nil {
		_ = b.Force(f.what, "operator", "model", f.ttl)
	}
}

func (w *world) wrong(invariant, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, invariant+": "+fmt.Sprintf(format, args...))
}

// ask is what every source does.
func (w *world) ask(ctx context.Context, i int, q string) (fact, error) {
	s := &w.p.sources[i]
	call, ok := ctx.Value(callKey{}).(int)
	if !ok {
		call = -1
	}
	w.mu.Lock()
	do := s.acts[w.n[i]%len(s.acts)]
	w.n[i]++
	w.asks = append(w.asks, ask{i, call, time.Now()})
	w.out[s.up]++
	w.came[s.up] = append(w.came[s.up], time.Now())
	w.mu.Unlock()
	w.may(i, call, q)
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.out[s.up]--
		if do.word == "denied" {
			w.denied[call] = time.Now()
		}
	}()
	if do.word == "deaf" {
		time.Sleep(do.takes + 300*time.Millisecond)
		do.word = "ok"
		return w.act(ctx, do, call, q)
	}
	select {
	case <-time.After(do.takes):
	case <-ctx.Done():
		do.word = "hang"
	}
	return w.act(ctx, do, call, q)
}

// act is the end of an ask.
func (w *world) act(ctx context.Context, do act, call int, q string) (fact, error) {
	f := fact{For: q, Worth: do.level}
	lost := do.effect
	switch do.word {
	case "ok", "weak", "wrong":
		lost = true
	case "unsent", "invalid", "denied", "notfound", "nothing":
		lost = false
	}
	if lost {
		w.mu.Lock()
		w.effects[call]++
		w.mu.Unlock()
	}
	switch do.word {
	case "ok", "weak":
		return f, nil
	case "wrong":
		f.Wrong = true
		return f, nil
	case "hang":
		<-ctx.Done()
		return f, ctx.Err()
	case "panic":
		panic(canary)
	case "goexit":
		runtime.Goexit()
	case "plain":
		return f, errors.New("GET https://x/?key=" + canary)
	case "unsent", "nothing":
		return f, &says{class: "unavailable", unsent: true}
	case "limited":
		return f, &says{class: "limited", wait: 10 * do.takes} // up to three times the longest wait
	}
	return f, &says{class: do.word}
}

// may checks that source i may be asked at all (F1, F8), and now (F6).
func (w *world) may(i, call int, q string) {
	s := &w.p.sources[i]
	floor, need := w.p.cfg.MinAssurance, w.p.cfg.Require
	if call >= 0 {
		floor, need = max(floor, w.p.calls[call].min), need|w.p.calls[call].traits
		if q != w.p.calls[call].q {
			w.wrong("F7", "%s was asked %q by who asks %q", s.Name, q, w.p.calls[call].q)
		}
	} else if !w.p.remembers {
		w.wrong("F7", "%s was asked by nobody", s.Name)
	}
	if s.Assurance < floor || !s.Traits.Has(need) {
		w.wrong("F1", "%s (%v %v) was asked, which is not enough for %v %v", s.Name, s.Assurance, s.Traits, floor, need)
	}
	if strings.HasPrefix(q, "nonsense") {
		w.wrong("F8", "%s was asked nonsense", s.Name)
	}
	if s.up < 0 {
		return
	}
	if snap := w.ups[s.up].Breaker.Snapshot(); snap.Forced == breaker.ForcedOpen && snap.Since.Before(time.Now()) {
		w.wrong("F8", "%s was asked, which an operator took out", s.Name)
	}
	w.mu.Lock()
	out, recent := w.out[s.up], 0
	for _, at := range w.came[s.up] {
		if time.Since(at) < time.Second {
			recent++
		}
	}
	w.mu.Unlock()
	if c := w.p.ups[s.up].capacity; c != nil {
		if c.InFlight > 0 && out > c.InFlight {
			w.wrong("F6", "%s: %d are out, %d may be", s.Name, out, c.InFlight)
		}
		if c.PerSecond > 0 && recent > c.PerSecond {
			w.wrong("F6", "%s: %d in a second, %d may be", s.Name, recent, c.PerSecond)
		}
	}
}

// prints checks that a text holds no canary (F5).
func (w *world) prints(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); strings.Contains(text, canary) {
		w.wrong("F5", "%s", text)
	}
}

// ended checks what a caller got.
func (w *world) ended(c *fallback.Chain[string, fact], o outcome) {
	call := &w.p.calls[o.call]
	w.mu.Lock()
	w.outcomes = append(w.outcomes, o)
	w.mu.Unlock()
	const slack = 50 * time.Millisecond
	if call.within > 0 && o.took > call.within+slack {
		w.wrong("F2", "call %d: %v, and there were %v", o.call, o.took, call.within)
	}
	if o.took > c.Longest()+slack {
		w.wrong("F2", "call %d: %v, and the longest is %v", o.call, o.took, c.Longest())
	}
	if o.exited {
		return
	}
	r := o.r
	w.prints("%s", r.Explain())
	for _, f := range r.Failed {
		w.prints("%v", f)
	}
	if o.err != nil {
		var e *fallback.Error
		if !errors.As(o.err, &e) || e.Verdict() == "" {
			w.wrong("F4", "call %d: an error without a verdict: %v", o.call, o.err)
			return
		}
		w.prints("%v %+v %s", e, e, e.Explain())
		if r.Freshness != 0 || r.Value != (fact{}) || r.Source != "" {
			w.wrong("F9", "call %d: an error and an answer: %v", o.call, r)
		}
		if len(e.Failed) == 0 && e.Verdict() != "invalid" && e.Verdict() != "cancelled" {
			w.wrong("F4", "call %d: %s, and nobody is named", o.call, e.Verdict())
		}
		return
	}
	w.answer(o)
}

// answer checks an answer.
func (w *world) answer(o outcome) {
	call, r := &w.p.calls[o.call], o.r
	if r.Assurance < max(w.p.cfg.MinAssurance, call.min) {
		w.wrong("F1", "call %d: worth %v", o.call, r.Assurance)
	}
	if r.Rank < 0 || r.Rank >= len(w.p.sources) || w.p.sources[r.Rank].Name != r.Source || r.ObtainedAt.IsZero() {
		w.wrong("F4", "call %d: not labelled: %+v", o.call, r)
		return
	}
	if s := &w.p.sources[r.Rank]; r.Assurance > s.Assurance || !s.Traits.Has(w.p.cfg.Require|call.traits) {
		w.wrong("F1", "call %d: %v of %s, which is not worth it", o.call, r.Assurance, r.Source)
	}
	named := map[string]bool{}
	for _, f := range r.Failed {
		named[f.Source] = true
	}
	age := time.Since(r.ObtainedAt)
	switch m := w.p.cfg.Memory; r.Freshness {
	case fallback.Live:
		for _, s := range w.p.sources[:r.Rank] {
			if !named[s.Name] && !r.Flags.Has(fallback.FlagWarm) {
				w.wrong("F4", "call %d: %s answered, and nothing is said of %s", o.call, r.Source, s.Name)
			}
		}
		if r.ObtainedAt.Before(o.began) && !r.Flags.Has(fallback.FlagShared) {
			w.wrong("F4", "call %d: live, and older than its question", o.call)
		}
	case fallback.Cached, fallback.Updating, fallback.Stale:
		if m == nil || age > m.Stale || r.Age > age || r.Freshness == fallback.Cached && r.Age > m.Fresh {
			w.wrong("F4", "call %d: %v and %v old, after %v", o.call, r.Freshness, r.Age, age)
		}
		if r.Freshness == fallback.Stale && len(r.Failed) == 0 {
			w.wrong("F4", "call %d: stale, and nobody is named", o.call)
		}
	default:
		w.wrong("F4", "call %d: neither live nor remembered", o.call)
	}
	w.mu.Lock()
	good := w.answered[call.q]
	w.mu.Unlock()
	if r.Value.Wrong || !good {
		w.wrong("F9", "call %d: nobody found that %+v answers", o.call, r.Value)
	}
	if r.Value.For != call.q {
		w.wrong("F7", "call %d asked %q and got what was for %q", o.call, call.q, r.Value.For)
	}
}

// finish checks what can only be known when all is over.
func (w *world) finish() {
	w.mu.Lock()
	effects, denied, asks, told, outcomes := w.effects, w.denied, w.asks, w.told, w.outcomes
	w.mu.Unlock()
	for call, n := range effects {
		if w.p.cfg.Once && n > 1 {
			w.wrong("F3", "call %d was carried out %d times", call, n)
		}
	}
	sent := map[int]int{}
	for _, a := range asks {
		sent[a.call]++
		since, no := denied[a.call]
		if a.call >= 0 && no && a.at.After(since) && w.p.cfg.Hedge == (fallback.Hedge{}) {
			w.wrong("F1", "call %d was denied, and then %s was asked", a.call, w.p.sources[a.source].Name)
		}
	}
	for _, o := range outcomes {
		n, alone := sent[o.call]
		more := 0 // a retry that goes out at the very moment at which another answers, or the caller leaves
		if w.p.cfg.Hedge != (fallback.Hedge{}) {
			more = 1
		}
		if alone && !o.exited && (n < o.r.Attempts || n > o.r.Attempts+more) {
			w.wrong("F4", "call %d: %d asks went out, it says %d: %v", o.call, n, o.r.Attempts, o.err)
		}
	}
	for _, o := range told {
		data, err := json.Marshal(o)
		w.prints("%+v %s %v", o, data, err)
		for _, f := range o.Failed { // a Failure hides in its text what it holds
			w.prints("%v %v", f.Err, f.FindErr)
		}
	}
}
