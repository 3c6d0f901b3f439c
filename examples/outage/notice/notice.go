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
// for what there is instead. A Korean particle after one of them is written in both forms, as 을(를) or (으)로, and comes out in the right one.
type Words struct {
	// Out is said of each source that does not work, Use of those that do; None when there is none.
	Out, Use, None Text
	// Names are what citizens call the sources.
	Names map[string]Text
	// Chosen by the site: the citizen has nothing to choose, so the first that works is named, and what stands behind it is not his
	// concern.
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

// Tell returns the notice of a moment. when writes a time down; the zero time is not asked for. Sources of one name are one thing to
// citizens: it is out when all of them are, since the first of them.
func (w Words) Tell(ways []Way, when func(time.Time) Text) Notice {
	var n Notice
	var said, names []Text
	for _, one := range w.byName(ways) {
		if !one.Works {
			n.Out = append(n.Out, one)
			said = append(said, w.Line(one, when))
			continue
		}
		n.Use = append(n.Use, one.Name)
		names = append(names, w.name(one.Name))
		if w.Chosen {
			break
		}
	}
	if len(n.Out) == 0 {
		return Notice{}
	}
	last := w.Nothing()
	if len(names) > 0 {
		last = w.Use.with("{list}", joined(names)).read()
	}
	n.Text = joinedBy(" ", append(said, last))
	return n
}

// byName makes one way of those that citizens call the same, in the place of the first.
func (w Words) byName(ways []Way) []Way {
	var all []Way
	at := make(map[Text]int)
	for _, one := range ways {
		i, known := at[w.name(one.Name)]
		if !known {
			at[w.name(one.Name)] = len(all)
			all = append(all, one)
			continue
		}
		switch was := &all[i]; {
		case was.Works:
		case one.Works:
			*was = one
		case was.Since.IsZero() || !one.Since.IsZero() && one.Since.Before(was.Since):
			was.Since = one.Since
		}
	}
	return all
}

// Line is the sentence about one source that does not work.
func (w Words) Line(one Way, when func(time.Time) Text) Text {
	var since Text
	if !one.Since.IsZero() {
		at := when(one.Since)
		since = Text{KO: at.KO + "부터 ", EN: " since " + at.EN}
	}
	return w.Out.with("{name}", w.name(one.Name)).with("{since}", since).read()
}

// Nothing is said when nothing works.
func (w Words) Nothing() Text { return w.None.read() }

func (w Words) name(source string) Text {
	if t, ok := w.Names[source]; ok {
		return t
	}
	return Text{KO: source, EN: source}
}

func (t Text) with(place string, by Text) Text {
	return Text{KO: strings.ReplaceAll(t.KO, place, by.KO), EN: strings.ReplaceAll(t.EN, place, by.EN)}
}

// read is the text as it is read: with the right particles.
func (t Text) read() Text { return Text{KO: particles(t.KO), EN: t.EN} }

// joined is a choice: a, b or c.
func joined(names []Text) Text {
	last := names[len(names)-1]
	if len(names) == 1 {
		return last
	}
	all := joinedBy(", ", names[:len(names)-1])
	return Text{KO: all.KO + " 또는 " + last.KO, EN: all.EN + " or " + last.EN}
}

// joinedBy leaves out what is empty.
func joinedBy(between string, texts []Text) Text {
	var ko, en []string
	for _, t := range texts {
		if t != (Text{}) {
			ko, en = append(ko, t.KO), append(en, t.EN)
		}
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
		return Text{KO: t.Format("1월 2일 15:04"), EN: t.Format("15:04 on 2 January")}
	}
}
