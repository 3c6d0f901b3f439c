package nhnmessage

import (
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

// smsKind is the table of the API of SMS v3.0, for header.resultCode and for the
// resultCode of a recipient.
// https://docs.nhncloud.com/en/Notification/SMS/en/error-code
//
// Codes for requests that only this package writes are unavailable: a mistake in
// those hits every message, which another vendor can send.
func smsKind(code string) (kind providers.Kind, in, known bool) {
	switch code {
	case "-1000", "-1001", "-1002", "-1003", "-1004", "-1007", "-1008", // app key, service, member, address, blocked
		"-2312", "-2313": // sender number not registered, blocked
		return providers.Refused, false, true
	case "-2047", "-2051", "-2052", "-2053": // limits of the organisation
		return providers.Limited, false, true
	case "-2015", "-2018", "-2019", "-2023", // too long, no number, characters
		"-2044", "-2045", "-2046", "-8000": // countries, a code that does not say so
		return providers.Invalid, false, true
	case "-6001": // opted out
		return providers.Denied, false, true
	case "-2008": // of a query: no such request id
		return providers.NotFound, false, true
	case "4", "-1005", "-1006", "-2000", "-2001", "-2011", "-2012", "-2014", "-2016", "-2022", "-4000", "-9995", "-9996", "-9997", "-9998":
		return providers.Unavailable, false, true
	case "-2021", "-9999": // the queue did not say yes, the system failed
		return providers.Unavailable, true, true
	}
	return providers.Unavailable, true, false
}

// smsDelivery says how far a message has come, by msgStatus, and why it failed, by
// the resultCode of the carrier.
func smsDelivery(d smsItem) (message.Delivery, bool) {
	code := string(d.ResultCode)
	if !isCode(code) {
		code = ""
	}
	is := message.Delivery{Code: code, At: when(d.ResultDate)}
	switch d.Status {
	case "1": // requesting
		is.State = message.Accepted
	case "2", "7": // processing, waiting for the end of the night
		is.State = message.Pending
	case "3":
		if code != "1000" { // success and failure at once
			return message.Delivery{}, false
		}
		is.State = message.Delivered
	case "0":
		if is.State = message.Failed; code == "2000" || code == "E915" {
			is.State = message.Lost // no report in time; a duplicate of what may have arrived
		} else {
			is.Kind = smsFailure(code)
		}
	case "4": // cancelled
		is.State = message.Failed
	case "5": // a duplicate of what may have arrived
		is.State = message.Lost
	case "6": // advertising is not allowed to this citizen, or now
		is.State, is.Kind = message.Failed, providers.Denied
	default:
		return message.Delivery{}, false
	}
	return is, true
}

// smsFailure is the table of the carriers' codes. What is not in it is
// unavailable: busy servers (1001, 3011), the network (2001, 2002), no route.
func smsFailure(code string) providers.Kind {
	switch code {
	case "1002", "3001", "3003": // format, nobody's number, no such number
		return providers.Invalid
	case "1003", "3017", "3018", "3019": // sender number: format, forged, blocked
		return providers.Refused
	case "3002", "3006", "3012", "3013": // adults only, call refused, spam, service refused
		return providers.Denied
	case "2003", "2004", "2005", "2006", "2007", "3004", "3005", "3007", "3008", "3010": // the phone: off, full, no signal, deleted, suspended, busy
		return providers.NotFound
	}
	return providers.Unavailable
}

// isCode reports a code of a result, such as 1000 or E915: nothing else of an answer is repeated.
func isCode(s string) bool { return len(s) == 4 && spelled(s, digits+"E", 4) }
