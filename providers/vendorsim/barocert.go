package vendorsim

import (
	"cmp"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Person is a simulated citizen who has a certificate of every vendor on the telephone with that number.
type Person struct {
	Name     string
	Phone    string // digits, "01012345678"
	Birthday string // "19900131"
	Gender   string // "M" or "F"
	CI       string // 88 characters in the field; any text here
	Foreign  bool
	Telco    string // "SKT", "KT" or "LGU"; empty: SKT
}

// BarocertConfig is what the consoles of Linkhub and Barocert hold, and the open questions of their documents. The zero
// value has the link ID "DEMO" with the secret key AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= (bytes 0 to 31), the
// client code 000000000001 and one citizen, 홍길동.
type BarocertConfig struct {
	LinkID      string
	SecretKey   string // base64 of 32 bytes
	ClientCodes []string
	People      []Person
	Phone       *Phone // where requests to confirm appear, and how citizens react; 0: telephones of its own
	// TokenTTL of Linkhub's session tokens. UNCONFIRMED; 0: one hour.
	TokenTTL time.Duration
	// Skew is how far x-lh-date and x-bc-date may be from the vendor's clock. UNCONFIRMED; 0: 5 minutes.
	Skew time.Duration
	// LooseReplay takes a request whose x-bc-auth was seen within Skew, and a field whose IV was used before, so that a
	// request that arrives twice makes two messages. Not in the documents; zero: both are refused.
	LooseReplay bool
	// PersonalKey is the public half of the site's key pair, registered for PASS: the personal data of its results then
	// come as base64 of RSA with PKCS #1 v1.5, each field by itself. At least 2048 bits. UNCONFIRMED which fields; 0: plain.
	PersonalKey *rsa.PublicKey
	// ExpiredState and RejectedState are the numbers of those states. From the vendor's own examples only; 0: 2 and 3.
	ExpiredState, RejectedState int
	// ErrorStatus is the HTTP status of errors. UNCONFIRMED, it is not 200; 0: 400.
	ErrorStatus int
	// VerifyWithin is how long after completion KAKAO verifies; 0: 10 minutes (an older manual says 30).
	VerifyWithin time.Duration
	// Points are the account's; a request takes one. 0: a million.
	Points int
}

// Barocert is a simulated Linkhub (auth.linkhub.co.kr) and Barocert (barocert.linkhub.co.kr) on one address, with the
// identity service of KAKAO and PASS.
//
//	GET  /Time                                                 time
//	POST /BAROCERT/Token                                       token
//	GET  /BAROCERT/Point                                       point
//	POST /{KAKAO|PASS}/Identity/{clientCode}                   kakao_request, pass_request
//	GET  /{KAKAO|PASS}/Identity/{clientCode}/{receiptID}       kakao_status, pass_status
//	POST /{KAKAO|PASS}/Identity/Verify/{clientCode}/{receiptID}  kakao_verify, pass_verify; also without Verify
//	                                                           push   the way to the telephone: slow delays it, any other
//	                                                                  fault loses it
//
// Error codes are the simulator's own, see the table in barocerterrors.go: those of the vendor are not documented. Personal
// data of a result are plain, as the vendor's libraries hand them on, but for PASS with a PersonalKey. A citizen confirms
// once, as the owner of the telephone or as [Barocert.ProofOf] says.
//
// Source: libraries of barocert on GitHub, developers.barocert.com.
type Barocert struct {
	Server
	cfg      BarocertConfig
	key      []byte
	people   map[string]Person // by number
	sessions *table[linkSession]
	auths    *table[time.Time]
	ivs      *table[struct{}]
	receipts *bag[receipt]
	push     *operation
	later    timers
	mu       sync.Mutex // of the two below
	points   int
	proofs   map[string]Person // by number: who is proved there instead of the owner
}

// StartBarocert starts the server. All mistakes of the Config are reported at once.
func StartBarocert(cfg BarocertConfig) (*Barocert, error) {
	var errs []error
	cfg.LinkID = cmp.Or(cfg.LinkID, "DEMO")
	cfg.SecretKey = cmp.Or(cfg.SecretKey, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	key, err := base64.StdEncoding.DecodeString(cfg.SecretKey)
	if err != nil || len(key) != 32 {
		errs = append(errs, errors.New("secret key is not base64 of 32 bytes"))
	}
	if len(cfg.ClientCodes) == 0 {
		cfg.ClientCodes = []string{"000000000001"}
	}
	for _, c := range cfg.ClientCodes {
		if !isDigits(c, 12, 12) {
			errs = append(errs, fmt.Errorf("client code %q has not 12 digits", c))
		}
	}
	if len(cfg.People) == 0 {
		cfg.People = []Person{{Name: "홍길동", Phone: "01012345678", Birthday: "19900131", Gender: "F", CI: "CI-" + strings.Repeat("A", 83) + "=="}}
	}
	people := map[string]Person{}
	for i, p := range cfg.People {
		p.Phone = digits(p.Phone)
		if _, twice := people[p.Phone]; twice {
			errs = append(errs, fmt.Errorf("person %d has the number of another", i))
		}
		errs = append(errs, p.check(i))
		people[p.Phone] = p
	}
	if cfg.TokenTTL < 0 || cfg.Skew < 0 || cfg.VerifyWithin < 0 || cfg.Points < 0 {
		errs = append(errs, errors.New("a limit or a time is negative"))
	}
	if k := cfg.PersonalKey; k != nil && (k.N == nil || k.Size() < 256) {
		errs = append(errs, errors.New("personal key has less than 2048 bits"))
	}
	errs = append(errs, checkStatus(cfg.ErrorStatus))
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("vendorsim: barocert: start: %w", err)
	}
	cfg.TokenTTL, cfg.Skew, cfg.VerifyWithin = orDefault(cfg.TokenTTL, time.Hour), orDefault(cfg.Skew, 5*time.Minute), orDefault(cfg.VerifyWithin, 10*time.Minute)
	cfg.ExpiredState, cfg.RejectedState, cfg.ErrorStatus = cmp.Or(cfg.ExpiredState, 2), cmp.Or(cfg.RejectedState, 3), cmp.Or(cfg.ErrorStatus, 400)
	if cfg.Phone == nil {
		cfg.Phone = NewPhone()
	}
	b := &Barocert{
		cfg: cfg, key: key, people: people, points: cmp.Or(cfg.Points, 1_000_000), proofs: map[string]Person{},
		sessions: newTable[linkSession](16 << 10), auths: newTable[time.Time](64 << 10), ivs: newTable[struct{}](256 << 10), receipts: newBag[receipt](64 << 10),
		push: &operation{name: "push", inner: true},
	}
	if err := b.Server.start("barocert", b.operations()...); err != nil {
		return nil, err
	}
	return b, nil
}

func (p Person) check(i int) error {
	_, err := time.Parse("20060102", p.Birthday)
	if p.Name == "" || err != nil || !isDigits(p.Phone, 10, 11) || p.Gender != "M" && p.Gender != "F" || !slices.Contains([]string{"", "SKT", "KT", "LGU"}, p.Telco) {
		return fmt.Errorf("person %d: name, number, birthday, gender or telco is missing or not in its form", i)
	}
	return nil
}

// Phone is where requests to confirm appear.
func (b *Barocert) Phone() *Phone { return b.cfg.Phone }

// Close ends the server and every request to confirm under way.
func (b *Barocert) Close() {
	b.Server.Close()
	b.later.stop()
}

// ProofOf makes whoever confirms at a number from now on prove to be p, whoever the request was for: the mix-up that a
// site must notice. What p lacks, the proof lacks: a CI, for instance. The zero Person ends it.
func (b *Barocert) ProofOf(number string, p Person) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p == (Person{}) {
		delete(b.proofs, digits(number))
		return
	}
	b.proofs[digits(number)] = p
}

// Decide is the citizen's choice for one request, instead of what Phone.Behave says: after Ignore, for instance. It fails
// when the request is unknown, decided or expired. Ignore changes nothing.
func (b *Barocert) Decide(receiptID string, c Choice) error {
	done := false
	b.receipts.change(receiptID, func(r *receipt) { done = c == Ignore || b.decide(r, c) })
	if !done {
		return errors.New("vendorsim: barocert: decide: the request is unknown, decided or expired")
	}
	return nil
}

func (b *Barocert) operations() []*operation {
	simple := func(name, path, method string, do func(*http.Request, []byte) answer) *operation {
		op := b.operation(name, method, do)
		op.paths = []string{path}
		return op
	}
	ops := []*operation{
		simple("time", "/Time", http.MethodGet, func(*http.Request, []byte) answer {
			return textAnswer(http.StatusOK, "text/plain; charset=utf-8", b.now().UTC().Format(time.RFC3339))
		}),
		simple("token", "/BAROCERT/Token", http.MethodPost, b.token),
		simple("point", "/BAROCERT/Point", http.MethodGet, b.pointsLeft),
	}
	for _, p := range []identityVendor{kakaoIdentity(), passIdentity()} {
		request := b.operation(p.name+"_request", http.MethodPost, func(r *http.Request, body []byte) answer { return b.request(p, r, body) })
		request.match = func(r *http.Request) bool { step, _, _ := p.step(r); return step == "request" }
		status := b.operation(p.name+"_status", http.MethodGet, func(r *http.Request, _ []byte) answer { return b.status(p, r) })
		status.match = func(r *http.Request) bool { step, _, _ := p.step(r); return step == "status" }
		verify := b.operation(p.name+"_verify", http.MethodPost, func(r *http.Request, body []byte) answer { return b.verify(p, r, body) })
		verify.match = func(r *http.Request) bool { step, _, _ := p.step(r); return step == "verify" }
		ops = append(ops, request, status, verify)
	}
	return append(ops, b.push)
}

// step finds out what a path asks for.
func (v identityVendor) step(r *http.Request) (step, client, id string) {
	rest, found := strings.CutPrefix(r.URL.Path, "/"+v.path+"/Identity/")
	part := strings.Split(rest, "/")
	post := r.Method == http.MethodPost
	switch {
	case !found:
	case len(part) == 1 && isDigits(part[0], 1, 32) && post:
		return "request", part[0], ""
	case len(part) == 2 && isDigits(part[0], 1, 32) && !post:
		return "status", part[0], part[1]
	case len(part) == 2 && isDigits(part[0], 1, 32):
		return "verify", part[0], part[1]
	case len(part) == 3 && part[0] == "Verify" && post:
		return "verify", part[1], part[2]
	}
	return "", "", ""
}

// operation reads the body, which is signed, and packs the answer when asked to.
func (b *Barocert) operation(name, method string, do func(*http.Request, []byte) answer) *operation {
	return &operation{name: name, codes: barocertCodes(),
		failed: func(r *http.Request) answer { return b.problem(codeSystem) },
		vendor: func(r *http.Request, code string) answer { n, _ := strconv.Atoi(code); return zipped(r, b.problem(n)) },
		do: func(r *http.Request) answer {
			if r.Method != method {
				return methodNotAllowed(method)
			}
			body, ok := wholeBody(r)
			if !ok {
				return zipped(r, b.problem(codeFormat))
			}
			return zipped(r, do(r, body))
		}}
}
