package kakaologin

import (
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login/internal/code"
)

// tokenErrors is the table of kauth, by error_code:
// https://developers.kakao.com/docs/latest/ko/kakaologin/trouble-shooting
// A 5xx is unavailable whatever its code says.
//
//   - KOE001: what a code from a browser can cause is denied; said to a request
//     that is all ours it is our mistake. Watch finds it as such.
//   - KOE003: Kakao's own fault, "try again in some seconds".
//   - KOE005: a test app, and this citizen is not of its team; others may be.
//   - KOE237: 20 tokens in 10 minutes and 30 refreshes an hour for one citizen.
//     One citizen over it must not close Kakao for all, so denied in Finish;
//     in Refresh and Watch nobody else can have caused it.
//   - KOE303, KOE320, KOE322: a spent, expired or foreign code or token; the
//     citizen starts again. Said to the code of a Watch, the endpoint works.
//   - KOE310, KOE319: parameters that only we write. A human is needed.
//   - The rest is the state of our app in the console. A human is needed.
func tokenErrors(koe string) (code.Meaning, bool) {
	switch koe {
	case "KOE320", // code spent, expired or unknown
		"KOE303", // redirect_uri of another request
		"KOE322": // refresh token unknown or expired
		return code.Meaning{Finish: providers.Denied, Own: providers.Denied, Alive: true}, true
	case "KOE003":
		return code.Always(providers.Unavailable), true
	case "KOE237":
		return code.Meaning{Finish: providers.Denied, Own: providers.Limited}, true
	case "KOE001":
		return code.Meaning{Finish: providers.Denied, Own: providers.Refused}, true
	case "KOE005", "KOE400":
		return code.Always(providers.Denied), true
	case "KOE310", "KOE319",
		"KOE002",           // wrong URL
		"KOE004",           // login not activated
		"KOE006", "KOE007", // redirect URI not registered
		"KOE008",           // wrong sort of app key
		"KOE009",           // caller not registered
		"KOE010",           // client secret missing or wrong
		"KOE101",           // unknown app key
		"KOE102",           // no linked channel
		"KOE201", "KOE202": // response_type
		return code.Always(providers.Refused), true
	}
	return code.Meaning{}, false
}
