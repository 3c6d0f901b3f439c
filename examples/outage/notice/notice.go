// Package notice says to citizens what does not work now, since when, and what to use instead: in Korean and in English, in words of the
// site, before they try.
package notice

import (
	"strings"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/fallback"
)

// Text is the same in the two languages of the sites.
type Text struct{ KO, EN string }

// Words are those of one capability. In sentences {name} stands for one source, {since} for since when, with its preposition, and {list}
// for what there is instead.
type Words struct {
	// Out is said of each source that does not work, Use of those that do; None when there is none.
	Out, Use, None Text
	// Names are what citizens call the sources.
	Names map[string]Text
	// Chosen by the site: only the first that works is named, for the citizen has nothing to choose.
	Chosen bool
}

// Way is one source as it is at a moment.
type Way struct {
	Name  string
	Works bool
	Since time.Time // since when it does not; zero: not known
}

// Offers are the ways of a flow.
func Offers(offers []fallback.Offer) []Way {
	ways := make([]Way, len(offers))
	for i, o := range offers {
		ways[i] = Way{Name: o.Source, Works: o.Available}
		if !o.Available {
			ways[i].Since = o.Since
		}
	}
	return ways
}

// Guarded is the way that a breaker guards. A nil breaker guards nothing: the way works.
func Guarded(name string, b *breaker.Breaker) Way {
	s := b.Snapshot()
	if s.State == breaker.Closed && s.Forced != breaker.ForcedOpen {
		return Way{Name: name, Works: true}
	}
	return Way{Name: name, Since: s.Since}
}

// Notice is what is told of one capability. The zero value: there is nothing to tell.
type Notice struct {
	Out  []Way    // what does not work
	Use  []string // what does
	Text Text
}

// Tell returns the notice of a moment. when writes a time down; the zero time is not asked for.
func (w Words) Tell(ways []Way, when func(time.Time) Text) Notice {
	var n Notice
	var said, names []Text
	for _, one := range ways {
		switch {
		case !one.Works:
			n.Out = append(n.Out, one)
			said = append(said, w.Line(one, when))
		case !w.Chosen || len(n.Use) == 0:
			n.Use = append(n.Use, one.Name)
			names = append(names, w.name(one.Name))
		}
	}
	if len(n.Out) == 0 {
		return Notice{}
	}
	last := w.None
	if len(names) > 0 {
		last = w.Use.with("{list}", joined(names))
	}
	n.Text = joinedBy(" ", append(said, last))
	return n
}

// Line is the sentence about one source that does not work.
func (w Words) Line(one Way, when func(time.Time) Text) Text {
	var since Text
	if !one.Since.IsZero() {
		at := when(one.Since)
		since = Text{KO: at.KO + "부터 ", EN: " since " + at.EN}
	}
	return w.Out.with("{name}", w.name(one.Name)).with("{since}", since)
}

func (w Words) name(source string) Text {
	if t, ok := w.Names[source]; ok {
		return t
	}
	return Text{KO: source, EN: source}
}

func (t Text) with(place string, by Text) Text {
	return Text{KO: strings.ReplaceAll(t.KO, place, by.KO), EN: strings.ReplaceAll(t.EN, place, by.EN)}
}

func joined(names []Text) Text {
	all := joinedBy(", ", names)
	if i := strings.LastIndex(all.EN, ", "); i >= 0 {
		all.EN = all.EN[:i] + " or " + all.EN[i+2:]
	}
	return all
}

func joinedBy(between string, texts []Text) Text {
	var ko, en []string
	for _, t := range texts {
		ko, en = append(ko, t.KO), append(en, t.EN)
	}
	return Text{KO: strings.Join(ko, between), EN: strings.Join(en, between)}
}

// Clock writes times down as people in Korea read them, with the date when that is not the day of now.
func Clock(now time.Time) func(time.Time) Text {
	kst := time.FixedZone("KST", 9*60*60)
	now = now.In(kst)
	return func(t time.Time) Text {
		t = t.In(kst)
		if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
			return Text{KO: t.Format("15:04"), EN: t.Format("15:04")}
		}
		return Text{KO: t.Format("1월 2일 15:04"), EN: t.Format("2 January 15:04")}
	}
}
