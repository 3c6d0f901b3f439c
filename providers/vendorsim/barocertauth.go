package vendorsim

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// linkSession is a session token of Linkhub.
type linkSession struct {
	scopes  []string
	expires time.Time
}

// sign is base64 of the HMAC-SHA256 of a text with the secret key.
func (b *Barocert) sign(text string) string {
	mac := hmac.New(sha256.New, b.key)
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// inTime reads a date in UTC, with seconds or milliseconds.
func (b *Barocert) inTime(date string, layouts ...string) bool {
	for _, l := range layouts {
		if at, err := time.Parse(l, date); err == nil {
			return b.now().Sub(at).Abs() <= b.cfg.Skew
		}
	}
	return false
}

const (
	toSecond = "2006-01-02T15:04:05Z"
	toMilli  = "2006-01-02T15:04:05.000Z"
)

// token is POST /BAROCERT/Token.
func (b *Barocert) token(r *http.Request, body []byte) answer {
	var ask struct {
		AccessID string   `json:"access_id"`
		Scope    []string `json:"scope"`
	}
	date, forwarded := r.Header.Get("x-lh-date"), r.Header.Get("x-lh-forwarded")
	auth := strings.Split(r.Header.Get("Authorization"), " ")
	switch {
	case len(auth) != 3 || auth[0] != "LINKHUB" || r.Header.Get("x-lh-version") != "2.0" || date == "" || !isJSON(r):
		return b.problem(codeFormat)
	case auth[1] != b.cfg.LinkID:
		return b.problem(codeLink)
	}
	text := "POST\n" + digestOf(body) + "\n" + date + "\n"
	if forwarded != "" {
		text += forwarded + "\n"
	}
	text += "2.0\n/BAROCERT/Token"
	switch {
	case !same(auth[2], b.sign(text)):
		return b.problem(codeSignature)
	case !b.inTime(date, toSecond):
		return b.problem(codeDate)
	case !decodeStrict(body, &ask) || len(ask.Scope) == 0:
		return b.problem(codeFormat)
	}
	known := []string{"partner", "401", "402", "403", "404", "405", "421", "422", "423", "424", "441", "442", "443", "444"}
	for _, s := range ask.Scope {
		if !slices.Contains(known, s) {
			return b.problem(codeScope)
		}
	}
	var raw [33]byte
	_, _ = rand.Read(raw[:])
	value, expires := base64.StdEncoding.EncodeToString(raw[:]), b.now().Add(b.cfg.TokenTTL)
	b.sessions.put(value, linkSession{ask.Scope, expires})
	return jsonAnswer(http.StatusOK, map[string]any{"session_token": value, "serviceID": "BAROCERT", "linkID": b.cfg.LinkID, "usercode": "", "ipaddress": "",
		"expiration": expires.UTC().Format(toMilli), "scope": ask.Scope})
}

// session checks the token of a call: "partner" and one of the scopes that begin with the digits of the vendor.
func (b *Barocert) session(r *http.Request, scope string) int {
	value, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s, known := b.sessions.get(value)
	switch {
	case !found || !known || !b.now().Before(s.expires):
		return codeToken
	case !slices.Contains(s.scopes, "partner") || scope != "" && !slices.ContainsFunc(s.scopes, func(has string) bool { return strings.HasPrefix(has, scope) }):
		return codeScope
	}
	return 0
}

// ForgetTokens ends every session token, as a restart of the vendor would: the next calls are refused until there is a
// new one.
func (b *Barocert) ForgetTokens() { b.sessions.remove(func(linkSession) bool { return true }) }

// signed checks x-bc-auth and its company.
func (b *Barocert) signed(r *http.Request, body []byte) int {
	date, auth := r.Header.Get("x-bc-date"), r.Header.Get("x-bc-auth")
	if v := r.Header.Get("x-bc-version"); date == "" || auth == "" || v != "" && v != "2.1" {
		return codeFormat
	}
	text := "POST\n"
	if len(body) > 0 {
		text += digestOf(body) + "\n"
	}
	text += date + "\n" + r.URL.Path + "\n"
	switch {
	case !same(auth, b.sign(text)):
		return codeSignature
	case !b.inTime(date, toSecond, toMilli):
		return codeDate
	}
	now := b.now()
	fresh := b.auths.putNew(auth, now, func(then time.Time) bool { return now.Sub(then).Abs() > 2*b.cfg.Skew })
	if !b.cfg.LooseReplay && !fresh {
		return codeReplay
	}
	return 0
}

// open decrypts a field: base64 of a 12-byte IV, the ciphertext and a 16-byte tag of AES-256-GCM.
func (b *Barocert) open(value string) (string, bool) {
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(raw) < 12+16 {
		return "", false
	}
	block, err := aes.NewCipher(b.key)
	if err != nil {
		return "", false
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return "", false
	}
	text, err := gcm.Open(nil, raw[:12], raw[12:], nil)
	if err != nil {
		return "", false
	}
	if fresh := b.ivs.putNew(string(raw[:12]), struct{}{}, func(struct{}) bool { return false }); !b.cfg.LooseReplay && !fresh {
		return "", false
	}
	return string(text), true
}

// closed encrypts the personal data of a result for the site's key pair, when it has registered one. What a person lacks
// stays empty. It fails for a text longer than the key.
func (b *Barocert) closed(result map[string]any) bool {
	if b.cfg.PersonalKey == nil {
		return true
	}
	for _, name := range []string{"ci", "receiverName", "receiverYear", "receiverDay", "receiverGender", "receiverForeign", "receiverTelcoType"} {
		text, _ := result[name].(string)
		if text == "" {
			continue
		}
		sealed, err := rsa.EncryptPKCS1v15(rand.Reader, b.cfg.PersonalKey, []byte(text))
		if err != nil {
			return false
		}
		result[name] = base64.StdEncoding.EncodeToString(sealed)
	}
	return true
}

func (b *Barocert) pointsLeft(r *http.Request, _ []byte) answer {
	if code := b.session(r, ""); code != 0 {
		return b.problem(code)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return jsonAnswer(http.StatusOK, map[string]int{"remainPoint": b.points})
}

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// decodeStrict reads one JSON value without unknown fields.
func decodeStrict(body []byte, v any) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if d.Decode(v) != nil {
		return false
	}
	_, err := d.Token()
	return err == io.EOF
}
