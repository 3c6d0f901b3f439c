// Package kakaocert is the Kakao certificate (identity) over Barocert.
//
// One Request is one POST, and one push to KakaoTalk. Collect is one GET for the
// state and, once the citizen has confirmed, one POST that verifies. Before the
// first of them, and again when it ends, a session token is asked of Linkhub and
// kept in memory; it is a credential, not an answer.
//
// What Kakao adds to the law of package cert: a confirmed request is verified
// once, and within 10 minutes (30 in an older manual). The state tells when it
// was verified, so a second Collect is refused without asking again.
//
// States: 1 complete, by the manual; 0 waiting, 2 expired, 3 rejected, 4 failed
// as integrators report them; any other is Unavailable. Codes of errors are not
// published: a no with a code is Denied, see [Config.Codes] to say it better.
//
// Kakao and PASS over Barocert share Linkhub: they are two certificates to a
// citizen, and one company in an outage of Linkhub.
//
// Sources: SDKs of Linkhub (2025-02, 2025-09), developers.barocert.com,
// kakaocert.com manuals.
package kakaocert
