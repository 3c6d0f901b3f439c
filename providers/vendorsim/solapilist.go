package vendorsim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"
)

// solapiMessage is a message that Solapi knows; its bag guards what changes.
type solapiMessage struct {
	seq                                            int
	id, group, kind, to, from, text, subject       string
	country, code                                  string
	custom                                         map[string]string
	kakao                                          *solapiKakao
	auto, replaced                                 bool
	created, updated, processed, reported, arrived time.Time
}

func (m solapiMessage) customFields() map[string]string {
	if m.custom == nil {
		return map[string]string{}
	}
	return m.custom
}

const maxMail = 64 << 10 // messages that a vendor remembers

// pay takes the price of a message from the balance; false: there is not enough.
func (s *Solapi) pay(price int) bool {
	left := s.balance.Add(int64(-price))
	if left < 0 {
		s.balance.Add(int64(price))
	}
	return left >= 0
}

// take files a message, refused with that code or on its way, and returns it as it is at first.
func (s *Solapi) take(a solapiAsk, code, group string) solapiMessage {
	now := s.now()
	m := &solapiMessage{
		id: "M4V" + s.stamp(), group: group, kind: a.kind(), to: a.To, from: a.From, text: a.Text, subject: a.Subject,
		country: cmp.Or(a.Country, "82"), code: cmp.Or(code, "2000"), custom: a.CustomFields, kakao: a.KakaoOptions, auto: a.Type == "",
		created: now, updated: now,
	}
	if code == "" && m.kind == "ATA" {
		m.text, _ = s.render(a)
	}
	if code == "" && !s.pay(map[string]int{"SMS": 18, "LMS": 45, "ATA": 13}[m.kind]) {
		m.code = "1030"
	}
	first := *m
	m.seq = int(s.seq.Add(1))
	s.messages.put(m.id, m)
	if first.code == "2000" {
		s.bring(m.id, first, map[string]string{"SMS": ChannelSMS, "LMS": ChannelLMS, "ATA": ChannelAlimTalk}[first.kind])
	}
	return first
}

func (s *Solapi) bring(id string, m solapiMessage, channel string) {
	t := Text{Channel: channel, From: m.from, Text: m.text, Title: m.subject, Key: s.keyOf(m)}
	s.carrier.bring(m.to, t,
		func() {
			s.messages.change(id, func(m *solapiMessage) { m.code, m.processed, m.updated = "3000", s.now(), s.now() })
		},
		func(f fate) {
			code := cmp.Or(f.code, solapiTroubles(f.trouble))
			if channel == ChannelAlimTalk && code != "4000" && !m.kakao.disabled() {
				s.replace(id, m)
				return
			}
			s.messages.change(id, func(m *solapiMessage) {
				m.code, m.reported, m.updated = code, s.now(), s.now()
				if code == "4000" {
					m.arrived = s.now()
				}
			})
		})
}

// replace sends the text of an AlimTalk that failed by SMS or LMS.
func (s *Solapi) replace(id string, m solapiMessage) {
	channel, kind := ChannelSMS, "SMS"
	if n, _ := euckrLen(m.text); n > maxSMS {
		channel, kind = ChannelLMS, "LMS"
	}
	s.messages.change(id, func(m *solapiMessage) { m.replaced, m.kind, m.code, m.updated = true, kind, "3000", s.now() })
	s.bring(id, m, channel)
}

func (s *Solapi) keyOf(m solapiMessage) string {
	if s.cfg.KeyField != "" {
		return m.custom[s.cfg.KeyField]
	}
	for _, k := range slices.Sorted(maps.Keys(m.custom)) {
		return m.custom[k]
	}
	return ""
}

// list answers with the newest messages first, in a map by id. UNCONFIRMED: order, and the form of startKey, which here is
// the id of the first message of the page.
func (s *Solapi) list(r *http.Request) answer {
	q, limit := r.URL.Query(), 20
	if repeated(q) {
		return solapiError("ValidationError")
	}
	want := map[string]string{}
	var from, to time.Time
	for name := range q {
		value, ok := q.Get(name), true
		var err error
		switch name {
		case "messageId", "groupId", "to", "from", "type", "statusCode":
			want[name] = value
		case "limit":
			limit, ok = number(value)
			ok = ok && limit >= 1 && limit <= 500
		case "startDate":
			from, err = time.Parse(time.RFC3339, value)
		case "endDate":
			to, err = time.Parse(time.RFC3339, value)
		case "dateType":
			ok = value == "CREATED" || value == "UPDATED"
		case "startKey":
		default:
			ok = false
		}
		if !ok || err != nil {
			return solapiError("ValidationError")
		}
	}
	start, next, page := q.Get("startKey"), any(nil), map[string]any{}
	for m := range s.messages.newest() {
		if start != "" && m.id != start {
			continue
		}
		start = ""
		at := m.created
		if q.Get("dateType") == "UPDATED" {
			at = m.updated
		}
		if !m.is(want) || !from.IsZero() && at.Before(from) || !to.IsZero() && at.After(to) {
			continue
		}
		if len(page) == limit {
			next = m.id
			break
		}
		page[m.id] = m.item()
	}
	var key any
	if q.Get("startKey") != "" {
		key = q.Get("startKey")
	}
	return jsonAnswer(http.StatusOK, map[string]any{"startKey": key, "nextKey": next, "limit": limit, "messageList": page})
}

func (m *solapiMessage) is(want map[string]string) bool {
	fits := func(name, has string) bool { v, asked := want[name]; return !asked || v == has }
	return fits("messageId", m.id) && fits("to", m.to) && fits("groupId", m.group) && fits("from", m.from) && fits("type", m.kind) && fits("statusCode", m.code)
}

// item is a message of the list, with the noise of the real one: nulls, and flags that are numbers in one message and
// booleans in the next.
func (m *solapiMessage) item() map[string]any {
	date := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return solapiTime(t)
	}
	flag := func(b, asNumber bool) any {
		if !asNumber {
			return b
		}
		if b {
			return 1
		}
		return 0
	}
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	status := "SENDING"
	reason := any(nil)
	switch {
	case m.code == "2000":
		status = "PENDING"
	case m.code == "4000":
		status = "COMPLETE"
	case m.code != "3000":
		status, reason = "FAILED", solapiStatuses()[m.code]
	}
	even := m.seq%2 == 0
	out := map[string]any{
		"_id": m.id, "messageId": m.id, "groupId": m.group, "accountId": solapiAccount, "type": m.kind, "to": m.to, "from": m.from,
		"text": text(m.text), "subject": text(m.subject), "country": m.country, "imageId": nil, "currentQueue": nil, "queues": []any{}, "log": []any{},
		"status": status, "statusCode": m.code, "reason": reason, "networkName": "ETC", "networkCode": nil,
		"replacement": flag(m.replaced, even), "autoTypeDetect": flag(m.auto, !even), "resendCount": 0, "customFields": m.customFields(),
		"dateCreated": date(m.created), "dateUpdated": date(m.updated), "dateProcessed": date(m.processed), "dateReported": date(m.reported), "dateReceived": date(m.arrived),
	}
	if m.arrived != (time.Time{}) {
		out["networkCode"] = "45005"
	}
	if k := m.kakao; k != nil {
		out["kakaoOptions"] = map[string]any{"pfId": k.PfID, "templateId": k.TemplateID, "disableSms": k.DisableSms, "adFlag": k.AdFlag,
			"senderKey": nil, "templateCode": nil, "buttonName": nil, "buttonUrl": nil, "imageId": nil, "title": nil, "buttons": []any{}}
	}
	return out
}
