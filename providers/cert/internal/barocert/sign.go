package barocert

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"time"

	"github.com/detour-go/detour/providers"
)

const (
	tokenPath   = "/BAROCERT/Token"
	linkVersion = "2.0"
	certVersion = "2.1"
)

// key is the decoded SecretKey: it signs and encrypts.
type key struct {
	raw  []byte
	aead cipher.AEAD
}

var errKey = errors.New("secret key is not the base64 of 32 bytes")

func newKey(secret providers.Secret) (*key, error) {
	raw, err := base64.StdEncoding.DecodeString(secret.Reveal())
	if err != nil || len(raw) != 32 {
		return nil, errKey
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, errKey
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, errKey
	}
	return &key{raw, aead}, nil
}

func (k *key) mac(text string) string {
	m := hmac.New(sha256.New, k.raw)
	m.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// link signs a request for a session token. Its text ends without a line break.
func (k *key) link(body []byte, date, forwarded string) string {
	text := "POST\n" + digest(body) + "\n" + date + "\n"
	if forwarded != "" {
		text += forwarded + "\n"
	}
	return k.mac(text + linkVersion + "\n" + tokenPath)
}

// auth is x-bc-auth of a POST. Its text ends with a line break, and a body that
// is not there has no line.
func (k *key) auth(body []byte, date, path string) string {
	text := "POST\n"
	if len(body) > 0 {
		text += digest(body) + "\n"
	}
	return k.mac(text + date + "\n" + path + "\n")
}

// seal encrypts one field: base64 of IV, ciphertext and tag, AES-256-GCM.
func (k *key) seal(field string) (string, error) { return k.sealFrom(rand.Reader, field) }

func (k *key) sealFrom(random io.Reader, field string) (string, error) {
	iv := make([]byte, k.aead.NonceSize())
	if _, err := io.ReadFull(random, iv); err != nil {
		return "", errors.New("no randomness")
	}
	return base64.StdEncoding.EncodeToString(k.aead.Seal(iv, iv, []byte(field), nil)), nil
}

// stamp is a date as Linkhub wants it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// moment is a date for Barocert, which takes seconds and milliseconds: with these,
// two requests of one second that have no body do not share a signature.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
