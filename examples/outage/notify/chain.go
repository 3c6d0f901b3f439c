package notify

import (
	"errors"
	"time"

	"github.com/detour-go/detour/breaker"
	"github.com/detour-go/detour/examples/outage/replay"
	"github.com/detour-go/detour/fallback"
	"github.com/detour-go/detour/providers/message"
)

// Names of the sources, as they stand in labels.
const (
	AlimTalk = "alimtalk"
	SMS      = "sms"
	OtherSMS = "other-sms"
)

const (
	// maxOpenFor is short, because a trial costs a citizen a tenth of a second: a failed AlimTalk goes on as an SMS.
	maxOpenFor = 2 * time.Second
	// findWithin bounds the search for a message whose fate is not known.
	findWithin = 1500 * time.Millisecond
)

type messageChain = fallback.Chain[message.Message, message.Receipt]

type messageSource = fallback.Source[message.Message, message.Receipt]

// ways are the sources of the Detour site. The two of Solapi have a breaker each, because Kakao takes only one of them with it, and a fate
// in common, because Solapi takes both.
type ways struct {
	all    []messageSource // AlimTalk, SMS, OtherSMS
	guards []*breaker.Breaker
}

func newWays(a adapters) (*ways, error) {
	w := &ways{}
	for _, one := range []struct {
		name    string
		by      courier
		company string
		fate    []string
	}{
		{AlimTalk, a.talk, "Solapi Inc.", []string{"Solapi", "Kakao"}},
		{SMS, a.sms, "Solapi Inc.", []string{"Solapi", "mobile carriers"}},
		{OtherSMS, a.nhn, "NHN Cloud Corp.", []string{"NHN Cloud", "mobile carriers"}},
	} {
		// Waiting for a delivery is no hang of the vendor.
		guard, err := breaker.New(breaker.Config{Name: one.name, SlowAfter: looking().Longest() + time.Second, MaxOpenFor: maxOpenFor})
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		w.guards = append(w.guards, guard)
		s := fallback.From(one.name, message.Deliver(one.by, one.by, looking()), &fallback.Upstream{
			Name: one.name, Breaker: guard, Fate: one.fate, Recipient: fallback.Recipient{Company: one.company, Country: "KR"}})
		s.Timeout = looking().Longest() + 500*time.Millisecond
		s.Find, s.FindTimeout = message.Fate(one.by), findWithin
		s.Resends = fallback.Resends(one.by)
		w.all = append(w.all, s)
	}
	return w, nil
}

// receipts is the chain of what citizens are told: once, or not at all when nobody knows.
func (w *ways) receipts() (*messageChain, error) {
	return fallback.New(fallback.Config[message.Message, message.Receipt]{
		Name: "message", Sources: w.all, Once: true,
		Valid: message.Message.Validate, Answers: message.Receipt.Answers, Next: message.Next,
	})
}

// codes is the chain of codes: the same two vendors of SMS, with their breakers. A code of unknown fate is sent again by the next, because
// the same code twice harms nobody, and a citizen waits for it.
func (w *ways) codes() (*messageChain, error) {
	return fallback.New(fallback.Config[message.Message, message.Receipt]{
		Name: "code", Sources: w.all[1:], Once: true,
		Valid: message.Message.Validate, Answers: message.Receipt.Answers, Next: message.Next,
		Again: func(m message.Message, _ error) bool { return m.OTP },
	})
}

func (w *ways) sources() []replay.Source {
	all := make([]replay.Source, len(w.all))
	for i, s := range w.all {
		all[i] = replay.SourceOf(s.Name, s.Upstream)
	}
	return all
}

// Close ends the breakers.
func (w *ways) Close() error {
	var errs []error
	for _, g := range w.guards {
		errs = append(errs, g.Close())
	}
	return errors.Join(errs...)
}
