package messagetest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

func fateRules() []rule {
	return []rule{
		{"delivered", "a message that arrived is delivered, also when that took its time", delivered},
		{"F76 failed", "a message that failed after it was taken is failed, and no substitute is sent that nobody declared", failed},
		{"F77 lost answer", "when the answer gets lost nothing is said about sending, and nothing is sent twice", lostAnswer},
		{"F77 found", "a message whose answer got lost is found by its key, as the one that arrived", found},
		{"absent", "a key that the vendor never saw is absent, which is no error; so is that of another message", absent},
		{"cannot say", "while the vendor is down a message is neither found nor absent", cannotSay},
		{"strange receipt", "the receipt of another vendor is invalid and nobody is asked; one that the vendor does not know is notfound", strange},
	}
}

func delivered(s *Site) (string, error) {
	if note := s.tracks(); note != "" {
		return note, nil
	}
	if err := s.Be(Slow); err != nil {
		return "", err
	}
	m := s.Message("op-1", phone)
	r, err := s.sent(m)
	if err != nil {
		return "", err
	}
	if _, err := s.became(r, message.Accepted, message.Pending); err != nil {
		return "", err
	}
	if err := s.Be(Well); err != nil {
		return "", err
	}
	d, err := s.became(r, message.Delivered)
	if err != nil {
		return "", err
	}
	if d.Replaced {
		return "", errors.New("it says that it was replaced")
	}
	return "", s.arrived(phone, m.Text)
}

func failed(s *Site) (string, error) {
	if err := s.Be(Undelivered); err != nil {
		return "", err
	}
	m := s.Message("op-1", phone)
	r, err := s.sent(m)
	if err != nil {
		return "", err
	}
	if s.resends() {
		return "", s.replaced(m, r)
	}
	if err := s.arrived(phone); err != nil {
		return "", err
	}
	if note := s.tracks(); note != "" {
		return note, nil
	}
	_, err = s.became(r, message.Failed)
	return "", err
}

// replaced is what becomes of a message whose vendor was told to replace it.
func (s *Site) replaced(m message.Message, r message.Receipt) error {
	if s.tracks() != "" {
		return errors.New("a sender whose vendor replaces messages must be able to say so: it is no message.Tracker")
	}
	d, err := s.became(r, message.Delivered)
	if err != nil {
		return err
	}
	if !d.Replaced {
		return errors.New("it does not say that it was replaced")
	}
	return s.arrived(phone, m.Text)
}

func lostAnswer(s *Site) (string, error) {
	if err := s.Be(Swallowing); err != nil {
		return "", err
	}
	m := s.Message("op-1", phone)
	var r message.Receipt
	var err error
	n := s.asked(func() { r, err = s.send(m) })
	if err := refused(r, err, providers.Unavailable); err != nil {
		return "", err
	}
	switch {
	case notSent(err):
		return "", errors.New("it says that it was not sent")
	case n != 1:
		return "", fmt.Errorf("it asked %d times", n)
	}
	return "", s.arrived(phone, m.Text)
}

func found(s *Site) (string, error) {
	if note := s.finds(); note != "" {
		return note, nil
	}
	first := s.Message("op-0", phone)
	r, err := s.sent(first)
	if err != nil {
		return "", err
	}
	if err := s.Be(Swallowing); err != nil {
		return "", err
	}
	m := s.Message("op-1", phone)
	if _, err := s.send(m); err == nil {
		return "", errors.New("it was a success")
	}
	if err := s.Be(Well); err != nil {
		return "", err
	}
	for _, row := range []struct {
		m  message.Message
		id string
	}{{first, r.ID}, {m, ""}} {
		if err := s.isFound(row.m, row.id); err != nil {
			return "", err
		}
	}
	return "", nil
}

// isFound asks by a key and compares.
func (s *Site) isFound(m message.Message, id string) error {
	var again message.Receipt
	var is bool
	var err error
	n := s.asked(func() { again, is, err = s.find(m) })
	switch {
	case err != nil:
		return fmt.Errorf("Find: %w", err)
	case !is:
		return errors.New("it is not found")
	case n != 1:
		return fmt.Errorf("Find asked %d times", n)
	case id != "" && again.ID != id:
		return errors.New("another message is found")
	}
	if err := again.Answers(m); err != nil {
		return fmt.Errorf("the receipt found: %w", err)
	}
	if s.tracks() == "" {
		_, err = s.became(again, message.Delivered)
	}
	return err
}

func absent(s *Site) (string, error) {
	if note := s.finds(); note != "" {
		return note, nil
	}
	if _, err := s.sent(s.Message("op-1", phone)); err != nil {
		return "", err
	}
	if err := s.Be(Down); err != nil {
		return "", err
	}
	_, _ = s.send(s.Message("op-2", phone))
	if err := s.Be(Well); err != nil {
		return "", err
	}
	for _, key := range []string{"op-2", "op-3", "op-", "op-11", "OP-1"} {
		r, is, err := s.find(s.Message(key, phone))
		if err != nil {
			return "", fmt.Errorf("Find: %w", err)
		}
		if is || r != (message.Receipt{}) {
			return "", fmt.Errorf("%s is found", key)
		}
	}
	return "", nil
}

func cannotSay(s *Site) (string, error) {
	if note := s.finds(); note != "" {
		return note, nil
	}
	m := s.Message("op-1", phone)
	r, err := s.sent(m)
	if err != nil {
		return "", err
	}
	if err := s.Be(Down); err != nil {
		return "", err
	}
	got, is, err := s.find(m)
	if is {
		return "", errors.New("it is found")
	}
	if err := refused(got, err, providers.Unavailable); err != nil {
		return "", fmt.Errorf("Find: %w", err)
	}
	if s.tracks() == "" {
		d, err := s.status(r)
		if err == nil || d != (message.Delivery{}) {
			return "", errors.New("Status knows something")
		}
	}
	return "", nil
}

func strange(s *Site) (string, error) {
	if note := s.tracks(); note != "" {
		return note, nil
	}
	r, err := s.sent(s.Message("op-1", phone))
	if err != nil {
		return "", err
	}
	for name, change := range map[string]func(*message.Receipt){
		"another vendor": func(r *message.Receipt) { r.Provider = "stranger" },
		"no vendor":      func(r *message.Receipt) { r.Provider = "" },
		"no id":          func(r *message.Receipt) { r.ID = "" },
		"an odd id":      func(r *message.Receipt) { r.ID = "../x?y=1#\r\n" },
	} {
		odd := r
		change(&odd)
		var d message.Delivery
		if n := s.asked(func() { d, err = s.status(odd) }); n != 0 {
			return "", fmt.Errorf("%s: the vendor was asked", name)
		}
		if err := errors.Join(refused(message.Receipt{}, err, providers.Invalid), nothing(d)); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	unknown := r
	unknown.ID = mirrored(r.ID)
	d, err := s.status(unknown)
	if err := errors.Join(refused(message.Receipt{}, err, providers.NotFound), nothing(d)); err != nil {
		return "", fmt.Errorf("an unknown id: %w", err)
	}
	return "", nil
}

func nothing(d message.Delivery) error {
	if d != (message.Delivery{}) {
		return errors.New("a delivery came beside the error")
	}
	return nil
}

// mirrored is an id of the same shape that nobody has.
func mirrored(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '0' + '9' - r
		}
		return r
	}, id)
}
