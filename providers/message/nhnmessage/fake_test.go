package nhnmessage_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/detour-go/detour/providers/message"
	"github.com/detour-go/detour/providers/message/messagetest"
)

const (
	appKey    = "CANARYAPPKEY7f3a"
	secretKey = "CANARYSECRET5d0e"
	senderKey = "CANARYSENDERKEY0123456789012345678901234"
)

// fake is a small NHN Cloud: both services on one host, the console's default is to replace.
type fake struct {
	*httptest.Server
	mu    sync.Mutex
	mood  messagetest.Mood
	asked int
	used  map[string]bool // idempotency keys
	sent  []*parcel
	bells map[string][]messagetest.Arrival
}

type parcel struct {
	lane, to, text string
	channel        message.Channel
	fields         map[string]any
}

func startFake() *fake {
	f := &fake{mood: messagetest.Well, used: map[string]bool{}, bells: map[string][]messagetest.Arrival{}}
	mux := http.NewServeMux()
	for _, lane := range []string{"sms", "auth/sms", "mms"} {
		at := "/sms/v3.0/appKeys/" + appKey + "/sender/" + lane
		mux.HandleFunc("POST "+at, func(w http.ResponseWriter, r *http.Request) { f.sms(w, r, lane) })
		mux.HandleFunc("GET "+at, func(w http.ResponseWriter, r *http.Request) {
			found := f.find(lane, r.URL.Query().Get("senderGroupingKey"))
			say(w, 0, map[string]any{"body": map[string]any{"pageNum": 1, "pageSize": 15, "totalCount": len(found), "data": found}})
		})
		mux.HandleFunc("GET "+at+"/{id}", func(w http.ResponseWriter, r *http.Request) {
			if one := f.one(lane, r.PathValue("id")); one != nil && r.URL.Query().Get("recipientSeq") == "1" {
				say(w, 0, map[string]any{"body": map[string]any{"data": one}})
				return
			}
			say(w, -2008, nil)
		})
	}
	for _, lane := range []string{"messages", "auth/messages"} {
		at := "/alimtalk/v2.3/appkeys/" + appKey + "/" + lane
		mux.HandleFunc("POST "+at, func(w http.ResponseWriter, r *http.Request) { f.talk(w, r, lane) })
		mux.HandleFunc("GET "+at, func(w http.ResponseWriter, r *http.Request) {
			found := f.find(lane, r.URL.Query().Get("senderGroupingKey"))
			say(w, 0, map[string]any{"messageSearchResultResponse": map[string]any{"messages": found, "totalCount": len(found)}})
		})
		mux.HandleFunc("GET "+at+"/{id}/1", func(w http.ResponseWriter, r *http.Request) {
			if one := f.one(lane, r.PathValue("id")); one != nil {
				say(w, 0, map[string]any{"message": one})
				return
			}
			say(w, -1016, nil)
		})
	}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.asked++
		switch {
		case f.mood == messagetest.Down:
			http.Error(w, "<html>점검 중입니다</html>", http.StatusBadGateway)
		case r.Header.Get("X-Secret-Key") != secretKey:
			say(w, -1001, nil)
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	return f
}

// say answers with a code, and for 0 with a body. The status is 200 either way.
func say(w http.ResponseWriter, code int, body map[string]any) {
	if body == nil {
		body = map[string]any{}
	}
	body["header"] = map[string]any{"isSuccessful": code == 0, "resultCode": code, "resultMessage": "말"}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(body)
}

func (f *fake) id() string { return fmt.Sprintf("20260201120405demoAAA%04d", len(f.sent)) }

func (f *fake) sms(w http.ResponseWriter, r *http.Request, lane string) {
	var q struct {
		Title, Body, SendNo, SenderGroupingKey string
		RecipientList                          []struct{ RecipientNo, CountryCode string }
	}
	if json.NewDecoder(r.Body).Decode(&q) != nil || len(q.RecipientList) != 1 || lane == "mms" && q.Title == "" {
		say(w, -9997, nil)
		return
	}
	n, ok := message.Bytes(q.Body)
	switch {
	case !ok:
		say(w, -2023, nil)
		return
	case lane != "mms" && n > 90:
		say(w, -2015, nil)
		return
	case lane == "auth/sms" && !strings.Contains(q.Body, "인증"):
		say(w, -8000, nil)
		return
	}
	p := &parcel{lane: lane, to: q.RecipientList[0].RecipientNo, text: q.Body, channel: message.SMS}
	if lane == "mms" {
		p.channel = message.LMS
	}
	code, id := 0, f.id()
	if f.mood == messagetest.Refusing {
		code = -2312
	} else {
		p.fields = map[string]any{"requestId": id, "requestDate": kst(), "resultDate": nil, "msgStatus": "1", "resultCode": nil, "telecomCode": 10001, "senderGroupingKey": q.SenderGroupingKey, "recipientSeq": 1}
		f.take(p, map[string]any{"msgStatus": "3", "resultCode": "1000", "resultDate": kst()}, map[string]any{"msgStatus": "0", "resultCode": "2001", "telecomCode": "10001"})
	}
	say(w, 0, map[string]any{"body": map[string]any{"data": map[string]any{"requestId": id, "statusCode": "2", "senderGroupingKey": q.SenderGroupingKey,
		"sendResultList": []any{map[string]any{"recipientNo": p.to, "resultCode": code, "resultMessage": "말", "recipientSeq": 1, "recipientGroupingKey": nil}}}}})
}

func (f *fake) talk(w http.ResponseWriter, r *http.Request, lane string) {
	var q struct {
		SenderKey, TemplateCode, SenderGroupingKey string
		RecipientList                              []struct {
			RecipientNo       string
			TemplateParameter map[string]string
			ResendParameter   *struct {
				IsResend                    *bool
				ResendContent, ResendSendNo string
			}
		}
	}
	key := r.Header.Get("X-NC-API-IDEMPOTENCY-KEY")
	switch {
	case json.NewDecoder(r.Body).Decode(&q) != nil || len(q.RecipientList) != 1:
		say(w, -9997, nil)
		return
	case key == "" || f.used[key]:
		say(w, -1005, nil)
		return
	case q.SenderKey != senderKey:
		say(w, -2017, nil)
		return
	case q.TemplateCode != "WELCOME_01":
		say(w, -3003, nil)
		return
	}
	to := q.RecipientList[0]
	id, code := f.id(), 0
	if f.mood == messagetest.Refusing {
		code = -4019
	} else {
		f.used[key] = true
		p := &parcel{lane: lane, to: to.RecipientNo, text: "[Demo] 인증번호 " + to.TemplateParameter["code"], channel: message.AlimTalk}
		p.fields = map[string]any{"requestId": id, "requestDate": kst(), "messageStatus": nil, "resultCode": nil, "resendStatus": "RSC01", "senderGroupingKey": q.SenderGroupingKey, "recipientSeq": 1}
		failed := map[string]any{"messageStatus": "FAILED", "resultCode": "3019", "resendStatus": "RSC01"}
		if again := to.ResendParameter; f.mood == messagetest.Undelivered && (again == nil || again.IsResend == nil || *again.IsResend) {
			failed["resendStatus"] = "RSC04"
			f.bells[p.to] = append(f.bells[p.to], messagetest.Arrival{Channel: message.SMS, Text: p.text})
		}
		f.take(p, map[string]any{"messageStatus": "COMPLETED", "resultCode": "1000", "receiveDate": kst()}, failed)
	}
	say(w, 0, map[string]any{"message": map[string]any{"requestId": id, "senderGroupingKey": q.SenderGroupingKey,
		"sendResults": []any{map[string]any{"recipientSeq": 1, "recipientNo": to.RecipientNo, "resultCode": code, "resultMessage": "말"}}}})
}

// take keeps a message with the fate that the mood gives it.
func (f *fake) take(p *parcel, arrived, failed map[string]any) {
	f.sent = append(f.sent, p)
	p.fields["arrived"] = arrived
	switch f.mood {
	case messagetest.Slow:
	case messagetest.Undelivered:
		set(p.fields, failed)
	default:
		f.arrive(p)
	}
	if f.mood == messagetest.Swallowing {
		panic(http.ErrAbortHandler)
	}
}

func (f *fake) arrive(p *parcel) {
	arrived, waits := p.fields["arrived"].(map[string]any)
	if !waits {
		return
	}
	delete(p.fields, "arrived")
	set(p.fields, arrived)
	f.bells[p.to] = append(f.bells[p.to], messagetest.Arrival{Channel: p.channel, Text: p.text})
}

func set(fields, change map[string]any) {
	for k, v := range change {
		fields[k] = v
	}
}

func (f *fake) find(lane, key string) []map[string]any {
	found := []map[string]any{}
	for _, p := range f.sent {
		if p.lane == lane && p.fields["senderGroupingKey"] == key {
			found = append(found, p.fields)
		}
	}
	return found
}

func (f *fake) one(lane, id string) map[string]any {
	for _, p := range f.sent {
		if p.lane == lane && p.fields["requestId"] == id {
			return p.fields
		}
	}
	return nil
}

func (f *fake) be(m messagetest.Mood) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.mood
	f.mood = m
	for _, p := range f.sent {
		if before == messagetest.Slow && m == messagetest.Well {
			f.arrive(p)
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

func kst() string {
	return time.Now().In(time.FixedZone("KST", 9*3600)).Format("2006-01-02 15:04:05.0")
}
