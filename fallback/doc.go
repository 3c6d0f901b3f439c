// Package fallback keeps a question answered while the one who usually answers
// it is down, and says so.
//
// A chain asks one source after another. Each source is guarded:
//
//	Retry(Breaker(Timeout(call, check)))
//
// An error is either a fault (the upstream could not answer: ask the next) or an
// answer (it said no: stop). Whatever comes back is labelled: who said it, when,
// how fresh, how far it can be trusted, and who failed before. A chain of one
// source runs the same code, so the failover path is always in use.
//
// # What follows from an error
//
//	class        retry        breaker            next source                 stale
//	unavailable  yes          counts             yes                         yes
//	limited      if wait fits opens for its wait yes                         yes
//	refused      no           opens              yes                         yes
//	security     no           opens              equal or higher assurance   yes, flagged
//	invalid      no           no                 no                          no
//	denied       no           no                 never                       never
//	notfound     no           no                 Config.Next                 no
//
// An error tells its class by a method Class() string, how long to wait by
// Wait() time.Duration, and that it had no effect by NotSent() bool; each is
// found with errors.As, so a source need not import this package. No class is
// unavailable. A source that panics, that ends its goroutine, or that returns a
// nil pointer and no error is unavailable too. Denied stays in the table for
// good: no setting moves on from it.
//
// # What is promised
//
//   - Eligibility before availability: sources below the assurance or without
//     the traits that a call needs are left out before any breaker is looked at.
//     No failure, memory or forced state gives less; when nobody is left the
//     error is explicit (ErrNoSource). A call may raise the minimum (WithMin,
//     WithTraits), never lower it.
//   - After a security failure only sources of equal or higher assurance are
//     asked, and the result carries FlagSecurity.
//   - Not found is not the same as could not ask: when one source found nothing
//     and another failed the verdict is ErrIncomplete, and it is never
//     remembered.
//   - One verdict: an *Error matches one sentinel, by the order documented there.
//   - A caller who goes away gets its context's error back, and nothing is
//     counted against anybody for that.
//   - At most 1 + Retry.Max calls go to each source; extra ones are paid for from
//     the Budget of the upstream, first ones never ask it. A breaker that is open
//     is not waited for.
//   - The time of a call is divided: sources in the back get their turn when
//     those in front hang, and one that would not end in time is skipped and
//     says so (Config.Deadline has the rule).
//   - A hedge (Config.Hedge) is one more call at most, to a source that may be
//     asked, and its loser is no fault of anybody. A source that hangs while nobody
//     can be asked beside it is not waited for once its breaker has opened.
//   - An alternate can be asked before its turn in good times, so that it is known
//     to work (Config.Warm). What it says against that counts when its turn comes,
//     but for a denial; nobody gets an error because of it. A source that has
//     given no good answer for long is told as unproven (SourceView, Outcome).
//   - A drill (Chain.Drill, Flow.Drill) sends a share of the calls past a source,
//     never below the minimum, and ends by itself. In a chain a call that the
//     others are not good for is answered by that source after all; in a flow the
//     only leg that works is never drilled.
//   - When every source is closed off by its breaker and memory has nothing, a
//     small number of calls a second still asks the least bad one
//     (Config.PanicTrials): never one that an operator took out, or that itself
//     told us to stay away.
//   - A question with an effect (Config.Once) is sent again only after an error
//     that certainly had none, or after Source.Find found nothing; what stays
//     unknown is ErrUnknown, unless Config.Again agreed to do it twice. Every
//     fault says what is known of its effect (Failure.Effect).
//   - A nil error means an answer that Answers has accepted.
//   - That there is nothing is remembered only when it is complete and
//     Memory.Negative allows it.
//   - While an answer is remembered that may stand in, nobody waits longer for
//     the sources than Memory.Patience allows.
//   - Memory serves only what it was allowed to keep, never in place of an answer
//     that said no, and a failing store costs time (StoreWait), not answers.
//   - Settings change while a part serves (Settings, package settings): as a
//     whole or not at all, with nothing forgotten, never to less than it was
//     wired for. A call ends on the settings that it began with.
//
// What wiring can get wrong before any call, Check says: substitutes that die
// with what they replace, sources that never get their turn, and what becomes of
// each part when something dies.
//
// # What is not promised
//
//   - A source that ignores its context holds its caller up. It is told
//     (FlagLate), and Source.Detach leaves it behind.
//   - Find is as good as the list of the vendor: what is listed later than two
//     thirds of FindTimeout after the fault is taken for absent.
//   - The last source can be down as well; then there is an error.
//   - A remembered answer can be wrong by now: that is what its Age is for.
//   - Breakers, budgets and capacities are those of this process, but for a daily
//     quota with a Counter. While that Counter is out of order, several processes
//     may together exceed the quota.
//   - The text of an error shows the causes that tell a class, since those were
//     written to be shown. A provider that puts a key into such a text shows it.
//
// Chains, flows and stores are safe for concurrent use. Constructors list all
// mistakes at once and touch no network. Nothing here panics, logs or keeps
// state outside the values it returns.
package fallback
