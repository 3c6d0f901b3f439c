// Package vendorsim runs faithful local HTTP servers of the vendors that Detour wraps, with faults on command, so that a
// site can rehearse an outage before it has one.
//
// Each server listens on a free port of 127.0.0.1 and speaks the wire format of one vendor: paths, headers, body shapes,
// error shapes, one-time codes, the authorise page a citizen would see. It is strict about the vendor's authentication and
// parameters, so that a wrong header or parameter fails here as it does in the field. It shares no code with the adapters
// on purpose: client and simulator must not make the same mistake.
//
//	kakao, err := vendorsim.StartKakao(vendorsim.KakaoConfig{
//		Clients: []vendorsim.Client{{ID: "key", Secret: "secret", RedirectURIs: []string{"http://127.0.0.1:8080/back"}}},
//	})
//	defer kakao.Close()
//	err = kakao.Break("token", vendorsim.Fault{Mode: vendorsim.Hang})                // every token call hangs
//	err = kakao.Break("me", vendorsim.Fault{Mode: vendorsim.Vendor, Code: "-7", Share: 0.3}) // 30 % in maintenance
//	kakao.HealAll()
//
// Servers and operations:
//
//	StartKakao   authorize token me token_info userinfo logout unlink jwks discovery
//	StartNaver   authorize token revoke me
//	StartOIDC    authorize token jwks userinfo discovery
//	StartVWorld  tile
//	StartOSM     tile
//
// Where the vendor's documents do not say what happens, the behaviour is an option of the Config whose comment says
// UNCONFIRMED; never let a test depend on one without setting it.
//
// Time: the vendor's clock is the wall clock plus what [Server.Advance] added, so that codes, tokens and keys can expire
// without waiting.
//
// Concurrency: every method of every type of this package may be called at any time, also while requests are served; a
// fault is switched atomically and holds for the requests that arrive after it. Everything is bounded: pending
// authorisations, codes, tokens, log entries, request bodies and drawn tiles. Nothing is written to disk or to a log,
// and [Server.Log] holds no secret.
//
// The package imports the standard library only.
package vendorsim
