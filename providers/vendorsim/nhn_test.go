package vendorsim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const senderKey = "0123456789abcdef0123456789abcdef01234567"

func startNHN(t *testing.T, cfg NHNConfig) (*NHN, *http.Client) {
	t.Helper()
	if cfg.Step == 0 {
		cfg.Step = time.Microsecond
	}
	n, err := StartNHN(cfg)
	require.NoError(t, err)
	t.Cleanup(n.Close)
	return n, browser(t)
}

func (n *NHN) smsCall(t *testing.T, c *http.Client, method, what, body string) reply {
	t.Helper()
	return say(t, c, method, n.URL()+"/sms/v3.0/appKeys/demo-sms/"+what, body, "X-Secret-Key", "demo-secret")
}

// refused checks the shape of a refusal: a header and nothing else, in HTTP 200.
func refused(t *testing.T, r reply, code int, why string) {
	t.Helper()
	require.Equal(t, 200, r.status, why)
	m := r.json(t)
	require.Len(t, m, 1, "%s: %s", why, r.body)
	require.Equal(t, false, at(t, m, "header", "isSuccessful"), why)
	require.Equal(t, fmt.Sprint(code), fmt.Sprint(at(t, m, "header", "resultCode")), why)
	require.NotEmpty(t, at(t, m, "header", "resultMessage"))
}

const nhnOne = `{"body":"[Demo] hello","sendNo":"0212345678","senderGroupingKey":"op-20260201-0001",
 "recipientList":[{"recipientNo":"01012345678","countryCode":"82","recipientGroupingKey":"user-42"}],"userId":"system","statsId":"stat"}`

// nhnItem waits for that msgStatus.
func (n *NHN) smsItem(t *testing.T, c *http.Client, what, id, status string) map[string]any {
	t.Helper()
	var data map[string]any
	until(t, func() bool {
		r := n.smsCall(t, c, "GET", what+"/"+id+"?recipientSeq=1", "")
		require.Equal(t, 200, r.status)
		data = at(t, r.json(t), "body", "data").(map[string]any)
		return data["msgStatus"] == status
	})
	return data
}

func TestNHNSMS(t *testing.T) {
	n, c := startNHN(t, NHNConfig{})
	r := n.smsCall(t, c, "POST", "sender/sms", nhnOne)
	require.Equal(t, 200, r.status)
	require.Regexp(t, `^\{"body":\{"data":\{"requestId":"\d{14}[0-9A-Z]+","sendResultList":\[\{"recipientGroupingKey":"user-42","recipientNo":"01012345678","recipientSeq":1,`+
		`"resultCode":0,"resultMessage":"SUCCESS"\}\],"senderGroupingKey":"op-20260201-0001","statusCode":"2"\}\},"header":\{"isSuccessful":true,"resultCode":0,"resultMessage":"SUCCESS"\}\}$`, r.body)
	id := at(t, r.json(t), "body", "data", "requestId").(string)
	d := n.smsItem(t, c, "sender/sms", id, "3")
	require.Equal(t, "1000 SMS [Demo] hello user-42 op-20260201-0001", fmt.Sprint(d["resultCode"], " ", d["messageType"], " ", d["body"], " ", d["recipientGroupingKey"], " ", d["senderGroupingKey"]))
	require.Regexp(t, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.0$`, d["resultDate"])
	require.Equal(t, "json.Number", fmt.Sprintf("%T", d["telecomCode"]), "a number here")
	text := n.Phone().Inbox("01012345678")[0]
	text.At = time.Time{}
	require.Equal(t, Text{Channel: ChannelSMS, From: "0212345678", Text: "[Demo] hello", Vendor: "nhn", Key: "op-20260201-0001"}, text)

	now := time.Now().In(kst())
	day := query("startRequestDate", now.Add(-time.Hour).Format("2006-01-02 15:04"), "endRequestDate", now.Add(time.Hour).Format("2006-01-02 15:04"), "senderGroupingKey", "op-20260201-0001")
	r = n.smsCall(t, c, "GET", "sender/sms"+day, "")
	require.Equal(t, "1", fmt.Sprint(at(t, r.json(t), "body", "totalCount")))
	item := at(t, r.json(t), "body", "data", 0).(map[string]any)
	require.Equal(t, id, item["requestId"])
	require.Equal(t, "10001", item["telecomCode"], "a string in lists")
	r = n.smsCall(t, c, "GET", "sender/sms"+strings.Replace(day, "op-2026", "op-2027", 1), "")
	require.Empty(t, at(t, r.json(t), "body", "data"), "surely absent")
	require.Equal(t, true, at(t, r.json(t), "header", "isSuccessful"))
	r = n.smsCall(t, c, "GET", "sender/mms?requestId="+id, "")
	require.Empty(t, at(t, r.json(t), "body", "data"), "another kind")
	r = n.smsCall(t, c, "GET", "sender/auth/sms?requestId="+id, "")
	require.Empty(t, at(t, r.json(t), "body", "data"), "another lane")
	refused(t, n.smsCall(t, c, "GET", "sender/auth/sms/"+id+"?recipientSeq=1", ""), -2008, "another lane")
}

func TestNHNPartialFailure(t *testing.T) {
	n, c := startNHN(t, NHNConfig{})
	r := n.smsCall(t, c, "POST", "sender/sms", `{"body":"a","sendNo":"0212345678","recipientList":[{"recipientNo":"010-1"},{"recipientNo":"01012345678"},{"recipientNo":"01012345678","countryCode":"1"}]}`)
	var codes []string
	for _, one := range at(t, r.json(t), "body", "data", "sendResultList").([]any) {
		codes = append(codes, fmt.Sprint(at(t, one, "resultCode")))
	}
	require.Equal(t, []string{"-2018", "0", "-2018"}, codes)
	require.Equal(t, "2", at(t, r.json(t), "body", "data", "statusCode"))
	r = n.smsCall(t, c, "POST", "sender/sms", `{"body":"a","sendNo":"0212345678","recipientList":[{"recipientNo":"x"}]}`)
	require.Equal(t, true, at(t, r.json(t), "header", "isSuccessful"), "a success that hides a refused recipient")
	require.Equal(t, "3", at(t, r.json(t), "body", "data", "statusCode"))
	until(t, func() bool { return n.Phone().Count("") == 1 })
	require.Equal(t, 1, n.Hits("deliver"))
}

func TestNHNSMSMistakes(t *testing.T) {
	n, c := startNHN(t, NHNConfig{})
	body := func(text string) string {
		return `{"body":"` + text + `","sendNo":"0212345678","recipientList":[{"recipientNo":"01012345678"}]}`
	}
	for _, tc := range []struct {
		what, body string
		want       int
	}{
		{"sender/sms", body(strings.Repeat("가", 45)), 0},
		{"sender/sms", body(strings.Repeat("가", 45) + "!"), -2015},
		{"sender/sms", body(strings.Repeat("a", 256)), -2015},
		{"sender/sms", body("hi 👍"), -2023},
		{"sender/sms", body(""), 4},
		{"sender/sms", `{"title":"t",` + body("a")[1:], 4},
		{"sender/sms", strings.Replace(body("a"), "0212345678", "0299999999", 1), -2312},
		{"sender/sms", strings.Replace(body("a"), "0212345678", "02-1234-5678", 1), -2019},
		{"sender/sms", `{"body":"a","sendNo":"0212345678","recipientList":[]}`, -2001},
		{"sender/sms", `{"body":"a","sendNo":"0212345678","recipientList":[` + strings.Repeat(`{"recipientNo":"1"},`, 1000) + `{}]}`, -2016},
		{"sender/sms", `{"body":"a","surprise":1}`, -9997},
		{"sender/auth/sms", body("code 123456"), -8000},
		{"sender/auth/sms", body("AUTH code 123456"), 0},
		{"sender/auth/sms", body("Please Verify 123456"), 0},
		{"sender/auth/sms", body("인증번호 123456"), 0},
		{"sender/auth/sms", body("認証 123456"), 0},
		{"sender/mms", body(strings.Repeat("가", 46)), 4},
		{"sender/mms", `{"title":"제목",` + body(strings.Repeat("가", 46))[1:], 0},
		{"sender/mms", `{"title":"` + strings.Repeat("가", 21) + `",` + body("a")[1:], -2015},
		{"sender/mms", `{"title":"제목",` + body(strings.Repeat("가", 1001))[1:], -2015},
	} {
		r := n.smsCall(t, c, "POST", tc.what, tc.body)
		if tc.want != 0 {
			refused(t, r, tc.want, tc.what+" "+tc.body[:min(60, len(tc.body))])
			continue
		}
		require.Equal(t, true, at(t, r.json(t), "header", "isSuccessful"), "%s %s", tc.body, r.body)
		n.smsItem(t, c, tc.what, at(t, r.json(t), "body", "data", "requestId").(string), "3")
	}
	refused(t, say(t, c, "POST", n.URL()+"/sms/v3.0/appKeys/other/sender/sms", nhnOne, "X-Secret-Key", "demo-secret"), -1000, "app key")
	refused(t, say(t, c, "POST", n.URL()+"/sms/v3.0/appKeys/demo-sms/sender/sms", nhnOne, "X-Secret-Key", "x"), -1000, "secret key")
	refused(t, say(t, c, "POST", n.URL()+"/sms/v3.0/appKeys/demo-sms/sender/sms", nhnOne, "X-Secret-Key", "demo-secret", "Content-Type", "text/plain"), -9996, "type")
	require.Equal(t, 404, n.smsCall(t, c, "POST", "sender/smss", nhnOne).status)
	require.Equal(t, 404, say(t, c, "POST", n.URL()+"/sms/v3.0/appkeys/demo-sms/sender/sms", nhnOne).status, "appKeys has a capital here")
	refused(t, n.smsCall(t, c, "GET", "sender/sms/2026?recipientSeq=1", ""), -2008, "unknown")
	refused(t, n.smsCall(t, c, "GET", "sender/sms/2026", ""), 4, "no sequence")
	for _, bad := range []string{"", "?senderGroupingKey=a", "?startRequestDate=2026-01-01%2000:00", "?startRequestDate=2026-01-01%2000:00&endRequestDate=2026-03-01%2000:00",
		"?startRequestDate=2026-01-02%2000:00&endRequestDate=2026-01-01%2000:00", "?startRequestDate=x&endRequestDate=y", "?requestId=a&pageSize=1001", "?requestId=a&what=b"} {
		refused(t, n.smsCall(t, c, "GET", "sender/sms"+bad, ""), -1005, bad)
	}
}

func TestNHNLimitsAndOptions(t *testing.T) {
	n, c := startNHN(t, NHNConfig{MonthlyLimit: 1, ErrorStatus: 400, SecretCode: -1003, Truncate: true})
	r := n.smsCall(t, c, "POST", "sender/sms", `{"body":"`+strings.Repeat("가", 46)+`","sendNo":"0212345678","recipientList":[{"recipientNo":"01012345678"}]}`)
	require.Equal(t, 200, r.status)
	until(t, func() bool { return n.Phone().Count("") == 1 })
	require.Equal(t, strings.Repeat("가", 45), n.Phone().Inbox("01012345678")[0].Text)
	r = n.smsCall(t, c, "POST", "sender/sms", nhnOne)
	require.Equal(t, 400, r.status)
	require.Contains(t, r.body, `"resultCode":-2052`)
	require.Contains(t, say(t, c, "POST", n.URL()+"/sms/v3.0/appKeys/demo-sms/sender/sms", nhnOne, "X-Secret-Key", "x").body, `"resultCode":-1003`)
	_, err := StartNHN(NHNConfig{SMSAppKey: "a/b", SenderKey: "short", SendNumbers: []string{"x"}, Step: -1, ErrorStatus: 1})
	for _, want := range []string{"vendorsim: nhn: start: ", "path cannot carry", "40 characters", `"x"`, "negative", "status 1"} {
		require.ErrorContains(t, err, want)
	}
	_, err = StartNHN(NHNConfig{Templates: map[string]string{"a": "b"}})
	require.ErrorContains(t, err, "without a sender key")
}

// F76: what each kind of line gives, and faults of the delivery.
func TestNHNSMSDelivery(t *testing.T) {
	n, c := startNHN(t, NHNConfig{})
	send := func() string {
		return at(t, n.smsCall(t, c, "POST", "sender/sms", nhnOne).json(t), "body", "data", "requestId").(string)
	}
	for trouble, want := range map[Trouble]string{PhoneOff: "2003", NoSuchLine: "3001", SpamFilter: "3012"} {
		n.Phone().Behave("01012345678", Behaviour{Trouble: trouble})
		d := n.smsItem(t, c, "sender/sms", send(), "0")
		require.Equal(t, want, d["resultCode"])
		require.NotEmpty(t, d["resultCodeName"])
	}
	n.Phone().Behave("01012345678", Behaviour{Trouble: Unreported})
	id := send()
	until(t, func() bool { return n.Phone().Count("") == 1 })
	require.Nil(t, n.smsItem(t, c, "sender/sms", id, "2")["resultCode"], "it arrived, and nobody says so")
	n.Phone().Behave("01012345678", Behaviour{})
	require.NoError(t, n.Break("deliver", Fault{Mode: Vendor, Code: "2000"}))
	require.Equal(t, "2000", n.smsItem(t, c, "sender/sms", send(), "0")["resultCode"])
	require.Equal(t, 1, n.Phone().Count(""))
}
