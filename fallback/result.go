package fallback

import (
	"slices"
	"strings"
	"time"
)

// Freshness says whether an answer was given for this call. The zero value is
// none of them: a Result that nobody filled in is not live.
type Freshness uint8

// The kinds of freshness.
const (
	Live     Freshness = iota + 1 // given by a source for this call
	Cached                        // remembered, and younger than Memory.Fresh
	Stale                         // remembered, served because everything live failed, or had not answered within Memory.Patience
	Updating                      // remembered, not fresh any more, served while the sources are asked anew (Memory.Revalidate)
)

// String returns none, live, cached, stale or updating.
func (f Freshness) String() string {
	switch f {
	case Live:
		return "live"
	case Cached:
		return "cached"
	case Stale:
		return "stale"
	case Updating:
		return "updating"
	}
	return "none"
}

// Flags say what else a reader of a result ought to know. It is a set.
type Flags uint16

// The flags.
const (
	FlagSecurity   Flags = 1 << iota // a source could not be trusted before this answer was found
	FlagShared                       // one call answered several askers of the same question
	FlagRepeated                     // an earlier source may have done it as well (Config.Again)
	FlagHedged                       // a second source was asked beside a slow one (Config.Hedge)
	FlagRemembered                   // that there is nothing was not asked for this call (Memory.Negative)
	FlagPanic                        // nobody could be asked, so a source was tried although its breaker is open (Config.PanicTrials)
	FlagWarm                         // a source was asked before its turn, to see that it works (Config.Warm)
	FlagDrill                        // a source was passed over by a drill (Chain.Drill, Flow.Drill)
	FlagLate                         // a source did not return when its time was up: it ignores its context (see Source.Detach)
)

var flagWords = [...]struct {
	flag Flags
	word string
}{
	{FlagSecurity, "security"}, {FlagShared, "shared"}, {FlagRepeated, "repeated"}, {FlagHedged, "hedged"}, {FlagRemembered, "remembered"},
	{FlagPanic, "panic"}, {FlagWarm, "warm"}, {FlagDrill, "drill"}, {FlagLate, "late"},
}

// Has reports whether f holds every flag of want.
func (f Flags) Has(want Flags) bool { return f&want == want }

// String lists the flags with commas between; the empty set is "".
func (f Flags) String() string {
	var words []string
	for _, w := range flagWords {
		if f.Has(w.flag) {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, ",")
}

// Result is an answer with its label: who gave it, when, how fresh it is, how
// far it can be trusted, and who failed before. It is a value; Failed is its
// own copy. The Value of a chain with Memory is shared with other callers and
// must not be changed.
type Result[A any] struct {
	Value      A
	Source     string        // who said it; empty: nobody did
	Rank       int           // place of the source in the chain, from 0
	Freshness  Freshness     // zero: not an answer
	ObtainedAt time.Time     // when the source said it
	Age        time.Duration // how long ago that was; zero for Live
	MaxAge     time.Duration // age at which it is no longer served from memory; zero: it is not remembered
	Assurance  Assurance     // what it is worth, never above the source's
	Flags      Flags
	Attempts   int       // calls of Do that went out for this result, at all sources
	Failed     []Failure // who gave no answer before, in order; with EffectDone also Source itself
}

// Degraded reports whether a source could not answer on the way, or the answer
// is a remembered one in place of a live one.
func (r Result[A]) Degraded() bool {
	if r.Freshness == Stale {
		return true
	}
	return slices.ContainsFunc(r.Failed, func(f Failure) bool {
		return f.Class.Fault() && f.Skip != SkipAssurance && f.Skip != SkipDrill && f.Turn != TurnWarm && f.Err != ErrOvertaken
	})
}
