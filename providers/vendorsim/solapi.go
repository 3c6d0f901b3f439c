package vendorsim

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// SolapiConfig is what Solapi's console holds, and the open questions of its documents. The zero value has the API key
// "demo-key" with the secret "demo-secret", the sender 0212345678 and no KakaoTalk channel.
type SolapiConfig struct {
	APIKey, APISecret string
	Senders           []string // registered numbers, digits only; empty: 0212345678
	// PfID is the id of the KakaoTalk channel; empty: there is none, and AlimTalk is refused.
	PfID string
	// Templates are the approved AlimTalk templates: id to text, with variables as #{name}.
	Templates map[string]string
	Balance   int    // won; 0: one million. An SMS takes 18, an LMS 45, an AlimTalk 13.
	Quota     int    // messages per day; 0: none
	Phone     *Phone // 0: telephones of its own, see [Solapi.Phone]
	// KeyField is the custom field that Text.Key shows; empty: the alphabetically first.
	KeyField string
	// Step is the time from accepted (2000) to handed over (3000), and from there to delivered (4000); 0: 20 ms.
	Step time.Duration
	// SingleStatus is the HTTP status with which /messages/v4/send refuses its message, with errorCode set to the status
	// code. UNCONFIRMED; 0: 400. With 200 the answer has the shape of a success, with the statusCode of the failure.
	SingleStatus int
}

// Solapi is a simulated Solapi (CoolSMS), Message API v4.
//
//	POST /messages/v4/send              send
//	POST /messages/v4/send-many/detail  send_many
//	GET  /messages/v4/list              list
//	                                    deliver   what happens to an accepted message: a fault of mode vendor fails it
//	                                              with a 3xxx code, slow delays it, any other leaves it at 3000 for ever;
//	                                              with Effect it arrives all the same
//
// Every request is signed with HMAC-SHA256 (Solapi takes HMAC-MD5 too, this server does not). When an AlimTalk fails and
// disableSms is not true, Solapi sends an SMS or LMS of the same text instead; the message is then marked by replacement.
// UNCONFIRMED: which fields of the message change then.
//
// Source: docs.solapi.com (github.com/solapi/documents).
type Solapi struct {
	Server
	cfg      SolapiConfig
	carrier  *carrier
	used     *table[time.Time] // signatures
	messages *bag[solapiMessage]
	quota    limiter
	balance  atomic.Int64
	seq      atomic.Int64
}

// StartSolapi starts the server. All mistakes of the Config are reported at once.
func StartSolapi(cfg SolapiConfig) (*Solapi, error) {
	var errs []error
	if cfg.APIKey == "" && cfg.APISecret == "" {
		cfg.APIKey, cfg.APISecret = "demo-key", "demo-secret"
	}
	if cfg.APIKey == "" || cfg.APISecret == "" || strings.ContainsAny(cfg.APIKey, " ,=") {
		errs = append(errs, errors.New("API key or secret is missing or has a character that the header cannot carry"))
	}
	if len(cfg.Senders) == 0 {
		cfg.Senders = []string{"0212345678"}
	}
	for _, n := range cfg.Senders {
		if !isDigits(n, 8, 12) {
			errs = append(errs, fmt.Errorf("sender %q is no number of digits", n))
		}
	}
	if cfg.PfID == "" && len(cfg.Templates) > 0 {
		errs = append(errs, errors.New("templates without a PfID"))
	}
	if cfg.Balance == 0 {
		cfg.Balance = 1_000_000
	}
	if cfg.SingleStatus == 0 {
		cfg.SingleStatus = http.StatusBadRequest
	}
	if cfg.Balance < 0 || cfg.Quota < 0 || cfg.Step < 0 {
		errs = append(errs, errors.New("a limit or a time is negative"))
	}
	errs = append(errs, checkStatus(cfg.SingleStatus))
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("vendorsim: solapi: start: %w", err)
	}
	s := &Solapi{
		cfg: cfg, used: newTable[time.Time](64 << 10), messages: newBag[solapiMessage](maxMail),
		carrier: newCarrier("solapi", cfg.Phone, cfg.Step, solapiFailures("3")), quota: limiter{limit: cfg.Quota, per: 24 * time.Hour},
	}
	s.balance.Store(int64(cfg.Balance))
	if err := s.Server.start("solapi", s.operations()...); err != nil {
		return nil, err
	}
	return s, nil
}

// Phone is where messages arrive.
func (s *Solapi) Phone() *Phone { return s.carrier.phone }

// Balance is what is left of it, in won.
func (s *Solapi) Balance() int { return int(s.balance.Load()) }

// Close ends the server and every delivery under way.
func (s *Solapi) Close() {
	s.Server.Close()
	s.carrier.later.stop()
}

func (s *Solapi) operations() []*operation {
	op := func(name, path, method string, messages bool, do func(r *http.Request, forced string) answer) *operation {
		checked := func(r *http.Request, forced string) answer {
			if r.Method != method {
				return methodNotAllowed(method)
			}
			if code := s.authorize(r.Header.Get("Authorization")); code != "" {
				return solapiError(code)
			}
			return do(r, forced)
		}
		return &operation{name: name, paths: []string{path}, limit: 8 << 20, codes: solapiCodes(messages),
			do:     func(r *http.Request) answer { return checked(r, "") },
			failed: func(*http.Request) answer { return solapiError("InternalServerError") },
			vendor: func(r *http.Request, code string) answer {
				if isDigits(code, 4, 4) {
					return do(r, code) // unsigned: with Effect the signature is used by now
				}
				return solapiError(code)
			}}
	}
	return []*operation{
		op("send", "/messages/v4/send", http.MethodPost, true, s.send),
		op("send_many", "/messages/v4/send-many/detail", http.MethodPost, true, s.sendMany),
		op("list", "/messages/v4/list", http.MethodGet, false, func(r *http.Request, _ string) answer { return s.list(r) }),
		s.carrier.op,
	}
}

// authorize checks the header and returns the error code, or nothing. A signature counts as used only when it was right.
func (s *Solapi) authorize(header string) string {
	rest, found := strings.CutPrefix(header, "HMAC-SHA256 ")
	part := strings.Split(rest, ", ")
	if !found || len(part) != 4 {
		return "Unauthorized"
	}
	var value [4]string
	for i, name := range []string{"apiKey=", "date=", "salt=", "signature="} {
		if value[i], found = strings.CutPrefix(part[i], name); !found {
			return "Unauthorized"
		}
	}
	date, salt, signature := value[1], value[2], value[3]
	if !same(value[0], s.cfg.APIKey) {
		return "InvalidAPIKey"
	}
	if len(salt) < 12 || len(salt) > 64 {
		return "SignatureDoesNotMatch"
	}
	mac := hmac.New(sha256.New, []byte(s.cfg.APISecret))
	mac.Write([]byte(date + salt))
	if !same(signature, hex.EncodeToString(mac.Sum(nil))) {
		return "SignatureDoesNotMatch"
	}
	const tolerance = 15 * time.Minute
	now := s.now()
	at, err := time.Parse(time.RFC3339, date)
	if off := now.Sub(at).Abs(); err != nil || off > tolerance {
		return "RequestTimeTooSkewed"
	}
	if fresh := s.used.putNew(signature, now, func(then time.Time) bool { return now.Sub(then) > tolerance }); !fresh {
		return "DuplicatedSignature"
	}
	return ""
}

// sortedWords sorts in place.
func sortedWords(words []string) []string {
	slices.Sort(words)
	return words
}

// serial makes an id of n characters of capital letters and digits.
func serial(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	raw := make([]byte, n)
	_, _ = rand.Read(raw)
	for i := range raw {
		raw[i] = letters[raw[i]%32]
	}
	return string(raw)
}
