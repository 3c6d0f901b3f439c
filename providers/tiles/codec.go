package tiles

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/detour-go/detour/providers"
)

// Codec turns a tile into the bytes that a memory keeps, and back. The zero
// value is ready and safe for concurrent use.
//
// Layout, version 1: version byte, flags byte (1 no store, 2 no stale), then as
// varints z, x, y and MaxAge in nanoseconds, then content type, ETag,
// Last-Modified and attribution each as varint length and text, then the data up
// to the end with its own length before it, so that a cut entry is noticed.
type Codec struct{}

const (
	codecVersion = 1
	flagNoStore  = 1 << 0
	flagNoStale  = 1 << 1
	maxLabel     = 4 << 10 // of one text; real ones have some 50 bytes
)

// Encode writes the tile in one allocation. A tile that could not be read back
// (number outside the grid, text or data beyond its bound) is an error of class invalid.
func (Codec) Encode(t Tile) ([]byte, error) {
	if err := t.ID.Validate(); err != nil {
		return nil, err
	}
	texts := [...]string{t.ContentType, t.ETag, t.LastModified, t.Attribution}
	size := 2 + 4*binary.MaxVarintLen64 + len(texts)*binary.MaxVarintLen16 + binary.MaxVarintLen32 + len(t.Data)
	for _, s := range texts {
		if len(s) > maxLabel {
			return nil, wrong("encode", providers.Invalid, errEntry)
		}
		size += len(s)
	}
	if len(t.Data) > MaxBytes || t.MaxAge < 0 {
		return nil, wrong("encode", providers.Invalid, errEntry)
	}
	var flags byte
	if t.NoStore {
		flags |= flagNoStore
	}
	if t.NoStale {
		flags |= flagNoStale
	}
	b := append(make([]byte, 0, size), codecVersion, flags)
	for _, n := range [...]uint64{uint64(t.ID.Z), uint64(t.ID.X), uint64(t.ID.Y), uint64(t.MaxAge)} {
		b = binary.AppendUvarint(b, n)
	}
	for _, s := range texts {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	b = binary.AppendUvarint(b, uint64(len(t.Data)))
	return append(b, t.Data...), nil
}

// Decode reads what Encode wrote. The tile's Data is a part of b, not a copy:
// neither may be changed. Bytes of another version, cut, or with anything
// behind their end are an error of class unavailable, never half a tile.
func (Codec) Decode(b []byte) (Tile, error) {
	if len(b) < 2 || b[0] != codecVersion || b[1]&^(flagNoStore|flagNoStale) != 0 {
		return Tile{}, wrong("decode", providers.Unavailable, errEntry)
	}
	t := Tile{NoStore: b[1]&flagNoStore != 0, NoStale: b[1]&flagNoStale != 0}
	r := entry{rest: b[2:]}
	t.ID = ID{Z: int(r.number(MaxZoom)), X: int(r.number(1 << MaxZoom)), Y: int(r.number(1 << MaxZoom))}
	t.MaxAge = time.Duration(r.number(math.MaxInt64))
	t.ContentType = r.contentType()
	t.ETag = string(r.bytes(maxLabel))
	t.LastModified = string(r.bytes(maxLabel))
	t.Attribution = string(r.bytes(maxLabel))
	t.Data = r.bytes(MaxBytes)
	if r.bad || len(r.rest) > 0 || t.ID.Validate() != nil {
		return Tile{}, wrong("decode", providers.Unavailable, errEntry)
	}
	return t, nil
}

// entry reads forward; after the first mistake it yields nothing.
type entry struct {
	rest []byte
	bad  bool
}

func (r *entry) number(most uint64) uint64 {
	n, size := binary.Uvarint(r.rest)
	if r.bad || size <= 0 || n > most {
		r.bad = true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *entry) bytes(most uint64) []byte {
	n := r.number(most)
	if r.bad || n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// contentType shares the text of the known types instead of allocating it.
func (r *entry) contentType() string {
	b := r.bytes(maxLabel)
	if f, known := formatOf(string(b)); known {
		return f.name
	}
	return string(b)
}

var errEntry = errors.New("not an entry of this version")
