package solapimessage

import (
	"encoding/json"
	"time"

	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/internal/loose"
)

// batch is the body of send-many/detail.
type batch struct {
	Messages        []outgoing `json:"messages"`
	AllowDuplicates bool       `json:"allowDuplicates"`
	ShowMessageList bool       `json:"showMessageList"`
}

type outgoing struct {
	To           string            `json:"to"`
	From         string            `json:"from"`
	Text         string            `json:"text"`
	Type         string            `json:"type"`
	Country      string            `json:"country"`
	Subject      string            `json:"subject,omitempty"`
	KakaoOptions *kakaoOptions     `json:"kakaoOptions,omitempty"`
	CustomFields map[string]string `json:"customFields"`
}

type kakaoOptions struct {
	PfID       string            `json:"pfId"`
	TemplateID string            `json:"templateId"`
	Variables  map[string]string `json:"variables,omitempty"` // by #{name}
	DisableSMS bool              `json:"disableSms"`          // always said: its default is to replace
}

// customKey is the field of customFields that holds the key of a message.
const customKey = "key"

// refused is the body of an error; errorMessage is not read, so it cannot be repeated.
type refused struct {
	ErrorCode loose.Word `json:"errorCode"`
}

// taken is the answer to a batch.
type taken struct {
	refused
	Failed []item `json:"failedMessageList"`
	List   []item `json:"messageList"`
	Group  struct {
		ID loose.Word `json:"groupId"`
	} `json:"groupInfo"`
}

// listed is the answer to a list: messages by id; nil: the field is missing.
type listed struct {
	refused
	NextKey loose.Word       `json:"nextKey"`
	List    map[string]*item `json:"messageList"`
}

// item is one message in any answer, as far as it is read.
type item struct {
	MessageID    loose.Word `json:"messageId"`
	GroupID      loose.Word `json:"groupId"`
	Type         loose.Word `json:"type"`
	StatusCode   loose.Word `json:"statusCode"`
	Replacement  loose.Flag `json:"replacement"`
	CustomFields ourKeys    `json:"customFields"`
	DateCreated  loose.Word `json:"dateCreated"`
	DateUpdated  loose.Word `json:"dateUpdated"`
	DateReported loose.Word `json:"dateReported"`
	DateReceived loose.Word `json:"dateReceived"`
}

// at is when the fate was reported, else when the message changed last.
func (it item) at() time.Time {
	for _, d := range []loose.Word{it.DateReceived, it.DateReported, it.DateUpdated} {
		if t, err := time.Parse(time.RFC3339, string(d)); err == nil {
			return t
		}
	}
	return time.Time{}
}

// channel is the type of a message; zero: of a sort that is not sent here.
func (it item) channel() message.Channel {
	switch it.Type {
	case "SMS":
		return message.SMS
	case "LMS", "MMS":
		return message.LMS
	case "ATA":
		return message.AlimTalk
	}
	return 0
}

// ourKeys is the key in customFields; empty: none, or fields of somebody else.
type ourKeys string

// UnmarshalJSON implements json.Unmarshaler.
func (k *ourKeys) UnmarshalJSON(b []byte) error {
	var fields map[string]loose.Word
	if json.Unmarshal(b, &fields) == nil {
		*k = ourKeys(fields[customKey])
	}
	return nil
}
