package redisstore

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// kind keeps the three spaces of keys apart.
type kind string

const (
	entries kind = "s:" // of a Store
	numbers kind = "n:" // of a Counter, as Redis counts them
	values  kind = "v:" // of a Counter
)

// A value in Redis is one byte of version, a digest over kind, key and bytes,
// and the bytes; so it is never empty.
const (
	frameVersion = 1
	tagSize      = 16
	frameSize    = 1 + tagSize
)

// keyring makes the names and digests of one prefix and secret.
type keyring struct {
	prefix string
	secret []byte
}

// name is the key of Redis that stands for key.
func (r *keyring) name(of kind, key string) string {
	h := hmac.New(sha256.New, r.secret)
	h.Write([]byte(of))
	h.Write([]byte(key))
	return r.prefix + string(of) + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// frame returns data as it lies under name.
func (r *keyring) frame(name string, data []byte) []byte {
	b := make([]byte, 0, frameSize+len(data))
	b = append(b, frameVersion)
	b = append(b, r.tag(name, data)...)
	return append(b, data...)
}

// unframe returns the data that lie in framed, if they were put under name.
func (r *keyring) unframe(name, framed string) (data []byte, ok bool) {
	if len(framed) < frameSize || framed[0] != frameVersion {
		return nil, false
	}
	b := []byte(framed)
	data = b[frameSize:]
	return data, hmac.Equal(b[1:frameSize], r.tag(name, data))
}

func (r *keyring) tag(name string, data []byte) []byte {
	h := hmac.New(sha256.New, r.secret)
	h.Write([]byte("value\x00" + name + "\x00")) // a name holds no zero
	h.Write(data)
	return h.Sum(nil)[:tagSize]
}
