package vendorsim

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// solapiAsk is a message as a request has it.
type solapiAsk struct {
	To             string            `json:"to"`
	From           string            `json:"from"`
	Text           string            `json:"text"`
	Type           string            `json:"type"`
	Country        string            `json:"country"`
	Subject        string            `json:"subject"`
	CustomFields   map[string]string `json:"customFields"`
	KakaoOptions   *solapiKakao      `json:"kakaoOptions"`
	AutoTypeDetect *bool             `json:"autoTypeDetect"`
}

type solapiKakao struct {
	PfID       string            `json:"pfId"`
	TemplateID string            `json:"templateId"`
	Variables  map[string]string `json:"variables"`
	DisableSms bool              `json:"disableSms"`
	AdFlag     bool              `json:"adFlag"`
	ImageID    *string           `json:"imageId"`
	Title      *string           `json:"title"`
	Buttons    []any             `json:"buttons"`
}

func (s *Solapi) send(r *http.Request, forced string) answer {
	var ask struct {
		Message         *solapiAsk     `json:"message"`
		Strict          bool           `json:"strict"`
		AllowDuplicates bool           `json:"allowDuplicates"`
		Agent           map[string]any `json:"agent"`
	}
	if !readJSON(r, &ask) || ask.Message == nil {
		return solapiError("ValidationError")
	}
	if forced == "" && !s.quota.allow(s.now()) {
		return solapiError("TooManyRequests")
	}
	m := s.take(*ask.Message, cmp.Or(forced, s.refuse(*ask.Message)), "G4V"+s.stamp())
	if m.code != "2000" && s.cfg.SingleStatus != http.StatusOK {
		a := solapiError(m.code)
		a.status = s.cfg.SingleStatus
		return a
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"groupId": m.group, "messageId": m.id, "accountId": solapiAccount, "statusMessage": solapiStatuses()[m.code], "statusCode": m.code,
		"to": m.to, "from": m.from, "type": m.kind, "country": m.country,
	})
}

func (s *Solapi) sendMany(r *http.Request, forced string) answer {
	var ask struct {
		Messages        []solapiAsk    `json:"messages"`
		Strict          bool           `json:"strict"`
		AllowDuplicates bool           `json:"allowDuplicates"`
		ShowMessageList bool           `json:"showMessageList"`
		Agent           map[string]any `json:"agent"`
	}
	const most = 10_000
	if !readJSON(r, &ask) || len(ask.Messages) == 0 || len(ask.Messages) > most {
		return solapiError("ValidationError")
	}
	group, before := "G4V"+s.stamp(), s.Balance()
	failed, taken, charge := []any{}, []any{}, map[string]map[string]int{}
	seen := map[string]bool{}
	for _, a := range ask.Messages {
		if forced == "" && !s.quota.allow(s.now()) {
			return solapiError("TooManyRequests")
		}
		code := cmp.Or(forced, s.refuse(a))
		if code == "" && seen[a.To] && !ask.AllowDuplicates {
			code = "1026"
		}
		seen[a.To] = true
		m := s.take(a, code, group)
		if m.code != "2000" {
			item := map[string]any{"to": m.to, "from": m.from, "type": m.kind, "country": m.country, "messageId": m.id,
				"statusCode": m.code, "statusMessage": solapiStatuses()[m.code], "accountId": solapiAccount}
			if m.custom != nil {
				item["customFields"] = m.custom
			}
			failed = append(failed, item)
			continue
		}
		kind := strings.ToLower(m.kind)
		if charge[kind] == nil {
			charge[kind] = map[string]int{}
		}
		charge[kind][m.country]++
		taken = append(taken, map[string]any{"messageId": m.id, "statusCode": m.code, "statusMessage": solapiStatuses()[m.code], "customFields": m.customFields()})
	}
	ok := len(taken)
	if !ask.ShowMessageList {
		taken = []any{} // UNCONFIRMED whether the list is empty or absent then
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"failedMessageList": failed, "messageList": taken,
		"groupInfo": s.group(group, len(ask.Messages), ok, before-s.Balance(), charge),
	})
}

const solapiAccount = "26010100000001"

// group is what the answer tells of the group.
func (s *Solapi) group(id string, total, ok, cost int, charge map[string]map[string]int) map[string]any {
	now := solapiTime(s.now())
	sums := func(n int) map[string]int {
		return map[string]int{"requested": n, "replacement": 0, "additional": 0, "refund": 0, "sum": n}
	}
	status := "SENDING"
	if ok == 0 {
		status = "FAILED"
	}
	return map[string]any{
		"groupId": id, "status": status, "accountId": solapiAccount, "masterAccountId": nil, "apiVersion": "4", "allowDuplicates": false, "isRefunded": false,
		"count": map[string]int{"total": total, "sentTotal": 0, "sentFailed": 0, "sentSuccess": 0, "sentPending": 0, "sentReplacement": 0, "refund": 0,
			"registeredFailed": total - ok, "registeredSuccess": ok},
		"countForCharge": charge, "balance": sums(cost), "point": sums(0),
		"app": map[string]any{"app": nil, "version": nil, "profit": map[string]int{"sms": 0}}, "log": []any{}, "price": map[string]any{},
		"scheduledDate": nil, "dateSent": now, "dateCompleted": nil, "dateCreated": now, "dateUpdated": now,
	}
}

// stamp is what ids are made of: the time in Korea and a random part.
func (s *Solapi) stamp() string { return s.now().In(kst()).Format("20060102150405") + serial(15) }

func solapiTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// kind is the type of a message, found by its content when it is not given.
func (a solapiAsk) kind() string {
	if a.Type != "" {
		return strings.ToUpper(a.Type)
	}
	n, _ := euckrLen(a.Text)
	switch {
	case a.AutoTypeDetect != nil && !*a.AutoTypeDetect:
		return ""
	case a.KakaoOptions != nil:
		return "ATA"
	case n > maxSMS || a.Subject != "":
		return "LMS"
	}
	return "SMS"
}

const (
	maxSMS      = 90   // bytes
	maxLMS      = 2000 // bytes
	maxSubject  = 40   // bytes
	maxAlimTalk = 1000 // characters
)

// refuse is the status code with which a message is not accepted, or nothing.
func (s *Solapi) refuse(a solapiAsk) string {
	kind := a.kind()
	switch {
	case a.To == "", a.From == "" && (kind != "ATA" || !a.KakaoOptions.disabled()), kind == "":
		return "1010"
	case !isDigits(a.To, 9, 12) || a.To[0] != '0', a.From != "" && !isDigits(a.From, 8, 12), a.Country != "" && a.Country != "82":
		return "1011"
	case a.From != "" && !slices.Contains(s.cfg.Senders, a.From):
		return "1062"
	case (kind == "ATA") != (a.KakaoOptions != nil):
		return "1033"
	}
	for k, v := range a.CustomFields {
		if k == "" || utf8.RuneCountInString(k) > 30 || utf8.RuneCountInString(v) > 100 {
			return "1032"
		}
	}
	switch kind {
	case "ATA":
		_, code := s.render(a)
		return code
	case "SMS":
		if a.Subject != "" {
			return "1013"
		}
		return textRefused(a.Text, maxSMS)
	case "LMS":
		if n, ok := euckrLen(a.Subject); !ok || n > maxSubject {
			return "1014"
		}
		return textRefused(a.Text, maxLMS)
	}
	return "1025"
}

func (k *solapiKakao) disabled() bool { return k != nil && k.DisableSms }

func textRefused(text string, longest int) string {
	n, ok := euckrLen(text)
	switch {
	case text == "":
		return "1010"
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }):
		return "1028"
	case !ok:
		return "1029"
	case n > longest:
		return "1031"
	}
	return ""
}

// render is the text of an AlimTalk, which must be the template with its variables put in, character for character.
func (s *Solapi) render(a solapiAsk) (text, code string) {
	k := a.KakaoOptions
	template, known := s.cfg.Templates[k.TemplateID]
	switch {
	case s.cfg.PfID == "" || k.PfID != s.cfg.PfID:
		return "", "1041"
	case !known:
		return "", "1042"
	}
	text, complete := fill(template, func(name string) (string, bool) { v, ok := k.Variables["#{"+name+"}"]; return v, ok })
	switch {
	case !complete && (len(k.Variables) > 0 || a.Text == "" || !fits(template, a.Text)):
		return "", "1043"
	case !complete:
		text = a.Text
	case a.Text != "" && a.Text != text:
		return "", "1043"
	}
	if utf8.RuneCountInString(text) > maxAlimTalk {
		return "", "1031"
	}
	return text, ""
}

var templateVariable = regexp.MustCompile(`#\{([^{}]*)\}`)

// fill puts variables into a template; false: one has no value.
func fill(template string, value func(name string) (string, bool)) (string, bool) {
	complete := true
	text := templateVariable.ReplaceAllStringFunc(template, func(v string) string {
		s, ok := value(v[2 : len(v)-1])
		complete = complete && ok
		return s
	})
	return text, complete
}

// fits reports a text that the template could have become.
func fits(template, text string) bool {
	var b strings.Builder
	at := 0
	for _, v := range templateVariable.FindAllStringIndex(template, -1) {
		b.WriteString(regexp.QuoteMeta(template[at:v[0]]) + `(?s:.*)`)
		at = v[1]
	}
	b.WriteString(regexp.QuoteMeta(template[at:]))
	re, err := regexp.Compile(`^(?:` + b.String() + `)$`)
	return err == nil && re.MatchString(text)
}
