package fallback

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// DrillEnd says why a drill ended. The zero value says that it runs.
type DrillEnd uint8

// The ends.
const (
	DrillExpired DrillEnd = iota + 1 // its time was over
	DrillStopped                     // by Stop
	DrillGuarded                     // the other sources were not good for enough of the calls
	DrillClosed                      // its part was closed
)

// String returns running, expired, stopped, guarded or closed.
func (e DrillEnd) String() string {
	switch e {
	case DrillExpired:
		return "expired"
	case DrillStopped:
		return "stopped"
	case DrillGuarded:
		return "guarded"
	case DrillClosed:
		return "closed"
	}
	return "running"
}

// MarshalText returns the word.
func (e DrillEnd) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// DrillReport is what a drill did so far. It is a copy.
type DrillReport struct {
	Part      string    `json:"part"` // name of the chain or flow
	Source    string    `json:"source"`
	Share     float64   `json:"share"`
	Guard     float64   `json:"guard"`
	By        string    `json:"by"`
	Reason    string    `json:"reason"`
	Began     time.Time `json:"began"`
	Until     time.Time `json:"until"` // when it ends, or would have
	End       DrillEnd  `json:"end"`
	Ended     time.Time `json:"ended,omitzero"` // zero: it runs
	StoppedBy string    `json:"stopped_by,omitempty"`
	StopWhy   string    `json:"stop_why,omitempty"`

	// Calls is how many went past the source and have ended: those that the other
	// sources were good for (an answer that says no among them), those that they
	// were not, and those whose callers went away first.
	Calls  uint64 `json:"calls"`
	OK     uint64 `json:"ok"`
	Failed uint64 `json:"failed"`
	Left   uint64 `json:"left"`
	// Spared is how many of the failed ones were answered by the source itself
	// after all, so that nobody saw them fail.
	Spared uint64 `json:"spared"`
	// Sources are those who answered, by calls.
	Sources []DrillSource `json:"sources"`
	// How long half, nine of ten, and all but one of a hundred of the latest 1024
	// calls took at most, and the longest of them.
	P50 Duration `json:"p50"`
	P90 Duration `json:"p90"`
	P99 Duration `json:"p99"`
	Max Duration `json:"max"`
}

// DrillSource is how many drilled calls a source answered.
type DrillSource struct {
	Name  string `json:"name"`
	Calls uint64 `json:"calls"`
}

// String returns the report in a few lines for people.
func (r DrillReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "drill of %s past %s, %v of the calls, by %s: %s\n", r.Part, r.Source, percent(r.Share), r.By, r.Reason)
	if r.End != 0 {
		fmt.Fprintf(&b, "%s after %s", r.End, brief(r.Ended.Sub(r.Began)))
	} else {
		fmt.Fprintf(&b, "runs since %s", r.Began.Format(time.RFC3339))
	}
	if r.StoppedBy != "" {
		fmt.Fprintf(&b, ", by %s: %s", r.StoppedBy, r.StopWhy)
	}
	fmt.Fprintf(&b, "\n%d calls: %d ok, %d failed (%d answered by %s after all), %d left; the guard asks for %v", r.Calls, r.OK, r.Failed,
		r.Spared, r.Source, r.Left, percent(r.Guard))
	for i, s := range r.Sources {
		sep := ", "
		if i == 0 {
			sep = "\nanswered by "
		}
		fmt.Fprintf(&b, "%s%s %d", sep, s.Name, s.Calls)
	}
	if r.Calls > 0 {
		fmt.Fprintf(&b, "\nhalf within %s, 90%% within %s, 99%% within %s, all within %s", brief(time.Duration(r.P50)), brief(time.Duration(r.P90)),
			brief(time.Duration(r.P99)), brief(time.Duration(r.Max)))
	}
	return b.String()
}

// percent is a share for people.
type percent float64

// String returns "10%" or "0.5%".
func (p percent) String() string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", float64(p)*100), "0"), ".") + "%"
}

// drillCounts is what a drill counts. The lock of the drill guards it.
type drillCounts struct {
	calls, ok, failed, left, spared uint64
	of                              []DrillSource
	good                            [drillWindow]bool // the latest judged ones, a ring
	took                            []time.Duration   // the latest ones, a ring
}

// drilled is how one call ended.
type drilled struct {
	source string // who answered; empty: nobody
	took   time.Duration
	ok     bool
	left   bool // its caller went away
	spared bool
}

// tell counts one call and ends the drill when its guard cannot be kept.
func (d *Drilling) tell(x drilled) {
	d.mu.Lock()
	broken := d.ended.IsZero() && d.counts.count(x) && d.broken()
	d.mu.Unlock()
	if broken {
		d.finish(DrillGuarded, "", "")
	}
}

// count reports whether the call is one to be judged.
func (c *drillCounts) count(x drilled) bool {
	c.calls++
	if len(c.took) < drillSample {
		c.took = append(c.took, x.took)
	} else {
		c.took[(c.calls-1)%drillSample] = x.took
	}
	if x.left {
		c.left++
		return false
	}
	c.good[(c.ok+c.failed)%drillWindow] = x.ok
	if x.ok {
		c.ok++
	} else {
		c.failed++
	}
	if x.spared {
		c.spared++
	}
	if x.source != "" {
		c.answered(x.source)
	}
	return true
}

func (c *drillCounts) answered(source string) {
	for i := range c.of {
		if c.of[i].Name == source {
			c.of[i].Calls++
			return
		}
	}
	c.of = append(c.of, DrillSource{source, 1})
}

// broken reports whether too many of the latest calls failed. The lock is held.
func (d *Drilling) broken() bool {
	c := &d.counts
	n := int(min(c.ok+c.failed, drillWindow))
	bad := 0
	for _, good := range c.good[:n] {
		if !good {
			bad++
		}
	}
	of := max(n, d.set.MinCalls)
	return bad > of-int(math.Ceil(d.set.Guard*float64(of)-1e-9)) // 0.56 of 25 is 14, not 15
}

// Report returns what the drill did so far. Calls under way when it ended are
// not in it.
func (d *Drilling) Report() DrillReport {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := &d.counts
	r := DrillReport{
		Part: d.part, Source: d.set.Source, Share: d.set.Share, Guard: d.set.Guard, By: d.set.By, Reason: d.set.Reason, Began: d.began, Until: d.began.Add(d.set.For),
		End: d.end, Ended: d.ended, StoppedBy: d.by, StopWhy: d.why,
		Calls: c.calls, OK: c.ok, Failed: c.failed, Left: c.left, Spared: c.spared, Sources: slices.Clone(c.of),
	}
	slices.SortStableFunc(r.Sources, func(a, b DrillSource) int { return int(min(b.Calls, math.MaxInt32)) - int(min(a.Calls, math.MaxInt32)) })
	if took := slices.Sorted(slices.Values(c.took)); len(took) > 0 {
		r.P50, r.P90, r.P99 = Duration(quantile(took, 0.5)), Duration(quantile(took, 0.9)), Duration(quantile(took, 0.99))
		r.Max = Duration(took[len(took)-1])
	}
	return r
}
