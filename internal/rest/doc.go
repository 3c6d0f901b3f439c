// Package rest asks a vendor one HTTP question and gives back a bounded answer
// or a [*providers.Error]. Every adapter asks through it, so the rules of
// package providers are kept in one place:
//
//   - one request, no retry, no redirect followed, no cookie kept;
//   - https only, but for loopback in tests and rehearsals;
//   - at most MaxBytes of the decompressed body, read to its end within a
//     total deadline, and always closed;
//   - errors rebuilt without the URL that net/http puts into them.
//
// It does not decide what an answer means: any status comes back as an [Answer]
// and the adapter classifies it by status, content type and body.
package rest
