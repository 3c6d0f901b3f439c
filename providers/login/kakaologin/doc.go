// Package kakaologin is Kakao Login: https://developers.kakao.com/docs/latest/ko/kakaologin/rest-api
//
// The identity is issuer "https://kauth.kakao.com" and the member number in
// decimal. It comes from /v2/user/me, asked with the access token of the code:
// the id token has no email_verified. When Kakao sends an id token (OpenID
// Connect is on and "openid" was asked), its nonce, audience and sub must agree
// with the challenge, the app and the member number. That is a check of
// consistency and against injected codes, not a second source: the token came
// over TLS from the token endpoint, which OpenID Connect Core section 3.1.3.7
// accepts in place of its signature. Who wants the signature verified takes
// package oidclogin with Kakao's endpoints.
package kakaologin
