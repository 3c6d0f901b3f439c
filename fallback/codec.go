package fallback

import (
	"bytes"
	"encoding/gob"
)

// Codec turns an answer into bytes and back. It must be safe for concurrent
// use. Any type with these two methods will do; it need not import this
// package.
type Codec[A any] interface {
	// Encode returns the bytes of a.
	Encode(a A) ([]byte, error)
	// Decode returns the answer in data. The bytes are shared with others and
	// read-only: the answer may point into them, but must not change them.
	Decode(data []byte) (A, error)
}

// Gob is the Codec of encoding/gob: exported fields only. A Memory without a
// Codec uses it.
type Gob[A any] struct{}

// Encode returns a as a gob stream of its own.
func (Gob[A]) Encode(a A) ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(&a); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Decode reads what Encode wrote.
func (Gob[A]) Decode(data []byte) (a A, err error) {
	err = gob.NewDecoder(bytes.NewReader(data)).Decode(&a)
	return a, err
}
