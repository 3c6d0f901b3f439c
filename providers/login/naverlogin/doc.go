// Package naverlogin is Naver Login by plain OAuth 2.0 (the paths under
// /oauth2.0/): https://developers.naver.com/docs/login/api/api.md
//
// The identity is issuer "https://nid.naver.com" and response.id of the
// profile, which is unique per application only: it is another one in another
// app of yours. Naver has no flag for a verified e-mail, so EmailVerified is
// always false. It knows neither nonce nor PKCE on these paths; the state alone
// ties a reply to its challenge, and is sent to the token endpoint as well.
package naverlogin
