package vendorsim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// nhnResend is what happens when Kakao fails.
type nhnResend struct {
	IsResend      bool   `json:"isResend"`
	ResendType    string `json:"resendType"`
	ResendTitle   string `json:"resendTitle"`
	ResendContent string `json:"resendContent"`
	ResendSendNo  string `json:"resendSendNo"`
}

type nhnTalkRecipient struct {
	RecipientNo          string            `json:"recipientNo"`
	Content              *string           `json:"content"`
	TemplateParameter    map[string]string `json:"templateParameter"`
	RecipientGroupingKey string            `json:"recipientGroupingKey"`
	ResendParameter      *nhnResend        `json:"resendParameter"`
}

// sendTalk takes AlimTalk: with parameters of a template, or with the whole text ("raw").
func (n *NHN) sendTalk(r *http.Request, what string) answer {
	var ask struct {
		SenderKey         string             `json:"senderKey"`
		TemplateCode      string             `json:"templateCode"`
		SenderGroupingKey string             `json:"senderGroupingKey"`
		RecipientList     []nhnTalkRecipient `json:"recipientList"`
		CreateUser        string             `json:"createUser"`
		StatsID           string             `json:"statsId"`
	}
	if !readJSON(r, &ask) {
		return n.talkError(4)
	}
	switch template, known := n.cfg.Templates[ask.TemplateCode]; {
	case ask.SenderKey == "":
		return n.talkError(-1006)
	case n.cfg.SenderKey == "" || ask.SenderKey != n.cfg.SenderKey:
		return n.talkError(-2017)
	case len(ask.SenderGroupingKey) > 100:
		return n.talkError(4)
	case !known:
		return n.talkError(-3003)
	case len(ask.RecipientList) == 0:
		return n.talkError(-2001)
	case len(ask.RecipientList) > 1000:
		return n.talkError(-2002)
	default:
		raw, auth := strings.HasSuffix(what, "raw-messages"), strings.HasPrefix(what, "auth/")
		texts := make([]string, len(ask.RecipientList))
		codes := make([]int, len(ask.RecipientList))
		failed := 0
		for i, to := range ask.RecipientList {
			if (to.Content != nil) != raw || raw && to.TemplateParameter != nil {
				return n.talkError(4)
			}
			if texts[i], codes[i] = n.refuseTalk(template, to, auth); codes[i] != 0 {
				failed++
			}
		}
		if failed == len(codes) && failed > 1 {
			return n.talkError(-1031)
		}
		if failed == 1 && len(codes) == 1 && codes[0] != -2004 { // a bad number alone is told in the list of results
			return n.talkError(codes[0])
		}
		return n.acceptTalk(r, nhnMessage{key: ask.SenderGroupingKey, template: ask.TemplateCode, auth: auth}, ask.RecipientList, texts, codes)
	}
}

// refuseTalk is the text that Kakao is to show, or the code with which it is not accepted.
func (n *NHN) refuseTalk(template string, to nhnTalkRecipient, auth bool) (string, int) {
	text := ""
	if to.Content != nil {
		text = *to.Content
		if !fits(template, text) {
			return "", -3010
		}
	} else {
		var complete bool
		if text, complete = fill(template, func(name string) (string, bool) { v, ok := to.TemplateParameter[name]; return v, ok }); !complete {
			return "", -3010
		}
	}
	switch {
	case utf8.RuneCountInString(text) > 1300:
		return "", -2003
	case auth && !hasAuthWord(text, "verif"):
		return "", -8000
	case !isDigits(to.RecipientNo, 9, 12) || to.RecipientNo[0] != '0':
		return "", -2004
	}
	if p := to.ResendParameter; p != nil && p.IsResend && (!slices.Contains(n.cfg.SendNumbers, p.ResendSendNo) || !slices.Contains([]string{"", "SMS", "LMS"}, p.ResendType)) {
		return "", -1003
	}
	return text, 0
}

func (n *NHN) acceptTalk(r *http.Request, m nhnMessage, to []nhnTalkRecipient, texts []string, codes []int) answer {
	now := n.now()
	if once := r.Header.Get("X-NC-API-IDEMPOTENCY-KEY"); once != "" {
		if !n.used.putNew(once, now, func(then time.Time) bool { return now.Sub(then) >= 10*time.Minute }) {
			return n.talkError(-1005)
		}
	}
	for range to {
		if !n.day.allow(now) {
			return n.talkError(n.cfg.LimitCode)
		}
	}
	m.request, m.asked, m.kind = n.requestID(now), now, ChannelAlimTalk
	results := []map[string]any{}
	for i, to := range to {
		word := "SUCCESS"
		if codes[i] != 0 {
			word = nhnTalkErrors()[codes[i]]
		} else {
			one := m
			one.seq, one.to, one.text, one.recipientKey, one.parameters = i+1, to.RecipientNo, texts[i], to.RecipientGroupingKey, to.TemplateParameter
			n.bringTalk(one, to.ResendParameter)
		}
		results = append(results, map[string]any{"recipientSeq": i + 1, "recipientNo": to.RecipientNo, "resultCode": codes[i], "resultMessage": word,
			"recipientGroupingKey": to.RecipientGroupingKey})
	}
	return nhnSuccess("success", "message", map[string]any{"requestId": m.request, "senderGroupingKey": m.key, "sendResults": results})
}

func (n *NHN) bringTalk(m nhnMessage, resend *nhnResend) {
	if resend == nil {
		resend = &nhnResend{IsResend: n.cfg.ConsoleResend, ResendSendNo: n.cfg.SendNumbers[0]}
	}
	m.resend = "RSC01"
	if resend.IsResend {
		m.resend = "RSC02"
	}
	id := nhnID(m.request, m.seq)
	n.messages.put(id, &m)
	first := m
	text := Text{Channel: ChannelAlimTalk, From: n.cfg.SenderKey, Text: m.text, Key: m.key}
	n.talk.bring(m.to, text, func() {}, func(f fate) {
		code := cmp.Or(f.code, nhnTroubles(f.trouble, true))
		again := resend.IsResend && code != "1000"
		n.messages.change(id, func(m *nhnMessage) {
			m.status, m.code, m.ended = "FAILED", code, n.now()
			if code == "1000" {
				m.status, m.resend = "COMPLETED", "RSC01"
			}
		})
		if code == "3005" && n.cfg.LateAfter > 0 {
			text.Vendor = "nhn"
			n.talk.later.after(n.cfg.LateAfter, func() { n.talk.phone.deliver(first.to, text) })
		}
		if again {
			n.resend(id, first, *resend)
		}
	})
}

// resend sends an SMS or LMS in place of an AlimTalk that failed.
func (n *NHN) resend(id string, m nhnMessage, p nhnResend) {
	text := cmp.Or(p.ResendContent, m.text)
	kind := ChannelSMS
	if size, _ := euckrLen(text); p.ResendType == "LMS" || p.ResendType == "" && size > maxSMS {
		kind = ChannelLMS
	}
	request := n.requestID(n.now())
	n.messages.change(id, func(m *nhnMessage) { m.resend, m.resendRequest = "RSC03", request })
	n.bringSMS(nhnMessage{request: request, key: m.key, recipientKey: m.recipientKey, seq: 1, kind: kind, to: m.to, from: p.ResendSendNo,
		text: text, title: p.ResendTitle, asked: n.now()}, func(code string) {
		n.messages.change(id, func(m *nhnMessage) {
			m.resend, m.resendCode = "RSC05", code
			if code == "1000" {
				m.resend = "RSC04"
			}
		})
	})
}

func (n *NHN) queryTalk(r *http.Request, what string) answer {
	request, recipient, _ := strings.Cut(strings.TrimPrefix(what, "messages/"), "/")
	seq, ok := number(recipient)
	if !ok {
		return n.talkError(4)
	}
	var item map[string]any
	n.messages.change(nhnID(request, seq), func(m *nhnMessage) {
		if m.kind == ChannelAlimTalk {
			item = n.talkItem(m)
		}
	})
	if item == nil {
		return n.talkError(cmp.Or(n.cfg.UnknownCode, 4))
	}
	return nhnSuccess("success", "message", item)
}

// talkItem is a message as queries show it. UNCONFIRMED: messageStatus is null until there is a result.
func (n *NHN) talkItem(m *nhnMessage) map[string]any {
	names := map[string]string{"RSC01": "비대상", "RSC02": "대상", "RSC03": "진행 중", "RSC04": "성공", "RSC05": "실패"}
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	date := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.In(kst()).Format("2006-01-02 15:04:05")
	}
	item := map[string]any{
		"requestId": m.request, "recipientSeq": m.seq, "plusFriendId": "@demo", "senderKey": n.cfg.SenderKey, "templateCode": m.template, "recipientNo": m.to,
		"content": m.text, "requestDate": date(m.asked), "createDate": date(m.asked), "receiveDate": date(m.ended), "messageStatus": orNull(m.status),
		"resultCode": orNull(m.code), "resultCodeName": nil, "resendStatus": m.resend, "resendStatusName": names[m.resend],
		"resendResultCode": orNull(m.resendCode), "resendRequestId": orNull(m.resendRequest), "senderGroupingKey": m.key, "recipientGroupingKey": m.recipientKey,
	}
	if m.code != "" {
		item["resultCodeName"] = nhnResultName(m.code)
	}
	return item
}

func (n *NHN) listTalk(r *http.Request, _ string) answer {
	f, ok := nhnFilterOf(r, "requestId", "startRequestDate", "startCreateDate")
	if !ok {
		return n.talkError(4)
	}
	f.kind, f.anyAuth = ChannelAlimTalk, true
	items, total := n.list(f, n.talkItem)
	return nhnSuccess("success", "messageSearchResultResponse", map[string]any{"messages": items, "totalCount": total})
}
