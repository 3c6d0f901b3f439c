package fallback

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Loss is what becomes of the parts when something dies: one line of the blast
// radius. Things that take the same sources with them stand in one.
type Loss struct {
	Of         []Cause    `json:"of"`
	Parts      []PartLoss `json:"parts"`      // those that it touches, the worst first
	Unaffected []string   `json:"unaffected"` // the others
}

// Cause is one thing that can die.
type Cause struct {
	Kind string `json:"kind"` // fate (Upstream.Fate), company (Recipient.Company), upstream
	Name string `json:"name"`
}

// Fallout is what becomes of a part. A greater one is worse.
type Fallout string

// What becomes of a part.
const (
	FalloutWeakened    Fallout = "weakened"    // the first source still answers, a substitute is lost
	FalloutDegraded    Fallout = "degraded"    // others answer; of a flow: fewer ways are offered
	FalloutMemory      Fallout = "memory"      // only what is remembered, stale
	FalloutUnreachable Fallout = "unreachable" // nobody answers
)

// worse orders them.
var worse = [...]Fallout{FalloutWeakened, FalloutDegraded, FalloutMemory, FalloutUnreachable}

// PartLoss is what becomes of one part.
type PartLoss struct {
	Part       string    `json:"part"`
	State      Fallout   `json:"state"`
	Left       []Left    `json:"left"` // who still answers, in order
	Lost       []string  `json:"lost"` // who does not
	Minimum    Assurance `json:"minimum"`
	BestBefore Assurance `json:"best_before"`       // greatest level that could be reached
	Best       Assurance `json:"best"`              // and is now; unset when nobody is left
	TraitsLost []string  `json:"traits_lost"`       // those that nobody has any more, by Trait.String
	MaxAge     Duration  `json:"max_age,omitempty"` // of what memory serves
}

// Left is a source that still answers.
type Left struct {
	Source string    `json:"source"`
	Rank   int       `json:"rank"`
	Level  Assurance `json:"level"`
}

// SinglePoint is something whose death alone makes parts unreachable.
type SinglePoint struct {
	Of    []Cause  `json:"of"`
	Parts []string `json:"parts"`
}

// losses works out what becomes of every part by every cause.
func (s *survey) losses() []Loss {
	all := []Loss{}
	same := make(map[string]int) // by who dies
	for _, c := range s.causes {
		by := []string{c.key}
		var who strings.Builder
		for i := range s.parts {
			for j := range s.parts[i].Sources {
				if s.parts[i].dead(j, by) {
					who.WriteString(strings.Join([]string{"", s.parts[i].Name, s.parts[i].Sources[j].Name}, "\x00"))
				}
			}
		}
		one := Cause{c.kind, c.name}
		if at, ok := same[who.String()]; ok {
			all[at].Of = append(all[at].Of, one)
			continue
		}
		same[who.String()] = len(all)
		l := Loss{Of: []Cause{one}, Parts: []PartLoss{}, Unaffected: []string{}}
		for i := range s.parts {
			if p, touched := s.parts[i].loss(by); touched {
				l.Parts = append(l.Parts, p)
			} else {
				l.Unaffected = append(l.Unaffected, s.parts[i].Name)
			}
		}
		slices.SortStableFunc(l.Parts, func(a, b PartLoss) int { return cmp.Compare(b.State.rank(), a.State.rank()) })
		all = append(all, l)
	}
	for i := range all {
		slices.SortFunc(all[i].Of, func(a, b Cause) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	}
	slices.SortStableFunc(all, func(a, b Loss) int {
		return cmp.Or(slices.Compare(b.weight(), a.weight()), cmp.Compare(a.title(), b.title()))
	})
	return all
}

func (f Fallout) rank() int { return slices.Index(worse[:], f) }

// weight counts the parts by what becomes of them, the worst first.
func (l *Loss) weight() []int {
	n := make([]int, len(worse))
	for _, p := range l.Parts {
		n[len(worse)-1-p.State.rank()]++
	}
	return n
}

// loss is what becomes of p, and whether anything does.
func (p *surveyed) loss(by []string) (l PartLoss, touched bool) {
	l = PartLoss{Part: p.Name, Minimum: p.MinAssurance, Left: []Left{}, Lost: []string{}}
	var before, after Trait
	for _, i := range p.enough {
		v := &p.Sources[i]
		l.BestBefore = max(l.BestBefore, v.Assurance)
		before |= v.Traits
		if p.dead(i, by) {
			l.Lost = append(l.Lost, v.Name)
			continue
		}
		l.Left = append(l.Left, Left{v.Name, i, v.Assurance})
		l.Best = max(l.Best, v.Assurance)
		after |= v.Traits
	}
	l.TraitsLost = (before &^ after &^ Restricted).words() // nobody misses that one
	switch {
	case len(l.Lost) == 0:
		return l, false
	case len(l.Left) == 0 && p.stale():
		l.State = FalloutMemory
		for _, i := range p.enough {
			l.MaxAge = max(l.MaxAge, Duration(min(p.Memory.Stale, time.Duration(p.Sources[i].Retention))))
		}
	case len(l.Left) == 0:
		l.State = FalloutUnreachable
	case !p.flow() && l.Left[0].Rank == p.enough[0]:
		l.State = FalloutWeakened
	default:
		l.State = FalloutDegraded
	}
	return l, true
}

// singlePoints are the losses that take a part down.
func singlePoints(all []Loss) []SinglePoint {
	points := []SinglePoint{}
	for _, l := range all {
		var down []string
		for _, p := range l.Parts {
			if p.State == FalloutUnreachable {
				down = append(down, p.Part)
			}
		}
		if len(down) > 0 {
			points = append(points, SinglePoint{l.Of, down})
		}
	}
	return points
}
