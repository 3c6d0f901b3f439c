package fallback

// LintCode names a kind of finding. The words do not change between versions.
type LintCode string

// What Check finds. Each line tells the severity, and that with a stale memory
// behind the sources, if it differs, in brackets.
const (
	// Of what dies together.
	LintSingleSource   LintCode = "single-source"     // error (warning): one source alone is enough for the part
	LintSharedFate     LintCode = "shared-fate"       // error (warning): all sources die together, so they are one
	LintSharedFateNext LintCode = "shared-fate-next"  // warning; note behind the first substitute: a source and the next one die together
	LintSameUpstream   LintCode = "same-upstream"     // warning: two sources of one part share one Upstream, and so its breaker
	LintLastResort     LintCode = "last-resort"       // warning: a read whose last resort needs the network, with no local source and no stale memory
	LintCourtesyOnly   LintCode = "courtesy-only"     // error (warning): the only substitutes are courtesy servers
	LintCourtesyFirst  LintCode = "courtesy-first"    // warning: a courtesy server carries the load of good times
	LintCourtesyUncap  LintCode = "courtesy-uncapped" // warning: nothing bounds what a courtesy server is asked
	LintBreakerShared  LintCode = "breaker-shared"    // warning: one breaker decides for different questions
	LintUncapped       LintCode = "uncapped"          // note: a substitute without Capacity gets all the load when the first source dies
	LintFateUnstated   LintCode = "fate-unstated"     // note: nothing says what an upstream dies together with
	LintSourceUnstated LintCode = "source-unstated"   // note: a source has no Upstream, so nothing is known of it
	LintNoBreaker      LintCode = "no-breaker"        // warning: a source that asks the network has no breaker
	LintNoWatch        LintCode = "no-watch"          // warning: a leg whose Begin may ask nobody has a breaker without a Watch
	LintBudgetApart    LintCode = "budget-apart"      // note: several sources retry at one upstream, each with a budget of its own
	LintNotWarm        LintCode = "not-warm"          // note: alternates of a read that could be kept warm (Config.Warm) and are not: whether they work is found out in an outage
	LintUnproven       LintCode = "unproven"          // warning: the first source answers and an alternate has not for MaxIdle, although it was asked or never will be; in a flow: nobody has finished there
	LintNameTaken      LintCode = "name-taken"        // error: two parts have one name
	LintUpstreamTwice  LintCode = "upstream-twice"    // warning: two Upstreams have one name
	LintPartMissing    LintCode = "part-missing"      // error: a part is nil or could not be looked at

	// Of time.
	LintNoTurn     LintCode = "no-turn"     // error: when those in front hang, a source never gets its turn within the deadline
	LintTightTurns LintCode = "tight-turns" // warning: the sources usually need more together than the deadline leaves
	LintShortTTL   LintCode = "short-ttl"   // error when not longer than one step, warning below a minute: a ticket ends before a citizen can finish
	LintNoHedge    LintCode = "no-hedge"    // warning: the hedge would begin after everybody has given up

	// Of what an answer is worth, and what may happen to it.
	LintNeverAsked    LintCode = "never-asked"     // warning: a source below the minimum of its part
	LintNoMinimum     LintCode = "no-minimum"      // note: sources have levels and the part has no minimum
	LintAbroad        LintCode = "abroad"          // warning: the data go to a recipient in another country
	LintNoRecipient   LintCode = "no-recipient"    // note: nothing says who receives the data, or where
	LintResends       LintCode = "resends"         // error: an effect that the vendor repeats by itself, with another source behind it
	LintEndsUnknown   LintCode = "ends-unknown"    // warning: an effect that nobody can find out about keeps the next source from being asked
	LintMemoryNoStale LintCode = "memory-no-stale" // warning: a memory that is of no help when all sources fail
	LintMemoryThin    LintCode = "memory-thin"     // note: what the first source says is not kept, so memory knows only what was asked while it failed

	// Of exceptions.
	LintExceptionUnused LintCode = "exception-unused" // error: an exception for which there is no finding
	LintExceptionVague  LintCode = "exception-vague"  // error: an exception without a code of this list or without a reason; it counts for nothing
)

// lintCodes are all of them.
var lintCodes = [...]LintCode{
	LintSingleSource, LintSharedFate, LintSharedFateNext, LintSameUpstream, LintLastResort, LintCourtesyOnly, LintCourtesyFirst,
	LintCourtesyUncap, LintBreakerShared, LintUncapped, LintFateUnstated, LintSourceUnstated, LintNoBreaker, LintNoWatch, LintBudgetApart,
	LintNotWarm, LintUnproven,
	LintNameTaken, LintUpstreamTwice, LintPartMissing, LintNoTurn, LintTightTurns, LintShortTTL, LintNoHedge, LintNeverAsked, LintNoMinimum,
	LintAbroad, LintNoRecipient, LintResends, LintEndsUnknown, LintMemoryNoStale, LintMemoryThin, LintExceptionUnused, LintExceptionVague,
}
