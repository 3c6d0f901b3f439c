package fallback

import (
	"reflect"
	"slices"
	"time"

	"github.com/detour-go/detour/breaker"
)

// Inspectable is a part that can be looked at without knowing its types: every
// Chain and Flow. Inspect is safe for concurrent use, changes nothing and asks
// nobody.
type Inspectable interface {
	Inspect() Inspection
}

// Inspection is how a part is wired and what it did so far. It is a copy.
type Inspection struct {
	Kind         string // "chain" or "flow"
	Name         string
	MinAssurance Assurance
	Require      Trait
	Question     string // its type; parts of one question ask for one operation
	Once         bool
	Again        bool          // it may be done twice (Config.Again)
	Deadline     time.Duration // of the configuration; zero: none
	TTL          time.Duration // of a ticket; zero: it has none
	Hedge        Hedge
	Longest      time.Duration // of one call; zero: not stated
	Sources      []SourceView  // in order
	Warm         float64       // share of the calls that ask an alternate first
	MaxIdle      time.Duration // after which a source is unproven
	Memory       *MemoryView   // nil: nothing is remembered
	PanicTrials  uint64        // calls that asked a source although its breaker is open, since nobody could be asked
	Unheard      uint64        // outcomes the observer did not hear to the end
}

// SourceView is one source of an Inspection.
type SourceView struct {
	Name       string
	Upstream   string
	Stated     bool   // it has an Upstream
	Local      bool   // Upstream.Local
	Courtesy   bool   // Upstream.Courtesy
	Through    string // the part by which it is asked; empty: directly
	Fate       []string
	Recipient  Recipient
	Timeout    time.Duration
	Finds      time.Duration // FindTimeout; zero: it has no Find
	Usual      time.Duration // half of its recent answers took no longer; zero: not known
	Retry      Retry
	Tries      int  // of a leg
	BeginAsks  bool // of a leg
	Resends    bool
	Detach     bool
	Left       int // calls that were left behind and still run (Source.Detach)
	Assurance  Assurance
	Traits     Trait
	Retention  Retention
	Guarded    bool // it has a breaker
	Watched    bool // whose Watch is set
	Budgeted   bool // its upstream has a Budget
	Capped     bool // its upstream has a Capacity with a bound
	Breaker    breaker.Snapshot
	InFlight   int          // at its upstream, counted when it has a Capacity
	Room       int          // greatest InFlight; zero: no bound
	NoRoom     uint64       // calls that found none
	Usage      Usage        // of the Capacity, the quota of the day and its forecast among it
	BudgetLeft int          // tokens; zero without a Budget, Retry and Hedge
	NoBudget   uint64       // extra attempts refused
	Answers    uint64       // good answers that it gave to this process, memory apart
	Answered   time.Time    // when the latest was; zero: never
	Unproven   bool         // it has given none for MaxIdle, or never: nobody knows whether it works
	Drill      *DrillReport // the drill that passes it over, or the latest; nil: there was none
}

// MemoryView is what a Memory did since its chain was made.
type MemoryView struct {
	Fresh, Stale time.Duration
	Hits         uint64 // answered from memory while fresh
	Stales       uint64 // answered from memory because all failed
	Misses       uint64 // asked live
	Updates      uint64 // answered from memory while the sources were asked anew
	Negatives    uint64 // answered from memory that there is nothing
	Refreshed    uint64 // calls behind the callers' backs that brought an answer
	Unrefreshed  uint64 // such calls that were not made, for there were too many
	Saves        uint64
	Shared       uint64 // callers who shared somebody's call
	Errors       uint64 // the store, the codec or a hook failed; the call did not
	Dropped      uint64 // entries deleted: damaged, of another version, of a source that is gone, or contradicted by an answer
}

// Inspect returns how the chain is wired and what it did.
func (c *Chain[Q, A]) Inspect() Inspection {
	w := c.now.Load()
	in := Inspection{
		Kind: "chain", Name: w.cfg.Name, MinAssurance: w.cfg.MinAssurance, Require: w.cfg.Require, Once: w.cfg.Once,
		Question: reflect.TypeFor[Q]().String(), Again: w.cfg.Again != nil, Deadline: w.cfg.Deadline, Hedge: w.cfg.Hedge,
		Longest: w.longest, Sources: make([]SourceView, len(w.members)), Warm: w.cfg.Warm,
		MaxIdle: orDefault(w.cfg.MaxIdle, DefaultMaxIdle), PanicTrials: w.aside.trials.Load(), Unheard: w.teller.missed(),
	}
	for i := range w.members {
		in.Sources[i] = w.members[i].view()
		in.Sources[i].Drill = w.aside.drills.report(w.members[i].Name)
		in.Sources[i].prove(w.members[i].recent, w.began, w.cfg.MaxIdle)
		if n, ok := w.members[i].recent.need(time.Since(w.began)); ok {
			in.Sources[i].Usual = n.usual
		}
	}
	if m := w.memory; m != nil {
		in.Memory = &MemoryView{
			Fresh: m.Fresh, Stale: m.Stale, Hits: m.hits.Load(), Stales: m.stales.Load(), Misses: m.misses.Load(),
			Updates: m.updates.Load(), Negatives: m.negatives.Load(), Refreshed: m.refreshed.Load(), Unrefreshed: m.unrefreshed.Load(),
			Saves: m.saves.Load(), Shared: m.shared.Load(), Errors: m.errs.Load(), Dropped: m.dropped.Load(),
		}
	}
	return in
}

func (m *member[Q, A]) view() SourceView {
	v := SourceView{
		Name: m.Name, Timeout: m.Timeout, Finds: m.FindTimeout, Retry: m.Retry, Resends: m.Resends, Detach: m.Detach, Left: int(m.past.loose.left.Load()),
		Assurance: m.Assurance, Traits: m.Traits, Retention: m.Retention,
	}
	if m.budget != nil {
		v.BudgetLeft, v.NoBudget = m.budget.Left(), m.budget.Refused()
	}
	m.Upstream.describe(&v)
	return v
}

// nameOf returns the name of a part, without looking at what that rests on.
func nameOf(p Inspectable) string {
	if p == nil {
		return ""
	}
	if n, ok := p.(interface{ Name() string }); ok {
		return n.Name()
	}
	return p.Inspect().Name
}

// describe fills in what up knows of a source.
func (up *Upstream) describe(v *SourceView) {
	if up == nil {
		return
	}
	v.Upstream, v.Fate, v.Recipient = up.Name, slices.Clone(up.Fate), up.Recipient
	v.Stated, v.Local, v.Courtesy = true, up.Local, up.Courtesy
	v.Through = nameOf(up.Through)
	v.Guarded, v.Breaker = up.Breaker != nil, up.Breaker.Snapshot()
	v.Breaker.Cause = cleanError(v.Breaker.Cause)
	v.Watched, v.Budgeted = up.Breaker.Settings().Watch != nil, up.Budget != nil
	v.Usage = up.Capacity.Usage()
	v.InFlight, v.NoRoom = v.Usage.InFlight, v.Usage.Refused
	if up.Capacity != nil {
		v.Room = v.Usage.MaxInFlight
		v.Capped = up.Capacity.numbers() != capacityNumbers{}
	}
}
