package nhnmessage

import (
	"context"
	"net/url"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/internal/loose"
)

// Status implements message.Tracker.
func (s *SMS) Status(ctx context.Context, r message.Receipt) (message.Delivery, error) {
	known := r.Group == laneSMS || r.Group == laneAuth || r.Group == laneLMS
	if r.Provider != smsProvider || !known || !spelled(r.ID, idLetters, 64) {
		return message.Delivery{}, s.foreign()
	}
	var one struct {
		head
		Body struct {
			Data *smsItem `json:"data"`
		} `json:"body"`
	}
	err := s.ask(ctx, rest.Ask{Op: opStatus, Path: "/sender/" + r.Group + "/" + r.ID, Query: url.Values{"recipientSeq": {first}}}, &one)
	if err != nil {
		return message.Delivery{}, err
	}
	switch data := one.Body.Data; {
	case data == nil:
		return message.Delivery{}, s.client.Fail(opStatus, providers.NotFound, "", errNoMessage)
	case string(data.RequestID) != r.ID:
		return message.Delivery{}, s.client.Fail(opStatus, providers.Unavailable, "", errOther)
	default:
		if d, known := smsDelivery(*data); known {
			return d, nil
		}
	}
	return message.Delivery{}, s.client.Fail(opStatus, providers.Unavailable, "", errState)
}

func (c *caller) foreign() error {
	e := c.client.Fail(opStatus, providers.Invalid, "", errForeign)
	e.Unsent = true
	return e
}

// Find implements message.Finder: it asks the lane that the message would take.
func (s *SMS) Find(ctx context.Context, m message.Message) (message.Receipt, bool, error) {
	if err := m.Validate(); err != nil {
		return message.Receipt{}, false, err
	}
	at := lane(m)
	items, err := s.list(ctx, opFind, at, m.Key)
	if err != nil {
		return message.Receipt{}, false, err
	}
	all := make([]trace, len(items))
	for i, it := range items {
		is, _ := smsDelivery(it) // not understood: the zero state
		all[i] = trace{string(it.RequestID), string(it.Key), when(it.RequestDate), is.State}
	}
	return s.found(m, all, func(id string) message.Receipt { return s.receipt(m, id, at) })
}

func (s *SMS) list(ctx context.Context, op, at, key string) ([]smsItem, error) {
	var l struct {
		head
		Body struct {
			Total loose.Word `json:"totalCount"`
			Data  *[]smsItem `json:"data"`
		} `json:"body"`
	}
	err := s.ask(ctx, rest.Ask{Op: op, Path: "/sender/" + at, Query: window(url.Values{"senderGroupingKey": {key}}, smsDates)}, &l)
	if err != nil {
		return nil, err
	}
	if l.Body.Data == nil || len(*l.Body.Data) == 0 && l.Body.Total != "0" {
		return nil, s.client.Fail(op, providers.Unavailable, "", errNoList)
	}
	return *l.Body.Data, nil
}

// Watch implements message.Watcher: it asks for messages with a key that none has.
func (s *SMS) Watch(ctx context.Context) error {
	_, err := s.list(ctx, opWatch, laneSMS, watchKey)
	return err
}
