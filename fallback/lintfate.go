package fallback

import "slices"

// checkFate finds sources that die together.
func (p *surveyed) checkFate(s *survey) {
	behind := func(s Severity) Severity { // a memory behind them makes it less
		if p.stale() {
			return SeverityWarning
		}
		return s
	}
	switch {
	case len(p.enough) == 0:
		return // never-asked says so of each
	case len(p.enough) == 1:
		if v := &p.Sources[p.enough[0]]; !v.Local {
			p.find(LintSingleSource, behind(SeverityError), p.enough, "it is the only one that is enough: when it is down nobody answers%s.", p.butMemory())
		}
		return
	}
	if all := s.fates(p, p.enough); len(all) > 0 {
		p.find(LintSharedFate, behind(SeverityError), p.enough,
			"they die together, with %s: to the part they are one provider, and when it is down nobody answers%s.", list(all), p.butMemory())
	} else {
		p.checkNeighbours(s)
	}
	p.checkLast()
	p.checkCourtesy(behind)
}

func (p *surveyed) butMemory() string {
	if p.stale() {
		return " but memory"
	}
	return ""
}

// checkNeighbours finds sources that die with those which stand in for them.
func (p *surveyed) checkNeighbours(s *survey) {
	for i, a := range p.enough {
		for _, b := range p.enough[i+1:] {
			if p.oneUpstream(a, b) {
				p.find(LintSameUpstream, SeverityWarning, []int{a, b},
					"they share the upstream %s and its breaker: when it opens for one, the other is not asked either.", p.Sources[a].Upstream)
			}
		}
		if i+1 == len(p.enough) || p.flow() { // in a flow the citizen chooses, not the order
			continue
		}
		b := p.enough[i+1]
		if p.oneUpstream(a, b) {
			continue
		}
		if shared := s.fates(p, []int{a, b}); len(shared) > 0 {
			severity := SeverityNote
			if i == 0 {
				severity = SeverityWarning
			}
			p.find(LintSharedFateNext, severity, []int{a, b},
				"%s stands in for %s and dies together with it by %s: an independent source belongs between them, if there is one.",
				p.Sources[b].Name, p.Sources[a].Name, list(shared))
		}
	}
}

// fates returns the names of all by which every one of the sources dies.
func (s *survey) fates(p *surveyed, ranks []int) (names []string) {
	for _, c := range s.causes {
		if !slices.ContainsFunc(ranks, func(r int) bool { return !p.dead(r, []string{c.key}) }) && c.name != "" &&
			!slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	}
	slices.Sort(names)
	return names
}

// checkLast finds reads that end at the network. An effect and a proof of a
// person cannot be had without it.
func (p *surveyed) checkLast() {
	if p.flow() || p.Once || p.MinAssurance > None || p.stale() {
		return
	}
	if len(p.those(p.enough, (*SourceView).network)) == len(p.enough) {
		last := p.enough[len(p.enough)-1:]
		p.find(LintLastResort, SeverityWarning, last,
			"the last resort needs the network as all the others do: a local list or archive, or a memory with Stale, would answer without it.")
	}
}

// checkCourtesy holds the rule that a public courtesy server is never the only
// substitute.
func (p *surveyed) checkCourtesy(behind func(Severity) Severity) {
	courtesy := func(v *SourceView) bool { return v.Courtesy }
	lent := p.those(p.enough, courtesy)
	if len(lent) == 0 {
		return
	}
	if lent[0] == p.enough[0] {
		p.find(LintCourtesyFirst, SeverityWarning, lent[:1],
			"a server that is lent to everybody carries the load of good times; its owner may close it to you at any time.")
	}
	if others := p.enough[1:]; len(p.those(others, courtesy)) == len(others) {
		p.find(LintCourtesyOnly, behind(SeverityError), others,
			"nothing else stands in than servers that are lent to everybody and may be closed to anybody, most of all under the load of an outage.")
	}
	if open := p.those(lent, func(v *SourceView) bool { return !v.Capped }); len(open) > 0 {
		p.find(LintCourtesyUncap, SeverityWarning, open,
			"nothing bounds what is asked there: give the upstream a Capacity within what the owner allows.")
	}
}
