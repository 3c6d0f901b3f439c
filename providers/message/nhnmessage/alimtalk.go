package nhnmessage

import (
	"errors"
	"fmt"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

const (
	alimtalkProvider = "nhnalimtalk"
	alimtalkBase     = "https://kakaotalk-bizmessage.api.nhncloudservice.com"
	alimtalkDates    = "2006-01-02 15:04"
)

// AlimTalkConfig of an AlimTalk. AppKey, SecretKey and SenderKey are required.
type AlimTalkConfig struct {
	// AppKey and SecretKey are those of the KakaoTalk Bizmessage service.
	AppKey, SecretKey providers.Secret
	// SenderKey is the sender profile's, of 40 letters and digits.
	SenderKey providers.Secret
	// Templates gives NHN's template code for a name that the site uses in
	// Message.Template. A name that is not in it is a code itself.
	Templates map[string]string
	// VendorResend lets NHN replace a failed AlimTalk by SMS or LMS, sent from
	// ResendSendNo. The sender is then a message.Resender: nothing may stand behind
	// it in a chain.
	VendorResend bool
	// ResendSendNo is a number in digits that is registered at NHN's SMS service. Required with VendorResend.
	ResendSendNo string
	// Endpoint says where; zero: the public service.
	Endpoint Endpoint
}

// AlimTalk sends AlimTalk of one profile. It is safe for concurrent use.
type AlimTalk struct {
	*caller
	senderKey func() string
	templates map[string]string
	resend    bool
	resendNo  string
}

// NewAlimTalk reports all mistakes of the configuration at once. It asks nobody.
func NewAlimTalk(cfg AlimTalkConfig) (*AlimTalk, error) {
	c, wrong := newCaller(alimtalkProvider, cfg.Endpoint, alimtalkBase, "/alimtalk/v2.3/appkeys/", cfg.AppKey, cfg.SecretKey, alimtalkKind)
	if !spelled(cfg.SenderKey.Reveal(), idLetters, 64) {
		wrong = append(wrong, errors.New("sender key is missing or has characters that no key has"))
	}
	if cfg.VendorResend && !spelled(cfg.ResendSendNo, digits, 13) {
		wrong = append(wrong, errors.New("vendor resend: resend send no is no number in digits"))
	}
	templates := make(map[string]string, len(cfg.Templates))
	for name, code := range cfg.Templates {
		if !spelled(code, idLetters, 20) {
			wrong = append(wrong, errors.New("the code of a template has characters that no code has, or more than 20"))
		}
		templates[name] = code
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("nhnmessage: alimtalk: %w", errors.Join(wrong...))
	}
	return &AlimTalk{
		caller: c, senderKey: cfg.SenderKey.Reveal, templates: templates, resend: cfg.VendorResend, resendNo: cfg.ResendSendNo,
	}, nil
}

// Resends implements message.Resender.
func (s *AlimTalk) Resends() bool { return s.resend }

// The lanes are folders of the API; a receipt keeps its own as Group.
const (
	laneTalk     = "messages"
	laneTalkAuth = "auth/messages"
)

func talkLane(m message.Message) string {
	if m.OTP {
		return laneTalkAuth
	}
	return laneTalk
}

var (
	_ message.Sender   = (*AlimTalk)(nil)
	_ message.Tracker  = (*AlimTalk)(nil)
	_ message.Finder   = (*AlimTalk)(nil)
	_ message.Resender = (*AlimTalk)(nil)
	_ message.Watcher  = (*AlimTalk)(nil)
)
