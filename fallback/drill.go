package fallback

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Drill describes an exercise: for a time, a share of the calls goes past a
// source as if it were down, so that it is known what an outage of it would be
// like. Chain.Drill and Flow.Drill begin one.
type Drill struct {
	// Source is passed over. Others have to be enough for the part.
	Source string
	// Share of the calls, of the groups (Config.Group) or of the sessions of a flow
	// (WithSession) that go past it; above 0, at most 1. A group is in it or out of it as
	// long as the drill lasts, in all processes that drill with the same Source and
	// Reason.
	Share float64
	// By and Reason say who drills and why; required, at most 256 bytes each, and
	// shown.
	By, Reason string
	// For is when it ends by itself; more than 0, at most MaxDrill.
	For time.Duration
	// Guard is the least share of the drilled calls that the other sources have to
	// be good for: it is judged on the latest 100 of them, or on all while there
	// were fewer, and the drill ends as soon as it cannot be kept. From 0.5 to 1.
	// Zero: 0.95.
	Guard float64
	// MinCalls is how many calls the guard is judged on at least: those that were
	// not made yet count as good, so that a single failure does not end a drill. At
	// most 100. Zero: 20.
	MinCalls int
}

const (
	// MaxDrill is the longest time for which a drill may run.
	MaxDrill = 24 * time.Hour

	drillWindow  = 100  // calls that the guard looks at
	drillSample  = 1024 // calls whose time is kept
	drillText    = 256  // bytes of By and Reason
	leastGuard   = 0.5
	defaultGuard = 0.95
	defaultCalls = 20
)

// ErrDrill is the Err of a Failure whose source was passed over by a drill.
// Its class is unavailable.
var ErrDrill error = &flowError{says: "passed over by a drill", class: Unavailable}

func (d *Drill) mistakes() (errs []error) {
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !(d.Share > 0 && d.Share <= 1) { // so written for NaN
		wrong("share must be above 0 and at most 1")
	}
	for _, x := range [...]struct{ name, text string }{{"by", d.By}, {"reason", d.Reason}} {
		if strings.TrimSpace(x.text) == "" {
			wrong("%s is required", x.name)
		} else if len(x.text) > drillText {
			wrong("%s is longer than %d bytes", x.name, drillText)
		}
	}
	if d.For <= 0 || d.For > MaxDrill {
		wrong("for must be more than 0 and at most %v", MaxDrill)
	}
	if d.Guard != 0 && !(d.Guard >= leastGuard && d.Guard <= 1) {
		wrong("guard must be from 0.5 to 1")
	}
	if d.MinCalls < 0 || d.MinCalls > drillWindow {
		wrong("min calls must be between 0 and %d", drillWindow)
	}
	return errs
}

// Drilling is a drill under way, or what became of it. It is safe for
// concurrent use.
type Drilling struct {
	set   Drill // with its defaults filled in
	part  string
	began time.Time
	share uint64
	key   uint64
	over  func() // takes it from the drills under way
	done  chan struct{}
	timer *time.Timer
	turns atomic.Uint64 // calls without a group

	mu     sync.Mutex
	ended  time.Time // zero: it runs
	end    DrillEnd
	by     string
	why    string
	counts drillCounts
}

// drills are those of one part: at most one under way for each source.
type drills struct {
	running atomic.Pointer[[]*Drilling] // nil: none; read by every call

	mu    sync.Mutex
	last  map[string]*Drilling // of each source
	ended bool
}

// begin makes d run for part, whose sources are names; enough says whether there
// is somebody else to ask.
func (ds *drills) begin(d Drill, part string, names []string, enough func(rank int) bool) (*Drilling, error) {
	errs := d.mistakes()
	rank := -1
	for i, name := range names {
		if name == d.Source {
			rank = i
		}
	}
	switch {
	case rank < 0:
		errs = append(errs, fmt.Errorf("no such source: %q", d.Source))
	case !enough(rank):
		errs = append(errs, errors.New("nobody else is enough"))
	}
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if ds.ended {
		errs = append(errs, ErrClosed)
	}
	if old := ds.last[d.Source]; old != nil && old.runs() {
		errs = append(errs, fmt.Errorf("a drill of %q is under way: by %s, until %s", d.Source, old.set.By, old.began.Add(old.set.For).Format(time.RFC3339)))
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("fallback: %s: drill: %w", part, errors.Join(errs...))
	}
	d.MinCalls = orDefault(d.MinCalls, defaultCalls)
	if d.Guard == 0 {
		d.Guard = defaultGuard
	}
	x := &Drilling{
		set: d, part: part, began: time.Now(), share: shareOf(d.Share), key: hash64(hash64(0, d.Source), d.Reason),
		over: ds.publish, done: make(chan struct{}),
	}
	x.mu.Lock()
	x.timer = time.AfterFunc(d.For, func() { x.finish(DrillExpired, "", "") })
	x.mu.Unlock()
	if ds.last == nil {
		ds.last = make(map[string]*Drilling)
	}
	ds.last[d.Source] = x
	ds.list()
	return x, nil
}

// list publishes those that run. The lock is held.
func (ds *drills) list() {
	var all []*Drilling
	for _, d := range ds.last {
		if d.runs() {
			all = append(all, d)
		}
	}
	if all == nil {
		ds.running.Store(nil)
		return
	}
	ds.running.Store(&all)
}

// publish is list with the lock.
func (ds *drills) publish() {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.list()
}

// of returns the drill of the source that runs, or the latest, or nil.
func (ds *drills) of(source string) *Drilling {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	return ds.last[source]
}

// report returns the report of that drill, nil when there is none.
func (ds *drills) report(source string) *DrillReport {
	d := ds.of(source)
	if d == nil {
		return nil
	}
	r := d.Report()
	return &r
}

// close ends all and lets none begin.
func (ds *drills) close() {
	ds.mu.Lock()
	ds.ended = true
	var all []*Drilling
	for _, d := range ds.last {
		all = append(all, d)
	}
	ds.mu.Unlock()
	for _, d := range all {
		d.finish(DrillClosed, "", "")
	}
}

// Stop ends the drill. by and reason are required. A drill that has ended stays
// as it is.
func (d *Drilling) Stop(by, reason string) error {
	check := d.set
	check.By, check.Reason = by, reason
	if errs := check.mistakes(); len(errs) > 0 {
		return fmt.Errorf("fallback: %s: stop of a drill: %w", d.part, errors.Join(errs...))
	}
	d.finish(DrillStopped, by, reason)
	return nil
}

// Done is closed when the drill has ended.
func (d *Drilling) Done() <-chan struct{} { return d.done }

func (d *Drilling) runs() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ended.IsZero()
}

// finish ends d once.
func (d *Drilling) finish(end DrillEnd, by, why string) {
	d.mu.Lock()
	if !d.ended.IsZero() {
		d.mu.Unlock()
		return
	}
	d.ended, d.end, d.by, d.why = time.Now(), end, by, why
	d.timer.Stop()
	d.mu.Unlock()
	d.over()
	close(d.done)
}

// takes reports whether a call of the group, or by itself, goes past the source.
func (d *Drilling) takes(group string) bool {
	if d.share == math.MaxUint64 {
		return true
	}
	if group == "" {
		return d.turns.Add(1)*golden < d.share
	}
	return hash64(d.key, group) < d.share
}
