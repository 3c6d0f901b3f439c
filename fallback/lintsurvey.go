package fallback

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// survey is all that Check looks at, and what it found.
type survey struct {
	parts  []surveyed
	causes []cause
	found  []Finding
}

// surveyed is one part.
type surveyed struct {
	Inspection
	s       *survey
	ups     []*Upstream // per source, as far as is known
	enough  []int       // places of the sources that may be asked: those that reach the minimum
	through []int       // per source: the part by which it is asked, -1 for none
	dies    [][]string  // per source: keys of the causes by which it dies directly
}

// cause is one thing that can die, and take sources with it.
type cause struct {
	key        string // "fate kakao", "upstream 3"
	kind, name string
}

// newSurvey looks at the parts and at those by which they are asked.
func newSurvey(parts []Inspectable) *survey {
	s := &survey{}
	seen := make(map[Inspectable]int)
	var visit func(p Inspectable) int
	visit = func(p Inspectable) int {
		in, ok := looked(p)
		if !ok {
			s.add(Finding{Code: LintPartMissing, Severity: SeverityError, Text: "a part is nil, or could not be looked at."})
			return -1
		}
		if comparable := reflect.TypeOf(p).Comparable(); comparable {
			if at, ok := seen[p]; ok {
				return at
			}
			seen[p] = len(s.parts)
		}
		at := len(s.parts)
		n := len(in.Sources)
		s.parts = append(s.parts, surveyed{Inspection: in, ups: make([]*Upstream, n), through: make([]int, n)})
		var ups map[string]*Upstream
		if known, ok := p.(interface{ upstreamsOf() map[string]*Upstream }); ok {
			ups = known.upstreamsOf()
		}
		for i := range in.Sources {
			below := -1
			up := ups[in.Sources[i].Name]
			if s.parts[at].ups[i] = up; up != nil && up.Through != nil {
				below = visit(up.Through)
			}
			s.parts[at].through[i] = below
		}
		return at
	}
	for _, p := range parts {
		visit(p)
	}
	s.name()
	return s
}

func (s *survey) add(f Finding) { s.found = append(s.found, f) }

// name finds out what can die, and who dies by it.
func (s *survey) name() {
	known := make(map[string]bool)
	upstream := make(map[any]string) // by pointer, or by name when it is not known which one it is
	for i := range s.parts {
		p := &s.parts[i]
		p.s = s
		p.dies = make([][]string, len(p.Sources))
		for j := range p.Sources {
			v := &p.Sources[j]
			if v.Assurance >= p.MinAssurance && v.Traits.Has(p.Require) {
				p.enough = append(p.enough, j)
			}
			add := func(c cause) {
				if !known[c.key] {
					known[c.key] = true
					s.causes = append(s.causes, c)
				}
				if !slices.Contains(p.dies[j], c.key) {
					p.dies[j] = append(p.dies[j], c.key)
				}
			}
			for _, f := range v.Fate {
				if fold(f) != "" {
					add(cause{"fate " + fold(f), "fate", strings.TrimSpace(f)})
				}
			}
			if f := v.Recipient.Company; fold(f) != "" && !v.Local {
				add(cause{"fate " + fold(f), "company", strings.TrimSpace(f)})
			}
			if id := p.identity(j); id != nil && !v.Local && v.Through == "" {
				if upstream[id] == "" {
					upstream[id] = fmt.Sprint("upstream ", len(upstream))
				}
				add(cause{upstream[id], "upstream", v.Upstream})
			}
		}
	}
}

// identity tells upstreams apart; nil when there is none.
func (p *surveyed) identity(rank int) any {
	switch {
	case p.ups[rank] != nil:
		return p.ups[rank]
	case p.Sources[rank].Upstream != "":
		return p.Sources[rank].Upstream
	}
	return nil
}

// oneUpstream reports whether two sources share it.
func (p *surveyed) oneUpstream(a, b int) bool {
	id := p.identity(a)
	return id != nil && id == p.identity(b)
}

// network reports whether v needs a network, as far as is known.
func (v *SourceView) network() bool { return v.Stated && !v.Local }

// fold makes two spellings of a name one.
func fold(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// dead reports whether the source at rank of p dies by one of the causes.
func (p *surveyed) dead(rank int, by []string) bool { return p.deadWithin(rank, by, 0) }

func (p *surveyed) deadWithin(rank int, by []string, deep int) bool {
	for _, key := range p.dies[rank] {
		if slices.Contains(by, key) {
			return true
		}
	}
	below := p.through[rank]
	if below < 0 || deep > len(p.s.parts) { // a circle ends here
		return false
	}
	q := &p.s.parts[below]
	for _, i := range q.enough {
		if !q.deadWithin(i, by, deep+1) {
			return false
		}
	}
	return true
}

// stale reports whether a memory stands behind the sources.
func (p *surveyed) stale() bool {
	return p.Memory != nil && p.Memory.Stale > 0 &&
		slices.ContainsFunc(p.enough, func(i int) bool { return p.Sources[i].Retention > 0 })
}

// find adds a finding about p and some of its sources.
func (p *surveyed) find(code LintCode, severity Severity, ranks []int, format string, args ...any) {
	p.s.add(Finding{Code: code, Severity: severity, Part: p.Name, Sources: p.names(ranks), Text: fmt.Sprintf(format, args...)})
}

func (p *surveyed) names(ranks []int) []string {
	names := make([]string, len(ranks))
	for i, r := range ranks {
		names[i] = p.Sources[r].Name
	}
	return names
}

// those returns the places in ranks that fit.
func (p *surveyed) those(ranks []int, fit func(*SourceView) bool) (some []int) {
	for _, r := range ranks {
		if fit(&p.Sources[r]) {
			some = append(some, r)
		}
	}
	return some
}

func (p *surveyed) flow() bool { return p.Kind == "flow" }

// unstated lists the sources of which nothing is known.
func (s *survey) unstated() []string {
	all := []string{}
	for i := range s.parts {
		for j := range s.parts[i].Sources {
			if v := &s.parts[i].Sources[j]; !v.Stated {
				all = append(all, s.parts[i].Name+"/"+v.Name)
			}
		}
	}
	return all
}

// list joins names as a sentence does.
func list(names []string) string {
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
