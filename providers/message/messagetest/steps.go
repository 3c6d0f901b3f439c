package messagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

// The phones of the suite.
const (
	phone   = "01012345678"
	another = "01087654321"
)

// bounded is the context of one ask, so that a broken sender fails its test instead of hanging it.
func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 10*time.Second)
}

func (s *Site) send(m message.Message) (message.Receipt, error) {
	ctx, cancel := bounded()
	defer cancel()
	return s.Sender.Send(ctx, m)
}

// sent sends a message that must be taken.
func (s *Site) sent(m message.Message) (message.Receipt, error) {
	r, err := s.send(m)
	if err != nil {
		return r, fmt.Errorf("Send: %w", err)
	}
	if err := r.Answers(m); err != nil {
		return r, fmt.Errorf("the receipt: %w", err)
	}
	return r, nil
}

func (s *Site) status(r message.Receipt) (message.Delivery, error) {
	ctx, cancel := bounded()
	defer cancel()
	return s.Sender.(message.Tracker).Status(ctx, r)
}

func (s *Site) find(m message.Message) (message.Receipt, bool, error) {
	ctx, cancel := bounded()
	defer cancel()
	return s.Sender.(message.Finder).Find(ctx, m)
}

// became asks for a status and compares the state.
func (s *Site) became(r message.Receipt, want ...message.State) (message.Delivery, error) {
	d, err := s.status(r)
	if err != nil {
		return d, fmt.Errorf("Status: %w", err)
	}
	for _, w := range want {
		if d.State == w {
			return d, nil
		}
	}
	return d, fmt.Errorf("Status is %s, want %v", d.State, want)
}

func (s *Site) tracks() string {
	if _, able := s.Sender.(message.Tracker); !able {
		return "it is no message.Tracker"
	}
	return ""
}

func (s *Site) finds() string {
	if _, able := s.Sender.(message.Finder); !able {
		return "it is no message.Finder"
	}
	return ""
}

func (s *Site) resends() bool {
	r, able := s.Sender.(message.Resender)
	return able && r.Resends()
}

// asked is how many requests reached the vendor while do ran.
func (s *Site) asked(do func()) int {
	before := s.Asked()
	do()
	return s.Asked() - before
}

// arrived compares what is on a phone, text by text.
func (s *Site) arrived(to string, want ...string) error {
	var got []string
	for _, a := range s.Inbox(to) {
		got = append(got, a.Text)
	}
	if len(got) == len(want) && (len(got) == 0 || reflect.DeepEqual(got, want)) {
		return nil
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d messages arrived, want %d", len(got), len(want))
	}
	return errors.New("another text arrived than was sent")
}

// refused reports how an outcome is not an error of that kind, with no receipt beside it.
func refused(r message.Receipt, err error, want providers.Kind) error {
	if err := unreceipted(r, err); err != nil {
		return err
	}
	var class interface{ Class() string }
	if !errors.As(err, &class) {
		return fmt.Errorf("the error has no class, want %s: %w", want, err)
	}
	if class.Class() != want.String() {
		return fmt.Errorf("class is %s, want %s: %w", class.Class(), want, err)
	}
	return nil
}

// unreceipted reports a success, or a receipt beside an error.
func unreceipted(r message.Receipt, err error) error {
	if err == nil {
		return errors.New("it was a success")
	}
	if r != (message.Receipt{}) {
		return errors.New("a receipt came beside the error")
	}
	return nil
}

// notSent reports what an error says about the effect.
func notSent(err error) bool {
	var says interface{ NotSent() bool }
	return errors.As(err, &says) && says.NotSent()
}
