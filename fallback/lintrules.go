package fallback

import (
	"strings"
	"time"
)

// checkUpstreams finds what is missing between a source and its upstream.
func (p *surveyed) checkUpstreams() {
	for k, i := range p.enough {
		v := &p.Sources[i]
		one := []int{i}
		last := k == len(p.enough)-1 && !p.flow()
		switch {
		case p.through[i] >= 0 || v.Local:
		case !v.Stated && last:
			p.find(LintSourceUnstated, SeverityNote, one,
				"it has no Upstream, so nothing is known of it: if it asks nobody beyond this machine say so by Upstream.Local.")
		case !v.Stated:
			p.find(LintNoBreaker, SeverityWarning, one,
				"it has no Upstream and so no breaker: while it hangs, every call waits for its timeout. If it asks nobody beyond this machine say so by Upstream.Local.")
		case !v.Guarded:
			p.find(LintNoBreaker, SeverityWarning, one, "it has no breaker: while it hangs, every call waits for its timeout.")
		case p.flow() && !v.Watched && !v.BeginAsks:
			p.find(LintNoWatch, SeverityWarning, one,
				"if its Begin asks nobody (a redirect), citizens are sent to a dead page and nobody hears of it: give its breaker a Watch, or say BeginAsks.")
		}
	}
	direct := p.those(p.enough, func(v *SourceView) bool { return v.network() && v.Through == "" })
	without := func(missing func(*SourceView) bool) []int { return p.those(direct, missing) }
	if some := without(func(v *SourceView) bool { return len(v.Fate) == 0 }); len(some) > 0 {
		p.find(LintFateUnstated, SeverityNote, some, "nothing says what dies together with it (Upstream.Fate): company, data centre, network, app.")
	}
	if some := without(func(v *SourceView) bool { return v.Recipient.Company == "" || v.Recipient.Country == "" }); len(some) > 0 {
		p.find(LintNoRecipient, SeverityNote, some, "nothing says who receives the data, and in which country (Upstream.Recipient); a privacy notice needs it.")
	}
	if len(p.enough) > 1 {
		first := p.enough[0]
		some := without(func(v *SourceView) bool { return !v.Capped && !v.Courtesy && v.Name != p.Sources[first].Name })
		if len(some) > 0 {
			p.find(LintUncapped, SeverityNote, some,
				"when %s dies the load comes here, and nothing bounds it: a Capacity within what the vendor carries keeps the vendor alive.", p.Sources[first].Name)
		}
	}
}

// leastTurn is what the network needs at the very least for one answer.
const leastTurn = 50 * time.Millisecond

// minute is what a citizen needs at the very least for a step.
const minute = time.Minute

// checkTime finds sources that never get their turn, and times that cannot be
// kept.
func (p *surveyed) checkTime() {
	if p.TTL > 0 {
		switch step := p.Longest; {
		case p.TTL <= step:
			p.find(LintShortTTL, SeverityError, nil, "a ticket lives %s and one step may take %s: nobody can finish.", Duration(p.TTL), Duration(step))
		case p.TTL < minute:
			p.find(LintShortTTL, SeverityWarning, nil, "a citizen has %s between the steps; a minute is little already.", Duration(p.TTL))
		}
	}
	p.checkHedge()
	if !p.flow() && p.Deadline > 0 {
		p.checkDeadline()
	}
}

func (p *surveyed) checkDeadline() {
	var before, timeouts, usual time.Duration
	known := true
	for _, i := range p.enough {
		timeouts += p.Sources[i].Timeout
		usual += p.Sources[i].Usual
		known = known && (p.Sources[i].Usual > 0 || p.Sources[i].Local)
	}
	for k, i := range p.enough {
		v := &p.Sources[i]
		part := time.Duration(float64(p.Deadline) * float64(v.Timeout) / float64(max(timeouts, 1)))
		switch {
		case k == 0 || !v.network():
		case p.Once && before >= p.Deadline:
			p.find(LintNoTurn, SeverityError, []int{i}, "when those before it hang they take %s, and the deadline is %s: it is never asked.",
				Duration(before), Duration(p.Deadline))
		case !p.Once && p.Deadline < timeouts && part < leastTurn:
			p.find(LintNoTurn, SeverityError, []int{i}, "when those before it hang its part of the deadline of %s is %s: no answer comes in that time.",
				Duration(p.Deadline), Duration(part.Round(time.Millisecond)))
		}
		before += v.Timeout + v.Finds // what has an effect is asked once
	}
	if !p.Once && known && usual > p.Deadline {
		p.find(LintTightTurns, SeverityWarning, p.enough,
			"together they usually need %s and the deadline is %s: when those in front hang, those in the back are left out.",
			Duration(usual.Round(time.Millisecond)), Duration(p.Deadline))
	}
}

// checkHedge finds a hedge that comes when all is over.
func (p *surveyed) checkHedge() {
	after := p.Hedge.After
	if p.Hedge.Quantile != 0 || after == 0 || len(p.enough) < 2 {
		return
	}
	longest := time.Duration(0)
	for _, i := range p.enough[:len(p.enough)-1] {
		longest = max(longest, p.Sources[i].Timeout)
	}
	if p.Deadline > 0 {
		longest = min(longest, p.Deadline)
	}
	if after >= longest {
		p.find(LintNoHedge, SeverityWarning, nil, "it would begin after %s, and no call waits longer than %s for a source: it never does.",
			Duration(after), Duration(longest))
	}
}

// checkWorth finds answers that are worth too little, go too far, or come twice.
func (p *surveyed) checkWorth(home string) {
	levels := false
	for i := range p.Sources {
		v := &p.Sources[i]
		one := []int{i}
		levels = levels || v.Assurance > None
		if v.Assurance < p.MinAssurance || !v.Traits.Has(p.Require) {
			p.find(LintNeverAsked, SeverityWarning, one,
				"its level (%v) or its traits are below what the part requires (%v): it is never asked.", v.Assurance, p.MinAssurance)
			continue
		}
		if c := v.Recipient.Country; c != "" && !strings.EqualFold(c, home) && !v.Local {
			p.find(LintAbroad, SeverityWarning, one,
				"what it is asked goes to %s in %s: falling back to it sends data abroad, which a privacy notice has to say.", recipient(v), strings.ToUpper(c))
		}
	}
	if levels && p.MinAssurance == Unset {
		p.find(LintNoMinimum, SeverityNote, nil, "its sources have levels and it has no minimum: if any will do, write None on purpose.")
	}
	if !p.Once || p.flow() {
		return
	}
	for k, i := range p.enough {
		if k == len(p.enough)-1 {
			break
		}
		next := p.Sources[p.enough[k+1]].Name
		v := &p.Sources[i]
		if v.Resends {
			p.find(LintResends, SeverityError, []int{i},
				"its vendor goes on by itself when it fails, and %s stands behind it: it may be done twice. Let one of them do it.", next)
		}
		if v.Finds == 0 && !p.Again {
			p.find(LintEndsUnknown, SeverityWarning, []int{i},
				"when it hangs nobody can find out whether it was done (Source.Find), so the call ends as unknown and %s is not asked.", next)
		}
	}
}

func recipient(v *SourceView) string {
	if v.Recipient.Company != "" {
		return v.Recipient.Company
	}
	return v.Name
}

// checkMemory finds memories that do not help.
func (p *surveyed) checkMemory() {
	if p.Memory == nil || len(p.enough) == 0 {
		return
	}
	if p.Memory.Stale == 0 {
		p.find(LintMemoryNoStale, SeverityWarning, nil, "it remembers answers for %s and serves none when all sources fail: set Stale.", Duration(p.Memory.Fresh))
		return
	}
	first := &p.Sources[p.enough[0]]
	keeps := p.those(p.enough, func(v *SourceView) bool { return v.Retention > 0 })
	if first.Retention == 0 && len(keeps) > 0 {
		p.find(LintMemoryThin, SeverityNote, keeps,
			"only what %s says is kept, and %s is asked first: what is asked in good times is not remembered.", list(p.names(keeps)), first.Name)
	}
}
