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
func (s *AlimTalk) Status(ctx context.Context, r message.Receipt) (message.Delivery, error) {
	known := r.Group == laneTalk || r.Group == laneTalkAuth
	if r.Provider != alimtalkProvider || !known || !spelled(r.ID, idLetters, 64) {
		return message.Delivery{}, s.foreign()
	}
	var one struct {
		head
		Message *alimtalkItem `json:"message"`
	}
	if err := s.ask(ctx, rest.Ask{Op: opStatus, Path: "/" + r.Group + "/" + r.ID + "/" + first}, &one); err != nil {
		return message.Delivery{}, err
	}
	switch it := one.Message; {
	case it == nil:
		return message.Delivery{}, s.client.Fail(opStatus, providers.NotFound, "", errNoMessage)
	case string(it.RequestID) != r.ID:
		return message.Delivery{}, s.client.Fail(opStatus, providers.Unavailable, "", errOther)
	default:
		if d, known := alimtalkDelivery(*it); known {
			return d, nil
		}
	}
	return message.Delivery{}, s.client.Fail(opStatus, providers.Unavailable, "", errState)
}

// Find implements message.Finder: it asks the lane that the message would take.
func (s *AlimTalk) Find(ctx context.Context, m message.Message) (message.Receipt, bool, error) {
	if err := s.valid(m); err != nil {
		return message.Receipt{}, false, err
	}
	at := talkLane(m)
	items, err := s.list(ctx, opFind, at, m.Key)
	if err != nil {
		return message.Receipt{}, false, err
	}
	all := make([]trace, len(items))
	for i, it := range items {
		is, _ := alimtalkDelivery(it) // not understood: the zero state
		all[i] = trace{string(it.RequestID), string(it.Key), when(it.RequestDate), is.State}
	}
	return s.found(m, all, func(id string) message.Receipt { return s.receipt(m, id, at) })
}

func (s *AlimTalk) list(ctx context.Context, op, at, key string) ([]alimtalkItem, error) {
	var l struct {
		head
		Found struct {
			Messages *[]alimtalkItem `json:"messages"`
			Total    loose.Word      `json:"totalCount"`
		} `json:"messageSearchResultResponse"`
	}
	err := s.ask(ctx, rest.Ask{Op: op, Path: "/" + at, Query: window(url.Values{"senderGroupingKey": {key}}, alimtalkDates)}, &l)
	if err != nil {
		return nil, err
	}
	if l.Found.Messages == nil || len(*l.Found.Messages) == 0 && l.Found.Total != "0" {
		return nil, s.client.Fail(op, providers.Unavailable, "", errNoList)
	}
	return *l.Found.Messages, nil
}

// Watch implements message.Watcher: it asks for messages with a key that none has.
func (s *AlimTalk) Watch(ctx context.Context) error {
	_, err := s.list(ctx, opWatch, laneTalk, watchKey)
	return err
}
