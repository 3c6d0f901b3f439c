package vendorsim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of a Phone; the oldest makes room.
const (
	maxLines   = 64 << 10  // numbers
	maxTexts   = 64        // kept per number
	maxCounted = 256 << 10 // keys whose deliveries are counted
)

// Channels of a Text.
const (
	ChannelSMS      = "sms"
	ChannelLMS      = "lms"
	ChannelAlimTalk = "alimtalk"
	ChannelPush     = "push" // a request to confirm, of a certificate
)

// Choice is what a citizen does with a request to confirm.
type Choice string

// The choices.
const (
	Confirm Choice = ""       // agrees
	Decline Choice = "refuse" // says no
	Ignore  Choice = "ignore" // does nothing, so that it expires
)

// Trouble is why messages do not arrive at a number. The vendors have their own codes for each.
type Trouble string

// The troubles of a line.
const (
	NoTrouble   Trouble = ""
	PhoneOff    Trouble = "off"        // SMS and LMS fail; AlimTalk goes to other devices
	NoSuchLine  Trouble = "gone"       // nobody has the number: everything fails
	NoKakaoTalk Trouble = "nokakao"    // AlimTalk fails
	BlocksKakao Trouble = "blocks"     // AlimTalk fails: the citizen blocked the channel
	SpamFilter  Trouble = "spam"       // the carrier takes SMS and LMS for spam
	Swallowed   Trouble = "swallowed"  // nothing arrives, and never a word about it
	Unreported  Trouble = "unreported" // it arrives, and never a word about it
)

// Behaviour is what happens at one number. The zero value: messages arrive, requests are confirmed at once.
type Behaviour struct {
	Choice  Choice        // of a request to confirm
	After   time.Duration // from the request to the choice, on real time
	Trouble Trouble
}

// Text is a message, or a request to confirm, that arrived.
type Text struct {
	Channel string // one of the Channel constants
	From    string // the sender's number, or who asks for a confirmation
	Text    string
	Title   string // of an LMS and of a request to confirm
	At      time.Time
	Vendor  string // who brought it: "solapi", "nhn", "kakao", "pass"
	Key     string // the site's own key of the message, where it sent one; receipt ID of a request to confirm
}

// Phone is all the simulated telephones of the citizens. Share one between the vendors of a rehearsal, so that a test sees
// everything that reached a citizen, whoever brought it. All methods are safe for concurrent use. Numbers may be written
// with hyphens.
type Phone struct {
	mu      sync.Mutex
	lines   map[string]*line
	byAge   []string
	habit   Behaviour // of numbers without their own
	counted map[string]int
	keys    []string // by age
	twice   []string // keys that arrived more than once, in order
	total   int
	most    struct{ lines, counted int } // bounds
}

// line is one number.
type line struct {
	texts  []Text
	total  int
	habit  *Behaviour
	wakeup chan struct{} // closed by the next text
}

func (l *line) kept() []Text { return l.texts[max(0, len(l.texts)-maxTexts):] }

// NewPhone returns telephones that behave by the zero Behaviour.
func NewPhone() *Phone {
	p := &Phone{lines: map[string]*line{}, counted: map[string]int{}}
	p.most.lines, p.most.counted = maxLines, maxCounted
	return p
}

// Behave sets what happens at a number from now on; an empty number means every number without a behaviour of its own.
func (p *Phone) Behave(number string, b Behaviour) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if number == "" {
		p.habit = b
		return
	}
	p.line(digits(number)).habit = &b
}

func (p *Phone) behaviour(number string) Behaviour {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.lines[number]; l != nil && l.habit != nil {
		return *l.habit
	}
	return p.habit
}

// Inbox returns the last 64 texts of a number, oldest first.
func (p *Phone) Inbox(number string) []Text {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.lines[digits(number)]; l != nil {
		return slices.Clone(l.kept())
	}
	return nil
}

// Count is how many texts a number has received; "" counts all numbers.
func (p *Phone) Count(number string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if number == "" {
		return p.total
	}
	if l := p.lines[digits(number)]; l != nil {
		return l.total
	}
	return 0
}

// Await waits until a number has received more than after texts, and returns the one that follows the first after. So
// Count before an action and Await with it after gives what the action brought.
func (p *Phone) Await(ctx context.Context, number string, after int) (Text, error) {
	for {
		p.mu.Lock()
		l := p.line(digits(number))
		kept := l.kept()
		forgotten := l.total - len(kept)
		if after < forgotten {
			p.mu.Unlock()
			return Text{}, fmt.Errorf("vendorsim: phone: text %d is forgotten: a number keeps %d", after, maxTexts)
		}
		if after < l.total {
			t := kept[after-forgotten]
			p.mu.Unlock()
			return t, nil
		}
		wakeup := l.wakeup
		p.mu.Unlock()
		select {
		case <-wakeup:
		case <-ctx.Done():
			return Text{}, fmt.Errorf("vendorsim: phone: await: %w", context.Cause(ctx))
		}
	}
}

// Deliveries is how often a message with that key arrived, by any vendor and channel, at any number.
func (p *Phone) Deliveries(key string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counted[key]
}

// Repeated lists the keys of messages that arrived more than once, in the order of their second arrival.
func (p *Phone) Repeated() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.twice)
}

// deliver brings a text to a number.
func (p *Phone) deliver(number string, t Text) {
	t.At = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.line(number)
	if len(l.texts) == cap(l.texts) { // what is forgotten goes when the slice moves
		l.texts = append(make([]Text, 0, min(2*len(l.texts)+2, 2*maxTexts)), l.kept()...)
	}
	l.texts = append(l.texts, t)
	l.total++
	p.total++
	close(l.wakeup)
	l.wakeup = make(chan struct{})
	if t.Key == "" {
		return
	}
	if p.counted[t.Key]++; p.counted[t.Key] == 2 && len(p.twice) < p.most.counted {
		p.twice = append(p.twice, t.Key)
	}
	if p.counted[t.Key] == 1 {
		p.keys = append(p.keys, t.Key)
		if len(p.keys) > p.most.counted {
			delete(p.counted, p.keys[0])
			p.keys = p.keys[1:]
		}
	}
}

// line finds or makes the line of a number; the caller holds the mutex.
func (p *Phone) line(number string) *line {
	l := p.lines[number]
	if l == nil {
		l = &line{wakeup: make(chan struct{})}
		p.lines[number] = l
		p.byAge = append(p.byAge, number)
		if len(p.byAge) > p.most.lines {
			close(p.lines[p.byAge[0]].wakeup) // who waits there looks again
			delete(p.lines, p.byAge[0])
			p.byAge = p.byAge[1:]
		}
	}
	return l
}

// digits takes hyphens and spaces out of a number.
func digits(number string) string {
	return strings.NewReplacer("-", "", " ", "").Replace(number)
}
