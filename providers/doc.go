// Package providers holds the words that every vendor adapter speaks: the error
// that says what kind of "no" it was, and the text that must never be printed.
//
// The law of an adapter, whatever its capability:
//
//   - It asks once. It never retries, caches, logs, or chooses another vendor:
//     that is the chain's work, and a second layer of it multiplies load.
//   - It asks through the client it was given, follows no redirect, reads a
//     bounded body, and ends at its context's deadline.
//   - It classifies by status and content type and body code and required
//     fields. A 200 can be a fault, a 400 can be a fault, a 403 can be our own
//     mistake. What it does not understand is [Unavailable], never a success.
//   - Its errors are [*Error]: provider, operation, kind, cause. Never a URL, a
//     token, a body, or anything a citizen typed.
//   - Its constructor touches no network: a service must start during an outage.
//   - It is safe for concurrent use.
//
// The package imports the standard library only, and neither breaker nor
// fallback imports it: they find the kind of an error by its methods
// (Class, Wait, NotSent), so a stranger's adapter joins by having them.
package providers
