package messagetest

import (
	"fmt"

	"github.com/detour-go/detour/providers/message"
)

// T is the part of *testing.T that the suite needs; a recorder can stand in for it.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Mood is what the vendor does with the messages that it is asked to send.
type Mood string

// The moods. A new vendor is [Well].
const (
	// Well: it takes a message and delivers it at once.
	Well Mood = "well"
	// Slow: it takes a message, which stays under way until the mood is Well again.
	Slow Mood = "slow"
	// Undelivered: it takes a message, which then fails at the carrier or at Kakao.
	Undelivered Mood = "undelivered"
	// Refusing: it refuses the recipient at intake, as it does when the sender's number is not registered.
	Refusing Mood = "refusing"
	// Swallowing: it takes and delivers a message, and the answer gets lost.
	Swallowing Mood = "swallowing"
	// Down: it does nothing, in any operation, and answers as in an outage.
	Down Mood = "down"
)

// Arrival is one message on a phone.
type Arrival struct {
	Channel message.Channel
	Text    string
}

// Harness is how the suite reaches the sender under test.
type Harness struct {
	// Open starts a vendor and a phone of its own and builds the sender against
	// them. It is called afresh for each rule.
	Open func() (*Site, error)
}

// Site is one vendor with the phones that it reaches, and the sender. Every field but Close and Secrets is required.
type Site struct {
	Sender message.Sender
	// Message is one that the sender can send, with this key, to this number. Its
	// text says the key, so that texts can be told apart, and that it is a code
	// (인증). Only one without a template is ever sent with another text.
	Message func(key, to string) message.Message
	// Be changes the mood.
	Be func(Mood) error
	// Inbox is what arrived on the phone with a number, oldest first.
	Inbox func(to string) []Arrival
	// Asked counts the requests that have reached the vendor.
	Asked func() int
	// Secrets are canaries of the configuration that nothing may print.
	Secrets []string
	Close   func()
}

// Run checks every rule.
func Run(t T, h Harness) {
	t.Helper()
	for _, r := range rules() {
		switch note, err := r.run(h); {
		case err != nil:
			t.Errorf("broken rule: %s: %s: %v", r.name, r.says, err)
		case note != "":
			t.Logf("%s: %s: %s", r.name, note, r.says)
		default:
			t.Logf("rule kept: %s: %s", r.name, r.says)
		}
	}
}

// rule is one sentence of the law. The note of a check says why it did not apply.
type rule struct {
	name  string
	says  string
	check func(*Site) (note string, err error)
}

func rules() []rule {
	var all []rule
	for _, some := range [][]rule{sendRules(), refusalRules(), fateRules()} {
		all = append(all, some...)
	}
	return all
}

func (r rule) run(h Harness) (note string, err error) {
	s, err := h.Open()
	if err != nil {
		return "", fmt.Errorf("the harness did not open: %w", err)
	}
	if s.Close != nil {
		defer s.Close()
	}
	if s.Sender == nil || s.Message == nil || s.Be == nil || s.Inbox == nil || s.Asked == nil {
		return "", fmt.Errorf("the harness has no sender, message, mood, inbox or count")
	}
	defer func() {
		if p := recover(); p != nil {
			note, err = "", fmt.Errorf("it panicked: %v", p)
		}
	}()
	return r.check(s)
}
