package solapimessage

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/detour-go/detour/providers"
)

// header is that of one request. Date and salt are of this moment: the same
// signature twice is refused, and so is a clock that is off by 15 minutes.
func (s *Sender) header() http.Header {
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails: crypto/rand ends the program instead
	date := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	return http.Header{"Authorization": {s.sign(date, hex.EncodeToString(salt[:]))}, "Accept": {"application/json"}}
}

// authorization is Solapi's: the lower-case hex of HMAC-SHA256(secret, date + salt).
// https://docs.solapi.com/authentication/overview
func authorization(key, secret providers.Secret, date, salt string) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(date + salt))
	return "HMAC-SHA256 apiKey=" + key.Reveal() + ", date=" + date + ", salt=" + salt + ", signature=" + hex.EncodeToString(mac.Sum(nil))
}
