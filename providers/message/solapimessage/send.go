package solapimessage

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

const opSend = "send"

// Send implements message.Sender: one message, one request.
func (s *Sender) Send(ctx context.Context, m message.Message) (message.Receipt, error) {
	if err := m.Validate(); err != nil {
		return message.Receipt{}, err
	}
	out, err := s.outgoing(m)
	if err != nil {
		return message.Receipt{}, err
	}
	a, err := s.client.Do(ctx, rest.Ask{
		Op: opSend, Path: "/messages/v4/send-many/detail", Header: s.header(),
		JSON: batch{Messages: []outgoing{out}, ShowMessageList: true},
	})
	if err != nil {
		return message.Receipt{}, err
	}
	var t taken
	if err := s.client.Object(opSend, a, &t); err != nil || a.Status != http.StatusOK || t.ErrorCode != "" {
		return message.Receipt{}, s.saidNo(opSend, a, t.refused, err)
	}
	return s.receipt(m, t)
}

func (s *Sender) outgoing(m message.Message) (outgoing, error) {
	out := outgoing{To: m.To, From: s.from, Text: m.Text, Country: "82", CustomFields: map[string]string{customKey: m.Key}}
	switch s.channel(m) {
	case message.AlimTalk:
		if m.Template == "" {
			e := s.client.Fail(opSend, providers.Invalid, "", errTemplate)
			e.Unsent = true
			return out, e
		}
		out.Type, out.KakaoOptions = "ATA", s.kakao(m)
	case message.SMS:
		out.Type = "SMS"
	default:
		out.Type, out.Subject = "LMS", m.Title
		if out.Subject == "" {
			out.Subject = s.title
		}
	}
	return out, nil
}

// channel by which this sender sends a message.
func (s *Sender) channel(m message.Message) message.Channel {
	if s.alimtalk.PfID != "" {
		return message.AlimTalk
	}
	return message.Text(m.Text)
}

func (s *Sender) kakao(m message.Message) *kakaoOptions {
	k := &kakaoOptions{PfID: s.alimtalk.PfID, TemplateID: m.Template, DisableSMS: !s.alimtalk.VendorResend}
	if id, ok := s.alimtalk.Templates[m.Template]; ok {
		k.TemplateID = id
	}
	if len(m.Variables) > 0 {
		k.Variables = make(map[string]string, len(m.Variables))
		for name, value := range m.Variables {
			k.Variables["#{"+name+"}"] = value
		}
	}
	return k
}

// receipt reads the result of the one recipient. Whatever else stands there, the
// message may be under way.
func (s *Sender) receipt(m message.Message, t taken) (message.Receipt, error) {
	switch {
	case len(t.Failed) == 1 && len(t.List) == 0 && s.ours(m, t.Failed[0]):
		return message.Receipt{}, s.intake(string(t.Failed[0].StatusCode))
	case len(t.List) != 1 || len(t.Failed) != 0 || !s.ours(m, t.List[0]):
		return message.Receipt{}, s.client.Fail(opSend, providers.Unavailable, "", errUnclear)
	}
	it := t.List[0]
	r := message.Receipt{
		Provider: provider, ID: string(it.MessageID), Group: string(t.Group.ID), Key: m.Key, Channel: s.channel(m), At: time.Now(), State: message.Accepted,
	}
	switch d, known := deliveryOf(it, false); {
	case known && d.State == message.Failed:
		return message.Receipt{}, s.intake(d.Code)
	case !known || !isID(r.ID) || r.Group != "" && !isID(r.Group):
		return message.Receipt{}, s.client.Fail(opSend, providers.Unavailable, "", errUnclear)
	case d.State == message.Pending:
		r.State = message.Pending
	}
	return r, nil
}

// ours: an entry that carries a key carries that of the message.
func (s *Sender) ours(m message.Message, it item) bool {
	return it.CustomFields == "" || string(it.CustomFields) == m.Key
}

// intake is the error of a recipient that was refused. 1026, "the same recipient
// twice", cannot be true of a batch of one: if Solapi means an earlier request,
// the message may be under way.
func (s *Sender) intake(code string) error {
	if !isCode(code) || code[0] < '1' || code[0] > '3' {
		return s.client.Fail(opSend, providers.Unavailable, "", errUnclear)
	}
	e := s.client.Fail(opSend, kindOf(code), code, errRefused)
	e.Unsent = code != "1026"
	return e
}

// saidNo classifies an answer that is no success by its errorCode, else by its
// status. A 5xx proves nothing about the message, whatever it says.
func (s *Sender) saidNo(op string, a *rest.Answer, said refused, bad error) error {
	if bad != nil && a.Status == http.StatusOK {
		return bad
	}
	e := s.client.Status(op, a)
	if bad != nil {
		return e
	}
	kind, unsent, known := refusal(string(said.ErrorCode))
	if known {
		e.Code, e.Err = string(said.ErrorCode), errRefused
	}
	switch {
	case a.Status >= 500:
	case known:
		e.Kind = kind
		e.Unsent = op == opSend && unsent && a.Status >= 400
	case a.Status == http.StatusOK:
		e.Kind, e.Err = providers.Unavailable, errUnclear
	case said.ErrorCode != "":
		// An error in the vendor's own shape about a request that is wrong or one too many.
		e.Unsent = op == opSend && plainNo(a.Status)
	}
	return e
}

// plainNo reports a status by which a server refuses a request before it acts.
func plainNo(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound,
		http.StatusMethodNotAllowed, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity, http.StatusTooManyRequests:
		return true
	}
	return false
}

// isID reports an id of Solapi, such as M4V20180307110044DTYYJBBYLPQZIB1.
func isID(s string) bool { return spelled(s, idLetters, 64) }

var (
	errTemplate = errors.New("an alimtalk needs a template")
	errRefused  = errors.New("solapi said no")
	errUnclear  = errors.New("the answer does not say whether the message was taken")
)

var (
	_ message.Sender   = (*Sender)(nil)
	_ message.Tracker  = (*Sender)(nil)
	_ message.Finder   = (*Sender)(nil)
	_ message.Resender = (*Sender)(nil)
	_ message.Watcher  = (*Sender)(nil)
)
