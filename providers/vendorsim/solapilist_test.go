package vendorsim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (s *Solapi) list1(t *testing.T, c *http.Client, pairs ...string) map[string]any {
	t.Helper()
	r := say(t, c, "GET", s.URL()+"/messages/v4/list"+query(pairs...), "", "Authorization", demoAuth())
	require.Equal(t, 200, r.status, r.body)
	return r.json(t)
}

func TestSolapiListFilters(t *testing.T) {
	s, c := startSolapi(t, SolapiConfig{})
	began := time.Now().UTC().Format(time.RFC3339)
	r := s.post(t, c, "/messages/v4/send-many/detail", `{"messages":[{"to":"01011111111","from":"0212345678","text":"a","customFields":{"oid":"k1"}},
		{"to":"01022222222","from":"0212345678","text":"b"},{"to":"01033333333","from":"0299999999","text":"c"}],"showMessageList":true}`)
	group := at(t, r.json(t), "groupInfo", "groupId").(string)
	until(t, func() bool { return s.Phone().Count("") == 2 })
	for _, tc := range []struct {
		want  int
		pairs []string
	}{
		{3, nil}, {3, []string{"groupId", group}}, {1, []string{"to", "01011111111"}}, {1, []string{"statusCode", "1062"}}, {2, []string{"from", "0212345678"}},
		{3, []string{"type", "SMS"}}, {0, []string{"type", "LMS"}}, {0, []string{"messageId", "M4V0"}}, {1, []string{"to", "01011111111", "startDate", began}},
		{0, []string{"startDate", "2099-01-01T00:00:00Z"}}, {0, []string{"endDate", "2020-01-01T00:00:00Z", "dateType", "CREATED"}},
		{3, []string{"endDate", "2099-01-01T00:00:00+09:00", "dateType", "UPDATED"}},
	} {
		require.Len(t, s.list1(t, c, tc.pairs...)["messageList"], tc.want, "%v", tc.pairs)
	}
	for _, bad := range [][]string{{"limit", "0"}, {"limit", "501"}, {"startDate", "yesterday"}, {"dateType", "x"}, {"messageID", "x"}} {
		r := say(t, c, "GET", s.URL()+"/messages/v4/list"+query(bad...), "", "Authorization", demoAuth())
		require.Equal(t, 400, r.status, bad)
	}
	first := s.list1(t, c, "limit", "2")
	require.Len(t, first["messageList"], 2)
	require.Nil(t, first["startKey"])
	require.Equal(t, "2", fmt.Sprint(first["limit"]))
	rest := s.list1(t, c, "limit", "2", "startKey", first["nextKey"].(string))
	require.Len(t, rest["messageList"], 1)
	require.Nil(t, rest["nextKey"])
	for id := range rest["messageList"].(map[string]any) {
		require.NotContains(t, first["messageList"], id)
	}
}

// Flags are booleans in one message and numbers in the next.
func TestSolapiFlagNoise(t *testing.T) {
	s, c := startSolapi(t, SolapiConfig{})
	seen := map[string]bool{}
	for range 2 {
		id := s.post(t, c, "/messages/v4/send", one).json(t)["messageId"].(string)
		m := s.item(t, c, id, "4000")
		seen[fmt.Sprintf("%T %v", m["replacement"], m["replacement"])] = true
	}
	require.Equal(t, map[string]bool{"bool false": true, "json.Number 0": true}, seen)
}

// F76: accepted with 2000, and failed later. What each kind of line gives.
func TestSolapiTroubles(t *testing.T) {
	phone := NewPhone()
	s, c := startSolapi(t, SolapiConfig{Phone: phone, PfID: "PF01", Templates: map[string]string{"T": "알림"}})
	const talk = `{"message":{"to":"01012345678","from":"0212345678","kakaoOptions":{"pfId":"PF01","templateId":"T","disableSms":true},"customFields":{"k":"id"}}}`
	for _, tc := range []struct {
		trouble   Trouble
		sms, talk string
	}{
		{NoTrouble, "4000", "4000"}, {PhoneOff, "3043", "4000"}, {NoSuchLine, "3032", "3032"}, {SpamFilter, "3054", "4000"},
		{NoKakaoTalk, "4000", "3104"}, {BlocksKakao, "4000", "3107"}, {Swallowed, "3000", "3000"}, {Unreported, "3000", "3000"},
	} {
		phone.Behave("01012345678", Behaviour{Trouble: tc.trouble})
		for body, want := range map[string]string{one: tc.sms, talk: tc.talk} {
			before, done := phone.Count("01012345678"), s.Hits("deliver")
			r := s.post(t, c, "/messages/v4/send", body).json(t)
			require.Equal(t, "2000", r["statusCode"])
			m := s.item(t, c, r["messageId"].(string), want)
			until(t, func() bool { return s.Hits("deliver") == done+1 })
			arrives := want == "4000" || tc.trouble == Unreported
			if arrives {
				until(t, func() bool { return phone.Count("01012345678") == before+1 })
			}
			require.Equal(t, map[bool]int{true: before + 1, false: before}[arrives], phone.Count("01012345678"), "%s %s", tc.trouble, want)
			if want[0] == '3' && want != "3000" {
				require.Equal(t, "FAILED", m["status"])
				require.NotEmpty(t, m["reason"])
			}
		}
	}
}

// disableSms is false by default: the vendor sends an SMS of its own, which a chain behind it would double.
func TestSolapiReplacement(t *testing.T) {
	for _, tc := range []struct {
		disable, template, kind string
		channels                []string
	}{
		{"", "알림", "SMS", []string{ChannelSMS}},
		{`"disableSms":false,`, strings.Repeat("알림", 30), "LMS", []string{ChannelLMS}},
		{`"disableSms":true,`, "알림", "ATA", nil},
	} {
		s, c := startSolapi(t, SolapiConfig{PfID: "PF01", Templates: map[string]string{"T": tc.template}})
		s.Phone().Behave("", Behaviour{Trouble: NoKakaoTalk})
		r := s.post(t, c, "/messages/v4/send", `{"message":{"to":"01012345678","from":"0212345678","kakaoOptions":{`+tc.disable+`"pfId":"PF01","templateId":"T"},"customFields":{"k":"id"}}}`)
		want := "4000"
		if tc.channels == nil {
			want = "3104"
		}
		m := s.item(t, c, r.json(t)["messageId"].(string), want)
		require.Equal(t, tc.kind, m["type"])
		require.Equal(t, tc.channels != nil, m["replacement"] == true || fmt.Sprint(m["replacement"]) == "1")
		var got []string
		for _, text := range s.Phone().Inbox("01012345678") {
			got = append(got, text.Channel)
			require.Equal(t, tc.template, text.Text)
		}
		require.Equal(t, tc.channels, got)
	}
}

// Faults of the delivery: they show after acceptance only.
func TestSolapiDeliveryFaults(t *testing.T) {
	s, c := startSolapi(t, SolapiConfig{})
	send := func() string { return s.post(t, c, "/messages/v4/send", one).json(t)["messageId"].(string) }
	require.NoError(t, s.Break("deliver", Fault{Mode: Vendor, Code: "3024"}))
	s.item(t, c, send(), "3024")
	require.Zero(t, s.Phone().Count(""))
	require.NoError(t, s.Break("deliver", Fault{Mode: Vendor, Code: "3040", Effect: true}))
	s.item(t, c, send(), "3040")
	require.Equal(t, 1, s.Phone().Count(""), "told as failed, and there")
	require.NoError(t, s.Break("deliver", Fault{Mode: Hang}))
	id := send()
	until(t, func() bool { return s.Hits("deliver") == 3 })
	s.Heal("deliver")
	s.item(t, c, id, "3000")
	require.NoError(t, s.Break("deliver", Fault{Mode: Slow, Delay: time.Millisecond}))
	s.item(t, c, send(), "4000")
	require.Equal(t, 2, s.Phone().Count(""))
	require.NoError(t, s.Break("*", Fault{Mode: Status}))
	s.Heal("deliver")
	require.Equal(t, 503, s.post(t, c, "/messages/v4/send", one).status)
	require.ErrorContains(t, s.Break("deliver", Fault{Mode: Vendor, Code: "1062"}), "known: 3012")
	require.ErrorContains(t, s.Break("*", Fault{Mode: Vendor, Code: "3024"}), "unknown code")
}

// F77: the message is taken and the answer is lost. Our own key finds it.
func TestSolapiAmbiguous(t *testing.T) {
	s, c := startSolapi(t, SolapiConfig{})
	require.NoError(t, s.Break("send", Fault{Mode: Status, Status: 503, Effect: true}))
	require.Equal(t, 503, s.post(t, c, "/messages/v4/send", one).status)
	s.HealAll()
	list := s.list1(t, c, "to", "01012345678")["messageList"].(map[string]any)
	require.Len(t, list, 1)
	for _, m := range list {
		require.Equal(t, "a1b2", at(t, m, "customFields", "oid"))
	}
	until(t, func() bool { return s.Phone().Deliveries("a1b2") == 1 })
	many := `{"messages":[{"to":"01012345678","from":"0212345678","text":"b","customFields":{"oid":"b"}}]}`
	require.NoError(t, s.Break("send_many", Fault{Mode: Vendor, Code: "1024", Effect: true}))
	r := s.post(t, c, "/messages/v4/send-many/detail", many)
	require.Equal(t, "1024", at(t, r.json(t), "failedMessageList", 0, "statusCode"), "told as refused, and on its way")
	until(t, func() bool { return s.Phone().Deliveries("b") == 1 })
	before := len(s.list1(t, c, "to", "01012345678")["messageList"].(map[string]any))
	require.NoError(t, s.Break("send", Fault{Mode: Status, Status: 503}))
	require.Equal(t, 503, s.post(t, c, "/messages/v4/send", one).status)
	s.HealAll()
	require.Len(t, s.list1(t, c, "to", "01012345678")["messageList"], before)
}

func TestSolapiVendorCodes(t *testing.T) {
	s, c := startSolapi(t, SolapiConfig{})
	for code, status := range map[string]int{"InvalidAPIKey": 403, "SignatureDoesNotMatch": 403, "RequestTimeTooSkewed": 403, "DuplicatedSignature": 403,
		"ValidationError": 400, "TooManyRequests": 429, "InternalServerError": 500, "NotEnoughBalance": 402} {
		require.NoError(t, s.Break("*", Fault{Mode: Vendor, Code: code}))
		for _, path := range []string{"/messages/v4/send", "/messages/v4/send-many/detail"} {
			r := s.post(t, c, path, one)
			require.Equal(t, status, r.status, code)
			require.Equal(t, code, r.json(t)["errorCode"])
		}
	}
	for _, code := range []string{"1030", "1062", "1024"} {
		require.NoError(t, s.Break("send_many", Fault{Mode: Vendor, Code: code}))
		r := s.post(t, c, "/messages/v4/send-many/detail", `{"messages":[{"to":"01012345678","from":"0212345678","text":"a"}]}`)
		require.Equal(t, 200, r.status)
		require.Equal(t, code, at(t, r.json(t), "failedMessageList", 0, "statusCode"))
	}
	require.Zero(t, s.Hits("deliver"))
}

// Close does not wait for deliveries that are far away, and none happens after it.
func TestSolapiCloseStopsDeliveries(t *testing.T) {
	s, err := StartSolapi(SolapiConfig{Step: time.Hour})
	require.NoError(t, err)
	require.Equal(t, 200, s.post(t, browser(t), "/messages/v4/send", one).status)
	s.Close()
	s.Close()
	require.Zero(t, s.Phone().Count(""))
	require.Empty(t, s.carrier.later.pending)
}
