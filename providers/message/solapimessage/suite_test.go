package solapimessage_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/messagetest"
	"github.com/detour-go/detour/providers/message/solapimessage"
	"github.com/detour-go/detour/providers/providertest"
)

func config(base string) solapimessage.Config {
	return solapimessage.Config{
		APIKey: providers.NewSecret(apiKey), APISecret: providers.NewSecret(apiSecret), From: "0212345678", Base: base, AllowLoopbackHTTP: true,
		HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

func good(key, to string) message.Message {
	return message.Message{Key: key, To: to, Text: "[Demo] 인증번호 " + key}
}

func talk(key, to string) message.Message {
	m := good(key, to)
	m.Template, m.Variables = "code", map[string]string{"code": key}
	return m
}

func kakao(c *solapimessage.Config) {
	c.AlimTalk = solapimessage.AlimTalk{PfID: "KA01PF000000000000000001", Templates: map[string]string{"code": "KA01TP000000000000000002"}}
}

func TestRulesOfASender(t *testing.T) {
	for name, row := range map[string]struct {
		edit func(*solapimessage.Config)
		of   func(key, to string) message.Message
	}{
		"text":                   {func(*solapimessage.Config) {}, good},
		"alimtalk":               {kakao, talk},
		"alimtalk with a resend": {func(c *solapimessage.Config) { kakao(c); c.AlimTalk.VendorResend = true }, talk},
	} {
		t.Run(name, func(t *testing.T) {
			messagetest.Run(t, messagetest.Harness{Open: func() (*messagetest.Site, error) {
				f := startFake()
				cfg := config(f.URL)
				row.edit(&cfg)
				s, err := solapimessage.New(cfg)
				if err != nil {
					return nil, err
				}
				return &messagetest.Site{
					Sender: s, Message: row.of, Be: f.be, Inbox: f.inbox, Asked: f.count, Close: f.Close, Secrets: []string{apiKey, apiSecret},
				}, nil
			}})
		})
	}
}

const (
	js = "application/json; charset=utf-8"

	sentOK = `{"failedMessageList":[],"groupInfo":{"groupId":"G4V20260201120405DEMOAAAAAAAAAAAA","status":"SENDING","accountId":"12925149","masterAccountId":null,` +
		`"count":{"total":1,"sentTotal":0,"registeredFailed":0,"registeredSuccess":1},"scheduledDate":null},` +
		`"messageList":[{"messageId":"M4V20260201120405DEMOAAAAAAAAAAAA","statusCode":"2000","statusMessage":"정상 접수","customFields":{"key":"op-1"}}]}`
	listOK = `{"startKey":null,"nextKey":null,"limit":20,"messageList":{"M4V20260201120405DEMOAAAAAAAAAAAA":{"messageId":"M4V20260201120405DEMOAAAAAAAAAAAA",` +
		`"groupId":"G4V20260201120405DEMOAAAAAAAAAAAA","accountId":"12925149","type":"SMS","to":"01012345678","from":"0212345678","text":"[Demo] 인증번호 op-1","subject":null,` +
		`"status":"COMPLETE","statusCode":"4000","reason":null,"networkName":"KT","networkCode":null,"replacement":0,"resendCount":0,"customFields":{"key":"op-1"},"autoTypeDetect":true,` +
		`"dateCreated":"2026-02-01T03:04:05.000Z","dateUpdated":"2026-02-01T03:04:09.000Z","dateProcessed":null,"dateReported":"2026-02-01T03:04:08.000Z","dateReceived":null}}}`
)

// ask is one operation as a subject of the common suite.
func subject(name, body string, rows []providertest.Row, ask func(context.Context, *solapimessage.Sender) error) providertest.Subject {
	return providertest.Subject{
		Name: name, Rows: rows, Secrets: []string{apiKey, apiSecret, "01012345678", "인증번호", "0212345678"},
		New: func(base string, c *http.Client) (func(context.Context) error, error) {
			cfg := config(base)
			cfg.HTTP = c
			s, err := solapimessage.New(cfg)
			if err != nil {
				return nil, err
			}
			return func(ctx context.Context) error { return ask(ctx, s) }, nil
		},
		Healthy: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", js)
			_, _ = w.Write([]byte(body))
		}),
	}
}

func send(ctx context.Context, s *solapimessage.Sender) error {
	_, err := s.Send(ctx, good("op-1", "01012345678"))
	return err
}

func status(ctx context.Context, s *solapimessage.Sender) error {
	_, err := s.Status(ctx, message.Receipt{Provider: "solapi", ID: "M4V20260201120405DEMOAAAAAAAAAAAA"})
	return err
}

func find(ctx context.Context, s *solapimessage.Sender) error {
	_, _, err := s.Find(ctx, good("op-1", "01012345678"))
	return err
}

func TestSendIsAnAdapter(t *testing.T) {
	providertest.Run(t, subject("solapi send", sentOK, ambiguous(), send))
}
func TestStatusIsAnAdapter(t *testing.T) {
	providertest.Run(t, subject("solapi status", listOK, listRows(), status))
}
func TestFindIsAnAdapter(t *testing.T) {
	providertest.Run(t, subject("solapi find", listOK, findRows(), find))
}
func TestWatchIsAnAdapter(t *testing.T) {
	const empty = `{"startKey":null,"nextKey":null,"limit":1,"messageList":{}}`
	providertest.Run(t, subject("solapi watch", empty, nil, func(ctx context.Context, s *solapimessage.Sender) error { return s.Watch(ctx) }))
}

func sender(t *testing.T, base string, edit func(*solapimessage.Config)) *solapimessage.Sender {
	t.Helper()
	cfg := config(base)
	if edit != nil {
		edit(&cfg)
	}
	s, err := solapimessage.New(cfg)
	require.NoError(t, err)
	return s
}
