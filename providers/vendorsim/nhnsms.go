package vendorsim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// nhnMessage is one recipient of a request; its bag guards what changes.
type nhnMessage struct {
	request, key, recipientKey string
	seq                        int // of the recipient within the request, from 1
	kind                       string
	to, from, text, title      string
	auth                       bool
	status, code               string // SMS: msgStatus; AlimTalk: messageStatus
	asked, ended               time.Time
	template                   string // AlimTalk from here
	parameters                 map[string]string
	resend, resendCode         string
	resendRequest              string
}

func nhnID(request string, seq int) string { return request + "/" + strconv.Itoa(seq) }

// sendSMS takes SMS, LMS ("mms" without files) and one-time codes.
func (n *NHN) sendSMS(r *http.Request, what string) answer {
	type recipient struct {
		RecipientNo          string            `json:"recipientNo"`
		CountryCode          string            `json:"countryCode"`
		TemplateParameter    map[string]string `json:"templateParameter"`
		RecipientGroupingKey string            `json:"recipientGroupingKey"`
	}
	var ask struct {
		Title             string      `json:"title"`
		Body              string      `json:"body"`
		SendNo            string      `json:"sendNo"`
		SenderGroupingKey string      `json:"senderGroupingKey"`
		RecipientList     []recipient `json:"recipientList"`
		UserID            string      `json:"userId"`
		StatsID           string      `json:"statsId"`
		OriginCode        string      `json:"originCode"`
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return n.smsError(-9996)
	}
	if !readJSON(r, &ask) {
		return n.smsError(-9997)
	}
	long, auth := what == "sender/mms", strings.Contains(what, "/auth/")
	if code := n.refuseSMS(&ask.Body, ask.Title, ask.SendNo, long, auth); code != 0 {
		return n.smsError(code)
	}
	switch {
	case len(ask.RecipientList) == 0:
		return n.smsError(-2001)
	case len(ask.RecipientList) > 1000:
		return n.smsError(-2016)
	case len(ask.SenderGroupingKey) > 100:
		return n.smsError(4)
	}
	now := n.now()
	for range ask.RecipientList {
		if !n.month.allow(now) {
			return n.smsError(-2052)
		}
	}
	id, status := n.requestID(now), "3"
	results := []map[string]any{}
	for i, to := range ask.RecipientList {
		code, text := 0, "SUCCESS"
		if !isDigits(to.RecipientNo, 9, 12) || to.RecipientNo[0] != '0' || to.CountryCode != "" && to.CountryCode != "82" {
			code, text = -2018, nhnSMSErrors()[-2018]
		} else {
			status = "2"
			kind := ChannelSMS
			if long {
				kind = ChannelLMS
			}
			n.bringSMS(nhnMessage{request: id, key: ask.SenderGroupingKey, recipientKey: to.RecipientGroupingKey, seq: i + 1, kind: kind,
				to: to.RecipientNo, from: ask.SendNo, text: ask.Body, title: ask.Title, auth: auth, asked: now}, nil)
		}
		results = append(results, map[string]any{"recipientNo": to.RecipientNo, "resultCode": code, "resultMessage": text,
			"recipientSeq": i + 1, "recipientGroupingKey": to.RecipientGroupingKey})
	}
	return nhnSuccess("SUCCESS", "body", map[string]any{"data": map[string]any{
		"requestId": id, "statusCode": status, "senderGroupingKey": ask.SenderGroupingKey, "sendResultList": results}})
}

// refuseSMS is the code with which a text is not accepted, or 0. It may shorten the text.
func (n *NHN) refuseSMS(text *string, title, from string, long, auth bool) int {
	size, ok := euckrLen(*text)
	titleSize, titleOK := euckrLen(title)
	switch {
	case *text == "" || from == "" || (title != "") != long:
		return 4
	case !isDigits(from, 8, 12):
		return -2019
	case !slices.Contains(n.cfg.SendNumbers, from):
		return -2312
	case !ok || !titleOK:
		return -2023
	case long && (size > maxLMS || titleSize > maxSubject), !long && utf8.RuneCountInString(*text) > 255:
		return -2015
	case auth && !hasAuthWord(*text, "verify"):
		return -8000
	case !long && size > maxSMS:
		if !n.cfg.Truncate {
			return -2015
		}
		for size > maxSMS {
			_, last := utf8.DecodeLastRuneInString(*text)
			*text = (*text)[:len(*text)-last]
			size, _ = euckrLen(*text)
		}
	}
	return 0
}

// hasAuthWord reports that a text says it is about authentication, as the priority lane demands.
func hasAuthWord(text, verify string) bool {
	lower := strings.ToLower(text)
	return slices.ContainsFunc([]string{"auth", "password", verify, "にんしょう", "認証", "비밀번호", "인증"}, func(w string) bool { return strings.Contains(lower, w) })
}

// bringSMS files a message and sends it on its way; ended may be nil.
func (n *NHN) bringSMS(m nhnMessage, ended func(code string)) {
	m.status = "1"
	id := nhnID(m.request, m.seq)
	n.messages.put(id, &m)
	n.sms.bring(m.to, Text{Channel: m.kind, From: m.from, Text: m.text, Title: m.title, Key: m.key},
		func() { n.messages.change(id, func(m *nhnMessage) { m.status = "2" }) },
		func(f fate) {
			code := cmp.Or(f.code, nhnTroubles(f.trouble, false))
			n.messages.change(id, func(m *nhnMessage) {
				m.status, m.code, m.ended = "0", code, n.now()
				if code == "1000" {
					m.status = "3"
				}
			})
			if ended != nil {
				ended(code)
			}
		})
}

// lane is the kind of messages that a path is about.
func nhnLane(what string) (kind string, auth bool) {
	if strings.HasPrefix(what, "sender/mms") {
		return ChannelLMS, false
	}
	return ChannelSMS, strings.HasPrefix(what, "sender/auth/")
}

func (n *NHN) querySMS(r *http.Request, what string) answer {
	request := what[strings.LastIndex(what, "/")+1:]
	seq, ok := number(r.URL.Query().Get("recipientSeq"))
	if !ok || seq < 1 {
		return n.smsError(4)
	}
	kind, auth := nhnLane(what)
	var item map[string]any
	n.messages.change(nhnID(request, seq), func(m *nhnMessage) {
		if m.kind == kind && m.auth == auth {
			item = m.sms()
			item["telecomCode"] = 10001 // a number here, a string in lists
		}
	})
	if item == nil {
		return n.smsError(cmp.Or(n.cfg.UnknownCode, -2008))
	}
	return nhnSuccess("SUCCESS", "body", map[string]any{"data": item})
}

// sms is a message as queries show it.
func (m *nhnMessage) sms() map[string]any {
	names := map[string]string{"0": "실패", "1": "요청", "2": "처리 중", "3": "성공"}
	sendType, messageType := "0", "SMS"
	if m.kind == ChannelLMS {
		sendType, messageType = "1", "LMS"
	}
	if m.auth {
		sendType, messageType = "2", "AUTH"
	}
	item := map[string]any{
		"requestId": m.request, "requestDate": nhnTime(m.asked), "resultDate": nhnTime(m.ended), "templateId": nil, "templateName": nil, "title": m.title,
		"body": m.text, "sendNo": m.from, "countryCode": "82", "recipientNo": m.to, "msgStatus": m.status, "msgStatusName": names[m.status],
		"resultCode": nil, "resultCodeName": nil, "telecomCode": "10001", "telecomCodeName": "SKT", "recipientSeq": m.seq, "sendType": sendType,
		"messageType": messageType, "messageCount": 1, "userId": nil, "adYn": "N", "senderGroupingKey": m.key, "recipientGroupingKey": m.recipientKey,
	}
	if m.code != "" {
		item["resultCode"], item["resultCodeName"] = m.code, nhnResultName(m.code)
		item["dlr"] = map[string]any{"dlrStatus": "", "networkCode": "", "errorCode": ""}
	}
	return item
}

func (n *NHN) listSMS(r *http.Request, what string) answer {
	f, ok := nhnFilterOf(r, "requestId", "startRequestDate", "startCreateDate")
	if !ok {
		return n.smsError(-1005)
	}
	f.kind, f.auth = nhnLane(what)
	items, total := n.list(f, (*nhnMessage).sms)
	return nhnSuccess("SUCCESS", "body", map[string]any{"pageNum": f.page, "pageSize": f.size, "totalCount": total, "data": items})
}

// nhnFilter is what a list is asked for.
type nhnFilter struct {
	kind                                  string
	auth, anyAuth                         bool
	request, key, recipientKey, to, state string
	from, until                           time.Time
	page, size                            int
}

// nhnFilterOf reads the parameters of a list; one of needed must be there, a start with its end at most 31 days later.
func nhnFilterOf(r *http.Request, needed ...string) (nhnFilter, bool) {
	q := r.URL.Query()
	f := nhnFilter{page: 1, size: 15}
	if repeated(q) || !slices.ContainsFunc(needed, q.Has) {
		return f, false
	}
	for name := range q {
		v, ok := q.Get(name), true
		switch name {
		case "requestId":
			f.request = v
		case "senderGroupingKey":
			f.key = v
		case "recipientGroupingKey":
			f.recipientKey = v
		case "recipientNo":
			f.to = v
		case "msgStatus", "messageStatus":
			f.state = v
		case "sendNo", "templateId", "templateCode", "senderKey", "resultCode":
		case "pageNum":
			f.page, ok = number(v)
			ok = ok && f.page >= 1
		case "pageSize":
			f.size, ok = number(v)
			ok = ok && f.size >= 1 && f.size <= 1000
		case "startRequestDate", "startCreateDate", "startSendDate":
			f.from, ok = nhnDate(v)
			ok = ok && q.Has("end"+name[len("start"):])
		case "endRequestDate", "endCreateDate", "endSendDate":
			f.until, ok = nhnDate(v)
			ok = ok && q.Has("start"+name[len("end"):])
		default:
			ok = false
		}
		if !ok {
			return f, false
		}
	}
	const month = 31 * 24 * time.Hour
	return f, f.until.Sub(f.from) >= 0 && f.until.Sub(f.from) <= month
}

// nhnDate reads local time without a zone, to the minute or the second.
func nhnDate(s string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, kst()); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func (f nhnFilter) wants(m *nhnMessage) bool {
	is := func(want, has string) bool { return want == "" || want == has }
	return f.kind == m.kind && (f.anyAuth || f.auth == m.auth) && is(f.request, m.request) && is(f.key, m.key) && is(f.recipientKey, m.recipientKey) &&
		is(f.to, m.to) && is(f.state, m.status) && (f.from.IsZero() || !m.asked.Truncate(time.Second).Before(f.from)) && (f.until.IsZero() || !m.asked.After(f.until))
}

func (n *NHN) list(f nhnFilter, show func(*nhnMessage) map[string]any) (items []map[string]any, total int) {
	items = []map[string]any{}
	for m := range n.messages.newest() {
		if !f.wants(m) {
			continue
		}
		if total/f.size == f.page-1 {
			items = append(items, show(m))
		}
		total++
	}
	return items, total
}
