package nhnmessage_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/messagetest"
	"github.com/detour-go/detour/providers/message/nhnmessage"
	"github.com/detour-go/detour/providers/providertest"
)

func at(base string, c *http.Client) nhnmessage.Endpoint {
	if c == nil {
		c = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	}
	return nhnmessage.Endpoint{Base: base, AllowLoopbackHTTP: true, HTTP: c}
}

func smsConfig(base string, c *http.Client) nhnmessage.SMSConfig {
	return nhnmessage.SMSConfig{AppKey: providers.NewSecret(appKey), SecretKey: providers.NewSecret(secretKey), SendNo: "0212345678", Endpoint: at(base, c)}
}

func talkConfig(base string, c *http.Client) nhnmessage.AlimTalkConfig {
	return nhnmessage.AlimTalkConfig{AppKey: providers.NewSecret(appKey), SecretKey: providers.NewSecret(secretKey), SenderKey: providers.NewSecret(senderKey), Templates: map[string]string{"code": "WELCOME_01"}, Endpoint: at(base, c)}
}

func newSMS(t *testing.T, base string) *nhnmessage.SMS {
	t.Helper()
	s, err := nhnmessage.NewSMS(smsConfig(base, nil))
	require.NoError(t, err)
	return s
}

func newTalk(t *testing.T, base string, edit func(*nhnmessage.AlimTalkConfig)) *nhnmessage.AlimTalk {
	t.Helper()
	cfg := talkConfig(base, nil)
	if edit != nil {
		edit(&cfg)
	}
	s, err := nhnmessage.NewAlimTalk(cfg)
	require.NoError(t, err)
	return s
}

func resend(c *nhnmessage.AlimTalkConfig) { c.VendorResend, c.ResendSendNo = true, "0212345678" }

func good(key, to string) message.Message {
	return message.Message{Key: key, To: to, Text: "[Demo] 인증번호 " + key}
}

func talk(key, to string) message.Message {
	m := good(key, to)
	m.Template, m.Variables = "code", map[string]string{"code": key}
	return m
}

func TestRulesOfASender(t *testing.T) {
	for name, row := range map[string]struct {
		open func(base string) (message.Sender, error)
		of   func(key, to string) message.Message
	}{
		"sms":      {func(base string) (message.Sender, error) { return nhnmessage.NewSMS(smsConfig(base, nil)) }, good},
		"alimtalk": {func(base string) (message.Sender, error) { return nhnmessage.NewAlimTalk(talkConfig(base, nil)) }, talk},
		"alimtalk with a resend": {func(base string) (message.Sender, error) {
			cfg := talkConfig(base, nil)
			resend(&cfg)
			return nhnmessage.NewAlimTalk(cfg)
		}, talk},
	} {
		t.Run(name, func(t *testing.T) {
			messagetest.Run(t, messagetest.Harness{Open: func() (*messagetest.Site, error) {
				f := startFake()
				s, err := row.open(f.URL)
				if err != nil {
					return nil, err
				}
				return &messagetest.Site{
					Sender: s, Message: row.of, Be: f.be, Inbox: f.inbox, Asked: f.count, Close: f.Close, Secrets: []string{appKey, secretKey, senderKey},
				}, nil
			}})
		})
	}
}

const (
	js = "application/json;charset=UTF-8"

	smsSent = `{"header":{"isSuccessful":true,"resultCode":0,"resultMessage":"SUCCESS"},"body":{"data":{"requestId":"20260201120000demoAAAA0","statusCode":"2",` +
		`"senderGroupingKey":"op-1","sendResultList":[{"recipientNo":"01012345678","resultCode":0,"resultMessage":"SUCCESS","recipientSeq":1,"recipientGroupingKey":"user-42"}]}}}`
	smsItem = `{"requestId":"20260201120000demoAAAA0","requestDate":"2026-02-01 12:00:00.0","resultDate":"2026-02-01 12:00:09.0","templateId":null,"body":"[Demo] 인증번호 op-1",` +
		`"sendNo":"0212345678","countryCode":"82","recipientNo":"01012345678","msgStatus":"3","msgStatusName":"성공","resultCode":"1000","resultCodeName":"성공","telecomCode":10001,` +
		`"telecomCodeName":"SKT","recipientSeq":1,"sendType":"0","messageType":"SMS","messageCount":1,"adYn":"N","senderGroupingKey":"op-1","recipientGroupingKey":null,"dlr":{"dlrStatus":null}}`
	smsOne    = `{"header":{"resultCode":0,"resultMessage":"SUCCESS","isSuccessful":true},"body":{"data":` + smsItem + `}}`
	smsList   = `{"header":{"resultCode":0,"resultMessage":"SUCCESS","isSuccessful":true},"body":{"pageNum":1,"pageSize":15,"totalCount":1,"data":[` + smsItem + `]}}`
	smsAbsent = `{"header":{"resultCode":0,"resultMessage":"SUCCESS","isSuccessful":true},"body":{"pageNum":1,"pageSize":15,"totalCount":0,"data":[]}}`

	talkSent = `{"header":{"resultCode":0,"resultMessage":"success","isSuccessful":true},"message":{"requestId":"20260201120000talkAAAA0","senderGroupingKey":"op-1",` +
		`"sendResults":[{"recipientSeq":1,"recipientNo":"01012345678","resultCode":0,"resultMessage":"SUCCESS","recipientGroupingKey":"user-42"}]}}`
	talkItem = `{"requestId":"20260201120000talkAAAA0","recipientSeq":1,"plusFriendId":"@demo","templateCode":"WELCOME_01","recipientNo":"01012345678","content":"[Demo] 인증번호 op-1",` +
		`"requestDate":"2026-02-01 12:00:00.0","createDate":"2026-02-01 12:00:00.0","receiveDate":"2026-02-01 12:00:03.0","resendStatus":"RSC01","resendStatusName":"대체 발송 대상 아님",` +
		`"messageStatus":"COMPLETED","resultCode":"1000","resultCodeName":"성공","senderGroupingKey":"op-1","recipientGroupingKey":null}`
	talkOne    = `{"header":{"resultCode":0,"resultMessage":"success","isSuccessful":true},"message":` + talkItem + `}`
	talkList   = `{"header":{"resultCode":0,"resultMessage":"success","isSuccessful":true},"messageSearchResultResponse":{"messages":[` + talkItem + `],"totalCount":1}}`
	talkAbsent = `{"header":{"resultCode":0,"resultMessage":"success","isSuccessful":true},"messageSearchResultResponse":{"messages":[],"totalCount":0}}`
)

func subject(name, body string, rows []providertest.Row, build func(base string, c *http.Client) (func(context.Context) error, error)) providertest.Subject {
	return providertest.Subject{
		Name: name, Rows: rows, New: build, Secrets: []string{appKey, secretKey, senderKey, "01012345678", "인증번호", "0212345678"},
		Healthy: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", js)
			_, _ = w.Write([]byte(body))
		}),
	}
}

func ofSMS(ask func(context.Context, *nhnmessage.SMS) error) func(string, *http.Client) (func(context.Context) error, error) {
	return func(base string, c *http.Client) (func(context.Context) error, error) {
		s, err := nhnmessage.NewSMS(smsConfig(base, c))
		return func(ctx context.Context) error { return ask(ctx, s) }, err
	}
}

func ofTalk(ask func(context.Context, *nhnmessage.AlimTalk) error) func(string, *http.Client) (func(context.Context) error, error) {
	return func(base string, c *http.Client) (func(context.Context) error, error) {
		s, err := nhnmessage.NewAlimTalk(talkConfig(base, c))
		return func(ctx context.Context) error { return ask(ctx, s) }, err
	}
}

var (
	smsReceipt  = message.Receipt{Provider: "nhnsms", ID: "20260201120000demoAAAA0", Group: "sms"}
	talkReceipt = message.Receipt{Provider: "nhnalimtalk", ID: "20260201120000talkAAAA0", Group: "messages"}
)

func smsSend(ctx context.Context, s *nhnmessage.SMS) error {
	_, err := s.Send(ctx, good("op-1", "01012345678"))
	return err
}

func smsStatus(ctx context.Context, s *nhnmessage.SMS) error {
	_, err := s.Status(ctx, smsReceipt)
	return err
}

func smsFind(ctx context.Context, s *nhnmessage.SMS) error {
	_, _, err := s.Find(ctx, good("op-1", "01012345678"))
	return err
}

func talkSend(ctx context.Context, s *nhnmessage.AlimTalk) error {
	_, err := s.Send(ctx, talk("op-1", "01012345678"))
	return err
}

func talkStatus(ctx context.Context, s *nhnmessage.AlimTalk) error {
	_, err := s.Status(ctx, talkReceipt)
	return err
}

func talkFind(ctx context.Context, s *nhnmessage.AlimTalk) error {
	_, _, err := s.Find(ctx, talk("op-1", "01012345678"))
	return err
}

func TestSMSIsAnAdapter(t *testing.T) {
	t.Run("send", func(t *testing.T) {
		providertest.Run(t, subject("nhn sms send", smsSent, unclear(smsSent, "sendResultList"), ofSMS(smsSend)))
	})
	t.Run("status", func(t *testing.T) {
		providertest.Run(t, subject("nhn sms status", smsOne, smsStatusRows(), ofSMS(smsStatus)))
	})
	t.Run("find", func(t *testing.T) {
		providertest.Run(t, subject("nhn sms find", smsList, findRows(smsList, smsAbsent, "data"), ofSMS(smsFind)))
	})
	t.Run("watch", func(t *testing.T) {
		providertest.Run(t, subject("nhn sms watch", smsAbsent, nil, ofSMS(func(ctx context.Context, s *nhnmessage.SMS) error { return s.Watch(ctx) })))
	})
}

func TestAlimTalkIsAnAdapter(t *testing.T) {
	t.Run("send", func(t *testing.T) {
		providertest.Run(t, subject("nhn alimtalk send", talkSent, unclear(talkSent, "sendResults"), ofTalk(talkSend)))
	})
	t.Run("status", func(t *testing.T) {
		providertest.Run(t, subject("nhn alimtalk status", talkOne, talkStatusRows(), ofTalk(talkStatus)))
	})
	t.Run("find", func(t *testing.T) {
		providertest.Run(t, subject("nhn alimtalk find", talkList, findRows(talkList, talkAbsent, "messages"), ofTalk(talkFind)))
	})
	t.Run("watch", func(t *testing.T) {
		providertest.Run(t, subject("nhn alimtalk watch", talkAbsent, nil, ofTalk(func(ctx context.Context, s *nhnmessage.AlimTalk) error { return s.Watch(ctx) })))
	})
}
