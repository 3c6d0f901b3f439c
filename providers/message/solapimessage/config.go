package solapimessage

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

// Config of a Sender. APIKey, APISecret and From are required.
type Config struct {
	// APIKey and APISecret are those of the console.
	APIKey, APISecret providers.Secret
	// From is the registered sender's number in digits, e.g. 0212345678.
	From string
	// Title is that of an LMS whose message has none; at most 40 bytes of EUC-KR. Empty: none is sent.
	Title string
	// AlimTalk makes this a sender of AlimTalk. Zero: it sends SMS and LMS.
	AlimTalk AlimTalk
	// Base is https://api.solapi.com when empty.
	Base string
	// AllowLoopbackHTTP permits http to a loopback address, for tests and rehearsals.
	AllowLoopbackHTTP bool
	// HTTP is the client to ask through; nil: one that dials public addresses only, or loopback only where that is permitted.
	HTTP *http.Client
	// UserAgent is sent to Solapi; empty: "detour/solapi".
	UserAgent string
	// Timeout bounds one ask; zero: 10 s. A context that ends earlier wins.
	Timeout time.Duration
}

// AlimTalk is what a sender of AlimTalk needs besides.
type AlimTalk struct {
	// PfID is the id of the KakaoTalk channel at Solapi; empty: no AlimTalk.
	PfID string
	// Templates gives Solapi's id for a name that the site uses in Message.Template.
	// A name that is not in it is an id itself.
	Templates map[string]string
	// VendorResend lets Solapi replace a failed AlimTalk by SMS or LMS. The sender
	// is then a message.Resender: nothing may stand behind it in a chain.
	VendorResend bool
}

const (
	provider    = "solapi"
	defaultBase = "https://api.solapi.com"
	digits      = "0123456789"
	idLetters   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

// Sender sends through one account from one number. It is safe for concurrent use.
type Sender struct {
	client   *rest.Client
	sign     func(date, salt string) string // a closure, because fmt prints the unexported text of a struct
	from     string
	title    string
	alimtalk AlimTalk
}

// New reports all mistakes of the configuration at once. It asks nobody.
func New(cfg Config) (*Sender, error) {
	if cfg.Base == "" {
		cfg.Base = defaultBase
	}
	wrong := cfg.mistakes()
	client, err := rest.New(rest.Config{
		Provider: provider, Base: cfg.Base, AllowLoopbackHTTP: cfg.AllowLoopbackHTTP,
		HTTP: cfg.HTTP, UserAgent: cfg.UserAgent, Timeout: cfg.Timeout,
	})
	if err = errors.Join(append(wrong, err)...); err != nil {
		return nil, fmt.Errorf("solapimessage: %w", err)
	}
	s := &Sender{client: client, from: cfg.From, title: cfg.Title, alimtalk: cfg.AlimTalk}
	s.alimtalk.Templates = make(map[string]string, len(cfg.AlimTalk.Templates))
	for name, id := range cfg.AlimTalk.Templates {
		s.alimtalk.Templates[name] = id
	}
	key, secret := cfg.APIKey, cfg.APISecret
	s.sign = func(date, salt string) string { return authorization(key, secret, date, salt) }
	return s, nil
}

func (cfg Config) mistakes() []error {
	var all []error
	wrong := func(is bool, what string) {
		if is {
			all = append(all, errors.New(what))
		}
	}
	wrong(!spelled(cfg.APIKey.Reveal(), idLetters, 128), "api key is missing or has characters that no key has")
	wrong(!spelled(cfg.APISecret.Reveal(), idLetters, 128), "api secret is missing or has characters that no secret has")
	wrong(!spelled(cfg.From, digits, 13), "from is no number in digits")
	n, ok := message.Bytes(cfg.Title)
	wrong(!ok || n > message.MaxTitle || strings.ContainsAny(cfg.Title, "\r\n\t"), "title is no single line of at most 40 bytes")
	a := cfg.AlimTalk
	wrong(a.PfID != "" && !spelled(a.PfID, idLetters, 64), "alimtalk: pf id has characters that no id has")
	wrong(a.PfID == "" && (len(a.Templates) > 0 || a.VendorResend), "alimtalk: pf id is missing")
	for _, id := range a.Templates {
		wrong(!spelled(id, idLetters, 64), "alimtalk: the id of a template has characters that no id has")
	}
	return all
}

// spelled reports a text of at most longest of the letters.
func spelled(s, letters string, longest int) bool {
	return s != "" && len(s) <= longest && strings.Trim(s, letters) == ""
}

// Resends implements message.Resender.
func (s *Sender) Resends() bool { return s.alimtalk.VendorResend }
