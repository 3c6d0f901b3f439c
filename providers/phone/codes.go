package phone

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
)

// Codes sends codes and checks them. It keeps nothing itself, starts no goroutine
// and needs no closing. It is safe for concurrent use, over any number of
// processes that share its Counter and Key.
type Codes struct {
	cfg  Config
	most uint64 // ten to the number of digits
}

// New returns Codes, or all mistakes of the configuration at once. It sends nothing.
func New(cfg Config) (*Codes, error) {
	cfg = cfg.withDefaults()
	if err := cfg.mistakes(); err != nil {
		return nil, err
	}
	cfg.Key = bytes.Clone(cfg.Key)
	c := &Codes{cfg: cfg, most: 1}
	for range cfg.Digits {
		c.most *= 10
	}
	return c, nil
}

// mac is HMAC-SHA256 over a label and fields, each with its length before it, so
// that no two lists of fields give the same bytes.
func (c *Codes) mac(label string, fields ...string) []byte {
	all := make([]byte, 0, 256)
	for _, f := range append([]string{label}, fields...) {
		all = binary.BigEndian.AppendUint64(all, uint64(len(f)))
		all = append(all, f...)
	}
	h := hmac.New(sha256.New, c.cfg.Key)
	_, _ = h.Write(all)
	return h.Sum(nil)
}

// tag is a name for the counter or a vendor from which nothing can be read back.
func (c *Codes) tag(label string, fields ...string) string {
	return "phone-" + label + "-" + base64.RawURLEncoding.EncodeToString(c.mac(label, fields...)[:24])
}

// of is everything of a challenge that a code is bound to.
func (ch Challenge) of() []string {
	return []string{ch.ID, ch.Number, ch.Purpose, ch.Session, strconv.FormatInt(ch.Expires.UnixMilli(), 10)}
}

// code is the code of a challenge. 64 bits modulo 10^9 favour no code by more
// than one in 10^10.
func (c *Codes) code(ch Challenge) string {
	n := binary.BigEndian.Uint64(c.mac("code", ch.of()...)) % c.most
	return fmt.Sprintf("%0*d", c.cfg.Digits, n)
}

// add asks the counter once, within its time.
func (c *Codes) add(ctx context.Context, key string, n int64, ttl time.Duration) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, hookTime)
	defer cancel()
	return c.cfg.Counter.Add(ctx, key, n, ttl)
}

// opened is the counter's name of a challenge: one while its code may be
// accepted, zero afterwards.
func (c *Codes) opened(ch Challenge) string { return c.tag("open", ch.of()...) }

func (c *Codes) checked(ch Challenge) string { return c.tag("checks", ch.of()...) }
