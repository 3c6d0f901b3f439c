package fallback

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/detour-go/detour/breaker"
)

// checkAcross finds what only shows when all parts are seen together.
func (s *survey) checkAcross() {
	s.checkNames()
	s.checkShared()
}

func (s *survey) checkNames() {
	parts := make(map[string]int)
	ups := make(map[string][]*Upstream)
	where := make(map[string][]string)
	for i := range s.parts {
		p := &s.parts[i]
		if parts[p.Name]++; parts[p.Name] == 2 {
			s.add(Finding{Code: LintNameTaken, Severity: SeverityError, Part: p.Name,
				Text: "two parts have this name: settings, views and a store that they share cannot tell them apart."})
		}
		for j := range p.Sources {
			v := &p.Sources[j]
			up := p.ups[j]
			if up == nil || v.Upstream == "" {
				continue
			}
			if !slices.Contains(ups[v.Upstream], up) {
				ups[v.Upstream] = append(ups[v.Upstream], up)
			}
			where[v.Upstream] = append(where[v.Upstream], p.Name+"/"+v.Name)
		}
	}
	for name, all := range ups {
		if len(all) > 1 {
			s.add(Finding{Code: LintUpstreamTwice, Severity: SeverityWarning, Sources: where[name],
				Text: fmt.Sprintf("%d upstreams have the name %q: views, settings and an operator who forces one of them cannot tell them apart.", len(all), name)})
		}
	}
}

// user is a source by which something is used.
type user struct {
	part   *surveyed
	source *SourceView
}

// checkShared finds upstreams that several parts use and should not, or should
// use otherwise.
func (s *survey) checkShared() {
	guarded := make(map[*breaker.Breaker][]user)
	retried := make(map[*Upstream][]user)
	for i := range s.parts {
		p := &s.parts[i]
		for j := range p.Sources {
			v := &p.Sources[j]
			up := p.ups[j]
			if up == nil {
				continue
			}
			if b := up.Breaker; b != nil {
				guarded[b] = append(guarded[b], user{p, v})
			}
			if v.Retry.Max > 0 && !v.Budgeted {
				retried[up] = append(retried[up], user{p, v})
			}
		}
	}
	for b, users := range guarded {
		questions := make(map[string]bool)
		for _, u := range users {
			questions[u.part.Question] = true
		}
		if len(questions) > 1 {
			s.add(Finding{Code: LintBreakerShared, Severity: SeverityWarning, Sources: usedBy(users),
				Text: fmt.Sprintf("the breaker %s decides for different questions: when one operation of the vendor fails, the others are not asked either. "+
					"Give each an Upstream and a breaker of its own; Budget, Capacity and Fate may stay shared.", cmp.Or(b.Name(), "without a name"))})
		}
	}
	for up, users := range retried {
		if len(users) > 1 {
			s.add(Finding{Code: LintBudgetApart, Severity: SeverityNote, Sources: usedBy(users),
				Text: fmt.Sprintf("they retry at the upstream %s, each with a budget of its own: in an outage it gets the extra attempts of all. "+
					"Give the upstream a Budget.", up.Name)})
		}
	}
}

func usedBy(users []user) []string {
	names := make([]string, len(users))
	for i, u := range users {
		names[i] = u.part.Name + "/" + u.source.Name
	}
	return names
}
