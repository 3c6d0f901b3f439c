package fallback

import "time"

// Skip says why a source was not asked. The zero value says that it was.
type Skip uint8

// The reasons.
const (
	SkipNot       Skip = iota // it was asked
	SkipAssurance             // its level or traits are below what the call needs
	SkipOpen                  // its breaker is open
	SkipForced                // an operator took it out
	SkipCapacity              // its upstream carries as much as it may, now or today
	SkipRamp                  // it has just come back, and takes only a share of the calls
	SkipDeadline              // no time was left, or less than it usually needs
	SkipDrill                 // a drill passes it over
)

// String returns the empty string, assurance, open, forced, capacity, ramp,
// deadline or drill.
func (s Skip) String() string {
	switch s {
	case SkipAssurance:
		return "assurance"
	case SkipOpen:
		return "open"
	case SkipForced:
		return "forced"
	case SkipCapacity:
		return "capacity"
	case SkipRamp:
		return "ramp"
	case SkipDeadline:
		return "deadline"
	case SkipDrill:
		return "drill"
	}
	return ""
}

// Effect is what is known of the effect of a call that went out and ended with
// a fault (Config.Once). The zero value says nothing: the chain has no effects,
// nothing went out, or the class is that of an answer.
type Effect uint8

// What is known.
const (
	EffectAbsent  Effect = iota + 1 // it had none: the error says NotSent, or Find found nothing
	EffectUnknown                   // nobody knows
	EffectDone                      // it was done all the same: Find found it
)

// String returns the empty string, absent, unknown or done.
func (e Effect) String() string {
	switch e {
	case EffectAbsent:
		return "absent"
	case EffectUnknown:
		return "unknown"
	case EffectDone:
		return "done"
	}
	return ""
}

// Turn says that a source was asked out of its turn. The zero value says that
// it was not.
type Turn uint8

// Why it was.
const (
	TurnPanic Turn = iota + 1 // every source was closed off: it was tried although its breaker is open (Config.PanicTrials)
	TurnWarm                  // it was asked first, to see that it works (Config.Warm)
	TurnDrill                 // nobody else was good for the call, so it was asked although a drill passes it over (Chain.Drill)
)

// String returns the empty string, panic, warm or drill.
func (t Turn) String() string {
	switch t {
	case TurnPanic:
		return "panic"
	case TurnWarm:
		return "warm"
	case TurnDrill:
		return "drill"
	}
	return ""
}

// Failure is one source that gave no answer.
type Failure struct {
	Source   string // empty: the wait for a shared call ended (by the context, or ErrPatience), behind what that call met so far
	Class    Class
	Skip     Skip // why it was not asked; zero: it was
	Turn     Turn // why it was asked out of its turn; zero: it was not
	Err      error
	Attempts int           // calls that went out
	At       time.Time     // when its turn began
	Took     time.Duration // how long its turn lasted, waits and Find included
	Effect   Effect        // what is known of its effect
	FindErr  error         // why Find could not tell, when it was asked; as Err it may hold anything
	Late     time.Duration // how long after the end of its time Do returned, when it ignored that; zero: it obeyed, or was left behind (ErrLeftBehind)
}

// String returns `source: class: cause`, or `source: reason: cause` when it was
// not asked. The cause stands there only as far as its text may be shown. In
// brackets follow how late the source returned ([2s late]), a turn out of order
// ([panic], [warm], [drill]), and what is known of the effect: [done], [absent],
// [unknown], or [unknown: why Find could not tell].
func (f Failure) String() string {
	s := f.Source
	if s == "" {
		s = "shared call"
	}
	if f.Skip != SkipNot {
		s += ": " + f.Skip.String()
	} else {
		s += ": " + f.Class.String()
	}
	if text := cleanText(f.Err); text != "" && f.tellsMore() {
		s += ": " + text
	}
	if f.Late > 0 {
		s += " [" + brief(f.Late) + " late]"
	}
	if f.Turn != 0 {
		s += " [" + f.Turn.String() + "]"
	}
	if f.Effect != 0 {
		s += " [" + f.Effect.String()
		if text := cleanText(f.FindErr); text != "" {
			s += ": " + text
		}
		s += "]"
	}
	return s
}

// tellsMore reports whether Err says more than Skip.
func (f Failure) tellsMore() bool {
	switch err := f.Err.(type) {
	case noRoom:
		return err != errNoRoom
	case tooShort:
		return true
	}
	return f.Skip != SkipDeadline && f.Skip != SkipDrill || f.Err == ErrPatience
}

// notSent reports whether the failure certainly had no effect.
func (f Failure) notSent() bool {
	return f.Attempts == 0 || f.Effect == EffectAbsent || notSent(f.Err)
}
