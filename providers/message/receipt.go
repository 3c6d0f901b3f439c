package message

import (
	"errors"
	"fmt"
	"time"

	"github.com/detour-go/detour/providers"
)

// Receipt says that a vendor took a message. It holds nothing personal and may be
// kept: it is what [Tracker.Status] is asked with.
type Receipt struct {
	// Provider is the vendor's name, as in its errors.
	Provider string
	// ID is the vendor's name of the message.
	ID string
	// Group is what else the vendor needs to find the message; opaque, empty where it needs nothing.
	Group string
	// Key is that of the message.
	Key string
	// Channel by which it goes.
	Channel Channel
	// At is when the vendor took it, or when we found that it had.
	At time.Time
	// State is Accepted or Pending from a sender, Delivered from [Deliver].
	State State
}

const maxID = 128

// Answers reports why r is no receipt of m, as an error of class unavailable: the
// vendor may have sent the message nevertheless.
func (r Receipt) Answers(m Message) error {
	if err := r.check(m); err != nil {
		return wrong("answer", providers.Unavailable, err)
	}
	return nil
}

func (r Receipt) check(m Message) error {
	switch {
	case r.Provider == "" || r.ID == "":
		return errNoReceipt
	case len(r.ID) > maxID || control(r.ID, "") || len(r.Group) > maxID || control(r.Group, ""):
		return errStrange
	case r.Key != m.Key:
		return errOther
	case !r.Channel.known() || r.Channel == AlimTalk && m.Template == "":
		return errChannel
	case r.State != Accepted && r.State != Pending && r.State != Delivered:
		return errState
	}
	return nil
}

var (
	errNoReceipt = errors.New("the receipt names no vendor or no message")
	errStrange   = errors.New("the receipt names something impossible")
	errOther     = errors.New("receipt of another message")
	errChannel   = errors.New("the receipt names no possible channel")
	errState     = errors.New("the receipt does not say that the message was taken")
)

// State is how far a message has come. The zero value is no state.
type State uint8

// The states.
const (
	Accepted  State = iota + 1 // the vendor took it
	Pending                    // it is under way: at the carrier, or about to be replaced by the vendor
	Delivered                  // it is on the phone
	Failed                     // it did not arrive and will not
	Lost                       // nobody will say whether it arrived, or it may arrive in days
)

var stateWords = [...]string{Accepted: "accepted", Pending: "pending", Delivered: "delivered", Failed: "failed", Lost: "lost"}

// String returns accepted, pending, delivered, failed or lost.
func (s State) String() string {
	if s.known() {
		return stateWords[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

func (s State) known() bool { return s >= Accepted && s <= Lost }

// Final reports whether the state will not change any more.
func (s State) Final() bool { return s == Delivered || s == Failed || s == Lost }

// Delivery is what the vendor says of a message that it took.
type Delivery struct {
	State State
	// Code is the vendor's own code for it, where it is one that its documents name.
	Code string
	// Kind says why it failed, in the words of the package comment; of use with Failed only.
	Kind providers.Kind
	// At is when it arrived or failed, by the vendor's clock; zero: not said.
	At time.Time
	// Replaced is true when what arrived is a substitute that the vendor sent itself.
	Replaced bool
}
