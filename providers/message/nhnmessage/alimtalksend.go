package nhnmessage

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/internal/loose"
)

type alimtalkRequest struct {
	SenderKey         string              `json:"senderKey"`
	TemplateCode      string              `json:"templateCode"`
	SenderGroupingKey string              `json:"senderGroupingKey"`
	RecipientList     []alimtalkRecipient `json:"recipientList"`
}

type alimtalkRecipient struct {
	RecipientNo       string            `json:"recipientNo"`
	TemplateParameter map[string]string `json:"templateParameter,omitempty"`
	ResendParameter   resendParameter   `json:"resendParameter"`
}

type resendParameter struct {
	IsResend      bool   `json:"isResend"` // always said: the console's default may be to replace
	ResendType    string `json:"resendType,omitempty"`
	ResendTitle   string `json:"resendTitle,omitempty"`
	ResendContent string `json:"resendContent,omitempty"`
	ResendSendNo  string `json:"resendSendNo,omitempty"`
}

type alimtalkTaken struct {
	head
	Message struct {
		RequestID loose.Word `json:"requestId"`
		Key       loose.Word `json:"senderGroupingKey"`
		Results   []result   `json:"sendResults"`
	} `json:"message"`
}

// alimtalkItem is one message in any answer, as far as it is read.
type alimtalkItem struct {
	RequestID    loose.Word `json:"requestId"`
	Key          loose.Word `json:"senderGroupingKey"`
	Status       loose.Word `json:"messageStatus"`
	ResultCode   loose.Word `json:"resultCode"`
	ResendStatus loose.Word `json:"resendStatus"`
	RequestDate  loose.Word `json:"requestDate"`
	ReceiveDate  loose.Word `json:"receiveDate"`
}

// Send implements message.Sender: one message, one request, which NHN takes once.
func (s *AlimTalk) Send(ctx context.Context, m message.Message) (message.Receipt, error) {
	if err := s.valid(m); err != nil {
		return message.Receipt{}, err
	}
	q := alimtalkRequest{
		SenderKey: s.senderKey(), TemplateCode: m.Template, SenderGroupingKey: m.Key,
		RecipientList: []alimtalkRecipient{{RecipientNo: m.To, TemplateParameter: m.Variables, ResendParameter: s.substitute(m)}},
	}
	if code, ok := s.templates[m.Template]; ok {
		q.TemplateCode = code
	}
	at := talkLane(m)
	var t alimtalkTaken
	err := s.ask(ctx, rest.Ask{Op: opSend, Path: "/" + at, JSON: q, Header: http.Header{"X-Nc-Api-Idempotency-Key": {m.Key}}}, &t)
	if recipient := t.Message.Results; err != nil && len(recipient) == 1 && codeOf(err) == "-1031" && recipient[0].Code != "0" && recipient[0].Code != "" {
		// "All recipients failed": why stands beside the only one.
		return message.Receipt{}, s.saidNo(opSend, nil, string(recipient[0].Code))
	}
	if err != nil {
		return message.Receipt{}, err
	}
	id, err := s.taken(m, t.Message.RequestID, t.Message.Key, t.Message.Results)
	if err != nil {
		return message.Receipt{}, err
	}
	return s.receipt(m, id, at), nil
}

func (s *AlimTalk) valid(m message.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if m.Template == "" {
		e := s.client.Fail(opSend, providers.Invalid, "", errTemplate)
		e.Unsent = true
		return e
	}
	return nil
}

func codeOf(err error) string {
	var e *providers.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func (s *AlimTalk) substitute(m message.Message) resendParameter {
	if !s.resend {
		return resendParameter{}
	}
	p := resendParameter{IsResend: true, ResendType: "SMS", ResendContent: m.Text, ResendSendNo: s.resendNo}
	if message.Text(m.Text) == message.LMS {
		p.ResendType, p.ResendTitle = "LMS", m.Title
	}
	return p
}

func (s *AlimTalk) receipt(m message.Message, id, at string) message.Receipt {
	return message.Receipt{
		Provider: alimtalkProvider, ID: id, Group: at, Key: m.Key, Channel: message.AlimTalk, At: time.Now(), State: message.Accepted,
	}
}
