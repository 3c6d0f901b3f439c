package vendorsim

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// identityVendor is what differs between the vendors behind Barocert.
type identityVendor struct {
	name, path, scope, title string
	fields                   []identityField
	pass                     bool
}

type identityField struct {
	name      string
	needed    bool
	encrypted bool
	longest   int // characters, decrypted
}

func kakaoIdentity() identityVendor {
	return identityVendor{name: "kakao", path: "KAKAO", scope: "40", title: "카카오톡 지갑", fields: []identityField{
		{"receiverHP", true, true, 11}, {"receiverName", true, true, 80}, {"receiverBirthday", true, true, 8}, {"reqTitle", true, false, 40},
		{"extraMessage", false, true, 500}, {"token", true, true, 40}, {"returnURL", false, false, 500},
	}}
}

func passIdentity() identityVendor {
	return identityVendor{name: "pass", path: "PASS", scope: "44", title: "PASS", pass: true, fields: []identityField{
		{"receiverHP", true, true, 11}, {"receiverName", true, true, 80}, {"receiverBirthday", false, true, 8}, {"reqTitle", true, false, 40},
		{"reqMessage", false, true, 500}, {"callCenterNum", true, false, 12}, {"token", true, true, 2800},
		{"telcoType", false, false, 3}, {"deviceOSType", false, false, 7},
	}}
}

// receipt is one request to confirm; its bag guards what changes.
type receipt struct {
	id, client, vendor                     string
	text                                   map[string]string // fields, decrypted
	flags                                  map[string]bool
	expireIn                               int
	state                                  int // 0 waiting, 1 done, 3 rejected; expiry is found by the clock
	asked, viewed, decided, expires, proof time.Time
	person                                 Person // who is proved
}

// request is step one: it makes a request to confirm on the citizen's telephone.
func (b *Barocert) request(v identityVendor, r *http.Request, body []byte) answer {
	if code := b.allowed(v, r, body); code != 0 {
		return b.problem(code)
	}
	_, client, _ := v.step(r)
	if r.Header.Get("x-bc-encryptionmode") != "GCM" { // CBC exists, this server does not know it
		return b.problem(codeFormat)
	}
	var raw map[string]any
	if !isJSON(r) || !decodeStrict(body, &raw) {
		return b.problem(codeFormat)
	}
	rc := receipt{client: client, vendor: v.name}
	var code int
	if rc.text, rc.flags, rc.expireIn, code = b.read(v, raw); code != 0 {
		return b.problem(code)
	}
	owner, known := b.people[rc.text["receiverHP"]]
	if birthday := rc.text["receiverBirthday"]; !known || owner.Name != rc.text["receiverName"] || birthday != "" && owner.Birthday != birthday {
		return b.problem(codeNobody)
	}
	b.mu.Lock()
	rich := b.points > 0
	if rich {
		b.points--
	}
	b.mu.Unlock()
	if !rich {
		return b.problem(codePoints)
	}
	rc.asked = b.now()
	rc.expires = rc.asked.Add(time.Duration(rc.expireIn) * time.Second)
	rc.id = receiptID(rc.asked)
	b.receipts.put(rc.id, &rc)
	b.ring(v, rc.id, owner.Phone, rc.text)
	out := map[string]any{"receiptID": rc.id, "scheme": ""}
	if rc.flags["appUseYN"] {
		out["scheme"] = map[string]string{"kakao": "kakaotalk://", "pass": "tauthlink://"}[v.name] + "bizcert?id=" + rc.id
	}
	if v.pass {
		out["marketUrl"] = ""
	}
	return jsonAnswer(http.StatusOK, out)
}

// receiptID has 32 digits: the time in Korea and a random part.
func receiptID(at time.Time) string {
	raw := make([]byte, 18)
	_, _ = rand.Read(raw)
	for i := range raw {
		raw[i] = '0' + raw[i]%10
	}
	return at.In(kst()).Format("20060102150405") + string(raw)
}

// allowed checks what every POST must have.
func (b *Barocert) allowed(v identityVendor, r *http.Request, body []byte) int {
	if code := b.session(r, v.scope); code != 0 {
		return code
	}
	if code := b.signed(r, body); code != 0 {
		return code
	}
	if _, client, _ := v.step(r); !slices.Contains(b.cfg.ClientCodes, client) {
		return codeClient
	}
	return 0
}

// read takes the fields of a request: none unknown, none missing, decrypted where they are encrypted.
func (b *Barocert) read(v identityVendor, raw map[string]any) (text map[string]string, flags map[string]bool, expireIn, code int) {
	text, flags = map[string]string{}, map[string]bool{}
	const longestWait = 1000 // seconds
	for _, f := range v.fields {
		value, isText := raw[f.name].(string)
		if raw[f.name] != nil && !isText {
			return nil, nil, 0, codeField
		}
		delete(raw, f.name)
		if value != "" && f.encrypted {
			var ok bool
			if value, ok = b.open(value); !ok {
				return nil, nil, 0, codeCipher
			}
		}
		if value == "" && f.needed || utf8.RuneCountInString(value) > f.longest {
			return nil, nil, 0, codeField
		}
		text[f.name] = value
	}
	wait, ok := raw["expireIn"].(float64)
	if !ok || wait < 1 || wait > longestWait || wait != float64(int(wait)) {
		return nil, nil, 0, codeField
	}
	delete(raw, "expireIn")
	for _, name := range []string{"appUseYN", "userAgreementYN", "receiverInfoYN", "useTssYN"} {
		if name == "appUseYN" || v.pass {
			if raw[name] != nil {
				if flags[name], ok = raw[name].(bool); !ok {
					return nil, nil, 0, codeField
				}
			}
			delete(raw, name)
		}
	}
	birthday := text["receiverBirthday"]
	if _, err := time.Parse("20060102", birthday); birthday != "" && err != nil || !isDigits(text["receiverHP"], 10, 11) || len(raw) > 0 ||
		!slices.Contains([]string{"", "SKT", "KT", "LGU"}, text["telcoType"]) || !slices.Contains([]string{"", "ANDROID", "IOS"}, text["deviceOSType"]) {
		return nil, nil, 0, codeField
	}
	return text, flags, int(wait), 0
}

// ring shows the request on the telephone, whose owner then decides.
func (b *Barocert) ring(v identityVendor, id, number string, text map[string]string) {
	show := func() {
		b.cfg.Phone.deliver(number, Text{Channel: ChannelPush, From: v.title, Title: text["reqTitle"], Text: text["extraMessage"] + text["reqMessage"], Vendor: v.name, Key: id})
		habit := b.cfg.Phone.behaviour(number)
		b.receipts.change(id, func(r *receipt) { r.viewed = b.now() })
		if habit.Choice != Ignore {
			b.later.after(habit.After, func() { b.receipts.change(id, func(r *receipt) { b.decide(r, habit.Choice) }) })
		}
	}
	b.push.hits.Add(1)
	if habit := b.cfg.Phone.behaviour(number); habit.Trouble == NoSuchLine || habit.Trouble == Swallowed || v.pass && habit.Trouble == PhoneOff {
		return
	}
	sc := b.push.script.Load()
	switch {
	case sc == nil || !sc.strikes():
		show()
	case sc.fault.Mode == Slow:
		b.later.after(sc.fault.Delay, show)
	}
}

// decide is the citizen's choice; the caller holds the bag. False: it is too late.
func (b *Barocert) decide(r *receipt, c Choice) bool {
	now := b.now()
	if r.state != 0 || now.After(r.expires) {
		return false
	}
	r.decided, r.state = now, 3
	if c == Confirm {
		r.state = 1
		b.mu.Lock()
		other, swapped := b.proofs[r.text["receiverHP"]]
		b.mu.Unlock()
		r.person = b.people[r.text["receiverHP"]]
		if swapped {
			r.person = other
		}
	}
	return true
}

// shown is the state in the vendor's numbers; the caller holds the bag.
func (b *Barocert) shown(r *receipt) int {
	switch {
	case r.state == 3:
		return b.cfg.RejectedState
	case r.state == 0 && b.now().After(r.expires):
		return b.cfg.ExpiredState
	}
	return r.state
}

// find gives a request of that client and vendor to look at.
func (b *Barocert) find(v identityVendor, client, id string, look func(*receipt) answer) answer {
	out := b.problem(codeReceipt)
	b.receipts.change(id, func(r *receipt) {
		if r.client == client && r.vendor == v.name {
			out = look(r)
		}
	})
	return out
}

// overToday: PASS tells nothing after 23:59:59 of the day of the request, in Korea.
func (b *Barocert) overToday(r *receipt) bool {
	return r.vendor == "pass" && b.now().In(kst()).Format("20060102") != r.asked.In(kst()).Format("20060102")
}

func (b *Barocert) status(v identityVendor, r *http.Request) answer {
	if code := b.session(r, v.scope); code != 0 {
		return b.problem(code)
	}
	_, client, id := v.step(r)
	return b.find(v, client, id, func(rc *receipt) answer {
		if b.overToday(rc) {
			return b.problem(codeTooLate)
		}
		date := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.In(kst()).Format("20060102150405")
		}
		out := map[string]any{"receiptID": rc.id, "clientCode": rc.client, "state": b.shown(rc), "expireIn": rc.expireIn, "callCenterName": "TEST",
			"callCenterNum": "1600-0000", "reqTitle": rc.text["reqTitle"], "tokenType": "TEXT", "requestDT": date(rc.asked), "completeDT": "",
			"expireDT": date(rc.expires), "scheme": "", "appUseYN": rc.flags["appUseYN"]}
		if rc.state == 1 {
			out["completeDT"] = date(rc.decided)
		}
		if v.pass {
			out["callCenterNum"], out["reqMessage"], out["rejectDT"] = rc.text["callCenterNum"], rc.text["reqMessage"], ""
			if rc.state == 3 {
				out["rejectDT"] = date(rc.decided)
			}
			for _, f := range []string{"userAgreementYN", "receiverInfoYN"} {
				out[f] = rc.flags[f]
			}
			out["telcoType"], out["deviceOSType"] = rc.text["telcoType"], rc.text["deviceOSType"]
		} else {
			out["authCategory"], out["returnURL"], out["viewDT"], out["verifyDT"] = "", rc.text["returnURL"], date(rc.viewed), date(rc.proof)
		}
		return jsonAnswer(http.StatusOK, out)
	})
}

// verify is the last step: KAKAO once and soon after completion, PASS with number and name again.
func (b *Barocert) verify(v identityVendor, r *http.Request, body []byte) answer {
	if code := b.allowed(v, r, body); code != 0 {
		return b.problem(code)
	}
	number, name := "", ""
	if v.pass {
		var ask struct {
			HP   string `json:"receiverHP"`
			Name string `json:"receiverName"`
		}
		if r.Header.Get("x-bc-encryptionmode") != "GCM" || !isJSON(r) || !decodeStrict(body, &ask) {
			return b.problem(codeFormat)
		}
		var okHP, okName bool
		number, okHP = b.open(ask.HP)
		if name, okName = b.open(ask.Name); !okHP || !okName {
			return b.problem(codeCipher)
		}
	} else if s := strings.TrimSpace(string(body)); s != "" && s != `""` { // older libraries send an empty string
		return b.problem(codeFormat)
	}
	_, client, id := v.step(r)
	return b.find(v, client, id, func(rc *receipt) answer {
		switch {
		case rc.state != 1:
			return b.problem(codeIncomplete)
		case v.pass && (number != rc.text["receiverHP"] || name != rc.text["receiverName"]):
			return b.problem(codeOther)
		case b.overToday(rc), !v.pass && b.now().Sub(rc.decided) > b.cfg.VerifyWithin:
			return b.problem(codeTooLate)
		case !v.pass && !rc.proof.IsZero():
			return b.problem(codeVerified)
		}
		rc.proof = b.now()
		p := rc.person
		year, day := p.Birthday, ""
		if len(year) == 8 {
			year, day = year[:4], year[4:]
		}
		out := map[string]any{"receiptID": rc.id, "state": 1, "signedData": rc.text["token"], "ci": p.CI, "receiverName": p.Name, "receiverYear": year,
			"receiverDay": day, "receiverGender": p.Gender, "receiverForeign": yn(p.Foreign), "receiverTelcoType": p.telco()}
		if !v.pass {
			out["receiverHP"] = p.Phone
		} else if !b.closed(out) {
			return b.problem(codeSystem)
		}
		return jsonAnswer(http.StatusOK, out)
	})
}

func (p Person) telco() string {
	if p.Telco == "" {
		return "SKT"
	}
	return p.Telco
}
