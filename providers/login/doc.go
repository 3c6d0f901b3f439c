// Package login is signing in with an account that a citizen already has at
// a vendor: the authorization code grant of RFC 6749 with what RFC 9700 adds.
//
// The law of a login adapter, besides the law of package providers:
//
//   - An identity is issuer and subject, together, and nothing else. An e-mail
//     address or a phone number is a label: it changes hands, vendors verify it
//     differently or not at all, and linking accounts by it hands them over.
//   - Begin makes no network call and cannot fail for a valid request. So its
//     success says nothing about the vendor; [Watcher] does.
//   - Finish asks the token endpoint of its own issuer, once. A code is never
//     redeemed elsewhere and never tried again: it is single use, and sending
//     it to another vendor is a mix-up attack (RFC 9700 section 4.4). Trying
//     "the next provider" with it is therefore not a fallback.
//   - Each provider has a callback path of its own (RFC 9700 section 4.4.2). A
//     reply is taken only for the redirect URI, state, nonce and verifier of
//     the challenge it answers, and nobody is asked otherwise.
//   - What a browser brings back can be forged. An error in a callback, and an
//     error of the vendor that a forged code can cause, is denied, never a
//     fault: otherwise one browser could switch a vendor off for everyone.
//
// The types are made for fallback.FlowConfig:
//
//	Valid: login.Request.Validate, Join: login.Reply.Resume, Match: login.Match
//
// All of them are values, safe to copy and to use concurrently. Those that
// carry personal data or secrets print as a mask under every verb of fmt, in
// log/slog and in encoding/json; encoding/gob writes them in full, because a
// flow seals them. The package imports the standard library and package
// providers only.
package login
