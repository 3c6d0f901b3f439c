package nhnmessage

import (
	"context"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/internal/loose"
)

type smsRequest struct {
	Title             string      `json:"title,omitempty"`
	Body              string      `json:"body"`
	SendNo            string      `json:"sendNo"`
	SenderGroupingKey string      `json:"senderGroupingKey"`
	RecipientList     []recipient `json:"recipientList"`
}

type recipient struct {
	RecipientNo string `json:"recipientNo"`
	CountryCode string `json:"countryCode"`
}

type smsTaken struct {
	head
	Body struct {
		Data struct {
			RequestID  loose.Word `json:"requestId"`
			StatusCode loose.Word `json:"statusCode"`
			Key        loose.Word `json:"senderGroupingKey"`
			Results    []result   `json:"sendResultList"`
		} `json:"data"`
	} `json:"body"`
}

// result is that of one recipient.
type result struct {
	Code loose.Word `json:"resultCode"`
}

// smsItem is one message in any answer, as far as it is read.
type smsItem struct {
	RequestID   loose.Word `json:"requestId"`
	RequestDate loose.Word `json:"requestDate"`
	ResultDate  loose.Word `json:"resultDate"`
	Status      loose.Word `json:"msgStatus"`
	ResultCode  loose.Word `json:"resultCode"`
	Key         loose.Word `json:"senderGroupingKey"`
}

// Send implements message.Sender: one message, one request.
func (s *SMS) Send(ctx context.Context, m message.Message) (message.Receipt, error) {
	if err := m.Validate(); err != nil {
		return message.Receipt{}, err
	}
	at := lane(m)
	q := smsRequest{
		Body: m.Text, SendNo: s.sendNo, SenderGroupingKey: m.Key,
		RecipientList: []recipient{{RecipientNo: m.To, CountryCode: "82"}},
	}
	if at == laneLMS {
		if q.Title = m.Title; q.Title == "" {
			q.Title = s.title
		}
	}
	var t smsTaken
	if err := s.ask(ctx, rest.Ask{Op: opSend, Path: "/sender/" + at, JSON: q}, &t); err != nil {
		return message.Receipt{}, err
	}
	d := t.Body.Data
	id, err := s.taken(m, d.RequestID, d.Key, d.Results)
	if err != nil {
		return message.Receipt{}, err
	}
	if d.StatusCode != "1" && d.StatusCode != "2" { // 3 is failed, against the recipient's result
		return message.Receipt{}, s.client.Fail(opSend, providers.Unavailable, "", errUntaken)
	}
	return s.receipt(m, id, at), nil
}

// first is the recipientSeq of the only recipient.
const first = "1"

func (s *SMS) receipt(m message.Message, id, at string) message.Receipt {
	return message.Receipt{
		Provider: smsProvider, ID: id, Group: at, Key: m.Key, Channel: message.Text(m.Text), At: time.Now(), State: message.Accepted,
	}
}

// taken reads the result of the only recipient.
func (c *caller) taken(m message.Message, id, key loose.Word, results []result) (string, error) {
	switch {
	case len(results) == 1 && results[0].Code != "0" && results[0].Code != "":
		return "", c.saidNo(opSend, nil, string(results[0].Code))
	case len(results) != 1 || results[0].Code != "0",
		!spelled(string(id), idLetters, 64), key != "" && string(key) != m.Key:
		return "", c.client.Fail(opSend, providers.Unavailable, "", errUntaken)
	}
	return string(id), nil
}
