package solapimessage

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/detour-go/detour/internal/rest"
	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/message"
)

const (
	opStatus = "status"
	opFind   = "find"
	opWatch  = "watch"

	pageSize = 100            // messages to one number within a day
	lookBack = 24 * time.Hour // for a message whose answer got lost
	skew     = time.Hour      // between the vendor's clock and ours, generously
)

// Status implements message.Tracker.
func (s *Sender) Status(ctx context.Context, r message.Receipt) (message.Delivery, error) {
	if r.Provider != provider || !isID(r.ID) {
		e := s.client.Fail(opStatus, providers.Invalid, "", errForeign)
		e.Unsent = true
		return message.Delivery{}, e
	}
	l, err := s.list(ctx, opStatus, url.Values{"messageId": {r.ID}, "limit": {"1"}})
	if err != nil {
		return message.Delivery{}, err
	}
	it := l.List[r.ID]
	switch {
	case len(l.List) == 0:
		return message.Delivery{}, s.client.Fail(opStatus, providers.NotFound, "", errNoMessage)
	case it == nil || string(it.MessageID) != r.ID: // somebody else's answer
		return message.Delivery{}, s.client.Fail(opStatus, providers.Unavailable, "", errOther)
	}
	d, known := deliveryOf(*it, s.alimtalk.VendorResend)
	if !known {
		return message.Delivery{}, s.client.Fail(opStatus, providers.Unavailable, "", errState)
	}
	return d, nil
}

// Find implements message.Finder: it looks through what was sent to the number
// within the last day by this sender's channel, since a chain may have two senders
// here. Of several messages of one key the one that says most counts (message.Decides).
// One page is asked for; when it does not hold all, and nothing of this key but what
// failed, that is an error: absent is said only of a whole list.
func (s *Sender) Find(ctx context.Context, m message.Message) (message.Receipt, bool, error) {
	if err := m.Validate(); err != nil {
		return message.Receipt{}, false, err
	}
	now := time.Now().UTC()
	l, err := s.list(ctx, opFind, url.Values{
		"to": {m.To}, "limit": {strconv.Itoa(pageSize)},
		"startDate": {now.Add(-lookBack).Format(time.RFC3339)}, "endDate": {now.Add(skew).Format(time.RFC3339)},
	})
	if err != nil {
		return message.Receipt{}, false, err
	}
	best, err := s.best(m, l.List)
	switch {
	case err != nil:
		return message.Receipt{}, false, err
	case best != nil && !s.gone(*best):
		return s.found(m, *best), true, nil
	case l.NextKey != "" || len(l.List) >= pageSize:
		return message.Receipt{}, false, s.client.Fail(opFind, providers.Unavailable, "", errMore)
	case best != nil:
		return s.found(m, *best), true, nil
	}
	return message.Receipt{}, false, nil
}

// gone: it failed, so it says nothing about another of its key further down the list.
func (s *Sender) gone(it item) bool {
	d, _ := deliveryOf(it, s.alimtalk.VendorResend)
	return d.State == message.Failed
}

// best is the message of this key that says most about it, of equal ones the newest; nil: there is none.
func (s *Sender) best(m message.Message, list map[string]*item) (best *item, err error) {
	for id, it := range list {
		if it == nil || string(it.CustomFields) != m.Key || s.otherWay(m, *it) {
			continue
		}
		if !isID(id) || string(it.MessageID) != id {
			return nil, s.client.Fail(opFind, providers.Unavailable, "", errOther)
		}
		if best == nil || s.decides(*it, *best) {
			best = it
		}
	}
	return best, nil
}

func (s *Sender) decides(it, other item) bool {
	a, _ := deliveryOf(it, s.alimtalk.VendorResend) // not understood: the zero state
	b, _ := deliveryOf(other, s.alimtalk.VendorResend)
	switch {
	case message.Decides(a.State, b.State):
		return true
	case message.Decides(b.State, a.State):
		return false
	}
	return it.DateCreated > other.DateCreated || it.DateCreated == other.DateCreated && it.MessageID > other.MessageID
}

// otherWay: the message of this key that went by the vendor's other channel, as
// in a chain that falls back from AlimTalk to SMS at the same vendor. Its failure
// is not that of ours. Where the vendor resends, ours may have become an SMS.
func (s *Sender) otherWay(m message.Message, it item) bool {
	kind := it.channel()
	return kind != 0 && !s.alimtalk.VendorResend && (kind == message.AlimTalk) != (s.channel(m) == message.AlimTalk)
}

func (s *Sender) found(m message.Message, it item) message.Receipt {
	r := message.Receipt{Provider: provider, ID: string(it.MessageID), Key: m.Key, Channel: it.channel(), State: message.Accepted}
	if g := string(it.GroupID); isID(g) {
		r.Group = g
	}
	if r.Channel == 0 || r.Channel == message.AlimTalk && m.Template == "" {
		r.Channel = s.channel(m)
	}
	if d, known := deliveryOf(it, false); known && (d.State == message.Pending || d.State == message.Delivered) {
		r.State = d.State
	}
	if at, err := time.Parse(time.RFC3339, string(it.DateCreated)); err == nil {
		r.At = at
	} else {
		r.At = time.Now()
	}
	return r
}

// Watch implements message.Watcher: it asks for a message that does not exist.
func (s *Sender) Watch(ctx context.Context) error {
	_, err := s.list(ctx, opWatch, url.Values{"messageId": {"M4V20000101000000DETOURWATCHDETOU"}, "limit": {"1"}})
	return err
}

func (s *Sender) list(ctx context.Context, op string, query url.Values) (listed, error) {
	a, err := s.client.Do(ctx, rest.Ask{Op: op, Path: "/messages/v4/list", Query: query, Header: s.header()})
	if err != nil {
		return listed{}, err
	}
	var l listed
	if err := s.client.Object(op, a, &l); err != nil || a.Status != http.StatusOK || l.ErrorCode != "" {
		return listed{}, s.saidNo(op, a, l.refused, err)
	}
	if l.List == nil {
		return listed{}, s.client.Fail(op, providers.Unavailable, "", errNoList)
	}
	return l, nil
}

var (
	errForeign   = errors.New("receipt of another vendor")
	errNoMessage = errors.New("no such message")
	errOther     = errors.New("answer about another message")
	errState     = errors.New("status is not understood")
	errMore      = errors.New("the list goes on, and the message is not in its first page")
	errNoList    = errors.New("the answer has no list")
)
