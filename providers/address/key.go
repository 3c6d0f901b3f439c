package address

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
)

// minSecret is the least length of the secret of keys, in bytes.
const minSecret = 32

// keyVersion changes whenever the same question gets another key.
const keyVersion = 1

// Key is the key of a question in a memory: HMAC-SHA256 of the tidied question
// with all that its answer depends on, in base64url. Whoever reads the keys of a
// store learns no address, as long as the secret is not beside it. Empty, which
// means "do not remember", for a question that is invalid and for a secret
// shorter than 32 bytes; see [KeyFunc], which says so in good time.
func Key(secret []byte, q Query) string {
	if q.check() != nil {
		return ""
	}
	q = q.Tidy()
	return sum(secret, 'q', []byte(q.Text), uint64(q.Page), uint64(q.Size), uint64(q.Require))
}

// KeyAt is the key of a place, as Key is that of a question: points that are
// the same to seven decimals (a centimetre) have the same key.
func KeyAt(secret []byte, at Point) string {
	if at.Validate() != nil {
		return ""
	}
	cm := func(degrees float64) uint64 { return uint64(int64(math.Round(degrees * 1e7))) }
	return sum(secret, 'p', nil, cm(at.Lat), cm(at.Lon))
}

// sum frames every part, so that no two questions run into each other.
func sum(secret []byte, kind byte, text []byte, numbers ...uint64) string {
	if len(secret) < minSecret {
		return ""
	}
	m := hmac.New(sha256.New, secret)
	b := append(make([]byte, 0, 64+len(text)), "detour address key"...)
	b = append(b, keyVersion, kind)
	b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
	b = append(b, text...)
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	m.Write(b)
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// KeyFunc is [Key] with a secret of at least 32 bytes, as the Key of a memory. The
// secret is copied. Processes that share a store share the secret.
func KeyFunc(secret []byte) (func(Query) string, error) {
	if len(secret) < minSecret {
		return nil, errors.New("address: the secret of keys is shorter than 32 bytes")
	}
	own := append([]byte(nil), secret...)
	return func(q Query) string { return Key(own, q) }, nil
}
