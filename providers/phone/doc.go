// Package phone proves that a citizen holds a phone number: a code goes there
// by a chain of messages and has to come back.
//
// [Codes] is the two steps of a flow:
//
//	fallback.FlowConfig[phone.Request, phone.Challenge, phone.Reply, phone.Proof]{
//		Valid: phone.Request.Validate, Join: phone.Reply.Resume, Match: phone.Match,
//		Legs:  one with Begin: codes.Begin, Finish: codes.Finish, Tries: 5, and no Upstream
//	}
//
// The leg needs no Upstream: the chain behind [Config.Send] has those, and step
// two asks nobody. Its Timeout must be longer than that chain takes. The flow
// binds the challenge to the browser's session and seals it; a [Challenge] never
// goes to a browser otherwise.
//
// What is kept about a code is nothing: it is derived, HMAC-SHA256 under
// [Config.Key] of the challenge, whose id has 130 random bits, so codes are as
// uniform and independent as if drawn, within 2^-44. Nothing that lies in
// the counter or in a sealed challenge gives a code away, not even to be tried
// offline; every process can make the code again, so a resend and a change of
// channel send the same one and a late duplicate harms nobody; and a challenge of
// which one letter was changed has another code. The rival, a random code kept as a
// hash, has to be kept in the clear or sealed as well to be sent again. The price:
// a new Key ends the codes on their way, which live for minutes.
//
// The law of a check:
//
//   - It is counted before anything is looked at, whatever was typed, in one
//     atomic step over all processes. Of any number of checks of one challenge at
//     most [Config.Checks] are evaluated.
//   - The digits are compared as they are, in constant time: no spaces, no
//     full-width or other digits, no line break. A site that is kind to those
//     cleans the field before.
//   - The right code is taken once. What takes it is one atomic step too.
//   - A counter that cannot be asked accepts nothing and sends nothing.
//   - An error prints no number and no code, and says by Pending() bool whether
//     the same challenge may be tried again.
//
// What one citizen can cause (a wrong code, too many requests) is told with
// Hearsay() true or NotSent() true, so it neither opens nor closes a breaker; a
// budget of the whole site that is used up is class limited and closes the method
// for all until the budget begins anew.
//
// SMS is restricted authentication (NIST SP 800-63B): whoever has the SIM or the
// carrier has the code. Give such a leg the trait Restricted, let it never stand
// alone for a high level, and never change the number of an account by a code to
// the new number alone. The limits are those of OWASP ASVS 5.0 (6.5, 6.6) or tighter.
package phone
