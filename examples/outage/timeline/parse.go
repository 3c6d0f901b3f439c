package timeline

import (
	"fmt"
	"strings"
	"time"
)

const (
	maxBytes  = 1 << 20
	maxPhases = 2000
	maxSpan   = 366 * 24 * time.Hour
)

// Parse reads a timeline. file is the name that mistakes carry; roles are the roles that can be disturbed.
// The error is a Mistakes: everything that is wrong, each with its line.
func Parse(file string, data []byte, roles []string) (Timeline, error) {
	if len(data) > maxBytes {
		return Timeline{}, Mistakes{{File: file, Line: 1, What: fmt.Sprintf("larger than %d bytes", maxBytes)}}
	}
	root, err := parseTree(file, data)
	if err != nil {
		return Timeline{}, err
	}
	r := reader{file: file, roles: roles}
	t := r.timeline(root)
	if len(r.mistakes) > 0 {
		return Timeline{}, r.mistakes.sorted()
	}
	return t, nil
}

type reader struct {
	file     string
	roles    []string
	mistakes Mistakes
}

func (r *reader) wrong(line int, format string, args ...any) {
	r.mistakes = append(r.mistakes, Mistake{File: r.file, Line: line, What: fmt.Sprintf(format, args...)})
}

func (r *reader) timeline(root node) Timeline {
	var t Timeline
	s, ok := r.section(root, "the file", "name", "title", "zero", "from", "to", "phases")
	if !ok {
		return t
	}
	t.Name = s.text("name", true)
	t.Title = s.text("title", true)
	if v, ok := s.find("zero", false, text); ok {
		zero, err := time.Parse(time.RFC3339, v.text)
		if err != nil {
			r.wrong(v.line, "zero %q is no moment such as 2022-10-15T15:30:00+09:00", v.text)
		}
		t.Zero = zero
	}
	var from, to bool
	t.From, from = s.duration("from", true)
	t.To, to = s.duration("to", true)
	bounds := from && to
	if bounds && (t.From >= t.To || t.To-t.From > maxSpan) {
		r.wrong(s.line("to"), "to must be after from, at most a year")
		bounds = false
	}
	phases, ok := s.find("phases", true, list)
	if !ok {
		return t
	}
	if len(phases.items) == 0 || len(phases.items) > maxPhases {
		r.wrong(phases.line, "phases has %d entries, want 1 to %d", len(phases.items), maxPhases)
		return t
	}
	latest := make(map[string]Phase)
	for i, item := range phases.items {
		p, ok := r.phase(item)
		if !ok {
			continue
		}
		if bounds && (p.At < t.From || p.At > t.To) {
			r.wrong(p.Line, "at %v lies outside from %v to %v", short(p.At), short(t.From), short(t.To))
		}
		if n := len(t.Phases); n > 0 && p.At < t.Phases[n-1].At {
			r.wrong(p.Line, "at %v comes after %v (line %d): phases must be in the order of time", short(p.At), short(t.Phases[n-1].At), t.Phases[n-1].Line)
		}
		if before, seen := latest[p.Role]; seen && before.At == p.At {
			r.wrong(p.Line, "phase %d: %s changes twice at %v (line %d)", i+1, p.Role, short(p.At), before.Line)
		}
		latest[p.Role] = p
		t.Phases = append(t.Phases, p)
	}
	return t
}

// phase reads one entry. ok is false when its time is not known, so that it cannot be compared with others.
func (r *reader) phase(n node) (Phase, bool) {
	p := Phase{Line: n.line}
	s, ok := r.section(n, "phase", "at", "role", "mode", "share", "share_to", "delay", "status", "retry_after", "confidence", "source", "note")
	if !ok {
		return p, false
	}
	p.At, ok = s.duration("at", true)
	p.Role = s.oneOf("role", r.roles)
	p.Mode = Mode(s.oneOf("mode", modes()))
	p.Confidence = Confidence(s.oneOf("confidence", confidences()))
	p.Source = s.text("source", p.Confidence != Assumed && p.Confidence != "")
	p.Note = s.text("note", false)
	p.Share = s.share("share", 1, false)
	p.ShareTo = s.share("share_to", p.Share, true)

	s.onlyWith("share", p.Mode, p.Mode != OK)
	s.onlyWith("share_to", p.Mode, p.Mode != OK)
	s.onlyWith("delay", p.Mode, p.Mode == Slow)
	s.onlyWith("status", p.Mode, p.Mode == Fail)
	s.onlyWith("retry_after", p.Mode, p.Mode == Quota)
	switch p.Mode {
	case Slow:
		p.Delay = s.positive("delay", true, time.Minute)
	case Fail:
		p.Status = s.status()
	case Quota:
		if p.RetryAfter = s.positive("retry_after", false, time.Hour); p.RetryAfter == 0 {
			p.RetryAfter = time.Second
		}
	}
	return p, ok
}

func modes() []string {
	return words(OK, Slow, Hang, Refuse, Reset, Truncate, Fail, Quota, HTML, Maintenance)
}

func confidences() []string { return words(Official, Press, Single, Unconfirmed, Assumed) }

func words[W ~string](ws ...W) []string {
	out := make([]string, len(ws))
	for i, w := range ws {
		out[i] = string(w)
	}
	return out
}

// short prints a duration as a person writes it: 18h30m, not 18h30m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
