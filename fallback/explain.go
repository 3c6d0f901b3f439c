package fallback

import (
	"fmt"
	"strings"
	"time"
)

// Explain says for people why the call went where it went, one line for the
// outcome, one for each source that gave no answer, in order, and one for each
// flag. It knows nothing but the Result, and shows of causes only what Error
// shows: no question, no answer, no address.
func (r Result[A]) Explain() string {
	var b strings.Builder
	switch r.Freshness {
	case Live:
		fmt.Fprintf(&b, "%s answered, the %s choice", r.Source, ordinal(r.Rank+1))
		if r.Assurance > None {
			fmt.Fprintf(&b, ", worth assurance %v", r.Assurance)
		}
	case Cached:
		fmt.Fprintf(&b, "answered from memory: %s said so %s ago, which is fresh, so nobody was asked", r.Source, brief(r.Age))
	case Updating:
		fmt.Fprintf(&b, "answered from memory: %s said so %s ago, which is not fresh any more, so the sources are asked anew meanwhile", r.Source, brief(r.Age))
	case Stale:
		now := "could answer now"
		if n := len(r.Failed); n > 0 && r.Failed[n-1].Err == ErrPatience {
			now = "has answered yet"
		}
		fmt.Fprintf(&b, "answered from memory: %s said so %s ago, and nobody %s; kept until it is %s old", r.Source, brief(r.Age), now, brief(r.MaxAge))
	default:
		b.WriteString("no answer")
	}
	explain(&b, r.Failed, r.Attempts, r.Flags)
	return b.String()
}

// Explain says for people why there is no answer: the verdict, then as
// Result.Explain.
func (e *Error) Explain() string {
	var b strings.Builder
	if e.Chain != "" {
		b.WriteString(e.Chain + ": ")
	}
	b.WriteString("no answer: " + e.Verdict() + ", " + e.because())
	if len(e.Failed) == 0 {
		if text := cleanText(e.Cause); text != "" {
			b.WriteString(": " + text)
		}
	}
	attempts := 0
	for i := range e.Failed {
		attempts += e.Failed[i].Attempts
	}
	explain(&b, e.Failed, attempts, 0)
	return b.String()
}

// because says what the verdict means.
func (e *Error) because() string {
	switch e.verdict() {
	case ErrUnknown:
		return "it went out, and nobody knows whether it was done"
	case ErrCancelled:
		return "the caller went away"
	case ErrIncomplete:
		return "one source found nothing and another that may know could not be asked"
	case ErrLimited:
		return "nothing but limits stood in the way"
	case ErrRefused:
		return "only people can help"
	case ErrSecurity:
		return "a source could not be trusted"
	case ErrInvalid:
		return "the question is wrong"
	case ErrDenied:
		return "the answer is no, which nobody else is asked to overrule"
	case ErrNotFound:
		return "whoever may know was asked and found nothing"
	}
	return "those who might answer could not, and nothing that is remembered may stand in"
}

// explain adds the lines behind the first.
func explain(b *strings.Builder, failed []Failure, attempts int, flags Flags) {
	for i := range failed {
		b.WriteString("\n- ")
		failed[i].explain(b)
	}
	for _, f := range flagTexts {
		if flags.Has(f.flag) {
			b.WriteString("\n- " + f.text)
		}
	}
	if attempts > 1 {
		fmt.Fprintf(b, "\n- %d calls went out", attempts)
	}
}

var flagTexts = [...]struct {
	flag Flags
	text string
}{
	{FlagSecurity, "a source could not be trusted, so only those worth as much were believed after it"},
	{FlagShared, "others asked the same at the same time and shared the call"},
	{FlagRepeated, "an earlier source may have done it as well"},
	{FlagHedged, "a second source was asked beside a slow one"},
	{FlagRemembered, "that there is nothing is remembered"},
	{FlagPanic, "nobody could be asked, so one was tried although its breaker is open"},
	{FlagWarm, "a source was asked before its turn, to see that it works"},
	{FlagDrill, "a drill passes a source over"},
	{FlagLate, "a source did not return when its time was up, so it ignores its context"},
}

// explain says why the source gave no answer.
func (f *Failure) explain(b *strings.Builder) {
	if f.Source == "" && f.Err == ErrPatience {
		fmt.Fprintf(b, "after %s it was not waited for any longer, and the call goes on", brief(f.Took))
		return
	}
	if f.Source == "" {
		fmt.Fprintf(b, "the time of the caller ended after %s, while the call that it shared went on", brief(f.Took))
		return
	}
	b.WriteString(f.Source + " " + f.why())
	switch f.Turn {
	case TurnPanic:
		b.WriteString(" when it was tried although its breaker is open")
	case TurnWarm:
		b.WriteString(" when it was asked before its turn, to see that it works")
	case TurnDrill:
		b.WriteString(" when it was asked although a drill passes it over, for nobody else could answer")
	}
	if f.Attempts > 1 {
		fmt.Fprintf(b, ", %d times", f.Attempts)
	}
	if f.Took >= time.Millisecond {
		fmt.Fprintf(b, ", after %s", brief(f.Took))
	}
	if f.Late > 0 {
		fmt.Fprintf(b, ", %s later than it may", brief(f.Late))
	}
	if text := cleanText(f.Err); text != "" && f.tellsMore() && f.Err != ErrOvertaken {
		b.WriteString(": " + text)
	}
	switch f.Effect {
	case EffectAbsent:
		b.WriteString("; it was not done")
	case EffectUnknown:
		b.WriteString("; nobody knows whether it was done")
		if text := cleanText(f.FindErr); text != "" {
			b.WriteString(": " + text)
		}
	case EffectDone:
		b.WriteString("; it was done all the same")
	}
}

// why says what became of the source, to follow its name.
func (f *Failure) why() string {
	switch f.Skip {
	case SkipAssurance:
		if f.Attempts > 0 {
			return "answered, but is worth less than the source that could not be trusted"
		}
		return "was not asked: it is not worth as much as the call needs"
	case SkipOpen:
		return "was not asked: its breaker is open"
	case SkipForced:
		return "was not asked: an operator took it out"
	case SkipCapacity:
		return "was not asked: it carries as much as it may"
	case SkipRamp:
		return "was not asked: it has just come back and takes only a share of the calls"
	case SkipDeadline:
		return "was not asked: no time was left for it"
	case SkipDrill:
		return "was not asked: a drill passes it over"
	}
	if f.Err == ErrOvertaken {
		return "was slow, and another answered first"
	}
	switch f.Class {
	case Limited:
		return "was asked too often"
	case Refused:
		return "refused us, a human is needed"
	case Security:
		return "could not be trusted"
	case Invalid:
		return "called the question wrong"
	case Denied:
		return "said no"
	case NotFound:
		return "found nothing"
	}
	return "could not answer"
}

// ordinal returns first, second, third, 4th ...
func ordinal(n int) string {
	switch n {
	case 1:
		return "first"
	case 2:
		return "second"
	case 3:
		return "third"
	}
	return fmt.Sprintf("%dth", n)
}
