package nhnmessage_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/providertest"
)

func smsStatusRows() []providertest.Row {
	swap := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(smsOne) }
	return []providertest.Row{
		{Name: "no such request", ContentType: js, Body: no("-2008"), Want: providers.NotFound, Code: "-2008"},
		{Name: "no data", ContentType: js, Body: `{"header":{"isSuccessful":true,"resultCode":0},"body":{"data":null}}`, Want: providers.NotFound},
		body("F84 another request", swap(`"20260201120000demoAAAA0"`, `"20260201120000demoBBBB0"`)),
		body("success without a result", swap(`"1000"`, `null`)),
		body("success and failure at once", swap(`"1000"`, `"2001"`)),
		body("F20 no msgStatus", swap(`"msgStatus":"3"`, `"msgStatus":null`)),
		body("a msgStatus of the future", swap(`"msgStatus":"3"`, `"msgStatus":"9"`)),
		ok("telecomCode as text", swap(`"telecomCode":10001`, `"telecomCode":"10001"`)),
		ok("msgStatus as a number", swap(`"msgStatus":"3"`, `"msgStatus":3`)),
		ok("an lms without recipientSeq", swap(`"recipientSeq":1`, `"mtPr":"1"`)),
		{Name: "our key", ContentType: js, Body: no("-1000"), Want: providers.Refused, Code: "-1000"},
	}
}

func talkStatusRows() []providertest.Row {
	swap := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(talkOne) }
	return []providertest.Row{
		{Name: "no such message", ContentType: js, Body: no("-1016"), Want: providers.NotFound, Code: "-1016"},
		{Name: "no message", ContentType: js, Body: `{"header":{"isSuccessful":true,"resultCode":0},"message":null}`, Want: providers.NotFound},
		body("F84 another request", swap(`"20260201120000talkAAAA0"`, `"20260201120000talkBBBB0"`)),
		body("success and failure at once", swap(`"1000"`, `"3019"`)),
		body("a resendStatus of the future", swap(`"COMPLETED"`, `"FAILED"`, `"1000"`, `"3019"`, `RSC01`, `RSC09`)),
		ok("no result yet", swap(`"COMPLETED"`, `null`, `"1000"`, `null`)),
		{Name: "our key", ContentType: js, Body: no("-1001"), Want: providers.Refused, Code: "-1001"},
	}
}

func smsDelivery(t *testing.T, pairs ...string) message.Delivery {
	t.Helper()
	d, err := newSMS(t, says(t, 200, js, strings.NewReplacer(pairs...).Replace(smsOne))).Status(t.Context(), smsReceipt)
	require.NoError(t, err)
	return d
}

func talkDelivery(t *testing.T, pairs ...string) message.Delivery {
	t.Helper()
	d, err := newTalk(t, says(t, 200, js, strings.NewReplacer(pairs...).Replace(talkOne)), nil).Status(t.Context(), talkReceipt)
	require.NoError(t, err)
	return d
}

func TestSMSDeliveries(t *testing.T) {
	at := time.Date(2026, 2, 1, 3, 0, 9, 0, time.UTC) // 12:00:09 in Seoul
	d := smsDelivery(t)
	assert.True(t, d.At.Equal(at))
	assert.Equal(t, message.Delivered, d.State)
	assert.Equal(t, "1000", d.Code)
	for status, want := range map[string]message.Delivery{
		"1": {State: message.Accepted}, "2": {State: message.Pending}, "4": {State: message.Failed}, "5": {State: message.Lost},
		"6": {State: message.Failed, Kind: providers.Denied}, "7": {State: message.Pending},
	} {
		d := smsDelivery(t, `"msgStatus":"3"`, `"msgStatus":"`+status+`"`, `"resultCode":"1000"`, `"resultCode":null`, `"2026-02-01 12:00:09.0"`, `null`)
		assert.Equal(t, want, d, status)
	}
	for code, want := range codes(map[providers.Kind]string{
		providers.Invalid: "1002 3001 3003", providers.Refused: "1003 3017 3018 3019", providers.Denied: "3002 3006 3012 3013",
		providers.NotFound:    "2003 2004 2005 2006 2007 3004 3005 3007 3008 3010",
		providers.Unavailable: "1001 1019 2001 2002 3000 3009 3011 3014 3015 3016 E900 E919 E999 9999",
	}) {
		d := smsDelivery(t, `"msgStatus":"3"`, `"msgStatus":"0"`, `"1000"`, `"`+code+`"`)
		assert.Equal(t, message.Failed, d.State, code)
		assert.Equal(t, want, d.Kind, code)
		assert.Equal(t, code, d.Code)
	}
	for _, code := range []string{"2000", "E915"} {
		d := smsDelivery(t, `"msgStatus":"3"`, `"msgStatus":"0"`, `"1000"`, `"`+code+`"`)
		assert.Equal(t, message.Lost, d.State, "%s: it may have arrived", code)
	}
	d = smsDelivery(t, `"msgStatus":"3"`, `"msgStatus":"0"`, `"1000"`, `"<script>"`)
	assert.Equal(t, message.Delivery{State: message.Failed, At: d.At}, d, "nothing but codes is repeated")
}

func TestAlimTalkDeliveries(t *testing.T) {
	d := talkDelivery(t)
	assert.True(t, d.At.Equal(time.Date(2026, 2, 1, 3, 0, 3, 0, time.UTC)))
	assert.Equal(t, message.Delivered, d.State)
	assert.False(t, d.Replaced)

	failed := func(code, resend string) message.Delivery {
		return talkDelivery(t, `"COMPLETED"`, `"FAILED"`, `"1000"`, `"`+code+`"`, `"RSC01"`, resend)
	}
	for code, want := range codes(map[providers.Kind]string{
		providers.Invalid: "1020 3008", providers.Refused: "1003 1006 1007 1021 1022 1023 1024 1025 1027 4104",
		providers.NotFound:    "3014 3015 3016 3018 3019 3020 3021 3022 3025 3027 4132 4133",
		providers.Unavailable: "2001 3000 3006 3010 3012 9998 9999 7777",
	}) {
		d := failed(code, `"RSC01"`)
		assert.Equal(t, message.Failed, d.State, code)
		assert.Equal(t, want, d.Kind, code)
		assert.Equal(t, code, d.Code)
	}
	for _, code := range []string{"3005", "4000", "4001", "4122", "4161"} {
		assert.Equal(t, message.Lost, failed(code, `"RSC01"`).State, "%s: it may still arrive", code)
	}
	for resend, want := range map[string]message.Delivery{
		`"RSC02"`: {State: message.Pending}, `"RSC03"`: {State: message.Pending}, `"RSC04"`: {State: message.Delivered, Replaced: true},
		`"RSC05"`: {State: message.Failed, Kind: providers.NotFound}, `"RSC01"`: {State: message.Failed, Kind: providers.NotFound}, `null`: {State: message.Failed, Kind: providers.NotFound},
	} {
		d := failed("3019", resend)
		want.Code, want.At = "3019", d.At
		assert.Equal(t, want, d, "T19 %s: own fall-back waits for the vendor's", resend)
	}
	assert.Equal(t, message.Pending, failed("3005", `"RSC03"`).State)
	assert.Equal(t, message.Failed, talkDelivery(t, `"COMPLETED"`, `"CANCEL"`).State)
	for _, status := range []string{`null`, `""`, `"READY"`, `"SENDING"`} {
		assert.Equal(t, message.Pending, talkDelivery(t, `"COMPLETED"`, status, `"1000"`, `null`).State, status)
	}
	assert.Equal(t, message.Delivered, talkDelivery(t, `"RSC01"`, `"RSC02"`).State, "a target of resending that arrived needs none")
}
