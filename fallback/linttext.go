package fallback

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// String returns the report as text; see WriteText.
func (r Report) String() string {
	var b strings.Builder
	_ = r.WriteText(&b)
	return b.String()
}

// WriteText writes the report for people: the findings, those with an exception
// and its reason, the blast radius and the single points of failure. The same
// wiring gives the same text.
func (r Report) WriteText(w io.Writer) error {
	t := &texts{w: w}
	t.findings(r)
	t.radius(r)
	return t.err
}

type texts struct {
	w   io.Writer
	err error
}

func (t *texts) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

func (t *texts) findings(r Report) {
	count := map[Severity]int{}
	for _, f := range r.Findings {
		count[f.Severity]++
	}
	t.line("%s looked at: %s, %s, %s, %s", things(len(r.Parts), "part"), things(count[SeverityError], "error"),
		things(count[SeverityWarning], "warning"), things(count[SeverityNote], "note"), things(len(r.Excepted), "exception"))
	for _, f := range r.Findings {
		t.line("  %v", f)
	}
	if len(r.Excepted) > 0 {
		t.line("accepted:")
	}
	for _, f := range r.Excepted {
		t.line("  %v\n    because %s", f, f.Reason)
	}
}

func (t *texts) radius(r Report) {
	if len(r.Losses) > 0 {
		t.line("blast radius:")
	}
	wide := 0
	for _, p := range r.Parts {
		wide = max(wide, len(p))
	}
	for i := range r.Losses {
		l := &r.Losses[i]
		t.line("  if %s dies:", l.title())
		for _, p := range l.Parts {
			t.line("    %-*s  %v", wide, p.Part, p)
		}
		if len(l.Unaffected) > 0 {
			t.line("    unaffected: %s", strings.Join(l.Unaffected, ", "))
		}
	}
	if len(r.Unstated) > 0 {
		t.line("  taken to live, for nothing is known of them: %s", strings.Join(r.Unstated, ", "))
	}
	if len(r.SinglePoints) == 0 {
		t.line("no single point of failure is known")
		return
	}
	t.line("single points of failure:")
	for _, p := range r.SinglePoints {
		t.line("  %s: %s", titleOf(p.Of), strings.Join(p.Parts, ", "))
	}
}

func (l *Loss) title() string { return titleOf(l.Of) }

// titleOf names what dies. An upstream that is called like a fate is said once.
func titleOf(of []Cause) string {
	var names []string
	for _, c := range of {
		name := c.Name
		if c.Kind == "upstream" {
			if name == "" {
				name = "an upstream without a name"
			} else if !slices.ContainsFunc(of, func(o Cause) bool { return o.Kind != "upstream" }) {
				name = "upstream " + name
			} else {
				continue
			}
		}
		if !slices.ContainsFunc(names, func(n string) bool { return fold(n) == fold(name) }) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " / ")
}

// String says what becomes of the part: "goes on with juso, without naver behind
// it", "degraded to naver, phone", "only memory, at most 31 days old", "unreachable
// at level high".
func (p PartLoss) String() string {
	var b strings.Builder
	switch p.State {
	case FalloutUnreachable:
		b.WriteString("unreachable")
		if p.Minimum > None {
			fmt.Fprintf(&b, " at level %v", p.Minimum)
		}
		return b.String()
	case FalloutMemory:
		fmt.Fprintf(&b, "only memory, at most %s old", days(p.MaxAge))
		return b.String()
	case FalloutWeakened:
		fmt.Fprintf(&b, "goes on with %s, without %s behind it", p.Left[0].Source, strings.Join(p.Lost, ", "))
	case FalloutDegraded:
		left := make([]string, len(p.Left))
		for i, l := range p.Left {
			left[i] = l.Source
		}
		fmt.Fprintf(&b, "degraded to %s", strings.Join(left, ", "))
	}
	if p.Best < p.BestBefore {
		fmt.Fprintf(&b, "; at most level %v, not %v", p.Best, p.BestBefore)
	}
	if len(p.TraitsLost) > 0 {
		fmt.Fprintf(&b, "; traits lost: %s", strings.Join(p.TraitsLost, ", "))
	}
	return b.String()
}

// days returns d as people count it.
func days(d Duration) string {
	const day = Duration(24 * time.Hour)
	if d >= 2*day && d%day == 0 {
		return fmt.Sprintf("%d days", d/day)
	}
	return d.String()
}

func things(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
