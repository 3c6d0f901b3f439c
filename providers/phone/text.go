package phone

import (
	"errors"
	"strings"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

// ownText is the text of a site that has none.
func ownText(code, locale string) string {
	if locale == "ko" {
		return "인증번호 " + code + "\n타인에게 알려주지 마세요."
	}
	return "Code to verify: " + code + "\nDo not share it."
}

// language is the locale of a text: ko or en.
func language(locale string) string {
	main, _, _ := strings.Cut(locale, "-")
	if locale == "" || strings.EqualFold(main, "ko") {
		return "ko"
	}
	return "en"
}

// compose is the message with a code. Its last line binds the code to the
// origin: "@example.go.kr #123456".
func (c Config) compose(key, number, code, locale string) (m message.Message, err error) {
	defer func() {
		if recover() != nil { // what panicked is a stranger's, and may hold the code
			m, err = message.Message{}, errPanicked
		}
	}()
	m = message.Message{
		Key: key, To: number, OTP: true,
		Text: c.Text(code, locale) + "\n@" + c.Origin + " #" + code,
	}
	if c.Template != nil {
		m.Template, m.Variables = c.Template(code, locale)
	}
	if err := m.Validate(); err != nil {
		return message.Message{}, err
	}
	if n, ok := message.Bytes(m.Text); !ok || n > message.MaxSMS {
		return message.Message{}, errText
	}
	return m, nil
}

var errNoCode = errors.New("the text does not show the code")

// tryText composes with a code as long as any other.
func (c Config) tryText(locale string) error {
	code := strings.Repeat("7", c.Digits)
	m, err := c.compose("try", "01012345678", code, locale)
	var is *providers.Error
	switch {
	case errors.As(err, &is):
		return is.Err
	case err != nil:
		return err
	case strings.Count(m.Text, code) < 2:
		return errNoCode
	}
	return nil
}
