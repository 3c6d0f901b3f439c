package phone

import (
	"bytes"
	"crypto/rand"
	"strconv"
	"time"
)

// Sample gives n codes of different challenges to one number.
func Sample(n int, each func(code string)) {
	c := &Codes{cfg: Config{Key: bytes.Repeat([]byte{7}, keySize), Digits: 6}, most: 1_000_000}
	id := rand.Text()
	for i := range n {
		each(c.code(Challenge{ID: id + strconv.Itoa(i), Number: "01012345678", Purpose: "login", Expires: time.Unix(1_800_000_000, 0)}))
	}
}
