// Package cert is proving who somebody is with an electronic certificate: a
// request goes to the citizen's telephone, the citizen confirms it there, and
// the vendor says who confirmed.
//
// The law of a certificate adapter, besides the law of package providers:
//
//   - Request reaches a person, costs money and has no key by which it could be
//     repeated: it is asked once. An error of it that is not NotSent may have
//     reached the telephone all the same.
//   - Collect asks how the request stands and, once it is complete, has it
//     verified, exactly once. Until the citizen has answered it says
//     [ErrPending], which is no fault: whoever polls, and for how long, is the
//     flow's matter (fallback.Leg.Tries), never the adapter's.
//   - What was verified once is never a success again ([ErrSpent]).
//   - Who goes back is done with it: fallback.Flow.Cancel ends the ticket, so that a
//     confirmation which comes later confirms nothing. A vendor that can take a
//     request back is told (Leg.Cancel: p.Cancel, see [Canceller]). One that cannot,
//     as Barocert, leaves it on the telephone until Ticket.Expires: tell the citizen
//     not to confirm it, and offer another certificate, no second request of this one.
//   - Each request carries a random token, used once, which must come back
//     signed. A proof that carries another one is Denied: a citizen with an
//     altered app can cause that, and one citizen must not be able to switch a
//     vendor off for everyone.
//   - A proof says whose it is; [Match] says whether that is who was claimed. An
//     adapter that passes what the vendor withheld leaves it empty, never
//     filled from the claim: a claim that proves itself is what happened at
//     Hometax.
//   - A session token that a vendor wants (Linkhub) is a credential and no
//     answer: an adapter may keep it until it ends, never beyond, and never
//     writes it anywhere.
//
// CI, the connecting information, is derived from the resident registration
// number and names one person at every agency and site. Keep it encrypted or,
// to find somebody by it, as a keyed hash ([CIHash]). It is never logged, never
// a key of a cache, never sent to a browser. Every type here masks it.
//
// The types are made for fallback.FlowConfig:
//
//	Valid: cert.Subject.Validate, Join: cert.Reply.Resume, Match: cert.Match
//	Leg:   Begin: p.Request, Finish: p.Collect, Tries: how often it may be polled,
//	       Cancel: p.Cancel of a Canceller
//
// All of them are values, safe to copy and to use concurrently. They print as a
// mask under every verb of fmt, in log/slog and in encoding/json; encoding/gob
// writes them in full, because a flow seals them. The package imports the
// standard library and package providers only.
package cert
