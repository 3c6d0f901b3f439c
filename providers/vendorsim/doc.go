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
//	StartSolapi  send send_many list deliver
//	StartNHN     sms sms_auth sms_query sms_list alimtalk alimtalk_auth alimtalk_query alimtalk_list deliver alimtalk_deliver
//	StartKakaoLocal  address coord2address
//	StartJuso    search coord
//	StartBarocert  time token point kakao_request kakao_status kakao_verify pass_request pass_status pass_verify push
//
// What reaches a citizen arrives at a [Phone]: texts of all message vendors, and requests to confirm of the certificates.
// Share one between the vendors of a rehearsal. The operations deliver, alimtalk_deliver and push are no requests: they are
// what happens inside the vendor after it accepted something, and "*" leaves them alone.
//
//	phone := vendorsim.NewPhone()
//	solapi, err := vendorsim.StartSolapi(vendorsim.SolapiConfig{Phone: phone})
//	phone.Behave("01012345678", vendorsim.Behaviour{Trouble: vendorsim.NoKakaoTalk})
//	text, err := phone.Await(ctx, "01012345678", 0)                                  // the first text that arrives
//	once := phone.Deliveries("our-key") == 1
//
// Where the vendor's documents do not say what happens, the behaviour is an option of the Config whose comment says
// UNCONFIRMED; never let a test depend on one without setting it.
//
// Time: the vendor's clock is the wall clock plus what [Server.Advance] added, so that codes, tokens and keys can expire
// without waiting. Deliveries and the choices of citizens take real time; Close ends those under way.
//
// Concurrency: every method of every type of this package may be called at any time, also while requests are served; a
// fault is switched atomically and holds for the requests that arrive after it. Everything is bounded: pending
// authorisations, codes, tokens, messages, texts, log entries, request bodies and drawn tiles. Nothing is written to disk or to a log,
// and [Server.Log] holds no secret.
//
// The package imports the standard library only.
package vendorsim
