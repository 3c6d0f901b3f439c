package nhnmessage

import (
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

// alimtalkKind is the table of the API of AlimTalk v2.3, for header.resultCode and
// for the resultCode of a recipient.
// https://docs.nhncloud.com/en/Notification/KakaoTalk%20Bizmessage/en/error-code
//
// A template that is wrong, unknown or not approved is notfound: the channel cannot
// carry this message, the others are well. A code for a request that only this
// package writes is unavailable, as in [smsKind].
func alimtalkKind(code string) (kind providers.Kind, in, known bool) {
	switch code {
	case "-1000", "-1001", "-1002", "-1003", "-1006", "-1027", "-1030", "-2017", "-2502", "-4004", "-4005": // keys, sms of the substitute, profile
		return providers.Refused, false, true
	case "-1028", "-3003", "-3004", "-3005", "-3010", "-3011", "-3048", "-3049", "-2019", "-8006", "-8008": // template and what is put into it
		return providers.NotFound, false, true
	case "-4019", "-5000": // number
		return providers.Invalid, false, true
	case "-3300", "-3301": // opted out
		return providers.Denied, false, true
	case "-1016", "-2028": // of a query: no such message
		return providers.NotFound, false, true
	case "4", "-1031", "-2000", "-2001", "-2002", "-2003", "-2004", "-2005", "-3002", "-4000", "-4003", "-4103", "-9993", "-9994", "-9996", "-9997", "-9998":
		return providers.Unavailable, false, true
	case "-1005", "-7000", "-9999": // the first one got in, a vendor of the vendor failed, the system failed
		return providers.Unavailable, true, true
	}
	return providers.Unavailable, true, false
}

// alimtalkDelivery says how far a message has come. When a substitute is under way
// or arrived, that is the fate of the message, whoever asked for it.
func alimtalkDelivery(it alimtalkItem) (message.Delivery, bool) {
	code := string(it.ResultCode)
	if !isCode(code) {
		code = ""
	}
	d := message.Delivery{Code: code, At: when(it.ReceiveDate)}
	switch it.Status {
	case "COMPLETED":
		if code != "1000" { // success and failure at once
			return message.Delivery{}, false
		}
		d.State = message.Delivered
	case "FAILED":
		return failed(it, d)
	case "CANCEL":
		d.State = message.Failed
	default: // the documents name no word for what has no result yet
		d.State = message.Pending
	}
	return d, true
}

func failed(it alimtalkItem, d message.Delivery) (message.Delivery, bool) {
	switch it.ResendStatus {
	case "RSC02", "RSC03": // to be replaced, being replaced
		d.State = message.Pending
		return d, true
	case "RSC04":
		d.State, d.Replaced = message.Delivered, true
		return d, true
	case "RSC05", "RSC01", "":
	default:
		return message.Delivery{}, false
	}
	switch d.Code {
	case "3005", "4000", "4001", "4122", "4161": // may arrive within three days; nobody knows
		d.State = message.Lost
	default:
		d.State, d.Kind = message.Failed, alimtalkFailure(d.Code)
	}
	return d, true
}

// alimtalkFailure is the table of Kakao's codes. What is not in it is unavailable:
// unexpected errors, internal errors, no way to Kakao (3000, 3006, 3010, 3012).
func alimtalkFailure(code string) providers.Kind {
	switch code {
	case "1020", "3008": // phone number
		return providers.Invalid
	case "1002", "1003", "1006", "1007", "1011", "1014", "1016", "1021", "1022", "1023", "1024", "1025", "1027", "4103", "4104": // partner, profile, channel
		return providers.Refused
	case "3018", "3019", "3020", "3021", "3022", // no KakaoTalk that can get it, blocked by its owner, hours
		"3013", "3014", "3015", "3016", "3025", "3027", "3028", "3031", "3033", "3036", "3038", "3042", "4132", "4133", "4134": // template
		return providers.NotFound
	}
	return providers.Unavailable
}
