package vendorsim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func startTalk(t *testing.T, cfg NHNConfig) (*NHN, *http.Client) {
	t.Helper()
	cfg.SenderKey = senderKey
	cfg.Templates = map[string]string{"WELCOME_01": "#{name}님 반갑습니다", "CODE": "인증번호 #{code}"}
	return startNHN(t, cfg)
}

func (n *NHN) talkCall(t *testing.T, c *http.Client, method, what, body string, header ...string) reply {
	t.Helper()
	return say(t, c, method, n.URL()+"/alimtalk/v2.3/appkeys/demo-talk/"+what, body, append(header, "X-Secret-Key", "demo-secret")...)
}

func talkBody(more string) string {
	return `{"senderKey":"` + senderKey + `","templateCode":"WELCOME_01","senderGroupingKey":"op-1","recipientList":[{"recipientNo":"01012345678","templateParameter":{"name":"길동"},"recipientGroupingKey":"user-42"` + more + `}]}`
}

// talkItem waits until the message has a field of that value.
func (n *NHN) talkUntil(t *testing.T, c *http.Client, id, field string, want any) map[string]any {
	t.Helper()
	var m map[string]any
	until(t, func() bool {
		r := n.talkCall(t, c, "GET", "messages/"+id+"/1", "")
		require.Equal(t, 200, r.status)
		m = at(t, r.json(t), "message").(map[string]any)
		return m[field] == want
	})
	return m
}

func requestOf(t *testing.T, r reply) string {
	t.Helper()
	return at(t, r.json(t), "message", "requestId").(string)
}

func TestNHNAlimTalk(t *testing.T) {
	n, c := startTalk(t, NHNConfig{})
	r := n.talkCall(t, c, "POST", "messages", talkBody(""))
	require.Regexp(t, `^\{"header":\{"isSuccessful":true,"resultCode":0,"resultMessage":"success"\},"message":\{"requestId":"\d{14}[0-9A-Z]+","sendResults":\[\{"recipientGroupingKey":"user-42",`+
		`"recipientNo":"01012345678","recipientSeq":1,"resultCode":0,"resultMessage":"SUCCESS"\}\],"senderGroupingKey":"op-1"\}\}$`, r.body)
	id := requestOf(t, r)
	m := n.talkUntil(t, c, id, "messageStatus", "COMPLETED")
	require.Equal(t, "1000 RSC01 길동님 반갑습니다", fmt.Sprint(m["resultCode"], " ", m["resendStatus"], " ", m["content"]))
	text := n.Phone().Inbox("01012345678")[0]
	require.Equal(t, "alimtalk 길동님 반갑습니다 op-1", text.Channel+" "+text.Text+" "+text.Key)

	now := time.Now().In(kst())
	day := []string{"startRequestDate", now.Add(-time.Hour).Format("2006-01-02 15:04"), "endRequestDate", now.Add(time.Hour).Format("2006-01-02 15:04")}
	r = n.talkCall(t, c, "GET", "messages"+query(append(day, "senderGroupingKey", "op-1")...), "")
	require.Equal(t, id, at(t, r.json(t), "messageSearchResultResponse", "messages", 0, "requestId"))
	r = n.talkCall(t, c, "GET", "messages"+query(append(day, "senderGroupingKey", "op-2")...), "")
	require.Equal(t, "0", fmt.Sprint(at(t, r.json(t), "messageSearchResultResponse", "totalCount")))
	refused(t, n.talkCall(t, c, "GET", "messages?senderGroupingKey=op-1", ""), 4, "no time")
	refused(t, n.talkCall(t, c, "GET", "messages/"+id+"/2", ""), 4, "no such recipient")
	refused(t, n.talkCall(t, c, "GET", "messages/"+id+"/x", ""), 4, "no number")
}

func TestNHNAlimTalkMistakes(t *testing.T) {
	n, c := startTalk(t, NHNConfig{})
	raw := func(code, content string) string {
		return `{"senderKey":"` + senderKey + `","templateCode":"` + code + `","recipientList":[{"recipientNo":"01012345678","content":"` + content + `"}]}`
	}
	for _, tc := range []struct {
		what, body string
		want       int
	}{
		{"messages", strings.Replace(talkBody(""), senderKey, strings.Repeat("f", 40), 1), -2017},
		{"messages", strings.Replace(talkBody(""), senderKey, "", 1), -1006},
		{"messages", strings.Replace(talkBody(""), "WELCOME_01", "NONE", 1), -3003},
		{"messages", strings.Replace(talkBody(""), "name", "nama", 1), -3010},
		{"messages", raw("WELCOME_01", "길동님 반갑습니다"), 4},
		{"messages", `{"senderKey":"` + senderKey + `","templateCode":"CODE","recipientList":[]}`, -2001},
		{"messages", strings.Replace(talkBody(""), "op-1", strings.Repeat("k", 101), 1), 4},
		{"messages", `{"surprise":1}`, 4},
		{"raw-messages", raw("WELCOME_01", "길동님 반갑습니다"), 0},
		{"raw-messages", raw("WELCOME_01", "길동님 반갑습니다!"), -3010},
		{"raw-messages", raw("WELCOME_01", strings.Repeat("가", 1300)+"님 반갑습니다"), -2003},
		{"raw-messages", talkBody(""), 4},
		{"auth/raw-messages", raw("CODE", "인증번호 1"), 0},
		{"auth/raw-messages", raw("WELCOME_01", "길동님 반갑습니다"), -8000},
		{"auth/messages", strings.Replace(talkBody(""), "길동", "verif", 1), 0},
		{"messages", talkBody(`,"resendParameter":{"isResend":true,"resendSendNo":"0299999999"}`), -1003},
		{"messages", talkBody(`,"resendParameter":{"isResend":true,"resendSendNo":"0212345678","resendType":"FAX"}`), -1003},
	} {
		r := n.talkCall(t, c, "POST", tc.what, tc.body)
		if tc.want != 0 {
			refused(t, r, tc.want, tc.what+" "+tc.body)
		} else {
			n.talkUntil(t, c, requestOf(t, r), "messageStatus", "COMPLETED")
		}
	}
	r := n.talkCall(t, c, "POST", "messages", strings.Replace(talkBody(""), "01012345678", "1012345678", 1))
	require.Equal(t, true, at(t, r.json(t), "header", "isSuccessful"), "a success that hides a refused recipient")
	require.Equal(t, "-2004", fmt.Sprint(at(t, r.json(t), "message", "sendResults", 0, "resultCode")))
	refused(t, n.talkCall(t, c, "POST", "messages", `{"senderKey":"`+senderKey+`","templateCode":"CODE","recipientList":[{"recipientNo":"1"},{"recipientNo":"2"}]}`), -1031, "all")
	refused(t, say(t, c, "POST", n.URL()+"/alimtalk/v2.3/appkeys/demo-talk/messages", talkBody(""), "X-Secret-Key", "x"), -1001, "secret key")
	refused(t, say(t, c, "POST", n.URL()+"/alimtalk/v2.3/appkeys/x/messages", talkBody(""), "X-Secret-Key", "demo-secret"), -1000, "app key")
}

// A repeat within ten minutes is refused, and the first answer is not told again. F77.
func TestNHNIdempotency(t *testing.T) {
	n, c := startTalk(t, NHNConfig{DailyLimit: 3})
	once := []string{"X-NC-API-IDEMPOTENCY-KEY", "key-1"}
	require.NoError(t, n.Break("alimtalk", Fault{Mode: Status, Status: 503, Effect: true}))
	require.Equal(t, 503, n.talkCall(t, c, "POST", "messages", talkBody(""), once...).status)
	n.HealAll()
	refused(t, n.talkCall(t, c, "POST", "messages", talkBody(""), once...), -1005, "again")
	n.Advance(10*time.Minute - time.Second)
	refused(t, n.talkCall(t, c, "POST", "raw-messages", strings.Replace(talkBody(""), `"templateParameter":{"name":"길동"}`, `"content":"길동님 반갑습니다"`, 1), once...), -1005, "another call with the key")
	n.Advance(time.Second)
	requestOf(t, n.talkCall(t, c, "POST", "messages", talkBody(""), once...))
	requestOf(t, n.talkCall(t, c, "POST", "messages", talkBody(""), "X-NC-API-IDEMPOTENCY-KEY", "key-2"))
	refused(t, n.talkCall(t, c, "POST", "messages", talkBody("")), -1028, "daily limit")
	until(t, func() bool { return n.Phone().Count("") == 3 })
}

// The vendor's own fall-back: asked for, by the console's default, or off; and what the query says of it.
func TestNHNResend(t *testing.T) {
	on := `,"resendParameter":{"isResend":true,"resendType":"SMS","resendContent":"[Demo] hello","resendSendNo":"0212345678"}`
	for _, tc := range []struct {
		name, more string
		console    bool
		trouble    Trouble
		status     string
		channel    string
		text       string
	}{
		{"off", "", false, NoKakaoTalk, "RSC01", "", ""},
		{"asked for", on, false, NoKakaoTalk, "RSC04", ChannelSMS, "[Demo] hello"},
		{"by the console", "", true, BlocksKakao, "RSC04", ChannelSMS, "길동님 반갑습니다"},
		{"the console overruled", `,"resendParameter":{"isResend":false}`, true, BlocksKakao, "RSC01", "", ""},
		{"not needed", on, false, NoTrouble, "RSC01", ChannelAlimTalk, "길동님 반갑습니다"},
		{"fails too", on, false, NoSuchLine, "RSC05", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n, c := startTalk(t, NHNConfig{ConsoleResend: tc.console})
			n.Phone().Behave("", Behaviour{Trouble: tc.trouble})
			id := requestOf(t, n.talkCall(t, c, "POST", "messages", talkBody(tc.more)))
			status := "FAILED"
			if tc.trouble == NoTrouble {
				status = "COMPLETED"
			}
			n.talkUntil(t, c, id, "messageStatus", status)
			m := n.talkUntil(t, c, id, "resendStatus", tc.status)
			in := n.Phone().Inbox("01012345678")
			if tc.channel == "" {
				require.Empty(t, in)
			} else {
				require.Len(t, in, 1)
				require.Equal(t, tc.channel+" "+tc.text+" op-1", in[0].Channel+" "+in[0].Text+" "+in[0].Key)
			}
			if tc.status == "RSC04" {
				r := n.smsCall(t, c, "GET", "sender/sms/"+m["resendRequestId"].(string)+"?recipientSeq=1", "")
				require.Equal(t, "3", at(t, r.json(t), "body", "data", "msgStatus"))
			}
		})
	}
}

// 3005: sent, not confirmed, and it comes after the substitute. Whoever sends a substitute of its own makes two.
func TestNHNLateAlimTalk(t *testing.T) {
	n, c := startTalk(t, NHNConfig{ConsoleResend: true, LateAfter: time.Microsecond})
	require.NoError(t, n.Break("alimtalk_deliver", Fault{Mode: Vendor, Code: "3005"}))
	id := requestOf(t, n.talkCall(t, c, "POST", "messages", talkBody("")))
	require.Equal(t, "3005", n.talkUntil(t, c, id, "resendStatus", "RSC04")["resultCode"])
	until(t, func() bool { return n.Phone().Deliveries("op-1") == 2 })
	require.Equal(t, []string{"op-1"}, n.Phone().Repeated())
}

func TestNHNVendorCodes(t *testing.T) {
	n, c := startTalk(t, NHNConfig{})
	for _, code := range []int{-1000, -1004, -1008, -2021, -2052, -2312, -9999} {
		require.NoError(t, n.Break("sms", Fault{Mode: Vendor, Code: fmt.Sprint(code)}))
		refused(t, n.smsCall(t, c, "POST", "sender/sms", nhnOne), code, "sms")
	}
	for _, code := range []int{-1027, -1028, -3005, -9999} {
		require.NoError(t, n.Break("alimtalk", Fault{Mode: Vendor, Code: fmt.Sprint(code)}))
		refused(t, n.talkCall(t, c, "POST", "messages", talkBody("")), code, "alimtalk")
	}
	require.NoError(t, n.Break("sms", Fault{Mode: ErrorBody}))
	refused(t, n.smsCall(t, c, "POST", "sender/sms", nhnOne), -9999, "error body")
	require.Equal(t, "sms sms_auth sms_query sms_list alimtalk alimtalk_auth alimtalk_query alimtalk_list deliver alimtalk_deliver", strings.Join(n.Operations(), " "))
	require.Zero(t, n.Phone().Count(""))
}
