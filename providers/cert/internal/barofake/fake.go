// Package barofake is a scripted Barocert and Linkhub for the tests of this
// capability: strict about signatures and dates, with telephones that tests
// hold in their hand. It shares no code with the client it is asked by.
package barofake

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// What a client has to be configured with.
const (
	LinkID     = "TESTLINK"
	SecretKey  = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	ClientCode = "000000000001"
	// Bearer is the session token that is handed out.
	Bearer = "CANARY-session-token"
)

// Person owns a telephone.
type Person struct{ Name, Birthday, Gender, Phone, CI string }

// Server is both services. The zero value with a Service is ready. Set the
// fields before it is asked.
type Server struct {
	Service   string // KAKAO or PASS
	VerifyMay bool   // verify serves any number of times, and status does not tell
	OldVerify bool   // verify is where older SDKs look for it
	Wrap      func(token string) string
	Seal      func(field string) string // of personal fields

	mu       sync.Mutex
	requests map[string]*Request
	broken   map[string]http.HandlerFunc
	hidden   map[string]bool
	hits     map[string]int
	bodies   map[string][]byte
}

// Request is one request for a certificate.
type Request struct {
	ID, Token, Phone, Name, Birthday string
	Fields                           map[string]any
	State                            int
	Who                              Person
	Verified                         bool
}

// Hits counts what was asked: token, request, status, verify.
func (s *Server) Hits(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hits[op]
}

// Body is the last body of an operation.
func (s *Server) Body(op string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.bodies[op])
}

// Break answers an operation with h, nil heals it.
func (s *Server) Break(op string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.broken = map[string]http.HandlerFunc{}
	}
	s.broken[op] = h
}

// Hide leaves a field out of the answers of verify.
func (s *Server) Hide(field string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hidden == nil {
		s.hidden = map[string]bool{}
	}
	s.hidden[field] = true
}

// Touch changes a request, as its telephone would.
func (s *Server) Touch(id string, change func(*Request)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.requests[id]
	if q == nil {
		return errors.New("barofake: no such request")
	}
	change(q)
	return nil
}

// Confirm is the telephone of who, confirming.
func (s *Server) Confirm(id string, who Person) error {
	return s.Touch(id, func(q *Request) { q.State, q.Who = 1, who })
}

// Op names what a request is for; the body is not read.
func (s *Server) Op(r *http.Request) string {
	parts := strings.Split(r.URL.Path, "/")
	switch {
	case r.URL.Path == "/BAROCERT/Token":
		return "token"
	case r.Method == http.MethodGet:
		return "status"
	case len(parts) == 4:
		return "request"
	}
	return "verify"
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := s.Op(r)
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hits == nil {
		s.hits, s.bodies, s.requests = map[string]int{}, map[string][]byte{}, map[string]*Request{}
	}
	s.hits[op]++
	s.bodies[op] = body
	if h := s.broken[op]; h != nil {
		h(w, r)
		return
	}
	if op == "token" {
		s.token(w, r, body)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+Bearer {
		Say(w, 401, -1001, "session")
		return
	}
	if r.Method == http.MethodPost && !signed(r, body) {
		Say(w, 400, -1002, "signature")
		return
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if parts[0] != s.Service || parts[1] != "Identity" {
		Say(w, 404, -1003, "path")
		return
	}
	switch op {
	case "request":
		s.request(w, body)
	case "status":
		s.status(w, s.requests[parts[len(parts)-1]])
	case "verify":
		if old := parts[2] != "Verify"; old != s.OldVerify {
			Say(w, 400, -1003, "path")
			return
		}
		s.verify(w, s.requests[parts[len(parts)-1]], body)
	}
}

// Say answers as both services do when they refuse.
func Say(w http.ResponseWriter, status, code int, message string) {
	answer(w, status, map[string]any{"code": code, "message": message})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func mac(text string) string {
	key, _ := base64.StdEncoding.DecodeString(SecretKey)
	m := hmac.New(sha256.New, key)
	_, _ = io.WriteString(m, text)
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

func hash(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// fresh wants a date in UTC that is at most five minutes off.
func fresh(layout, date string) bool {
	at, err := time.Parse(layout, date)
	return err == nil && time.Since(at).Abs() < 5*time.Minute
}

func signed(r *http.Request, body []byte) bool {
	date := r.Header.Get("x-bc-date")
	text := "POST\n"
	if len(body) > 0 {
		text += hash(body) + "\n"
	}
	return fresh("2006-01-02T15:04:05.000Z", date) && r.Header.Get("x-bc-auth") == mac(text+date+"\n"+r.URL.Path+"\n") &&
		r.Header.Get("x-bc-version") == "2.1" && r.Header.Get("x-bc-encryptionmode") == "GCM" && strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/json")
}

func (s *Server) token(w http.ResponseWriter, r *http.Request, body []byte) {
	date, text := r.Header.Get("x-lh-date"), ""
	if f := r.Header.Get("x-lh-forwarded"); f != "" {
		text = f + "\n"
	}
	want := "LINKHUB " + LinkID + " " + mac("POST\n"+hash(body)+"\n"+date+"\n"+text+"2.0\n/BAROCERT/Token")
	if !fresh("2006-01-02T15:04:05Z", date) || r.Header.Get("Authorization") != want || r.Header.Get("x-lh-version") != "2.0" {
		Say(w, 401, -2001, "signature")
		return
	}
	answer(w, 200, map[string]any{"session_token": Bearer, "serviceID": "BAROCERT", "linkID": LinkID, "expiration": time.Now().UTC().Add(time.Hour).Format("2006-01-02T15:04:05.000Z")})
}

// Open decrypts a field.
func Open(field string) (string, error) {
	key, _ := base64.StdEncoding.DecodeString(SecretKey)
	raw, err := base64.StdEncoding.DecodeString(field)
	if err != nil || len(raw) < 28 {
		return "", errors.New("barofake: not an encrypted field")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return "", err
	}
	text, err := gcm.Open(nil, raw[:12], raw[12:], nil)
	return string(text), err
}

func (s *Server) request(w http.ResponseWriter, body []byte) {
	q := &Request{ID: fmt.Sprintf("%032d", 1000+len(s.requests))}
	if json.Unmarshal(body, &q.Fields) != nil {
		Say(w, 400, -1004, "body")
		return
	}
	for field, into := range map[string]*string{"receiverHP": &q.Phone, "receiverName": &q.Name, "receiverBirthday": &q.Birthday, "token": &q.Token} {
		text, _ := q.Fields[field].(string)
		var err error
		if *into, err = Open(text); err != nil {
			Say(w, 400, -1005, "field")
			return
		}
	}
	if s.Service == "PASS" && q.Fields["callCenterNum"] == nil {
		Say(w, 400, -1005, "field")
		return
	}
	s.requests[q.ID] = q
	answer(w, 200, map[string]any{"receiptID": q.ID, "scheme": "", "marketUrl": ""})
}

func (s *Server) status(w http.ResponseWriter, q *Request) {
	if q == nil {
		Say(w, 400, -1006, "no such receipt")
		return
	}
	a := map[string]any{"receiptID": q.ID, "clientCode": ClientCode, "state": q.State, "expireIn": 300, "completeDT": ""}
	if q.State == 1 {
		a["completeDT"] = "20260102120030"
	}
	if q.Verified && !s.VerifyMay {
		a["verifyDT"] = "20260102120040"
	}
	answer(w, 200, a)
}

func (s *Server) verify(w http.ResponseWriter, q *Request, body []byte) {
	if q == nil || q.State != 1 || q.Verified && !s.VerifyMay {
		Say(w, 400, -1007, "not complete, or verified")
		return
	}
	if s.Service == "PASS" {
		var who struct{ ReceiverHP, ReceiverName string }
		_ = json.Unmarshal(body, &who)
		hp, _ := Open(who.ReceiverHP)
		name, _ := Open(who.ReceiverName)
		if hp != q.Phone || name != q.Name {
			Say(w, 400, -1008, "receiver")
			return
		}
	} else if len(body) > 0 {
		Say(w, 400, -1004, "body")
		return
	}
	q.Verified = true
	wrap, seal := s.Wrap, s.Seal
	if wrap == nil {
		wrap = func(token string) string { return token }
	}
	if seal == nil {
		seal = func(field string) string { return field }
	}
	a := map[string]any{"receiptID": q.ID, "state": 1, "signedData": wrap(q.Token)}
	for field, v := range map[string]string{
		"ci": q.Who.CI, "receiverName": q.Who.Name, "receiverYear": q.Who.Birthday[:4], "receiverDay": q.Who.Birthday[4:],
		"receiverHP": q.Who.Phone, "receiverGender": q.Who.Gender,
	} {
		if !s.hidden[field] {
			a[field] = seal(v)
		}
	}
	answer(w, 200, a)
}

// Put adds a request.
func (s *Server) Put(q *Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hits == nil {
		s.hits, s.bodies, s.requests = map[string]int{}, map[string][]byte{}, map[string]*Request{}
	}
	s.requests[q.ID] = q
}
