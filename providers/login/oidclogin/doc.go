// Package oidclogin is any issuer of OpenID Connect Core 1.0, with endpoints
// that are written down: no discovery is needed to start, because an SDK about
// outages must start during one. [Discover] fills them in once, for who likes.
//
// The identity is the configured issuer and the sub of the id token. The token
// is verified by coreos/go-oidc: signature by an allow-list of algorithms, iss,
// aud, exp, nbf; and here: nonce in constant time, azp, at_hash, no claim twice.
// A wrong nonce is an injected code and so Denied. Any other wrong token comes
// from the token endpoint, where nobody outside can put it: Security.
//
// Keys are fetched when first needed and kept in memory by the provider. An
// unknown kid fetches again, at most once per floor; with the key set down, the
// last good keys serve for a bounded time, and then nobody is let in.
package oidclogin
