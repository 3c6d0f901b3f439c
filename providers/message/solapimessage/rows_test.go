package solapimessage_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/solapimessage"
	"github.com/detour-go/detour/providers/providertest"
)

// says is a vendor that has one answer.
func says(t *testing.T, status int, contentType, body string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s
}

func failure(t *testing.T, err error) *providers.Error {
	t.Helper()
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	return e
}

// ambiguous are answers to a send after which nobody knows.
func ambiguous() []providertest.Row {
	row := func(name, body string) providertest.Row {
		return providertest.Row{Name: name, ContentType: js, Body: body}
	}
	return []providertest.Row{
		{Name: "403 DuplicatedSignature: the first one is there", Status: 403, ContentType: js, Body: `{"errorCode":"DuplicatedSignature","errorMessage":"x"}`, Want: providers.Unavailable, Code: "DuplicatedSignature"},
		{Name: "503 in the shape of Solapi", Status: 503, ContentType: js, Body: `{"errorCode":"ValidationError","errorMessage":"x"}`},
		{Name: "409 proves nothing", Status: 409, ContentType: js, Body: `{"errorCode":"AlreadySent","errorMessage":"x"}`},
		{Name: "200 with an error proves nothing", ContentType: js, Body: `{"errorCode":"NotEnoughBalance","errorMessage":"x"}`, Want: providers.Refused, Code: "NotEnoughBalance"},
		{Name: "403 html is a firewall", Status: 403, ContentType: "text/html", Body: "<html>InvalidAPIKey</html>"},
		{Name: "201 is not documented", Status: 201, ContentType: js, Body: sentOK},
		row("1026 of a batch of one", failedBody("1026")),
		row("refused with a strange code", failedBody("x-odd")),
		row("refused with code 4000", failedBody("4000")),
		row("refused with code 0000", failedBody("0000")),
		row("no message at all", `{"failedMessageList":[],"messageList":[],"groupInfo":{"groupId":"G1"}}`),
		row("no list", `{"failedMessageList":[],"groupInfo":{"groupId":"G1"}}`),
		row("taken and refused at once", strings.Replace(sentOK, `"failedMessageList":[]`, `"failedMessageList":[{"statusCode":"1062"}]`, 1)),
		row("two messages", `{"failedMessageList":[],"messageList":[{"messageId":"M1","statusCode":"2000"},{"messageId":"M2","statusCode":"2000"}]}`),
		row("F84 another message", strings.Replace(sentOK, `"op-1"`, `"op-2"`, 1)),
		row("F84 another message refused", strings.Replace(failedBody("1062"), `"op-1"`, `"op-2"`, 1)),
		row("F20 no id", strings.Replace(sentOK, `"M4V20260201120405DEMOAAAAAAAAAAAA"`, `""`, 1)),
		row("an id that is a path", strings.Replace(sentOK, `"M4V20260201120405DEMOAAAAAAAAAAAA"`, `"../x"`, 1)),
		row("F20 no status", strings.Replace(sentOK, `"2000"`, `null`, 1)),
		row("a status of the future", strings.Replace(sentOK, `"2000"`, `"5000"`, 1)),
		row("T1 messageList twice", strings.Replace(sentOK, `"failedMessageList"`, `"MessageList"`, 1)),
		{Name: "at the carrier already", ContentType: js, Body: strings.Replace(sentOK, `"2000"`, `"3000"`, 1), OK: true},
		{Name: "a code that is a number", ContentType: js, Body: strings.Replace(sentOK, `"2000"`, `2000`, 1), OK: true},
		{Name: "no key comes back", ContentType: js, Body: strings.Replace(sentOK, `{"key":"op-1"}`, `null`, 1), OK: true},
		{Name: "without a group", ContentType: js, Body: strings.Replace(sentOK, `"groupInfo":{"groupId":"G4V20260201120405DEMOAAAAAAAAAAAA",`, `"groupInfo":{`, 1), OK: true},
	}
}

func failedBody(code string) string {
	return `{"failedMessageList":[{"to":"01012345678","from":"0212345678","type":"SMS","country":"82","messageId":"M4V20260201120405DEMOAAAAAAAAAAA1","statusCode":"` + code +
		`","statusMessage":"BODY","accountId":"12925149","customFields":{"key":"op-1"}}],"groupInfo":{"groupId":"G4V20260201120405DEMOAAAAAAAAAAAA","status":"SENDING",` +
		`"count":{"total":1,"registeredFailed":1,"registeredSuccess":0}},"messageList":[]}`
}

// kinds is the table of the package, from the vendor's page, as literals.
func kinds() map[string]providers.Kind {
	all := map[string]providers.Kind{}
	for kind, codes := range map[providers.Kind]string{
		providers.Invalid:     "1014 1027 1028 1029 1031 3010 3032",
		providers.Refused:     "1020 1030 1041 1062 1064 2062 2063 2064 2230 3013 3059 3101 3106",
		providers.Denied:      "1060 1061 2060 2061 2254 3047 3054 3055 3060",
		providers.NotFound:    "1042 1043 1044 1045 1046 1047 1048 1049 1050 1051 1052 1053 3041 3042 3043 3044 3045 3046 3050 3051 3102 3103 3104 3105 3107 3108",
		providers.Unavailable: "1010 1011 1013 1021 1022 1023 1024 1025 1032 1033 1034 1058 1999 2011 2024 2999 3011 3012 3024 3031 3052 3053 3056 3057 3058 3999",
	} {
		for _, code := range strings.Fields(codes) {
			all[code] = kind
		}
	}
	return all
}

// A 200 that hides a refused recipient: what it means, and that it says not sent.
func TestRefusedAtIntake(t *testing.T) {
	for code, want := range kinds() {
		e := failure(t, send(t.Context(), sender(t, says(t, 200, js, failedBody(code)).URL, nil)))
		assert.Equal(t, want, e.Kind, code)
		assert.Equal(t, code, e.Code)
		assert.True(t, e.NotSent(), code)
		assert.Equal(t, fmt.Sprintf("solapi: send: %s: %s: solapi said no", want, code), e.Error())
	}
	e := failure(t, send(t.Context(), sender(t, says(t, 200, js, strings.Replace(sentOK, `"2000"`, `"1062"`, 1)).URL, nil)))
	assert.Equal(t, "1062", e.Code, "in messageList as well")
	assert.True(t, e.NotSent())
}

func TestRefusedRequests(t *testing.T) {
	for name, row := range map[string]struct {
		status    int
		errorCode string
		want      providers.Kind
		code      string
		unsent    bool
	}{
		"skewed":           {403, "RequestTimeTooSkewed", providers.Refused, "RequestTimeTooSkewed", true},
		"key":              {403, "InvalidAPIKey", providers.Refused, "InvalidAPIKey", true},
		"signature":        {403, "SignatureDoesNotMatch", providers.Refused, "SignatureDoesNotMatch", true},
		"used before":      {403, "DuplicatedSignature", providers.Unavailable, "DuplicatedSignature", false},
		"balance":          {402, "NotEnoughBalance", providers.Refused, "NotEnoughBalance", true},
		"our request":      {400, "ValidationError", providers.Unavailable, "ValidationError", true},
		"forbidden":        {403, "Forbidden", providers.Refused, "Forbidden", true},
		"unknown 400":      {400, "SomethingNew", providers.Unavailable, "", true},
		"unknown 403":      {403, "SomethingNew", providers.Refused, "", true},
		"unknown 429":      {429, "SomethingNew", providers.Limited, "", true},
		"unknown 408":      {408, "SomethingNew", providers.Unavailable, "", false},
		"unknown 500":      {500, "SomethingNew", providers.Unavailable, "", false},
		"known in a 500":   {500, "InvalidAPIKey", providers.Unavailable, "InvalidAPIKey", false},
		"without its code": {403, "", providers.Refused, "", false},
	} {
		body := `{"errorCode":"` + row.errorCode + `","errorMessage":"BODY 01012345678"}`
		s := sender(t, says(t, row.status, js, body).URL, nil)
		e := failure(t, send(t.Context(), s))
		assert.Equal(t, row.want, e.Kind, name)
		assert.Equal(t, row.code, e.Code, name)
		assert.Equal(t, row.unsent, e.NotSent(), name)
		for _, ask := range []error{status(t.Context(), s), find(t.Context(), s)} {
			e := failure(t, ask)
			assert.Equal(t, row.want, e.Kind, name)
			assert.False(t, e.NotSent(), "%s: a question about a message has nothing to unsend", name)
		}
	}
}

func listRows() []providertest.Row {
	row := func(name, old, new string) providertest.Row {
		return providertest.Row{Name: name, ContentType: js, Body: strings.Replace(listOK, old, new, 1)}
	}
	ok := func(name, old, new string) providertest.Row {
		r := row(name, old, new)
		r.OK = true
		return r
	}
	return []providertest.Row{
		{Name: "no such message", ContentType: js, Body: `{"startKey":null,"nextKey":null,"limit":20,"messageList":{}}`, Want: providers.NotFound},
		{Name: "F20 no list", ContentType: js, Body: `{"startKey":null,"limit":20}`},
		{Name: "a list that is an array", ContentType: js, Body: `{"messageList":[]}`},
		{Name: "a list that is null", ContentType: js, Body: `{"messageList":null}`},
		row("F84 another id in the map", `{"M4V20260201120405DEMOAAAAAAAAAAAA":`, `{"M4V20260201120405DEMOBBBBBBBBBBBB":`),
		row("F84 another id in the item", `{"messageId":"M4V20260201120405DEMOAAAAAAAAAAAA"`, `{"messageId":"M4V20260201120405DEMOBBBBBBBBBBBB"`),
		{Name: "an item that is null", ContentType: js, Body: `{"messageList":{"M4V20260201120405DEMOAAAAAAAAAAAA":null}}`},
		row("F20 no status", `"statusCode":"4000"`, `"statusCode":null`),
		row("a status of the future", `"4000"`, `"5000"`),
		row("a status of a test", `"4000"`, `"TEST1000"`),
		row("ids that differ in case only are refused", `"messageList":{`, `"messageList":{"m4v20260201120405demoaaaaaaaaaaaa":{},`),
		{Name: "404 is our base", Status: 404, ContentType: js, Body: `{"errorCode":"ResourceNotFound","errorMessage":"x"}`, Want: providers.Refused},
		ok("a flag as 1", `"replacement":0`, `"replacement":1`),
		ok("a flag as null", `"replacement":0`, `"replacement":null`),
		ok("a flag as text", `"replacement":0`, `"replacement":"yes"`),
		ok("odd fields", `"networkName":"KT"`, `"networkName":7,"log":[{"a":1}],"queues":[],"price":{"82":[]}`),
		ok("fields of somebody else", `{"key":"op-1"}`, `{"key":["x"],"other":{}}`),
	}
}

func findRows() []providertest.Row {
	page := `"M0":{}`
	for i := range 99 {
		page += fmt.Sprintf(`,"N%d":{}`, i)
	}
	return []providertest.Row{
		{Name: "absent is no error", ContentType: js, Body: `{"startKey":null,"nextKey":null,"limit":100,"messageList":{}}`, OK: true},
		{Name: "absent from a list that goes on cannot be said", ContentType: js, Body: strings.NewReplacer(`"op-1"`, `"op-9"`, `"nextKey":null`, `"nextKey":"M4V"`).Replace(listOK)},
		{Name: "found in a list that goes on", ContentType: js, Body: strings.Replace(listOK, `"nextKey":null`, `"nextKey":"M4V"`, 1), OK: true},
		{Name: "absent from a full page cannot be said", ContentType: js, Body: `{"nextKey":null,"messageList":{` + page + `}}`},
		{Name: "absent from a page that is not full", ContentType: js, Body: `{"nextKey":null,"messageList":{` + strings.TrimSuffix(page, `,"N98":{}`) + `}}`, OK: true},
		{Name: "F20 no list", ContentType: js, Body: `{"startKey":null,"limit":20}`},
		{Name: "F84 found as another", ContentType: js, Body: strings.Replace(listOK, `{"messageId":"M4V20260201120405DEMOAAAAAAAAAAAA"`, `{"messageId":"M4V20260201120405DEMOBBBBBBBBBBBB"`, 1)},
		{Name: "null beside it", ContentType: js, Body: strings.Replace(listOK, `"messageList":{`, `"messageList":{"M0":null,`, 1), OK: true},
	}
}

func TestDeliveries(t *testing.T) {
	of := func(t *testing.T, edit func(*solapimessage.Config), pairs ...string) message.Delivery {
		t.Helper()
		s := sender(t, says(t, 200, js, strings.NewReplacer(pairs...).Replace(listOK)).URL, edit)
		d, err := s.Status(t.Context(), message.Receipt{Provider: "solapi", ID: "M4V20260201120405DEMOAAAAAAAAAAAA", Channel: message.AlimTalk})
		require.NoError(t, err)
		return d
	}
	for code, want := range kinds() {
		d := of(t, nil, `"4000"`, `"`+code+`"`)
		assert.Equal(t, message.Failed, d.State, code)
		assert.Equal(t, want, d.Kind, code)
		assert.Equal(t, code, d.Code)
	}
	for code, want := range map[string]message.State{
		"2000": message.Accepted, "3000": message.Pending, "4000": message.Delivered, "3014": message.Lost, "3040": message.Lost, "3048": message.Lost,
	} {
		d := of(t, nil, `"4000"`, `"`+code+`"`)
		assert.Equal(t, message.Delivery{State: want, Code: code, At: time.Date(2026, 2, 1, 3, 4, 8, 0, time.UTC)}, d)
	}
	resend := func(c *solapimessage.Config) { kakao(c); c.AlimTalk.VendorResend = true }
	for name, row := range map[string]struct {
		edit  func(*solapimessage.Config)
		pairs []string
		state message.State
	}{
		"Kakao failed, a substitute may come":            {resend, []string{`"4000"`, `"3104"`}, message.Pending},
		"Kakao failed, nobody replaces":                  {kakao, []string{`"4000"`, `"3104"`}, message.Failed},
		"Kakao failed, somebody else's console did":      {kakao, []string{`"4000"`, `"3104"`, `"replacement":0`, `"replacement":1`}, message.Pending},
		"replaced and arrived":                           {resend, []string{`"replacement":0`, `"replacement":true`}, message.Delivered},
		"replaced and failed":                            {resend, []string{`"4000"`, `"3056"`, `"replacement":0`, `"replacement":1`}, message.Failed},
		"refused at intake: there is nothing to replace": {resend, []string{`"4000"`, `"1062"`}, message.Failed},
	} {
		d := of(t, row.edit, row.pairs...)
		assert.Equal(t, row.state, d.State, name)
		assert.Equal(t, len(row.pairs) > 2 || strings.Contains(name, "arrived"), d.Replaced, name)
	}
	assert.True(t, of(t, nil, `"2026-02-01T03:04:08.000Z"`, `"yesterday"`).At.Equal(time.Date(2026, 2, 1, 3, 4, 9, 0, time.UTC)))
	assert.Zero(t, of(t, nil, `"2026-02-01T03:04:08.000Z"`, `null`, `"2026-02-01T03:04:09.000Z"`, `null`).At)
}
