package nhnmessage_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/providertest"
)

func says(t *testing.T, status int, contentType, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func failure(t *testing.T, err error) *providers.Error {
	t.Helper()
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	return e
}

// no is an answer whose header says no.
func no(code string) string {
	return `{"header":{"isSuccessful":false,"resultCode":` + code + `,"resultMessage":"BODY 01012345678"}}`
}

func body(name, text string) providertest.Row {
	return providertest.Row{Name: name, ContentType: js, Body: text}
}

func ok(name, text string) providertest.Row {
	return providertest.Row{Name: name, ContentType: js, Body: text, OK: true}
}

// unclear are answers to a send after which nobody knows.
func unclear(good, list string) []providertest.Row {
	swap := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(good) }
	rows := []providertest.Row{
		body("the system failed", no("-9999")),
		body("a code of the future", no("-31337")),
		body("a code that is a text of the future", no(`"BODY"`)),
		body("no and 0 at once", no("0")),
		body("yes and a code at once", swap(`"resultCode":0,"resultMessage":"SUCCESS"},`, `"resultCode":-1000,"resultMessage":"SUCCESS"},`, `{"resultCode":0`, `{"resultCode":-1000`)),
		body("F20 no header", `{"body":{"data":{}}}`),
		body("F20 a header that says nothing", `{"header":{"resultCode":0}}`),
		body("F20 no body", `{"header":{"isSuccessful":true,"resultCode":0,"resultMessage":"SUCCESS"}}`),
		body("isSuccessful as text", swap(`"isSuccessful":true`, `"isSuccessful":"true"`)),
		body("no recipient", swap(`"`+list+`":[{`, `"`+list+`":[],"x":[{`)),
		body("two recipients", swap(`"`+list+`":[{`, `"`+list+`":[{"resultCode":0,"recipientSeq":2},{`)),
		body("a recipient without a result", swap(`"01012345678","resultCode":0`, `"01012345678","resultCode":null`)),
		body("a recipient with a result of the future", swap(`"01012345678","resultCode":0`, `"01012345678","resultCode":-31337`)),
		body("F20 no id", swap(`"requestId":"`, `"requestId":"","x":"`)),
		body("an id that is a path", swap(`"requestId":"`, `"requestId":"../`)),
		body("F84 another key", swap(`"op-1"`, `"op-2"`)),
		body("T1 header twice", swap(`{"header"`, `{"Header":{},"header"`)),
		{Name: "503 with a code", Status: 503, ContentType: js, Body: no("-1000")},
		{Name: "500 that says yes", Status: 500, ContentType: js, Body: good},
		{Name: "400 without a known code", Status: 400, ContentType: js, Body: no("-31337")},
		{Name: "401 without a known code", Status: 401, ContentType: js, Body: no("-31337"), Want: providers.Refused},
		{Name: "403 html is a firewall", Status: 403, ContentType: "text/html", Body: "<html>-1000</html>"},
		ok("no key comes back", swap(`"op-1"`, `null`)),
		ok("a code that is a text", swap(`"01012345678","resultCode":0`, `"01012345678","resultCode":"0"`)),
	}
	if list == "sendResultList" {
		rows = append(rows, body("statusCode 3: the request failed", swap(`"statusCode":"2"`, `"statusCode":"3"`)), body("no statusCode", swap(`"statusCode":"2"`, `"statusCode":null`)),
			ok("statusCode 1: requesting", swap(`"statusCode":"2"`, `"statusCode":"1"`)), body("the queue did not say yes", no("-2021")))
	} else {
		rows = append(rows, providertest.Row{Name: "-1005: the first one got in", ContentType: js, Body: no("-1005"), Code: "-1005"}, body("a vendor of the vendor", no("-7000")))
	}
	return rows
}

func findRows(list, absent, field string) []providertest.Row {
	swap := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(list) }
	return []providertest.Row{
		ok("absent is no error", absent),
		body("F20 absent without a count", strings.Replace(absent, `"totalCount":0`, `"totalCount":null`, 1)),
		body("F20 absent, but counted", strings.Replace(absent, `"totalCount":0`, `"totalCount":1`, 1)),
		body("F20 no list", strings.Replace(absent, `"`+field+`"`, `"x"`, 1)),
		body("F20 no body", `{"header":{"isSuccessful":true,"resultCode":0,"resultMessage":"SUCCESS"}}`),
		body("F84 another key", swap(`"op-1","recipientGroupingKey"`, `"op-2","recipientGroupingKey"`)),
		body("F84 no key", swap(`"senderGroupingKey":"op-1"`, `"senderGroupingKey":null`)),
		body("an id that is a path", swap(`"requestId":"`, `"requestId":"../`)),
		{Name: "our key", ContentType: js, Body: no("-1000"), Want: providers.Refused, Code: "-1000"},
		{Name: "a window of ours", ContentType: js, Body: no("-4000"), Code: "-4000"},
		ok("odd dates", swap(`"2026-02-01 12:00:00.0"`, `"yesterday"`)),
	}
}

func codes(table map[providers.Kind]string) map[string]providers.Kind {
	all := map[string]providers.Kind{}
	for kind, list := range table {
		for _, code := range strings.Fields(list) {
			all[code] = kind
		}
	}
	return all
}

// The tables of the two APIs, from the vendor's pages, as literals.
func smsCodes() map[string]providers.Kind {
	return codes(map[providers.Kind]string{
		providers.Refused: "-1000 -1001 -1002 -1003 -1004 -1007 -1008 -2312 -2313", providers.Limited: "-2047 -2051 -2052 -2053",
		providers.Invalid: "-2015 -2018 -2019 -2023 -2044 -2045 -2046 -8000", providers.Denied: "-6001",
		providers.Unavailable: "4 -1005 -1006 -2000 -2001 -2014 -2016 -2022 -9995 -9996 -9997 -9998",
	})
}

func talkCodes() map[string]providers.Kind {
	return codes(map[providers.Kind]string{
		providers.Refused:  "-1000 -1001 -1002 -1003 -1006 -1027 -1030 -2017 -2502 -4004 -4005",
		providers.NotFound: "-1028 -3003 -3004 -3005 -3010 -3011 -3048 -3049 -2019 -8006 -8008", providers.Invalid: "-4019 -5000", providers.Denied: "-3300 -3301",
		providers.Unavailable: "4 -1031 -2000 -2001 -2002 -2003 -2004 -2005 -3002 -4000 -9993 -9994 -9996 -9997 -9998",
	})
}

// What a refusal means, in the header and beside the recipient of a success, and that it says not sent.
func TestRefusals(t *testing.T) {
	send := map[string]func(*testing.T, string) error{
		"nhnsms":      func(t *testing.T, base string) error { return smsSend(t.Context(), newSMS(t, base)) },
		"nhnalimtalk": func(t *testing.T, base string) error { return talkSend(t.Context(), newTalk(t, base, nil)) },
	}
	for name, table := range map[string]map[string]providers.Kind{"nhnsms": smsCodes(), "nhnalimtalk": talkCodes()} {
		hidden := strings.Replace(map[string]string{"nhnsms": smsSent, "nhnalimtalk": talkSent}[name], `"01012345678","resultCode":0`, `"01012345678","resultCode":%s`, 1)
		for code, want := range table {
			for _, answer := range []string{no(code), no(`"` + code + `"`), fmt.Sprintf(hidden, code)} {
				e := failure(t, send[name](t, says(t, 200, js, answer)))
				assert.Equal(t, fmt.Sprintf("%s: send: %s: %s: nhn said no", name, want, code), e.Error())
				assert.True(t, e.NotSent(), code)
			}
			e := failure(t, send[name](t, says(t, 400, js, no(code))))
			assert.Equal(t, want, e.Kind, "with a status that says it too")
			assert.True(t, e.NotSent())
		}
	}
}

func TestUnknownCodesAreNotRepeated(t *testing.T) {
	for _, code := range []string{"-31337", `"BODY"`} {
		e := failure(t, smsSend(t.Context(), newSMS(t, says(t, 200, js, no(code)))))
		assert.Equal(t, "nhnsms: send: unavailable: nhn said no", e.Error())
		e = failure(t, smsSend(t.Context(), newSMS(t, says(t, 400, js, no(code)))))
		assert.Equal(t, "nhnsms: send: unavailable: unexpected status", e.Error())
	}
}

func TestAllRecipientsFailedTellsWhy(t *testing.T) {
	with := strings.Replace(no("-1031"), `}}`, `},"message":{"requestId":"20260201120000talkAAAA0","sendResults":[{"recipientSeq":1,"recipientNo":"01012345678","resultCode":%s,"resultMessage":"x"}]}}`, 1)
	for code, want := range map[string]string{
		"-3010": "nhnalimtalk: send: notfound: -3010: nhn said no", "0": "nhnalimtalk: send: unavailable: -1031: nhn said no", "null": "nhnalimtalk: send: unavailable: -1031: nhn said no",
	} {
		e := failure(t, talkSend(t.Context(), newTalk(t, says(t, 200, js, fmt.Sprintf(with, code)), nil)))
		assert.Equal(t, want, e.Error())
		assert.True(t, e.NotSent())
	}
	e := failure(t, talkSend(t.Context(), newTalk(t, says(t, 200, js, strings.Replace(fmt.Sprintf(with, "-3010"), "-1031", "-9999", 1)), nil)))
	assert.Equal(t, "-9999", e.Code, "only -1031 says that all is told beside the recipient")
	assert.False(t, e.NotSent())
}
