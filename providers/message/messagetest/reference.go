package messagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

// Reference is a vendor, the phones that it reaches and a sender for it, all in
// memory: what a sender looks like when there is no wire. Tests of what stands
// above messages may use it. It is safe for concurrent use.
type Reference struct {
	channel message.Channel // AlimTalk, or zero for texts

	mu    sync.Mutex
	mood  Mood
	asked int
	taken []*parcel
	inbox map[string][]Arrival
}

// parcel is a message that the vendor took.
type parcel struct {
	to      string
	receipt message.Receipt
	arrival Arrival
	state   message.State
}

// NewReference returns a sender of text messages.
func NewReference() *Reference {
	return &Reference{mood: Well, inbox: map[string][]Arrival{}}
}

// NewAlimTalkReference returns a sender of AlimTalk.
func NewAlimTalkReference() *Reference {
	r := NewReference()
	r.channel = message.AlimTalk
	return r
}

const referenceName = "reference"

func (r *Reference) fail(op string, kind providers.Kind, unsent bool, cause error) error {
	return &providers.Error{Provider: referenceName, Op: op, Kind: kind, Unsent: unsent, Err: cause}
}

// enter is what every operation begins with: the caller is still there, and the vendor up. r.mu is held.
func (r *Reference) enter(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return r.fail(op, providers.Unavailable, true, err)
	}
	r.asked++
	if r.mood == Down {
		return r.fail(op, providers.Unavailable, false, errDown)
	}
	return nil
}

// Send implements message.Sender.
func (r *Reference) Send(ctx context.Context, m message.Message) (message.Receipt, error) {
	if err := m.Validate(); err != nil {
		return message.Receipt{}, err
	}
	if r.channel == message.AlimTalk && m.Template == "" {
		return message.Receipt{}, r.fail("send", providers.Invalid, true, errTemplate)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(ctx, "send"); err != nil {
		return message.Receipt{}, err
	}
	if r.mood == Refusing {
		return message.Receipt{}, r.fail("send", providers.Refused, true, errRefused)
	}
	p := r.take(m)
	if r.mood == Swallowing {
		return message.Receipt{}, r.fail("send", providers.Unavailable, false, errSwallowed)
	}
	return p.receipt, nil
}

func (r *Reference) take(m message.Message) *parcel {
	channel := r.channel
	if channel == 0 {
		channel = message.Text(m.Text)
	}
	p := &parcel{to: m.To, arrival: Arrival{channel, m.Text}, state: message.Accepted, receipt: message.Receipt{
		Provider: referenceName, ID: fmt.Sprintf("M%06d", len(r.taken)+1), Key: m.Key, Channel: channel, At: time.Now(), State: message.Accepted,
	}}
	r.taken = append(r.taken, p)
	switch r.mood {
	case Undelivered:
		p.state = message.Failed
	case Slow:
		p.state = message.Pending
	default:
		r.arrive(p)
	}
	return p
}

func (r *Reference) arrive(p *parcel) {
	p.state = message.Delivered
	r.inbox[p.to] = append(r.inbox[p.to], p.arrival)
}

// Status implements message.Tracker.
func (r *Reference) Status(ctx context.Context, of message.Receipt) (message.Delivery, error) {
	var n int
	if _, err := fmt.Sscanf(of.ID, "M%06d", &n); err != nil || of.Provider != referenceName {
		return message.Delivery{}, r.fail("status", providers.Invalid, true, errForeign)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(ctx, "status"); err != nil {
		return message.Delivery{}, err
	}
	for _, p := range r.taken {
		if p.receipt.ID == of.ID {
			return message.Delivery{State: p.state, At: time.Now()}, nil
		}
	}
	return message.Delivery{}, r.fail("status", providers.NotFound, false, errNoMessage)
}

// Find implements message.Finder.
func (r *Reference) Find(ctx context.Context, m message.Message) (message.Receipt, bool, error) {
	if err := m.Validate(); err != nil {
		return message.Receipt{}, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(ctx, "find"); err != nil {
		return message.Receipt{}, false, err
	}
	for _, p := range r.taken {
		if p.receipt.Key == m.Key {
			return p.receipt, true, nil
		}
	}
	return message.Receipt{}, false, nil
}

// Watch implements message.Watcher.
func (r *Reference) Watch(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.enter(ctx, "watch")
}

// Be changes the mood. Well again, the vendor delivers what it held back.
func (r *Reference) Be(mood Mood) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mood = mood
	for _, p := range r.taken {
		if mood == Well && p.state == message.Pending {
			r.arrive(p)
		}
	}
	return nil
}

// Inbox is what arrived on the phone with a number, oldest first.
func (r *Reference) Inbox(to string) []Arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Arrival(nil), r.inbox[to]...)
}

// Asked counts the requests.
func (r *Reference) Asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// String hides what is kept.
func (r *Reference) String() string { return "messagetest.Reference" }

// GoString hides what is kept.
func (r *Reference) GoString() string { return r.String() }

var (
	errDown      = errors.New("the vendor is down")
	errTemplate  = errors.New("an alimtalk needs a template")
	errRefused   = errors.New("the vendor refused it")
	errSwallowed = errors.New("the answer got lost")
	errForeign   = errors.New("receipt of another vendor")
	errNoMessage = errors.New("no such message")
)

var (
	_ message.Sender  = (*Reference)(nil)
	_ message.Tracker = (*Reference)(nil)
	_ message.Finder  = (*Reference)(nil)
	_ message.Watcher = (*Reference)(nil)
)
