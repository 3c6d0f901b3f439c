// Package barocert asks Barocert, the certificate service of Linkhub, for the
// adapters of this capability: the session token, the signature of each
// request, the encryption of its fields, and what its answers mean. One vendor
// behind it (Kakao, PASS) is a [Config]; two of them still share Linkhub, its
// network and its data centre, so they are no substitute for each other when
// Linkhub is down.
//
// The session token is a credential and no answer. It is kept until shortly
// before it ends, in this process alone; one caller asks for it while others
// wait, a caller who leaves takes nobody with him, and a failed ask is told to
// those who waited for it and not repeated.
//
// Source: the SDKs of Linkhub in other languages (2025-02 and 2025-09),
// developers.barocert.com and kakaocert.com manuals. No list of error codes is
// public; see [Config.Codes].
package barocert
