package messagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

func refusalRules() []rule {
	return []rule{
		{"T7 invalid", "what no vendor can send is invalid, says that it was not sent, and nobody is asked", invalid},
		{"refused at intake", "a recipient that the vendor refuses is an error that says not sent, also inside a success of HTTP, and nothing arrives", intake},
		{"down", "a vendor that is down is a fault, and what is said not to be sent did not arrive", down},
		{"F59 cancelled before", "for a caller who has gone nobody is asked, and it is no success", cancelled},
		{"T17 secrets", "no number, text, code or secret appears in an error, a receipt or a printed sender", silent},
	}
}

// wrongMessages are made of a good one.
func wrongMessages(good message.Message) map[string]message.Message {
	all := map[string]message.Message{}
	add := func(name string, change func(*message.Message)) {
		m := good
		change(&m)
		all[name] = m
	}
	for name, to := range map[string]string{
		"no number": "", "a number with dashes": "010-1234-5678", "an international number": "+821012345678", "a premium number": "+19001234567",
		"a number with letters": "0101234567a", "a uri": "tel:01012345678", "two numbers": "01012345678,01087654321", "a header": "01012345678\r\nTo:01087654321",
		"full-width digits": "０１０１２３４５６７８", "a short number": "0101234567", "a long number": "010123456789", "a landline": "0212345678", "an emergency number": "112",
	} {
		add(name, func(m *message.Message) { m.To = to })
	}
	for name, text := range map[string]string{
		"no text": "", "a blank text": " \n ", "an emoji": "인증 ☃️😀", "the won sign": "요금 ₩1000", "separate letters": "인증 \u1112\u1161\u11ab", "a text that is no UTF-8": "a\xff",
		"a NUL": "a\x00b", "a carriage return": "a\r\nb", "a text of 2001 bytes": strings.Repeat("가", 1000) + ".",
	} {
		add(name, func(m *message.Message) { m.Text = text })
	}
	for name, key := range map[string]string{"no key": "", "a key with a space": "op 1", "a key of 65": strings.Repeat("k", 65), "a key with a line break": "op\r\n1", "a key in Hangul": "열쇠"} {
		add(name, func(m *message.Message) { m.Key = key })
	}
	add("a title of two lines", func(m *message.Message) { m.Title = "a\nb" })
	add("a title of 41 bytes", func(m *message.Message) { m.Title = strings.Repeat("가", 20) + "." })
	add("a code that does not say so", func(m *message.Message) { m.OTP, m.Text = true, "123456" })
	add("a variable that ends its name", func(m *message.Message) { m.Template, m.Variables = "t", map[string]string{"a}": "b"} })
	add("variables without a template", func(m *message.Message) { m.Template, m.Variables = "", map[string]string{"a": "b"} })
	return all
}

func invalid(s *Site) (string, error) {
	for name, m := range wrongMessages(s.Message("op-1", phone)) {
		var r message.Receipt
		var err error
		if n := s.asked(func() { r, err = s.send(m) }); n != 0 {
			return "", fmt.Errorf("%s: the vendor was asked", name)
		}
		if err := refused(r, err, providers.Invalid); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		if !notSent(err) {
			return "", fmt.Errorf("%s: it does not say that it was not sent", name)
		}
	}
	return "", nil
}

func intake(s *Site) (string, error) {
	if err := s.Be(Refusing); err != nil {
		return "", err
	}
	var r message.Receipt
	var err error
	n := s.asked(func() { r, err = s.send(s.Message("op-1", phone)) })
	if err := unreceipted(r, err); err != nil {
		return "", err
	}
	switch {
	case !notSent(err):
		return "", fmt.Errorf("it does not say that it was not sent: %w", err)
	case n != 1:
		return "", fmt.Errorf("it asked %d times", n)
	}
	return "", s.arrived(phone)
}

func down(s *Site) (string, error) {
	if err := s.Be(Down); err != nil {
		return "", err
	}
	var r message.Receipt
	var err error
	n := s.asked(func() { r, err = s.send(s.Message("op-1", phone)) })
	if err := refused(r, err, providers.Unavailable); err != nil {
		return "", err
	}
	if n > 1 {
		return "", fmt.Errorf("it asked %d times", n)
	}
	return "", s.arrived(phone)
}

func cancelled(s *Site) (string, error) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	var r message.Receipt
	var err error
	if n := s.asked(func() { r, err = s.Sender.Send(gone, s.Message("op-1", phone)) }); n != 0 {
		return "", errors.New("the vendor was asked")
	}
	if err := refused(r, err, providers.Unavailable); err != nil {
		return "", err
	}
	if !errors.Is(err, context.Canceled) {
		return "", fmt.Errorf("the error hides that the caller left: %w", err)
	}
	return "", s.arrived(phone)
}

func silent(s *Site) (string, error) {
	m := s.Message("op-1", phone)
	if m.Template == "" {
		m.Text = "[Site] 인증번호 CANARY7391"
	}
	hidden := append([]string{m.To, m.Text, "CANARY7391"}, s.Secrets...)
	var printed []any
	for _, mood := range []Mood{Well, Undelivered, Refusing, Swallowing, Down} {
		if err := s.Be(mood); err != nil {
			return "", err
		}
		m.Key = "op-" + string(mood)
		r, err := s.send(m)
		printed = append(printed, m, r, err)
		if s.tracks() == "" {
			d, err := s.status(r)
			printed = append(printed, d, err)
		}
		if s.finds() == "" {
			r, _, err := s.find(m)
			printed = append(printed, r, err)
		}
	}
	bad := m
	bad.To += "0"
	_, err := s.send(bad)
	printed = append(printed, bad, err, s.Sender)
	var all strings.Builder
	for _, v := range printed {
		fmt.Fprintf(&all, "%v %+v %#v\n", v, v, v)
		for err, _ := v.(error); err != nil; err = errors.Unwrap(err) {
			fmt.Fprintf(&all, "%v %+v %#v\n", err, err, err)
		}
	}
	for i, secret := range hidden {
		if strings.Contains(all.String(), secret) {
			return "", fmt.Errorf("text number %d appears", i) // it is not repeated here
		}
	}
	if strings.Contains(all.String(), "://") {
		return "", errors.New("an address appears")
	}
	return "", nil
}
