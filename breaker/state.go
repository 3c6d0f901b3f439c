package breaker

import "strconv"

// State is where a breaker stands. The zero value is Closed.
type State uint8

// The states.
const (
	Closed   State = iota // calls pass and are counted
	HalfOpen              // a few trials pass, everybody else is refused
	Open                  // calls are refused
)

// String returns "closed", "half-open" or "open".
func (s State) String() string { return word("state", s, "closed", "half-open", "open") }

// Reason says why a breaker opened. The zero value is ReasonNone.
type Reason uint8

// The reasons.
const (
	ReasonNone     Reason = iota
	ReasonFaults          // too many faults, by rate or in a row
	ReasonSlow            // too many answers came after the slow bound
	ReasonHang            // calls do not come back, or a trial did not before its lease ended
	ReasonLimited         // the upstream asked us to wait (429)
	ReasonRefused         // the upstream refuses our key; a human is needed
	ReasonSecurity        // the peer could not be trusted (TLS, redirect)
	ReasonWatch           // Watch failed twice in a row
	ReasonForced          // an operator forced it
	ReasonFleet           // a Fleet sees everything down at once: probably our own network
)

// String returns one lower-case word: "none", "faults", "slow", "hang", "limited", "refused", "security", "watch", "forced", "fleet".
func (r Reason) String() string {
	return word("reason", r, "none", "faults", "slow", "hang", "limited", "refused", "security", "watch", "forced", "fleet")
}

// Forced is what an operator imposed. The zero value is NotForced.
type Forced uint8

// The forced states.
const (
	NotForced    Forced = iota
	ForcedOpen          // every call is refused
	ForcedClosed        // every call passes
)

// String returns "no", "open" or "closed".
func (f Forced) String() string { return word("forced", f, "no", "open", "closed") }

func word[T ~uint8](what string, v T, words ...string) string {
	if int(v) < len(words) {
		return words[v]
	}
	return what + " " + strconv.Itoa(int(v))
}
