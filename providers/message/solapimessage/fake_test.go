package solapimessage_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"time"

	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/messagetest"
)

const (
	apiKey    = "CANARYKEY7F3A91"
	apiSecret = "CANARYSECRET5D0E88"
)

// fake is a small Solapi: strict about the signature, generous with nulls and 0s and 1s.
type fake struct {
	*httptest.Server
	mu    sync.Mutex
	mood  messagetest.Mood
	asked int
	used  map[string]bool
	sent  []map[string]any
	bells map[string][]messagetest.Arrival
}

func startFake() *fake {
	f := &fake{mood: messagetest.Well, used: map[string]bool{}, bells: map[string][]messagetest.Arrival{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /messages/v4/send-many/detail", f.send)
	mux.HandleFunc("GET /messages/v4/list", f.list)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.asked++
		if f.mood == messagetest.Down {
			http.Error(w, "<html>점검 중입니다</html>", http.StatusServiceUnavailable)
			return
		}
		if code := f.denied(r); code != "" {
			say(w, http.StatusForbidden, map[string]any{"errorCode": code, "errorMessage": "거부"})
			return
		}
		mux.ServeHTTP(w, r)
	}))
	return f
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

var authorization = regexp.MustCompile(`^HMAC-SHA256 apiKey=(\w+), date=([0-9TZ:.-]+), salt=(\w{12,64}), signature=([0-9a-f]{64})$`)

func (f *fake) denied(r *http.Request) string {
	a := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if a == nil || a[1] != apiKey {
		return "InvalidAPIKey"
	}
	mac := hmac.New(sha256.New, []byte(apiSecret))
	mac.Write([]byte(a[2] + a[3]))
	at, err := time.Parse(time.RFC3339, a[2])
	switch {
	case hex.EncodeToString(mac.Sum(nil)) != a[4]:
		return "SignatureDoesNotMatch"
	case err != nil || time.Since(at).Abs() > 15*time.Minute:
		return "RequestTimeTooSkewed"
	case f.used[a[4]]:
		return "DuplicatedSignature"
	}
	f.used[a[4]] = true
	return ""
}

func (f *fake) send(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Messages []struct {
			To, From, Text, Type, Country, Subject string
			CustomFields                           map[string]string
			KakaoOptions                           *struct {
				PfID, TemplateID string
				Variables        map[string]string
				DisableSMS       bool
			}
		}
		ShowMessageList, AllowDuplicates bool
	}
	if err := json.NewDecoder(r.Body).Decode(&b); err != nil || len(b.Messages) != 1 || b.AllowDuplicates {
		say(w, http.StatusBadRequest, map[string]any{"errorCode": "ValidationError", "errorMessage": "x"})
		return
	}
	m := b.Messages[0]
	id := fmt.Sprintf("M4V20260201030405ABCDEFGHIJ%07d", len(f.sent))
	group := map[string]any{"groupId": "G4V20260201030405ABCDEFGHIJKLMNOP", "status": "SENDING", "masterAccountId": nil}
	if f.mood == messagetest.Refusing {
		say(w, 200, map[string]any{"groupInfo": group, "messageList": []any{}, "failedMessageList": []any{map[string]any{
			"to": m.To, "from": m.From, "type": m.Type, "country": "82", "messageId": id, "statusCode": "1062", "statusMessage": "발신번호 미등록", "customFields": m.CustomFields,
		}}})
		return
	}
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	code := "4000"
	replaced := 0
	switch {
	case f.mood == messagetest.Slow:
		code = "3000"
	case f.mood != messagetest.Undelivered:
		f.arrive(m.To, m.Type, m.Text)
	case m.KakaoOptions != nil && !m.KakaoOptions.DisableSMS:
		replaced = 1
		f.arrive(m.To, "SMS", m.Text)
	case m.KakaoOptions != nil:
		code = "3104"
	default:
		code = "3056"
	}
	f.sent = append(f.sent, map[string]any{
		"messageId": id, "groupId": group["groupId"], "type": m.Type, "to": m.To, "from": m.From, "text": m.Text, "subject": nil, "statusCode": code, "replacement": replaced, "autoTypeDetect": 1,
		"reason": nil, "networkName": nil, "dateCreated": now, "dateUpdated": now, "dateReported": nil, "dateReceived": nil, "customFields": m.CustomFields, "kakaoOptions": map[string]any{"pfId": nil, "buttons": []any{}},
	})
	if f.mood == messagetest.Swallowing {
		panic(http.ErrAbortHandler)
	}
	say(w, 200, map[string]any{"groupInfo": group, "failedMessageList": []any{}, "messageList": []any{map[string]any{
		"messageId": id, "statusCode": "2000", "statusMessage": "정상 접수(이통사로 접수 예정)", "customFields": m.CustomFields,
	}}})
}

func (f *fake) arrive(to, kind, text string) {
	channel := map[string]message.Channel{"SMS": message.SMS, "LMS": message.LMS, "ATA": message.AlimTalk}[kind]
	f.bells[to] = append(f.bells[to], messagetest.Arrival{Channel: channel, Text: text})
}

func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	found := map[string]any{}
	for _, m := range f.sent {
		if (q.Get("messageId") == "" || m["messageId"] == q.Get("messageId")) && (q.Get("to") == "" || m["to"] == q.Get("to")) {
			found[m["messageId"].(string)] = m
		}
	}
	say(w, 200, map[string]any{"startKey": nil, "nextKey": nil, "limit": 20, "messageList": found})
}

func (f *fake) be(m messagetest.Mood) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mood = m
	for _, s := range f.sent {
		if m == messagetest.Well && s["statusCode"] == "3000" {
			s["statusCode"], s["replacement"] = "4000", false
			f.arrive(s["to"].(string), s["type"].(string), s["text"].(string))
		}
	}
	return nil
}

func (f *fake) inbox(to string) []messagetest.Arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]messagetest.Arrival(nil), f.bells[to]...)
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}
