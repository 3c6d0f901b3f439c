package vendorsim

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func startSolapi(t *testing.T, cfg SolapiConfig) (*Solapi, *http.Client) {
	t.Helper()
	if cfg.Step == 0 {
		cfg.Step = time.Microsecond
	}
	s, err := StartSolapi(cfg)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s, browser(t)
}

// solapiAuth signs as the documents say, written without looking at the simulator.
func solapiAuth(key, secret string, at time.Time) string {
	date, salt := at.Format(time.RFC3339), rand.Text()
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprint(mac, date, salt)
	return fmt.Sprintf("HMAC-SHA256 apiKey=%s, date=%s, salt=%s, signature=%s", key, date, salt, hex.EncodeToString(mac.Sum(nil)))
}

func demoAuth() string { return solapiAuth("demo-key", "demo-secret", time.Now()) }

func (s *Solapi) post(t *testing.T, c *http.Client, path, body string) reply {
	t.Helper()
	return say(t, c, "POST", s.URL()+path, body, "Authorization", demoAuth())
}

// item waits for a message with that status code and returns it from the list.
func (s *Solapi) item(t *testing.T, c *http.Client, id, code string) map[string]any {
	t.Helper()
	var m map[string]any
	until(t, func() bool {
		r := say(t, c, "GET", s.URL()+"/messages/v4/list?messageId="+id, "", "Authorization", demoAuth())
		require.Equal(t, 200, r.status, r.body)
		m = at(t, r.json(t), "messageList", id).(map[string]any)
		return m["statusCode"] == code
	})
	return m
}

const one = `{"message":{"to":"01012345678","from":"0212345678","text":"[Demo] code 123456","type":"SMS","country":"82","customFields":{"oid":"a1b2"}},"agent":{"sdkVersion":"demo/1","osPlatform":"linux"}}`

// The vector of the fact sheet, on a server whose clock stands there.
func TestSolapiSignatureVector(t *testing.T) {
	const secret = "SECRETSECRETSECRETSECRETSECRET12"
	const header = "HMAC-SHA256 apiKey=KEY, date=2026-01-02T03:04:05.000Z, salt=0123456789abcdef0123456789abcdef, signature=9f3a6ae5150a7557cf2a4f3a0ce51def9d611b6ce5ef6791c0d86488bf1de030"
	then := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, tc := range map[string]struct {
		header string
		off    time.Duration
		want   string
	}{
		"as it is":              {header, 0, ""},
		"14 minutes late":       {header, 14 * time.Minute, ""},
		"14 minutes early":      {header, -14 * time.Minute, ""},
		"F38 stale":             {header, 16 * time.Minute, "RequestTimeTooSkewed"},
		"F38 from the future":   {header, -16 * time.Minute, "RequestTimeTooSkewed"},
		"another key":           {strings.Replace(header, "KEY", "KEX", 1), 0, "InvalidAPIKey"},
		"capital letters":       {strings.Replace(header, "9f3a", "9F3A", 1), 0, "SignatureDoesNotMatch"},
		"another date":          {strings.Replace(header, "05.000Z", "06.000Z", 1), 0, "SignatureDoesNotMatch"},
		"another salt":          {strings.Replace(header, "salt=0", "salt=1", 1), 0, "SignatureDoesNotMatch"},
		"short salt":            {strings.Replace(header, "0123456789abcdef0123456789abcdef", "01234567890", 1), 0, "SignatureDoesNotMatch"},
		"no space after commas": {strings.ReplaceAll(header, ", ", ","), 0, "Unauthorized"},
		"another scheme":        {strings.Replace(header, "HMAC-SHA256", "Bearer", 1), 0, "Unauthorized"},
		"other order":           {"HMAC-SHA256 date=x, apiKey=KEY, salt=0123456789ab, signature=x", 0, "Unauthorized"},
		"nothing":               {"", 0, "Unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := startSolapi(t, SolapiConfig{APIKey: "KEY", APISecret: secret})
			s.Advance(time.Until(then.Add(tc.off)))
			r := say(t, c, "POST", s.URL()+"/messages/v4/send", one, "Authorization", tc.header)
			if tc.want == "" {
				require.Equal(t, 200, r.status, r.body)
				return
			}
			status := 403
			if tc.want == "Unauthorized" {
				status = 401
			}
			require.Equal(t, status, r.status)
			require.Equal(t, tc.want, r.json(t)["errorCode"])
			require.NotEmpty(t, r.json(t)["errorMessage"])
			require.Zero(t, s.Hits("deliver"))
		})
	}
}

func TestSolapiSaltLength(t *testing.T) {
	s, c := startSolapi(t, SolapiConfig{})
	for length, status := range map[int]int{11: 403, 12: 200, 64: 200, 65: 403} {
		date, salt := time.Now().Format(time.RFC3339), strings.Repeat("x", length)
		mac := hmac.New(sha256.New, []byte("demo-secret"))
		_, _ = fmt.Fprint(mac, date, salt)
		auth := fmt.Sprintf("HMAC-SHA256 apiKey=demo-key, date=%s, salt=%s, signature=%x", date, salt, mac.Sum(nil))
		require.Equal(t, status, say(t, c, "GET", s.URL()+"/messages/v4/list", "", "Authorization", auth).status, length)
	}
}

// A signature counts once within 15 minutes, whatever the request; so one that was sent twice arrives once.
func TestSolapiDuplicatedSignature(t *testing.T) {
	s, c := startSolapi(t, SolapiConfig{})
	auth := demoAuth()
	require.Equal(t, 200, say(t, c, "POST", s.URL()+"/messages/v4/send", one, "Authorization", auth).status)
	for _, path := range []string{"/messages/v4/send", "/messages/v4/send-many/detail"} {
		r := say(t, c, "POST", s.URL()+path, one, "Authorization", auth)
		require.Equal(t, 403, r.status)
		require.Equal(t, "DuplicatedSignature", r.json(t)["errorCode"])
	}
	require.Equal(t, 403, say(t, c, "GET", s.URL()+"/messages/v4/list", "", "Authorization", auth).status)
	until(t, func() bool { return s.Phone().Count("01012345678") == 1 })
	require.Equal(t, 1, s.Phone().Deliveries("a1b2"))
}

func TestSolapiSingle(t *testing.T) {
	s, c := startSolapi(t, SolapiConfig{})
	r := s.post(t, c, "/messages/v4/send", one)
	require.Equal(t, 200, r.status)
	require.Regexp(t, `^\{"accountId":"\d+","country":"82","from":"0212345678","groupId":"G4V\d{14}[0-9A-Z]{15}","messageId":"M4V\d{14}[0-9A-Z]{15}",`+
		`"statusCode":"2000","statusMessage":"[^"]+","to":"01012345678","type":"SMS"\}$`, r.body)
	m := s.item(t, c, r.json(t)["messageId"].(string), "4000")
	require.Equal(t, "COMPLETE", m["status"])
	require.Equal(t, map[string]any{"oid": "a1b2"}, m["customFields"])
	for _, null := range []string{"subject", "imageId", "currentQueue", "reason"} {
		require.Nil(t, m[null], null)
		require.Contains(t, m, null)
	}
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`, m["dateReceived"])
	text := s.Phone().Inbox("01012345678")[0]
	text.At = time.Time{}
	require.Equal(t, Text{Channel: ChannelSMS, From: "0212345678", Text: "[Demo] code 123456", Vendor: "solapi", Key: "a1b2"}, text)
	require.Equal(t, 1_000_000-18, s.Balance())

	for status, want := range map[int]string{0: `{"errorCode":"1062","errorMessage":"The request could not be handled: 1062."}`, 200: `"statusCode":"1062"`} {
		s, c := startSolapi(t, SolapiConfig{SingleStatus: status})
		r := s.post(t, c, "/messages/v4/send", strings.Replace(one, "0212345678", "0299999999", 1))
		require.Equal(t, cmp.Or(status, 400), r.status)
		require.Contains(t, r.body, want)
	}
}

// 200 although everything was refused: only the lists tell.
func TestSolapiMany(t *testing.T) {
	s, c := startSolapi(t, SolapiConfig{})
	const many = "/messages/v4/send-many/detail"
	r := s.post(t, c, many, `{"messages":[{"to":"01012345678","from":"0212345678","text":"a","customFields":{"oid":"k1"}},
		{"to":"01012345678","from":"0212345678","text":"b"},{"to":"01000000000","from":"0311112222","text":"c","customFields":{"oid":"k3"}}],"allowDuplicates":false,"showMessageList":true,"agent":{}}`)
	require.Equal(t, 200, r.status, r.body)
	m := r.json(t)
	require.Len(t, m["messageList"], 1)
	require.Len(t, m["failedMessageList"], 2)
	require.Equal(t, "1026", at(t, m, "failedMessageList", 0, "statusCode"))
	require.Equal(t, "1062", at(t, m, "failedMessageList", 1, "statusCode"))
	require.Equal(t, "k3", at(t, m, "failedMessageList", 1, "customFields", "oid"))
	require.Equal(t, "2000", at(t, m, "messageList", 0, "statusCode"))
	count := at(t, m, "groupInfo", "count").(map[string]any)
	require.Equal(t, "3 2 1", fmt.Sprint(count["total"], " ", count["registeredFailed"], " ", count["registeredSuccess"]))
	require.Equal(t, "18", fmt.Sprint(at(t, m, "groupInfo", "balance", "sum")))
	require.Nil(t, at(t, m, "groupInfo", "masterAccountId"))

	r = s.post(t, c, many, `{"messages":[{"to":"01012345678","from":"0311112222","text":"a"}],"showMessageList":true}`)
	require.Equal(t, 200, r.status)
	require.Len(t, r.json(t)["failedMessageList"], 1)
	require.Empty(t, r.json(t)["messageList"])
	r = s.post(t, c, many, `{"messages":[{"to":"01012345678","from":"0212345678","text":"a"},{"to":"01012345678","from":"0212345678","text":"a"}],"allowDuplicates":true}`)
	require.Empty(t, r.json(t)["failedMessageList"])
	require.Empty(t, r.json(t)["messageList"], "not asked for")
	require.Equal(t, "2", fmt.Sprint(at(t, r.json(t), "groupInfo", "count", "registeredSuccess")))
	for _, bad := range []string{`{}`, `{"messages":[]}`, `{"messages":[{"to":"01012345678"}],"surprise":1}`, `[]`, `{"messages":[{"customFields":{"a":1}}]}`, `{"messages":[]} {}`} {
		r := s.post(t, c, many, bad)
		require.Equal(t, 400, r.status, bad)
		require.Contains(t, r.body, `{"errorCode":"ValidationError",`)
	}
	require.Equal(t, 400, say(t, c, "POST", s.URL()+many, one, "Authorization", demoAuth(), "Content-Type", "text/plain").status)
	require.Equal(t, 405, say(t, c, "GET", s.URL()+many, "", "Authorization", demoAuth()).status)
}

// What is refused at intake, with which code; and nothing reaches the citizen.
func TestSolapiIntake(t *testing.T) {
	s, c := startSolapi(t, SolapiConfig{PfID: "PF01", Templates: map[string]string{"T1": "#{name}님, 코드 #{code}", "T2": "고정 문구"}})
	syllables := strings.Repeat("가", 45)
	for _, tc := range []struct{ message, want string }{
		{`"to":"01012345678","from":"0212345678","text":"` + syllables + `","type":"SMS"`, ""},
		{`"to":"01012345678","from":"0212345678","text":"` + syllables + `!","type":"SMS"`, "1031"},
		{`"to":"01012345678","from":"0212345678","text":"` + syllables + `!"`, ""},
		{`"to":"01012345678","from":"0212345678","text":"` + strings.Repeat("가", 1000) + `","type":"LMS"`, ""},
		{`"to":"01012345678","from":"0212345678","text":"` + strings.Repeat("가", 1001) + `","type":"LMS"`, "1031"},
		{`"to":"01012345678","from":"0212345678","text":"hi 👍","type":"SMS"`, "1029"},
		{`"to":"01012345678","from":"0212345678","text":"a\u0001b","type":"SMS"`, "1028"},
		{`"to":"01012345678","from":"0212345678","text":"","type":"SMS"`, "1010"},
		{`"to":"","from":"0212345678","text":"a"`, "1010"},
		{`"to":"01012345678","text":"a"`, "1010"},
		{`"to":"01012345678","from":"0212345678","text":"a","autoTypeDetect":false`, "1010"},
		{`"to":"010-1234-5678","from":"0212345678","text":"a"`, "1011"},
		{`"to":"+821012345678","from":"0212345678","text":"a"`, "1011"},
		{`"to":"01012345678","from":"02-1234-5678","text":"a"`, "1011"},
		{`"to":"01012345678","from":"0212345678","text":"a","country":"1"`, "1011"},
		{`"to":"01012345678","from":"0212345678","text":"a","type":"SMS","subject":"t"`, "1013"},
		{`"to":"01012345678","from":"0212345678","text":"a","type":"LMS","subject":"` + strings.Repeat("가", 21) + `"`, "1014"},
		{`"to":"01012345678","from":"0212345678","text":"a","type":"FAX"`, "1025"},
		{`"to":"01012345678","from":"0212345678","text":"a","customFields":{"` + strings.Repeat("k", 31) + `":"v"}`, "1032"},
		{`"to":"01012345678","from":"0212345678","text":"a","customFields":{"k":"` + strings.Repeat("가", 101) + `"}`, "1032"},
		{`"to":"01012345678","from":"0212345678","text":"a","type":"SMS","kakaoOptions":{"pfId":"PF01"}`, "1033"},
		{`"to":"01012345678","from":"0212345678","text":"a","type":"ATA"`, "1033"},
		{`"to":"01012345678","from":"0212345678","kakaoOptions":{"pfId":"PF01","templateId":"T1","variables":{"#{name}":"길동","#{code}":"1"}}`, ""},
		{`"to":"01012345678","from":"0212345678","text":"길동님, 코드 1","type":"ATA","kakaoOptions":{"pfId":"PF01","templateId":"T1"}`, ""},
		{`"to":"01012345678","from":"0212345678","text":"길동님, 코드 1","type":"ata","kakaoOptions":{"pfId":"PF01","templateId":"T1","variables":{"#{name}":"길동","#{code}":"1"}}`, ""},
		{`"to":"01012345678","type":"ATA","kakaoOptions":{"pfId":"PF01","templateId":"T2","disableSms":true}`, ""},
		{`"to":"01012345678","type":"ATA","kakaoOptions":{"pfId":"PF01","templateId":"T2"}`, "1010"},
		{`"to":"01012345678","from":"0212345678","kakaoOptions":{"pfId":"PF01","templateId":"T1","variables":{"name":"길동","code":"1"}}`, "1043"},
		{`"to":"01012345678","from":"0212345678","kakaoOptions":{"pfId":"PF01","templateId":"T1","variables":{"#{name}":"길동"}}`, "1043"},
		{`"to":"01012345678","from":"0212345678","text":"길동님,코드 1","kakaoOptions":{"pfId":"PF01","templateId":"T1"}`, "1043"},
		{`"to":"01012345678","from":"0212345678","text":"고정 문구 ","kakaoOptions":{"pfId":"PF01","templateId":"T2"}`, "1043"},
		{`"to":"01012345678","from":"0212345678","kakaoOptions":{"pfId":"PF02","templateId":"T2"}`, "1041"},
		{`"to":"01012345678","from":"0212345678","kakaoOptions":{"pfId":"PF01","templateId":"T9"}`, "1042"},
	} {
		before := s.Hits("deliver")
		r := s.post(t, c, "/messages/v4/send-many/detail", `{"messages":[{`+tc.message+`}],"showMessageList":true}`)
		require.Equal(t, 200, r.status, "%s: %s", tc.message, r.body)
		if tc.want == "" {
			require.Len(t, r.json(t)["messageList"], 1, "%s: %s", tc.message, r.body)
			until(t, func() bool { return s.Hits("deliver") == before+1 })
			continue
		}
		require.Equal(t, tc.want, at(t, r.json(t), "failedMessageList", 0, "statusCode"), tc.message)
		require.Equal(t, before, s.Hits("deliver"))
	}
}

func TestSolapiMoneyAndQuota(t *testing.T) {
	s, c := startSolapi(t, SolapiConfig{Balance: 18 + 17})
	require.Equal(t, 200, s.post(t, c, "/messages/v4/send", one).status)
	require.Equal(t, "1030", s.post(t, c, "/messages/v4/send", one).json(t)["errorCode"])
	require.Equal(t, 17, s.Balance())

	s, c = startSolapi(t, SolapiConfig{Quota: 1})
	require.Equal(t, 200, s.post(t, c, "/messages/v4/send", one).status)
	require.Equal(t, 429, s.post(t, c, "/messages/v4/send", one).status)
	s.Advance(25 * time.Hour)
	r := say(t, c, "POST", s.URL()+"/messages/v4/send", one, "Authorization", solapiAuth("demo-key", "demo-secret", time.Now().Add(25*time.Hour)))
	require.Equal(t, 200, r.status)
}

func TestSolapiConfigMistakes(t *testing.T) {
	_, err := StartSolapi(SolapiConfig{APIKey: "a b", Senders: []string{"02-1"}, Templates: map[string]string{"a": ""}, Balance: -1, SingleStatus: 99})
	for _, want := range []string{"vendorsim: solapi: start: ", "API key or secret", `sender "02-1"`, "without a PfID", "negative", "status 99"} {
		require.ErrorContains(t, err, want)
	}
}

// query is the part of an address after its path.
func query(pairs ...string) string { return "?" + values(pairs...).Encode() }
