// Package passcert is the PASS certificate (identity) of the three mobile
// carriers over Barocert.
//
// One Request is one POST, and one push to the PASS app. Collect is one GET for
// the state and, once the citizen has confirmed, one POST that verifies and
// repeats name and number: the ticket carries them. A session token of Linkhub
// is asked for before, and kept in memory until it ends; it is a credential,
// not an answer.
//
// What PASS adds to the law of package cert:
//
//   - State and verify can be asked until 23:59:59 of the day of the request, so a
//     request ends with the day.
//   - Personal data come encrypted for a key pair that was registered with the
//     vendor, RSA with PKCS #1 v1.5: set [Config.PrivateKey]. Without it those
//     fields are missing in the proof, and cert.Match fails on them. What comes
//     in the clear is taken as it is.
//   - The state does not tell whether a request was verified before. This
//     process remembers what it verified; over processes the ticket of the flow
//     makes it single use.
//
// States: 1 complete, by the manual; 0 waiting, 2 expired, 3 rejected, 4 failed
// as integrators report them; any other is Unavailable. Codes of errors are not
// published: a no with a code is Denied, see [Config.Codes] to say it better.
//
// Kakao and PASS over Barocert share Linkhub: they are two certificates to a
// citizen, and one company in an outage of Linkhub.
//
// Sources: SDKs of Linkhub (2025-02, 2025-09), developers.barocert.com.
package passcert
