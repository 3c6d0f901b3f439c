package timeline

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// section is an object whose field names were checked.
type section struct {
	r *reader
	node
	what string
}

func (r *reader) section(n node, what string, names ...string) (section, bool) {
	if n.kind != object {
		r.wrong(n.line, "%s must be an object, not %s", what, n.kind)
		return section{}, false
	}
	seen := make(map[string]int)
	for _, f := range n.fields {
		if first, twice := seen[f.name]; twice {
			r.wrong(f.line, "%s: field %q is there twice (line %d)", what, f.name, first)
		}
		seen[f.name] = f.line
		if !slices.Contains(names, f.name) {
			r.wrong(f.line, "%s: unknown field %q, known are %s", what, f.name, strings.Join(names, ", "))
		}
	}
	return section{r: r, node: n, what: what}, true
}

func (s section) find(name string, must bool, want kind) (node, bool) {
	for _, f := range s.fields {
		if f.name != name {
			continue
		}
		if f.value.kind != want {
			s.r.wrong(f.value.line, "%s: %s must be %s, not %s", s.what, name, want, f.value.kind)
			return node{}, false
		}
		return f.value, true
	}
	if must {
		s.r.wrong(s.node.line, "%s: %s is missing", s.what, name)
	}
	return node{}, false
}

func (s section) line(name string) int {
	for _, f := range s.fields {
		if f.name == name {
			return f.line
		}
	}
	return s.node.line
}

func (s section) text(name string, must bool) string {
	v, ok := s.find(name, must, text)
	if ok && strings.TrimSpace(v.text) == "" {
		s.r.wrong(v.line, "%s: %s is empty", s.what, name)
	}
	return v.text
}

func (s section) oneOf(name string, known []string) string {
	v, ok := s.find(name, true, text)
	if !ok {
		return ""
	}
	if !slices.Contains(known, v.text) {
		s.r.wrong(v.line, "%s: unknown %s %q, known are %s", s.what, name, v.text, strings.Join(known, ", "))
		return ""
	}
	return v.text
}

func (s section) duration(name string, must bool) (time.Duration, bool) {
	v, ok := s.find(name, must, text)
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(v.text)
	if err != nil || d > maxSpan || d < -maxSpan {
		s.r.wrong(v.line, "%s: %s %q is no duration such as -2h, 18h30m or 86m", s.what, name, v.text)
		return 0, false
	}
	return d, true
}

func (s section) positive(name string, must bool, most time.Duration) time.Duration {
	d, ok := s.duration(name, must)
	if ok && (d <= 0 || d > most) {
		s.r.wrong(s.line(name), "%s: %s %v must be above 0 and at most %v", s.what, name, d, most)
	}
	return d
}

func (s section) share(name string, otherwise float64, zero bool) float64 {
	v, ok := s.find(name, false, number)
	if !ok {
		return otherwise
	}
	f, err := strconv.ParseFloat(v.text, 64)
	if err != nil || f < 0 || f > 1 || f == 0 && !zero {
		s.r.wrong(v.line, "%s: %s %s must be above 0 and at most 1", s.what, name, v.text)
		return otherwise
	}
	return f
}

func (s section) status() int {
	v, ok := s.find("status", false, number)
	if !ok {
		return 503
	}
	n, err := strconv.Atoi(v.text)
	if errors.Is(err, strconv.ErrSyntax) || n < 500 || n > 599 {
		s.r.wrong(v.line, "%s: status %s must be 500 to 599", s.what, v.text)
	}
	return n
}

func (s section) onlyWith(name string, m Mode, fits bool) {
	if fits || m == "" {
		return
	}
	for _, f := range s.fields {
		if f.name == name {
			s.r.wrong(f.line, "%s: %s has no meaning with mode %q", s.what, name, m)
		}
	}
}
