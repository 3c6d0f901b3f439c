// Package breaker tells whether one upstream is worth asking.
//
// A [Breaker] stands before every call to one third-party API. While it is closed, calls pass and their outcomes are
// counted. When too many of them fail, or are slow, or do not come back at all, it opens: calls are refused at once
// with an [*OpenError] that says why and until when. After a while it lets trials through, or asks a Probe, and closes.
//
// # The law
//
// Concurrency. Everything here is safe for concurrent use. A nil *Breaker is usable: it just calls. The closed path takes no
// lock and allocates nothing; no goroutine exists while closed unless Watch is set. A call is never made under a lock.
//
// Context. What counts is the caller's context, not the error (a custom cause hides in the error). A call that the caller
// cancelled before it was slow says nothing about the upstream and is not counted. A call older than the slow bound
// counts as slow however it ends. One that its caller's deadline ended after the slow bound also counts as a
// fault. While the bound is learned, a deadline that leaves the upstream twice its usual time (and at least 100 ms) is
// patience enough: otherwise callers with short deadlines would never see an upstream hang. A trial that ends
// by deadline or by lease has failed.
//
// Class. An error tells what it is by a method Class() string, found as errors.As finds it: "unavailable", or no class at
// all, is a fault; "limited" opens for Wait() (a second method, default OpenFor); "refused" (our key) and "security" (TLS,
// redirects) open at once under that reason; "invalid", "denied" and "notfound" are answers: the upstream is well. An
// OpenError of another breaker says nothing about this upstream and is not counted.
//
// Exactly once. Every admission ends in one record, also on panic and runtime.Goexit, which are counted as faults and go on
// unchanged. A record belongs to the generation it was admitted in: one that arrives after a transition is
// counted in Snapshot.Late and nowhere else.
//
// Hangs. Calls that are still out count as slow once they are older than the slow bound, so a hang is seen while it
// hangs: without a timer or goroutine per call the first admission of each time slot (a 96th of Window) looks at the
// youngest calls that have had time to answer. The reason is "slow" if late answers do come, to these calls or a moment ago, else "hang".
//
// How soon. At 200 calls a second a hang is seen within a second, also by a new breaker. A share is seen when it shows among the calls of
// the window: one a little over the rate takes many calls, whoever counts. With 30 % faults against the 25 % of FaultRate, 20 calls a second make
// 60 faults in 200 calls, give or take 6, and 50 are needed: of 2,000 simulated outages, each after good times, 94 % were seen within 10 s, 99 % within
// 13.5 s, the last after 20 s; from 80 calls a second on all were seen within 10 s. A shorter Window sees them sooner, and more that is chance.
//
// Traffic. Every call is counted, at millions a second as at one. A breaker that goroutines fight over, or that takes more than 4,096 calls
// in a slot, spreads its counters: about 1.6 KiB for each of eight shards per processor, 64 at most. Where a slot holds hundreds of calls, most answers to
// [Breaker.Do] are recorded without a look at the clock, because others look: of calls that all began in one slot, all
// took longer than the slow bound, and ended when nobody else had called since, a few (about seven) may so be taken
// for quick ones. One that its caller's deadline ended never is, nor is one of [Breaker.Enter].
//
// Recovery. Without Probe the first call after OpenFor is the trial; when it succeeds two more may follow; three successes
// close, one failure opens again for twice as long (Trials and TrialRate say otherwise). With Probe no call is used as a trial: the probe is asked in the
// background at least every second, two successes in a row close. Watch stands in when Probe is nil. A trial that
// never reports (hung, forgotten) has failed when its lease ends, so the breaker never wedges. After closing,
// the share of admitted calls grows over Ramp. One that opens again too soon (Config.OpenFor says when) had not recovered: it stays open
// longer each time, so that a vendor that fails now and then does not go in and out. The reasons limited, refused and security, also told by a trial or a Probe, stay with their cause
// until it has closed, unless another of them takes their place: a trial that hangs has not taken back that our key is wrong.
//
// What opening does not do. It does not cancel calls in flight: each ends by its own context. It knows nothing of other
// processes: state is per process. It bounds nothing by itself: give calls a deadline; a call that ignores its context
// cannot be ended from outside. State does not survive a restart.
//
// Suspicion. [Breaker.Suspect] is a hint, never a vote: it only brings the next ask of Watch forward.
//
// Change. [Breaker.Reconfigure] swaps the settings beside traffic: state, counts and what was learned stay; calls under way end on the old.
//
// Many. A [Group] holds a breaker per key within a bound, and a parent that opens when a quorum of the keys has.
//
// Everything at once. A [Fleet] of independent breakers tells an outage of our own network from one of theirs, and keeps openings short.
//
// Forcing. An operator's Force wins over everything, also over reason "security": a breaker forced closed sends traffic to an
// upstream whose certificate failed (the TLS check itself stays on). It needs a name, a reason and a time, and always expires.
//
// The transitions closed, open, half-open are those of sony/gobreaker/v2; what is counted, and when to ask for a transition,
// is decided here (Microsoft's circuit breaker pattern:
// https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker).
package breaker
