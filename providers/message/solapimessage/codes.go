package solapimessage

import (
	"strings"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

// kindOf is the table of the status codes that say no, at intake (1xxx), inside
// the platform (2xxx) and at the carrier or Kakao (3xxx); see the package comment
// of message for what the kinds mean.
// https://docs.solapi.com/api-reference/message-status-codes
//
// What is not in it is unavailable: server errors (1024, 2024, 3012, 3024), no
// route (1058, 3031, 3056 to 3058), a queue that is full (3053), and codes for
// requests that only this package writes (1010, 1011, 1025, 1033 ...): a mistake in
// those hits every message, which another vendor can send.
func kindOf(code string) providers.Kind {
	switch code {
	case "1014", // title of more than 40 bytes
		"1027", "1028", "1029", "1031", // not UTF-8, not printable, not EUC-KR, too long
		"3010", "3032": // no such number, nobody's number
		return providers.Invalid
	case "1020", "1030", "1062", "1064", // account, balance, sender number, reported to KISA
		"2062", "2063", "2064", "2230", // the same, found later
		"3013", "3059", // the sender's number against the rules, forged
		"1041", "3101", "3106": // KakaoTalk channel
		return providers.Refused
	case "1060", "1061", "2060", "2061", // recipient blocked, opted out
		"2254", "3047", "3054", "3055", "3060": // spam, call refused, adults only
		return providers.Denied
	case "1042", "1043", "1044", "1045", "1046", "1047", "1048", "1049", "1050", "1051", "1052", "1053", "3103", "3105", // template and its buttons
		"3102", "3104", "3107", "3108", // no friend, no KakaoTalk, blocked or not active, hours
		"3041", "3042", "3043", "3044", "3045", "3046", "3050", "3051": // the phone: busy, no signal, off, full, suspended
		return providers.NotFound
	}
	return providers.Unavailable
}

// deliveryOf says how far a message of the list has come. resends tells that a
// failed AlimTalk is about to be replaced.
func deliveryOf(it item, resends bool) (message.Delivery, bool) {
	code := string(it.StatusCode)
	if !isCode(code) {
		return message.Delivery{}, false
	}
	d := message.Delivery{Code: code, At: it.at(), Replaced: bool(it.Replacement)}
	switch {
	case code == "2000":
		d.State = message.Accepted
	case code == "3000":
		d.State = message.Pending
	case code == "4000":
		d.State = message.Delivered
	case code == "3014" || code == "3040" || code == "3048": // unknown state, no report in time, unknown code
		d.State = message.Lost
	case strings.HasPrefix(code, "31") && (bool(it.Replacement) || resends):
		// Kakao said no and the substitute has no result yet. How long the vendor
		// leaves it so is not documented: rather unknown than sent twice.
		d.State = message.Pending
	case code[0] >= '1' && code[0] <= '3':
		d.State, d.Kind = message.Failed, kindOf(code)
	default:
		return message.Delivery{}, false
	}
	return d, true
}

// isCode reports four digits: nothing else of an answer is ever repeated.
func isCode(s string) bool { return len(s) == 4 && strings.Trim(s, digits) == "" }

// refusal is the table of errorCode, which comes with a status that is not 2xx.
// unsent tells that the request was refused as a whole. A signature that was
// used before is none of these: the request that used it is at Solapi.
func refusal(errorCode string) (kind providers.Kind, unsent, known bool) {
	switch errorCode {
	case "RequestTimeTooSkewed", // a clock is wrong by 15 minutes, ours most likely
		"InvalidAPIKey", "SignatureDoesNotMatch", "Forbidden", "NotEnoughBalance", "BalanceInsufficient":
		return providers.Refused, true, true
	case "DuplicatedSignature":
		return providers.Unavailable, false, true
	case "ValidationError": // of a request that only this package writes
		return providers.Unavailable, true, true
	}
	return 0, false, false
}
