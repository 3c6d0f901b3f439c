package canary

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/login"
	"github.com/detour-go/detour/providers/login/phonelogin"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/nhnmessage"
	"github.com/detour-go/detour/providers/message/solapimessage"
	"github.com/detour-go/detour/providers/phone"
	"github.com/detour-go/detour/providers/vendorsim"
)

const (
	solapiKey, solapiSecret = "CANARYsolapikey1a", "CANARYsolapisecret2b"
	smsKey, smsSecret       = "CANARYnhnsmskey3c", "CANARYnhnsmssecret4d"
	talkKey, talkSecret     = "CANARYnhntalkkey5e", "CANARYnhntalksecret6f"
	senderKey               = "CANARYsenderkey7g00000000000000000000000"
	codeKey                 = "CANARYcodekey-32-bytes-long-0123"
	subjectKey              = "CANARYsubjectkey-32-bytes-long-0"
	words                   = "카나리아확인 "
	template                = "KA01TP000000000000000002"
	pfID                    = "KA01PF000000000000000001"
)

// texter is a sender of any vendor.
type texter interface {
	message.Sender
	message.Tracker
	message.Finder
	message.Watcher
}

// phoneCodes plays codes over three senders: numbers, texts and codes are personal, and each message has its own.
func phoneCodes(s *stage) {
	s.out.seed(solapiKey, solapiSecret, smsKey, smsSecret, talkKey, talkSecret, senderKey, codeKey, subjectKey, strings.TrimSpace(words))
	phones := vendorsim.NewPhone()
	rendered := "인증번호 " + words + "#{code}\n@example.go.kr ##{code}"
	solapi, err := vendorsim.StartSolapi(vendorsim.SolapiConfig{
		APIKey: solapiKey, APISecret: solapiSecret, PfID: pfID, Templates: map[string]string{template: rendered}, Phone: phones, Step: time.Millisecond,
	})
	require.NoError(s, err)
	defer solapi.Close()
	nhn, err := vendorsim.StartNHN(vendorsim.NHNConfig{
		SMSAppKey: smsKey, SMSSecretKey: smsSecret, AlimTalkAppKey: talkKey, AlimTalkSecretKey: talkSecret, SenderKey: senderKey,
		Templates: map[string]string{template: rendered}, Phone: phones, Step: time.Millisecond,
	})
	require.NoError(s, err)
	defer nhn.Close()
	solapiConfig := solapimessage.Config{APIKey: providers.NewSecret(solapiKey), APISecret: providers.NewSecret(solapiSecret), From: "0212345678", Base: solapi.URL(), AllowLoopbackHTTP: true, HTTP: s.client}
	sol, err := solapimessage.New(solapiConfig)
	require.NoError(s, err)
	at := nhnmessage.Endpoint{Base: nhn.URL(), AllowLoopbackHTTP: true, HTTP: s.client}
	talkConfig := nhnmessage.AlimTalkConfig{AppKey: providers.NewSecret(talkKey), SecretKey: providers.NewSecret(talkSecret), SenderKey: providers.NewSecret(senderKey), Endpoint: at}
	talk, err := nhnmessage.NewAlimTalk(talkConfig)
	require.NoError(s, err)
	smsConfig := nhnmessage.SMSConfig{AppKey: providers.NewSecret(smsKey), SecretKey: providers.NewSecret(smsSecret), SendNo: "0212345678", Endpoint: at}
	sms, err := nhnmessage.NewSMS(smsConfig)
	require.NoError(s, err)

	look := message.DeliverConfig{Poll: 3 * time.Millisecond, Wait: 30 * time.Millisecond, Timeout: 30 * time.Millisecond, Settle: 9 * time.Millisecond}
	source := func(name string, v texter) fallback.Source[message.Message, message.Receipt] {
		x := fallback.From(name, message.Deliver(v, v, look), s.guard(name))
		x.Find, x.FindTimeout = v.Find, 9*time.Millisecond
		return x
	}
	chain, err := fallback.New(fallback.Config[message.Message, message.Receipt]{
		Name: "message", Once: true, Valid: message.Message.Validate, Answers: message.Receipt.Answers, Next: message.Next, Observe: s.heard,
		Sources: []fallback.Source[message.Message, message.Receipt]{source("talk", talk), source("solapi", sol), source("nhn", sms)},
	})
	require.NoError(s, err)
	codesConfig := phone.Config{
		Send: func(ctx context.Context, m message.Message) error {
			s.out.print(m)
			s.out.seed(m.Text)
			r, err := chain.Do(ctx, m)
			s.tell(r, err)
			return err
		},
		Counter: s.tickets, Key: []byte(codeKey), Origin: "example.go.kr", Digits: 9,
		Text:          func(code, _ string) string { return "인증번호 " + words + code },
		Template:      func(code, _ string) (string, map[string]string) { return template, map[string]string{"code": code} },
		PerPrefixHour: 1 << 20, PerHour: 1 << 20, PerSessionHour: 1 << 20, MaxWrongPerHour: 1 << 20,
	}
	codes, err := phone.New(codesConfig)
	require.NoError(s, err)
	loginConfig := phonelogin.Config{Codes: codes, Issuer: "https://example.go.kr", Key: []byte(subjectKey), CodePage: "/login/phone", Session: func(context.Context) string { return session }}
	p, err := phonelogin.New(loginConfig)
	require.NoError(s, err)
	leg := fallback.NewLeg("phone", p.Begin, p.Finish, nil)
	leg.Assurance, leg.Tries = fallback.Low, 5
	cfg := fallback.FlowConfig[login.Request, login.Challenge, login.Reply, login.Identity]{
		Name: "login", Legs: []fallback.Leg[login.Request, login.Challenge, login.Reply, login.Identity]{leg},
		Valid: login.Request.Validate, Join: login.Reply.Resume, Match: login.Match, Min: fallback.Low, Keys: [][]byte{[]byte(flowKey)}, Tickets: s.tickets, Observe: s.heard,
	}
	flow, err := fallback.NewFlow(cfg)
	require.NoError(s, err)

	citizens, in := 0, 0
	signIn := func(ctx context.Context) {
		to := fmt.Sprintf("010%04d1313", 1000+citizens) // each citizen once: the limits of a number are not what is looked at
		citizens++
		s.out.seed(to)
		begun, err := flow.Begin(ctx, "phone", login.Request{Hint: to})
		s.out.text(begun)
		s.out.print(begun.Challenge)
		if sent, ok := p.Sent(begun.Challenge); ok {
			s.out.print(sent)
		}
		for _, x := range phones.Inbox(to) {
			code := x.Text[strings.LastIndex(x.Text, "#")+1:]
			s.out.seed(code, x.Text)
			for _, typed := range []string{code + " ", code, code} { // wrong, right, once more
				reply := login.Reply{Code: providers.NewSecret(typed), State: begun.Challenge.State.Reveal()}
				s.out.print(reply)
				r, err := flow.Finish(ctx, begun.Ticket, reply)
				s.tell(r, err)
				if err == nil {
					in++
				}
			}
		}
		if err != nil {
			s.out.print(err)
			return
		}
		again, err := p.Resend(ctx, begun.Challenge)
		s.tell(again, err)
	}
	// each sender for itself too: behind a chain only the first is asked of all it can do
	alone := func(ctx context.Context, v texter) {
		citizens++
		m := message.Message{
			Key: fmt.Sprint("alone-", citizens), To: number, Text: "인증번호 " + words + "987654321\n@example.go.kr #987654321",
			Template: template, Variables: map[string]string{"code": "987654321"}, OTP: true,
		}
		s.out.seed(m.Text, "987654321")
		r, err := v.Send(ctx, m)
		s.tell(r, err)
		d, err := v.Status(ctx, r)
		s.tell(d, err)
		r, found, err := v.Find(ctx, m)
		s.tell(r, err)
		s.out.print(found)
		s.out.print(v.Watch(ctx))
	}
	for range 50 { // the sender looks so briefly after a message that a busy machine may be late
		if in == 0 {
			signIn(s.ctx)
		}
	}
	require.Equal(s, 1, in, "when all is well it works, or the rest proves nothing")
	s.outages(nhn, map[string]string{"alimtalk_auth": "-1031"}, func() { s.try(signIn) })
	s.outages(solapi, map[string]string{"send_many": "1062", "list": "InvalidAPIKey"}, func() {
		s.try(func(ctx context.Context) { alone(ctx, sol) })
	})
	s.outages(nhn, map[string]string{"alimtalk_auth": "-3010", "alimtalk_query": "-9999", "alimtalk_list": "-9999"}, func() {
		s.try(func(ctx context.Context) { alone(ctx, talk) })
	})
	s.outages(nhn, map[string]string{"sms_auth": "-2018", "sms_query": "-9999", "sms_list": "-9999"}, func() {
		s.try(func(ctx context.Context) { alone(ctx, sms) })
	})
	for _, bad := range []string{number + "," + number, "tel:" + number, dashed + "\r\nTo: x", "0601234" + number} {
		s.try(func(ctx context.Context) {
			b, err := flow.Begin(ctx, "phone", login.Request{Hint: bad})
			s.out.text(b)
			s.out.print(err)
			c, err := codes.Begin(ctx, phone.Request{Number: bad, Purpose: "login", Session: session})
			s.tell(c, err)
			_, err = chain.Do(ctx, message.Message{Key: "k", To: bad, Text: words})
			s.out.print(err)
		})
	}
	for _, v := range []any{cfg, flow, flow.Inspect(), chain.Inspect(), solapiConfig, talkConfig, smsConfig, codesConfig, loginConfig, sol, talk, sms, codes, p} {
		s.out.print(v)
	}
	s.out.reached(solapiConfig, talkConfig, smsConfig, sol, talk, sms)
	require.NoError(s, flow.Close())
	require.NoError(s, chain.Close())
}
