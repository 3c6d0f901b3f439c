package nhnmessage

import (
	"errors"
	"fmt"
	"strings"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

const (
	smsProvider = "nhnsms"
	smsBase     = "https://sms.api.nhncloudservice.com"
	smsDates    = "2006-01-02 15:04:05"
)

// SMSConfig of an SMS. AppKey, SecretKey and SendNo are required.
type SMSConfig struct {
	// AppKey and SecretKey are those of the SMS service.
	AppKey, SecretKey providers.Secret
	// SendNo is the registered sender's number in digits, e.g. 0212345678.
	SendNo string
	// Title is that of an LMS whose message has none, at most 40 bytes of EUC-KR:
	// NHN takes no LMS without. Empty: "알림".
	Title string
	// Endpoint says where; zero: the public service.
	Endpoint Endpoint
}

// SMS sends SMS and LMS from one number. It is safe for concurrent use.
type SMS struct {
	*caller
	sendNo, title string
}

// NewSMS reports all mistakes of the configuration at once. It asks nobody.
func NewSMS(cfg SMSConfig) (*SMS, error) {
	c, wrong := newCaller(smsProvider, cfg.Endpoint, smsBase, "/sms/v3.0/appKeys/", cfg.AppKey, cfg.SecretKey, smsKind)
	if !spelled(cfg.SendNo, digits, 13) {
		wrong = append(wrong, errors.New("send no is no number in digits"))
	}
	if cfg.Title == "" {
		cfg.Title = "알림"
	}
	if n, ok := message.Bytes(cfg.Title); !ok || n > message.MaxTitle || strings.ContainsAny(cfg.Title, "\r\n\t") {
		wrong = append(wrong, errors.New("title is no single line of at most 40 bytes"))
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("nhnmessage: sms: %w", errors.Join(wrong...))
	}
	return &SMS{caller: c, sendNo: cfg.SendNo, title: cfg.Title}, nil
}

// The lanes are folders of the API; a receipt keeps its own as Group.
const (
	laneSMS  = "sms"
	laneAuth = "auth/sms" // for codes; there is none for a long code
	laneLMS  = "mms"
)

func lane(m message.Message) string {
	switch {
	case message.Text(m.Text) == message.LMS:
		return laneLMS
	case m.OTP:
		return laneAuth
	}
	return laneSMS
}

var (
	_ message.Sender  = (*SMS)(nil)
	_ message.Tracker = (*SMS)(nil)
	_ message.Finder  = (*SMS)(nil)
	_ message.Watcher = (*SMS)(nil)
)
