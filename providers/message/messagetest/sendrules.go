package messagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/detour-go/detour/providers/message"
)

func sendRules() []rule {
	return []rule{
		{"arrives", "what was sent arrives once, on the phone that it was sent to, character for character", arrives},
		{"one request", "one Send is one request", oneRequest},
		{"receipt", "a receipt names vendor, message, key, channel and time", receipt},
		{"accepted is not delivered", "a message that the vendor took is accepted or under way, whatever the status of HTTP", accepted},
		{"bytes", "a text of 90 bytes of EUC-KR is an SMS, one more an LMS; syllables outside KS X 1001 count two as well", boundary},
		{"lanes", "a code arrives as any message does", code},
		{"concurrent", "it is safe for concurrent use, and does not mix up messages", concurrent},
		{"watch", "Watch asks once and sends nothing", watch},
	}
}

func arrives(s *Site) (string, error) {
	m, other := s.Message("op-1", phone), s.Message("op-2", another)
	for _, m := range []message.Message{m, other} {
		if _, err := s.sent(m); err != nil {
			return "", err
		}
	}
	return "", errors.Join(s.arrived(phone, m.Text), s.arrived(another, other.Text))
}

func oneRequest(s *Site) (string, error) {
	var err error
	if n := s.asked(func() { _, err = s.sent(s.Message("op-1", phone)) }); err == nil && n != 1 {
		err = fmt.Errorf("it asked %d times", n)
	}
	return "", err
}

func receipt(s *Site) (string, error) {
	before := time.Now().Add(-time.Minute)
	first, err := s.sent(s.Message("op-1", phone))
	if err != nil {
		return "", err
	}
	second, err := s.sent(s.Message("op-2", phone))
	switch {
	case err != nil:
		return "", err
	case first.ID == second.ID:
		return "", errors.New("two messages have one id")
	case first.Provider != second.Provider:
		return "", errors.New("one sender has two names")
	case first.At.Before(before) || first.At.After(time.Now().Add(time.Minute)):
		return "", errors.New("At is not about now")
	}
	return "", nil
}

func accepted(s *Site) (string, error) {
	if err := s.Be(Slow); err != nil {
		return "", err
	}
	r, err := s.sent(s.Message("op-1", phone))
	if err != nil {
		return "", err
	}
	if r.State != message.Accepted && r.State != message.Pending {
		return "", fmt.Errorf("the receipt says %s", r.State)
	}
	if note := s.tracks(); note != "" {
		return note, nil
	}
	_, err = s.became(r, message.Accepted, message.Pending)
	return "", err
}

func boundary(s *Site) (string, error) {
	m := s.Message("op-1", phone)
	m.Text = strings.Repeat("뷁", 22) + strings.Repeat("똠", 22) + "가"
	if m.Template != "" {
		return "it sends AlimTalk", nil
	}
	r, err := s.sent(m)
	if err != nil {
		return "", err
	}
	if r.Channel != message.SMS {
		return "", fmt.Errorf("90 bytes went as %s", r.Channel)
	}
	longer := m
	longer.Key, longer.Text = "op-2", m.Text+"."
	if r, err = s.sent(longer); err != nil {
		return "", err
	}
	if r.Channel != message.LMS {
		return "", fmt.Errorf("91 bytes went as %s", r.Channel)
	}
	inbox := s.Inbox(phone)
	if len(inbox) != 2 || inbox[0] != (Arrival{message.SMS, m.Text}) || inbox[1] != (Arrival{message.LMS, longer.Text}) {
		return "", errors.New("it arrived otherwise than the receipts say")
	}
	return "", nil
}

func code(s *Site) (string, error) {
	m := s.Message("op-1", phone)
	m.OTP = true
	if m.Validate() != nil {
		m.Text = "[Site] 인증번호 123456"
	}
	r, err := s.sent(m)
	if err != nil {
		return "", err
	}
	if err := s.arrived(phone, m.Text); err != nil {
		return "", err
	}
	if note := s.tracks(); note != "" {
		return note, nil
	}
	_, err = s.became(r, message.Delivered)
	return "", err
}

func concurrent(s *Site) (string, error) {
	const senders = 16
	want := map[string]bool{}
	failed := make([]error, senders)
	ids := make([]string, senders)
	var all sync.WaitGroup
	for i := range senders {
		m := s.Message(fmt.Sprintf("op-%d", i), phone)
		want[m.Text] = true
		all.Go(func() {
			r, err := s.sent(m)
			ids[i], failed[i] = r.ID, err
		})
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		return "", err
	}
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id] = true
	}
	if len(seen) != senders {
		return "", errors.New("two messages have one id")
	}
	inbox := s.Inbox(phone)
	for _, a := range inbox {
		delete(want, a.Text)
	}
	if len(inbox) != senders || len(want) != 0 {
		return "", fmt.Errorf("%d of %d messages arrived", len(inbox), senders)
	}
	return "", nil
}

func watch(s *Site) (string, error) {
	w, able := s.Sender.(message.Watcher)
	if !able {
		return "it is no message.Watcher", nil
	}
	ask := func() error {
		ctx, cancel := bounded()
		defer cancel()
		return w.Watch(ctx)
	}
	var err error
	n := s.asked(func() { err = ask() })
	switch {
	case err != nil:
		return "", fmt.Errorf("the vendor is well: %w", err)
	case n != 1:
		return "", fmt.Errorf("it asked %d times", n)
	}
	if err := s.Be(Down); err != nil {
		return "", err
	}
	if ask() == nil {
		return "", errors.New("the vendor is down, and Watch is content")
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if !errors.Is(w.Watch(gone), context.Canceled) {
		return "", errors.New("it hides that the caller left")
	}
	return "", s.arrived(phone)
}
