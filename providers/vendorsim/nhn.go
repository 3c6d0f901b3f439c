package vendorsim

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// NHNConfig is what NHN Cloud's console holds, and the open questions of its documents. The zero value has the app keys
// "demo-sms" and "demo-talk", their secret keys "demo-secret", and the sender 0212345678.
type NHNConfig struct {
	SMSAppKey, SMSSecretKey           string
	AlimTalkAppKey, AlimTalkSecretKey string
	SenderKey                         string // of the KakaoTalk channel, 40 characters; empty: no AlimTalk
	// Templates are the approved AlimTalk templates: code to text, with variables as #{name}.
	Templates   map[string]string
	SendNumbers []string // registered, digits only; empty: 0212345678
	Phone       *Phone   // 0: telephones of its own, see [NHN.Phone]
	// ConsoleResend is the console's default for an AlimTalk without resendParameter: the vendor sends an SMS when it
	// fails. It may be on in the field without anybody remembering.
	ConsoleResend bool
	// Step is the time from accepted to handed over, and from there to delivered; 0: 20 ms.
	Step time.Duration
	// LateAfter is when an AlimTalk that ended with 3005 (sent, not confirmed) arrives after all; 0: never.
	LateAfter    time.Duration
	MonthlyLimit int // SMS of the organisation, beyond which -2052 comes; 0: none
	DailyLimit   int // AlimTalk of the channel; 0: none
	// ErrorStatus is the HTTP status of refusals. UNCONFIRMED; 0: 200.
	ErrorStatus int
	// SecretCode is the result code of a wrong secret key for SMS. UNCONFIRMED; 0: -1000.
	SecretCode int
	// LimitCode is the result code of an AlimTalk beyond DailyLimit. UNCONFIRMED; 0: -1028.
	LimitCode int
	// Truncate cuts an SMS of more than 90 bytes. UNCONFIRMED; zero: it is refused with -2015.
	Truncate bool
	// UnknownCode is the result code of a query for an unknown request. UNCONFIRMED; 0: -2008 for SMS, 4 for AlimTalk.
	UnknownCode int
}

// NHN is a simulated NHN Cloud: SMS v3.0 and KakaoTalk Bizmessage (AlimTalk) v2.3 on one address.
//
//	POST /sms/v3.0/appKeys/{appKey}/sender/sms               sms          also sender/mms, which is LMS
//	POST /sms/v3.0/appKeys/{appKey}/sender/auth/sms          sms_auth     one-time codes
//	GET  /sms/v3.0/appKeys/{appKey}/sender/sms/{requestId}   sms_query    also sender/mms and sender/auth/sms
//	GET  /sms/v3.0/appKeys/{appKey}/sender/sms               sms_list     also sender/mms and sender/auth/sms
//	POST /alimtalk/v2.3/appkeys/{appkey}/messages            alimtalk     also raw-messages
//	POST /alimtalk/v2.3/appkeys/{appkey}/auth/messages       alimtalk_auth  also auth/raw-messages
//	GET  /alimtalk/v2.3/appkeys/{appkey}/messages/{id}/{seq} alimtalk_query
//	GET  /alimtalk/v2.3/appkeys/{appkey}/messages            alimtalk_list
//	                                                         deliver, alimtalk_deliver  what happens to an accepted
//	                                                         message: a fault of mode vendor fails it with a result
//	                                                         code, slow delays it, any other leaves it unfinished for
//	                                                         ever; with Effect it arrives all the same
//
// Source: docs.nhncloud.com, Notification > SMS and KakaoTalk Bizmessage.
type NHN struct {
	Server
	cfg      NHNConfig
	sms      *carrier
	talk     *carrier
	messages *bag[nhnMessage] // by request ID and sequence
	used     *table[time.Time]
	month    limiter
	day      limiter
	requests atomic.Int64
}

// StartNHN starts the server. All mistakes of the Config are reported at once.
func StartNHN(cfg NHNConfig) (*NHN, error) {
	var errs []error
	for _, d := range []struct {
		at    *string
		value string
	}{{&cfg.SMSAppKey, "demo-sms"}, {&cfg.SMSSecretKey, "demo-secret"}, {&cfg.AlimTalkAppKey, "demo-talk"}, {&cfg.AlimTalkSecretKey, "demo-secret"}} {
		*d.at = cmp.Or(*d.at, d.value)
		if strings.ContainsAny(*d.at, "/?#% ") {
			errs = append(errs, errors.New("a key has a character that a path cannot carry"))
		}
	}
	if cfg.SenderKey != "" && len(cfg.SenderKey) != 40 {
		errs = append(errs, errors.New("sender key has not 40 characters"))
	}
	if cfg.SenderKey == "" && len(cfg.Templates) > 0 {
		errs = append(errs, errors.New("templates without a sender key"))
	}
	if len(cfg.SendNumbers) == 0 {
		cfg.SendNumbers = []string{"0212345678"}
	}
	for _, n := range cfg.SendNumbers {
		if !isDigits(n, 8, 12) {
			errs = append(errs, fmt.Errorf("send number %q is no number of digits", n))
		}
	}
	if cfg.Step < 0 || cfg.LateAfter < 0 || cfg.MonthlyLimit < 0 || cfg.DailyLimit < 0 {
		errs = append(errs, errors.New("a limit or a time is negative"))
	}
	errs = append(errs, checkStatus(cfg.ErrorStatus))
	cfg.ErrorStatus = cmp.Or(cfg.ErrorStatus, http.StatusOK)
	cfg.SecretCode = cmp.Or(cfg.SecretCode, -1000)
	cfg.LimitCode = cmp.Or(cfg.LimitCode, -1028)
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("vendorsim: nhn: start: %w", err)
	}
	if cfg.Phone == nil {
		cfg.Phone = NewPhone()
	}
	n := &NHN{
		cfg: cfg, messages: newBag[nhnMessage](maxMail), used: newTable[time.Time](64 << 10),
		sms: newCarrier("nhn", cfg.Phone, cfg.Step, nhnSMSResults()), talk: newCarrier("nhn", cfg.Phone, cfg.Step, nhnTalkResults()),
		month: limiter{limit: cfg.MonthlyLimit, per: 30 * 24 * time.Hour}, day: limiter{limit: cfg.DailyLimit, per: 24 * time.Hour},
	}
	n.talk.op.name = "alimtalk_deliver"
	if err := n.Server.start("nhn", n.operations()...); err != nil {
		return nil, err
	}
	return n, nil
}

// Phone is where messages arrive.
func (n *NHN) Phone() *Phone { return n.cfg.Phone }

// Close ends the server and every delivery under way.
func (n *NHN) Close() {
	n.Server.Close()
	n.talk.later.stop() // before sms: an AlimTalk that failed becomes an SMS
	n.sms.later.stop()
}

const (
	nhnSMSBase  = "/sms/v3.0/appKeys/"
	nhnTalkBase = "/alimtalk/v2.3/appkeys/"
)

// nhnPath takes a path apart: the app key and what comes after it.
func nhnPath(r *http.Request, base string) (key, rest string, ok bool) {
	after, ok := strings.CutPrefix(r.URL.Path, base)
	key, rest, _ = strings.Cut(after, "/")
	return key, rest, ok
}

func (n *NHN) operations() []*operation {
	sms := func(name, method string, do func(r *http.Request, what string) answer, whats ...string) *operation {
		checked := func(r *http.Request) answer {
			key, what, _ := nhnPath(r, nhnSMSBase)
			switch {
			case key != n.cfg.SMSAppKey:
				return n.smsError(-1000)
			case !same(r.Header.Get("X-Secret-Key"), n.cfg.SMSSecretKey):
				return n.smsError(n.cfg.SecretCode)
			}
			return do(r, what)
		}
		return n.operation(name, method, nhnSMSBase, whats, checked, nhnSMSErrors(), n.smsError)
	}
	talk := func(name, method string, do func(r *http.Request, what string) answer, whats ...string) *operation {
		checked := func(r *http.Request) answer {
			key, what, _ := nhnPath(r, nhnTalkBase)
			switch {
			case key != n.cfg.AlimTalkAppKey:
				return n.talkError(-1000)
			case !same(r.Header.Get("X-Secret-Key"), n.cfg.AlimTalkSecretKey):
				return n.talkError(-1001)
			}
			return do(r, what)
		}
		return n.operation(name, method, nhnTalkBase, whats, checked, nhnTalkErrors(), n.talkError)
	}
	post, get := http.MethodPost, http.MethodGet
	return []*operation{
		sms("sms", post, n.sendSMS, "sender/sms", "sender/mms"),
		sms("sms_auth", post, n.sendSMS, "sender/auth/sms"),
		sms("sms_query", get, n.querySMS, "sender/sms/", "sender/mms/", "sender/auth/sms/"),
		sms("sms_list", get, n.listSMS, "sender/sms", "sender/mms", "sender/auth/sms"),
		talk("alimtalk", post, n.sendTalk, "messages", "raw-messages"),
		talk("alimtalk_auth", post, n.sendTalk, "auth/messages", "auth/raw-messages"),
		talk("alimtalk_query", get, n.queryTalk, "messages/"),
		talk("alimtalk_list", get, n.listTalk, "messages"),
		n.sms.op,
		n.talk.op,
	}
}

// operation serves the paths that are base, an app key and one of whats; a what that ends in a slash has more behind it.
func (n *NHN) operation(name, method, base string, whats []string, do func(*http.Request) answer, errs map[int]string, refuse func(int) answer) *operation {
	match := func(r *http.Request) bool {
		_, rest, ok := nhnPath(r, base)
		return ok && r.Method == method && slices.ContainsFunc(whats, func(w string) bool {
			after, found := strings.CutPrefix(rest, w)
			return found && (after != "") == strings.HasSuffix(w, "/")
		})
	}
	return &operation{name: name, match: match, limit: 4 << 20, do: do, codes: nhnCodes(errs),
		failed: func(*http.Request) answer { return refuse(-9999) },
		vendor: func(_ *http.Request, code string) answer { c, _ := strconv.Atoi(code); return refuse(c) }}
}

// requestID is the time in Korea and a serial number, as long as the real one.
func (n *NHN) requestID(now time.Time) string {
	return now.In(kst()).Format("20060102150405") + serial(8) + strconv.FormatInt(n.requests.Add(1)%10, 10)
}

// nhnTime is local time without a zone, as SMS queries have it.
func nhnTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.In(kst()).Format("2006-01-02 15:04:05") + ".0"
}
