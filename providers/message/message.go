package message

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/detour-go/detour/providers"
)

// Bounds of a Message besides those of [Bytes].
const (
	maxKey       = 64
	maxTemplate  = 64
	maxAlimTalk  = 1000 // characters of a text and of a variable, by Kakao's rule
	maxVariables = 50
	maxVariable  = 50 // characters of a name
)

// Message is one message to one citizen. Key, To and Text are always set.
type Message struct {
	// Key is the site's own name of this message, 1 to 64 of [A-Za-z0-9._-], never
	// used for another. It travels to the vendor, so that the fate of the message
	// can be asked when an answer got lost. No personal data: vendors show it.
	Key string
	// To is a Korean mobile number in digits, as in 01012345678. Only 010 numbers:
	// what costs more than a message is no place for a code.
	To string
	// Text is the whole text, lines separated by \n; for AlimTalk the template
	// with its variables put in, character for character, which is also what a
	// fall-back to SMS says.
	Text string
	// Title is the title of an LMS, at most 40 bytes. Other channels have none. Empty: the sender's own.
	Title string
	// Template names the approved template of an AlimTalk; empty: the message cannot go by AlimTalk.
	Template string
	// Variables are those of the template: names without #{}.
	Variables map[string]string
	// OTP says that the text is a code for which the citizen waits: it goes by the
	// vendor's lane for codes where there is one. The text must then say what it
	// is, with one of: auth, password, verify, 인증, 비밀번호, 認証, にんしょう.
	OTP bool
}

// Validate reports why no vendor could send the message, as an Invalid
// *providers.Error. It asks what the strictest channel asks, so that a message
// which passes can fall back to any other channel.
func (m Message) Validate() error {
	for _, check := range []func() error{m.checkKey, m.checkTo, m.checkText, m.checkTitle, m.checkTemplate, m.checkOTP} {
		if err := check(); err != nil {
			return wrong("message", providers.Invalid, err)
		}
	}
	return nil
}

const keyLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

func (m Message) checkKey() error {
	if m.Key == "" || len(m.Key) > maxKey || strings.Trim(m.Key, keyLetters) != "" {
		return errKey
	}
	return nil
}

func (m Message) checkTo() error {
	if len(m.To) != 11 || !strings.HasPrefix(m.To, "010") || strings.Trim(m.To, "0123456789") != "" {
		return errTo
	}
	return nil
}

func (m Message) checkText() error {
	if strings.TrimSpace(m.Text) == "" {
		return errNoText
	}
	if control(m.Text, "\n") {
		return errControl
	}
	n, ok := Bytes(m.Text)
	if !ok {
		return errCharacters
	}
	if n > MaxLMS {
		return errLong
	}
	return nil
}

func (m Message) checkTitle() error {
	if n, ok := Bytes(m.Title); !ok || n > MaxTitle || control(m.Title, "") {
		return errTitle
	}
	return nil
}

func (m Message) checkTemplate() error {
	if m.Template == "" {
		if len(m.Variables) > 0 {
			return errVariables
		}
		return nil
	}
	if len(m.Template) > maxTemplate || strings.Trim(m.Template, keyLetters) != "" {
		return errTemplate
	}
	if utf8.RuneCountInString(m.Text) > maxAlimTalk {
		return errLong
	}
	if len(m.Variables) > maxVariables {
		return errVariables
	}
	for name, value := range m.Variables {
		// A dot in a name is refused by Solapi, the rest would end the name.
		if name == "" || utf8.RuneCountInString(name) > maxVariable || !utf8.ValidString(name) || strings.ContainsAny(name, "#{}.") || control(name, "") {
			return errVariables
		}
		if utf8.RuneCountInString(value) > maxAlimTalk || !utf8.ValidString(value) || control(value, "\n") {
			return errVariables
		}
	}
	return nil
}

// checkOTP: NHN refuses a code without one of these words (-8000, -8006); its
// AlimTalk takes "verif", its SMS only "verify".
func (m Message) checkOTP() error {
	if !m.OTP {
		return nil
	}
	text := strings.ToLower(m.Text)
	for _, word := range [...]string{"auth", "password", "verify", "인증", "비밀번호", "認証", "にんしょう"} {
		if strings.Contains(text, word) {
			return nil
		}
	}
	return errWord
}

// control reports a control character other than those in but.
func control(s, but string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return (r < ' ' || r >= 0x7f && r < 0xa0) && !strings.ContainsRune(but, r)
	})
}

var (
	errKey        = errors.New("key is not 1 to 64 letters, digits, dots, underscores and dashes")
	errTo         = errors.New("recipient is no 010 mobile number in digits")
	errNoText     = errors.New("text is empty")
	errControl    = errors.New("text has control characters")
	errCharacters = errors.New("text has characters that no text message can carry")
	errLong       = errors.New("text is too long")
	errTitle      = errors.New("title is no single line of at most 40 bytes")
	errTemplate   = errors.New("template is not 1 to 64 letters, digits, dots, underscores and dashes")
	errVariables  = errors.New("a variable of the template is malformed, or there is no template")
	errWord       = errors.New("text of a code does not say that it is one")
)

// wrong is an error of the capability itself, of no vendor.
func wrong(op string, kind providers.Kind, cause error) error {
	return &providers.Error{Provider: "message", Op: op, Kind: kind, Unsent: kind == providers.Invalid, Err: cause}
}
