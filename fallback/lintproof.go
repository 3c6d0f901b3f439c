package fallback

// A source is expected to have answered by now when its share of the calls that
// the first one answered would have been so many, and the first many itself.
const (
	proofAnswers = 100
	proofShare   = 20
)

// checkProof finds alternates of which nobody knows whether they work.
func (p *surveyed) checkProof() {
	if len(p.enough) < 2 {
		return
	}
	first := &p.Sources[p.enough[0]]
	if p.Warm == 0 && !p.Once { // a flow is Once: its citizens choose
		cold := p.those(p.enough[1:], func(v *SourceView) bool { return v.Assurance == first.Assurance && !v.Courtesy && !v.Local })
		if len(cold) > 0 {
			p.find(LintNotWarm, SeverityNote, cold,
				"asked when %s fails and never before: whether that works is found out in an outage. A small Warm asks in good times, too.", first.Name)
		}
	}
	if first.Unproven || first.Answers < proofAnswers || float64(first.Answers)*p.Warm < proofShare && p.Warm > 0 {
		return // it has not served long enough to expect anything of the others
	}
	if some := p.those(p.enough[1:], func(v *SourceView) bool { return v.Unproven }); len(some) > 0 {
		p.find(LintUnproven, SeverityWarning, some, "%s answers, and no good answer has come from here for %s: nobody knows whether this substitute works.",
			first.Name, Duration(p.MaxIdle))
	}
}
