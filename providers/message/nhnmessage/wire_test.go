package nhnmessage_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/nhnmessage"
)

// asked is one request as it came.
type asked struct {
	line, body string
	header     http.Header
	query      url.Values
}

func watched(t *testing.T, answer string) (string, *[]asked) {
	t.Helper()
	var all []asked
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		all = append(all, asked{r.Method + " " + r.URL.Path, string(b), r.Header, r.URL.Query()})
		w.Header().Set("Content-Type", js)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(s.Close)
	return s.URL, &all
}

func TestExactSMS(t *testing.T) {
	long := strings.Repeat("뷁", 45) + "."
	recipients := `"sendNo":"0212345678","senderGroupingKey":"op-1","recipientList":[{"recipientNo":"01012345678","countryCode":"82"}]`
	otp := good("op-1", "01012345678")
	otp.OTP = true
	longOTP := message.Message{Key: "op-1", To: "01012345678", Text: "인증 " + long, OTP: true}
	for name, row := range map[string]struct {
		m          message.Message
		lane, body string
		channel    message.Channel
	}{
		"sms":                      {good("op-1", "01012345678"), "sms", `{"body":"[Demo] 인증번호 op-1",` + recipients + `}`, message.SMS},
		"a code has its lane":      {otp, "auth/sms", `{"body":"[Demo] 인증번호 op-1",` + recipients + `}`, message.SMS},
		"90 bytes":                 {message.Message{Key: "op-1", To: "01012345678", Text: strings.Repeat("똠", 45), Title: "no"}, "sms", `{"body":"` + strings.Repeat("똠", 45) + `",` + recipients + `}`, message.SMS},
		"91 bytes":                 {message.Message{Key: "op-1", To: "01012345678", Text: long}, "mms", `{"title":"알림","body":"` + long + `",` + recipients + `}`, message.LMS},
		"lms with its title":       {message.Message{Key: "op-1", To: "01012345678", Text: long, Title: "제목"}, "mms", `{"title":"제목","body":"` + long + `",` + recipients + `}`, message.LMS},
		"a long code has no lane":  {longOTP, "mms", `{"title":"알림","body":"인증 ` + long + `",` + recipients + `}`, message.LMS},
		"text that has a template": {talk("op-1", "01012345678"), "sms", `{"body":"[Demo] 인증번호 op-1",` + recipients + `}`, message.SMS},
	} {
		t.Run(name, func(t *testing.T) {
			base, all := watched(t, smsSent)
			r, err := newSMS(t, base).Send(t.Context(), row.m)
			require.NoError(t, err)
			assert.NoError(t, r.Answers(row.m))
			assert.Equal(t, row.channel, r.Channel)
			assert.Equal(t, row.lane, r.Group)
			require.Len(t, *all, 1)
			q := (*all)[0]
			assert.Equal(t, "POST /sms/v3.0/appKeys/"+appKey+"/sender/"+row.lane, q.line)
			assert.JSONEq(t, row.body, q.body)
			assert.Equal(t, secretKey, q.header.Get("X-Secret-Key"))
			assert.Equal(t, "application/json;charset=UTF-8", q.header.Get("Content-Type"))

			base, all = watched(t, smsOne)
			_, err = newSMS(t, base).Status(t.Context(), r)
			require.NoError(t, err)
			assert.Equal(t, "GET /sms/v3.0/appKeys/"+appKey+"/sender/"+row.lane+"/20260201120000demoAAAA0", (*all)[0].line)
			assert.Equal(t, url.Values{"recipientSeq": {"1"}}, (*all)[0].query)

			base, all = watched(t, smsList)
			found, is, err := newSMS(t, base).Find(t.Context(), row.m)
			require.NoError(t, err)
			assert.True(t, is)
			assert.Equal(t, "GET /sms/v3.0/appKeys/"+appKey+"/sender/"+row.lane, (*all)[0].line)
			window(t, (*all)[0].query, "2006-01-02 15:04:05")
			r.At, r.State = found.At, message.Delivered
			assert.Equal(t, r, found)
			assert.True(t, found.At.Equal(time.Date(2026, 2, 1, 3, 0, 0, 0, time.UTC)))
		})
	}
}

// window checks a question by key: one day, in the time of Seoul.
func window(t *testing.T, q url.Values, layout string) {
	t.Helper()
	assert.Equal(t, "op-1", q.Get("senderGroupingKey"))
	assert.Len(t, q, 3)
	seoul := time.FixedZone("KST", 9*3600)
	from, err := time.ParseInLocation(layout, q.Get("startRequestDate"), seoul)
	require.NoError(t, err)
	until, err := time.ParseInLocation(layout, q.Get("endRequestDate"), seoul)
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(-24*time.Hour), from, 2*time.Minute)
	assert.WithinDuration(t, time.Now().Add(time.Hour), until, 2*time.Minute)
}

func TestExactAlimTalk(t *testing.T) {
	long := strings.Repeat("가", 45) + "."
	otp := talk("op-1", "01012345678")
	otp.OTP = true
	to := func(rest string) string {
		return `"senderKey":"` + senderKey + `","senderGroupingKey":"op-1","recipientList":[{"recipientNo":"01012345678",` + rest + `}]`
	}
	for name, row := range map[string]struct {
		edit       func(*nhnmessage.AlimTalkConfig)
		m          message.Message
		lane, body string
	}{
		"the substitute is switched off": {nil, talk("op-1", "01012345678"), "messages",
			`{"templateCode":"WELCOME_01",` + to(`"templateParameter":{"code":"op-1"},"resendParameter":{"isResend":false}`) + `}`},
		"a code has its lane": {nil, otp, "auth/messages",
			`{"templateCode":"WELCOME_01",` + to(`"templateParameter":{"code":"op-1"},"resendParameter":{"isResend":false}`) + `}`},
		"a template that is a code itself, without variables": {nil, message.Message{Key: "op-1", To: "01012345678", Text: "a", Template: "BYE_02"}, "messages",
			`{"templateCode":"BYE_02",` + to(`"resendParameter":{"isResend":false}`) + `}`},
		"the substitute is declared": {resend, talk("op-1", "01012345678"), "messages",
			`{"templateCode":"WELCOME_01",` + to(`"templateParameter":{"code":"op-1"},"resendParameter":{"isResend":true,"resendType":"SMS","resendContent":"[Demo] 인증번호 op-1","resendSendNo":"0212345678"}`) + `}`},
		"a long substitute": {resend, message.Message{Key: "op-1", To: "01012345678", Text: long, Title: "제목", Template: "BYE_02"}, "messages",
			`{"templateCode":"BYE_02",` + to(`"resendParameter":{"isResend":true,"resendType":"LMS","resendTitle":"제목","resendContent":"`+long+`","resendSendNo":"0212345678"}`) + `}`},
	} {
		t.Run(name, func(t *testing.T) {
			base, all := watched(t, talkSent)
			r, err := newTalk(t, base, row.edit).Send(t.Context(), row.m)
			require.NoError(t, err)
			assert.NoError(t, r.Answers(row.m))
			require.Len(t, *all, 1)
			q := (*all)[0]
			assert.Equal(t, "POST /alimtalk/v2.3/appkeys/"+appKey+"/"+row.lane, q.line)
			assert.JSONEq(t, row.body, q.body)
			assert.Equal(t, secretKey, q.header.Get("X-Secret-Key"))
			assert.Equal(t, "op-1", q.header.Get("X-NC-API-IDEMPOTENCY-KEY"))

			base, all = watched(t, talkOne)
			_, err = newTalk(t, base, row.edit).Status(t.Context(), r)
			require.NoError(t, err)
			assert.Equal(t, "GET /alimtalk/v2.3/appkeys/"+appKey+"/"+row.lane+"/20260201120000talkAAAA0/1", (*all)[0].line)
			assert.Empty(t, (*all)[0].header.Get("X-NC-API-IDEMPOTENCY-KEY"))

			base, all = watched(t, talkList)
			found, is, err := newTalk(t, base, row.edit).Find(t.Context(), row.m)
			require.NoError(t, err)
			assert.True(t, is)
			assert.Equal(t, "GET /alimtalk/v2.3/appkeys/"+appKey+"/"+row.lane, (*all)[0].line)
			window(t, (*all)[0].query, "2006-01-02 15:04")
			r.At, r.State = found.At, message.Delivered
			assert.Equal(t, r, found)
		})
	}
}

// A repeat is refused with -1005, which tells only that the first one got in:
// the rest is asked by the key.
func TestRepeatOfAnIdempotencyKey(t *testing.T) {
	f := startFake()
	defer f.Close()
	s := newTalk(t, f.URL, nil)
	m := talk("op-1", "01012345678")
	first, err := s.Send(t.Context(), m)
	require.NoError(t, err)
	_, err = s.Send(t.Context(), m)
	e := failure(t, err)
	assert.Equal(t, "nhnalimtalk: send: unavailable: -1005: nhn said no", e.Error())
	assert.False(t, e.NotSent())
	found, is, err := s.Find(t.Context(), m)
	require.NoError(t, err)
	assert.True(t, is)
	assert.Equal(t, first.ID, found.ID)
	assert.Len(t, f.inbox(m.To), 1)
}

func TestForeignReceiptsAskNobody(t *testing.T) {
	base, all := watched(t, smsOne)
	sms, alimtalk := newSMS(t, base), newTalk(t, base, nil)
	for _, r := range []message.Receipt{{}, talkReceipt, {Provider: "nhnsms", ID: "x"}, {Provider: "nhnsms", ID: "x", Group: "messages"}, {Provider: "nhnsms", ID: "x", Group: "../sms"}, {Provider: "nhnsms", ID: "a/b", Group: "sms"}} {
		_, err := sms.Status(t.Context(), r)
		assert.ErrorIs(t, err, providers.Invalid)
	}
	for _, r := range []message.Receipt{{}, smsReceipt, {Provider: "nhnalimtalk", ID: "x", Group: "sms"}, {Provider: "nhnalimtalk", ID: "a?b", Group: "messages"}} {
		_, err := alimtalk.Status(t.Context(), r)
		assert.ErrorIs(t, err, providers.Invalid)
	}
	m := good("op-1", "01012345678")
	_, err := alimtalk.Send(t.Context(), m)
	assert.EqualError(t, err, "nhnalimtalk: send: invalid: an alimtalk needs a template")
	_, _, err = alimtalk.Find(t.Context(), m)
	assert.ErrorIs(t, err, providers.Invalid)
	m.To = "112"
	for _, err := range []error{second(sms.Find(t.Context(), m)), second(alimtalk.Find(t.Context(), m))} {
		assert.ErrorIs(t, err, providers.Invalid)
	}
	assert.Empty(t, *all)
}

func second(_ message.Receipt, _ bool, err error) error { return err }

func TestConfigsReportEveryMistakeAndNoKey(t *testing.T) {
	_, err := nhnmessage.NewSMS(nhnmessage.SMSConfig{AppKey: providers.NewSecret("CANARY/../x"), SecretKey: providers.NewSecret("CANARY secret"), SendNo: "02-1234", Title: strings.Repeat("가", 21), Endpoint: nhnmessage.Endpoint{Base: "http://api.example", Timeout: -1}})
	require.Error(t, err)
	for _, want := range []string{"nhnmessage: sms: ", "app key", "secret key", "send no", "title", "loopback", "timeout"} {
		assert.Contains(t, err.Error(), want)
	}
	assert.NotContains(t, err.Error(), "CANARY")
	_, err = nhnmessage.NewAlimTalk(nhnmessage.AlimTalkConfig{SenderKey: providers.NewSecret("CANARY key"), VendorResend: true, Templates: map[string]string{"a": "CANARY template of more"}})
	for _, want := range []string{"nhnmessage: alimtalk: ", "app key is missing", "secret key is missing", "sender key", "resend send no", "template"} {
		assert.ErrorContains(t, err, want)
	}
	assert.NotContains(t, err.Error(), "CANARY")
	_, err = nhnmessage.NewSMS(nhnmessage.SMSConfig{AppKey: providers.NewSecret("a"), SecretKey: providers.NewSecret("b"), SendNo: "0212345678"})
	assert.NoError(t, err, "it asks nobody")
	_, err = nhnmessage.NewAlimTalk(nhnmessage.AlimTalkConfig{AppKey: providers.NewSecret("a"), SecretKey: providers.NewSecret("b"), SenderKey: providers.NewSecret("c")})
	assert.NoError(t, err)
}

func TestT17NothingPrintsASecret(t *testing.T) {
	sms, alimtalk := newSMS(t, "http://127.0.0.1:1"), newTalk(t, "http://127.0.0.1:1", nil)
	cfg, talkCfg := smsConfig("http://127.0.0.1:1", nil), talkConfig("http://127.0.0.1:1", nil)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", sms, "a", alimtalk, "cfg", cfg, "talk", talkCfg)
	all := log.String() + fmt.Sprintf("%v %+v %#v %v %+v %#v %+v %+v", sms, sms, sms, alimtalk, alimtalk, alimtalk, *sms, *alimtalk) + fmt.Sprintf("%v %+v %#v %v %+v %#v", cfg, cfg, cfg, talkCfg, talkCfg, talkCfg)
	for _, secret := range []string{appKey, secretKey, senderKey} {
		assert.NotContains(t, all, secret)
	}
}

func FuzzAnswers(f *testing.F) {
	for _, s := range []string{smsSent, smsOne, smsList, talkSent, talkOne, talkList, no("-1005")} {
		f.Add([]byte(s), 200)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		c := &http.Client{Transport: answer{body, status}}
		sms, err := nhnmessage.NewSMS(smsConfig("http://127.0.0.1:1", c))
		require.NoError(t, err)
		alimtalk, err := nhnmessage.NewAlimTalk(talkConfig("http://127.0.0.1:1", c))
		require.NoError(t, err)
		m := talk("op-1", "01012345678")
		for _, s := range []interface {
			message.Sender
			message.Finder
		}{sms, alimtalk} {
			if r, err := s.Send(t.Context(), m); err == nil && (status != 200 || r.Answers(m) != nil) {
				t.Fatalf("status %d became a receipt", status)
			}
			if r, found, err := s.Find(t.Context(), m); found && (err != nil || r.Answers(m) != nil) {
				t.Fatal("something was found that is no answer")
			}
		}
		for _, d := range []message.Delivery{first(sms.Status(t.Context(), smsReceipt)), first(alimtalk.Status(t.Context(), talkReceipt))} {
			if d.State > message.Lost || d.State == 0 && d != (message.Delivery{}) {
				t.Fatal("a delivery without a state")
			}
		}
	})
}

func first(d message.Delivery, _ error) message.Delivery { return d }

// answer is a vendor without a network.
type answer struct {
	body   []byte
	status int
}

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	rec.Header().Set("Content-Type", js)
	rec.Body.Write(a.body)
	resp := rec.Result()
	resp.StatusCode, resp.Request = a.status, r
	return resp, nil
}
