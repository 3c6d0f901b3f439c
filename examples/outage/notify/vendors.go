package notify

import (
	"errors"
	"net/http"
	"time"

	"github.com/detour-go/detour/examples/outage/sim"
	"github.com/detour-go/detour/examples/outage/timeline"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/nhnmessage"
	"github.com/detour-go/detour/providers/message/solapimessage"
	"github.com/detour-go/detour/providers/vendorsim"
)

const (
	apiKey    = "demo-key"
	apiSecret = "demo-secret"
	channel   = "OUTAGE"
	template  = "receipt"
	sender    = "0212345678"
	nhnKey    = "demo-sms"
)

// undelivered is what Solapi says of an AlimTalk that it took and Kakao did not answer for: a server error of the other side.
const undelivered = "3012"

// vendors are Solapi and NHN Cloud. AlimTalk and SMS of Solapi run on servers of their own here, so that the outage of Kakao takes the one
// and leaves the other, as it does in the field; to the site they are one vendor with one account.
type vendors struct {
	phone *vendorsim.Phone
	talk  *vendorsim.Solapi
	sms   *vendorsim.Solapi
	nhn   *vendorsim.NHN
}

func startVendors(phone *vendorsim.Phone) (v *vendors, err error) {
	v = &vendors{phone: phone}
	defer func() {
		if err != nil {
			v.close()
		}
	}()
	if v.talk, err = vendorsim.StartSolapi(vendorsim.SolapiConfig{Phone: phone, PfID: channel, Templates: map[string]string{template: form("#{number}")}}); err != nil {
		return nil, err
	}
	if v.sms, err = vendorsim.StartSolapi(vendorsim.SolapiConfig{Phone: phone}); err != nil {
		return nil, err
	}
	if v.nhn, err = vendorsim.StartNHN(vendorsim.NHNConfig{Phone: phone}); err != nil {
		return nil, err
	}
	return v, nil
}

func (v *vendors) close() {
	for _, s := range []*vendorsim.Solapi{v.talk, v.sms} {
		if s != nil {
			s.Close()
		}
	}
	if v.nhn != nil {
		v.nhn.Close()
	}
}

// playTalk plays the outage of AlimTalk. While Kakao is down the vendor goes on taking messages: that they fail shows only later, at the
// delivery. So fail, slow and hang are those of the delivery, and every other mode is one of the intake.
func (v *vendors) playTalk() func(timeline.Phase) error {
	const deliver = "deliver"
	intake := sim.Play(v.talk, "1024", "send_many")
	return func(p timeline.Phase) error {
		f := vendorsim.Fault{Share: p.Share}
		switch {
		case p.Well() || p.Share <= 0:
		case p.Mode == timeline.Fail:
			f.Mode, f.Code = vendorsim.Vendor, undelivered
		case p.Mode == timeline.Slow:
			f.Mode, f.Delay = vendorsim.Slow, p.Delay
		case p.Mode == timeline.Hang:
			f.Mode = vendorsim.Hang
		}
		if f.Mode == "" {
			err := intake(p)
			v.talk.Heal(deliver)
			return err
		}
		if err := v.talk.Break(deliver, f); err != nil {
			return err
		}
		return intake(timeline.Phase{Mode: timeline.OK})
	}
}

// courier is what a way of sending must be able to do: send, tell what became of it, and find it by our own key.
type courier interface {
	message.Sender
	message.Tracker
	message.Finder
}

// adapters are one site's clients of the vendors.
type adapters struct{ talk, sms, nhn courier }

func (v *vendors) adapters(client *http.Client) (adapters, error) {
	solapi := func(base string, talk solapimessage.AlimTalk) (*solapimessage.Sender, error) {
		return solapimessage.New(solapimessage.Config{APIKey: providers.NewSecret(apiKey), APISecret: providers.NewSecret(apiSecret), From: sender, AlimTalk: talk,
			Base: base, AllowLoopbackHTTP: true, HTTP: client})
	}
	talk, errTalk := solapi(v.talk.URL(), solapimessage.AlimTalk{PfID: channel})
	sms, errSMS := solapi(v.sms.URL(), solapimessage.AlimTalk{})
	nhn, errNHN := nhnmessage.NewSMS(nhnmessage.SMSConfig{AppKey: providers.NewSecret(nhnKey), SecretKey: providers.NewSecret(apiSecret), SendNo: sender,
		Endpoint: nhnmessage.Endpoint{Base: v.nhn.URL(), AllowLoopbackHTTP: true, HTTP: client}})
	return adapters{talk: talk, sms: sms, nhn: nhn}, errors.Join(errTalk, errSMS, errNHN)
}

// form is the text of a receipt, the same by every way.
func form(number string) string { return "[예시구청] 민원 " + number + " 접수되었습니다." }

// receipt is the message that a citizen gets for what he handed in.
func receipt(key, to, number string) message.Message {
	return message.Message{Key: key, To: to, Text: form(number), Template: template, Variables: map[string]string{"number": number}}
}

// looking is how a message is looked after: a citizen waits for it, so the pauses are short.
func looking() message.DeliverConfig {
	return message.DeliverConfig{Poll: 100 * time.Millisecond, Wait: 2500 * time.Millisecond, Timeout: time.Second, Settle: time.Second}
}
