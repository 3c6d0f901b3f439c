package address

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/detour-go/detour/providers"
)

// Codec turns a page into the bytes that a memory keeps, and back. The zero
// value is ready and safe for concurrent use. The bytes hold addresses in the
// clear: it is the store that must be protected.
//
// Layout, version 1: version byte, flags byte (1 last), then as varints the
// page, the total and the number of items; of each item its eleven texts in the
// order of [Fields], each as varint length and bytes, then latitude and
// longitude as the 8 bytes of their IEEE 754 form, big-endian.
type Codec struct{}

const (
	codecVersion = 1
	flagLast     = 1
	maxItems     = 100
	maxTotal     = math.MaxInt32
)

// Encode writes the page. One that could not be read back is an error of class invalid.
func (Codec) Encode(p Page) ([]byte, error) {
	if p.Page < 0 || p.Page > maxTotal || p.Total < 0 || p.Total > maxTotal || len(p.Items) > maxItems {
		return nil, wrong("encode", providers.Invalid, errEntry)
	}
	var flags byte
	if p.Last {
		flags |= flagLast
	}
	b := append(make([]byte, 0, 64+512*len(p.Items)), codecVersion, flags)
	for _, n := range [...]int{p.Page, p.Total, len(p.Items)} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for i := range p.Items {
		a := &p.Items[i]
		for _, s := range a.texts() {
			if len(*s) > maxText {
				return nil, wrong("encode", providers.Invalid, errEntry)
			}
			b = binary.AppendUvarint(b, uint64(len(*s)))
			b = append(b, *s...)
		}
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(a.Point.Lat))
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(a.Point.Lon))
	}
	return b, nil
}

// Decode reads what Encode wrote. Bytes of another version, cut, or with
// anything behind their end are an error of class unavailable, never half a page.
func (Codec) Decode(b []byte) (Page, error) {
	bad := wrong("decode", providers.Unavailable, errEntry)
	if len(b) < 2 || b[0] != codecVersion || b[1]&^flagLast != 0 {
		return Page{}, bad
	}
	r := entry{rest: b[2:]}
	p := Page{Last: b[1]&flagLast != 0, Page: r.number(maxTotal), Total: r.number(maxTotal)}
	n := r.number(maxItems)
	for i := 0; i < n && !r.bad; i++ {
		var a Address
		for _, s := range a.texts() {
			*s = r.text()
		}
		a.Point = Point{Lat: r.float(), Lon: r.float()}
		p.Items = append(p.Items, a)
	}
	if r.bad || len(r.rest) > 0 {
		return Page{}, bad
	}
	return p, nil
}

// entry reads forward; after the first mistake it yields nothing.
type entry struct {
	rest []byte
	bad  bool
}

func (r *entry) number(most uint64) int {
	n, size := binary.Uvarint(r.rest)
	if r.bad || size <= 0 || n > most {
		r.bad = true
		return 0
	}
	r.rest = r.rest[size:]
	return int(n)
}

func (r *entry) text() string {
	n := r.number(maxText)
	if r.bad || n > len(r.rest) {
		r.bad = true
		return ""
	}
	s := string(r.rest[:n]) // a copy: the bytes are shared with others
	r.rest = r.rest[n:]
	return s
}

func (r *entry) float() float64 {
	if r.bad || len(r.rest) < 8 {
		r.bad = true
		return 0
	}
	f := math.Float64frombits(binary.BigEndian.Uint64(r.rest))
	r.rest = r.rest[8:]
	return f
}

var errEntry = errors.New("not an entry of this version")
