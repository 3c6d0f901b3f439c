package phone

import (
	"bytes"
	"crypto/rand"
	"time"
)

// Sample gives n codes of fresh challenges to one number.
func Sample(n int) []string {
	c := &Codes{cfg: Config{Key: bytes.Repeat([]byte{7}, keySize), Digits: 6}, most: 1_000_000}
	all := make([]string, n)
	for i := range all {
		all[i] = c.code(Challenge{ID: rand.Text(), Number: "01012345678", Purpose: "login", Expires: time.Unix(1_800_000_000, 0)})
	}
	return all
}
