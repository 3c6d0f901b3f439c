package barocert

import (
	"bytes"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/detour-go/detour/providers/cert"
)

var errPersonal = errors.New("a personal field does not open with our private key")

// signs says whether what was signed is, or holds, the token: the token itself,
// or the base64 of a structure (CMS, JWS) that carries it whole. The token is
// 130 random bits for this request alone, so what holds it answers this request.
func signs(signed, token string) bool {
	if subtle.ConstantTimeCompare([]byte(signed), []byte(token)) == 1 {
		return true
	}
	for _, part := range strings.Split(signed, ".") {
		part = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/", "\r", "", "\n", "").Replace(part), "=")
		if raw, err := base64.RawStdEncoding.DecodeString(part); err == nil && bytes.Contains(raw, []byte(token)) {
			return true
		}
	}
	return false
}

// open turns personal fields that are encrypted for us into text. Without a
// private key they are as good as missing, and Match fails on what is missing.
func (c *Client) open(r *result) error {
	if !c.cfg.PersonalRSA {
		return nil
	}
	for _, f := range []*string{&r.CI, &r.Name, &r.Year, &r.Day, &r.HP, &r.Gender} {
		raw, err := base64.StdEncoding.DecodeString(*f)
		if err != nil || len(raw) < 128 {
			continue // not encrypted: no field of a person is that long
		}
		if c.cfg.PrivateKey == nil {
			*f = ""
			continue
		}
		text, err := rsa.DecryptPKCS1v15(nil, c.cfg.PrivateKey, raw)
		if err != nil {
			return errPersonal
		}
		*f = string(text)
	}
	return nil
}

// birthday joins yyyy and MMdd; anything else is no birthday.
func birthday(year, day string) string {
	if d := year + day; len(year) == 4 && cert.IsDate(d) {
		return d
	}
	return ""
}

// gender reads the letters and words that name one without doubt. Digits are
// not read: they mean one thing in a registration number and another elsewhere.
func gender(s string) string {
	switch strings.ToUpper(strings.TrimSpace(s)) {
	case "M", "MALE", "남", "남성", "남자":
		return "M"
	case "F", "FEMALE", "여", "여성", "여자":
		return "F"
	}
	return ""
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
