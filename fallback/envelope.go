package fallback

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// envelope is what lies in a Store: an answer and its label.
//
//	0   version, or that of an entry which says that there is nothing
//	1   flags
//	2   assurance
//	3   length of the name of the source
//	4   obtained at, Unix nanoseconds
//	12  soft age, nanoseconds
//	20  hard age, nanoseconds
//	28  name of the source, then the bytes of the codec
//	-4  CRC32C of everything before it
//
// Numbers are little-endian. The checksum finds accidents (RFC 3720 has the
// polynomial), not forgers.
type envelope struct {
	nothing    bool // the answer was that there is nothing; there is no body
	flags      Flags
	assurance  Assurance
	source     []byte
	obtained   time.Time
	soft, hard time.Duration
	body       []byte
}

const (
	envelopeVersion = 1
	envelopeNothing = 2
	envelopeHead    = 28
	envelopeTail    = 4
)

func castagnoli(data []byte) uint32 {
	return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
}

// seal returns the bytes of e.
func (e *envelope) seal() []byte {
	data := make([]byte, 0, envelopeHead+len(e.source)+len(e.body)+envelopeTail)
	version := byte(envelopeVersion)
	if e.nothing {
		version = envelopeNothing
	}
	data = append(data, version, byte(e.flags), byte(e.assurance), byte(len(e.source)))
	data = binary.LittleEndian.AppendUint64(data, uint64(e.obtained.UnixNano())) //nolint:gosec // the bits are kept
	data = binary.LittleEndian.AppendUint64(data, uint64(e.soft))                //nolint:gosec // never negative
	data = binary.LittleEndian.AppendUint64(data, uint64(e.hard))                //nolint:gosec // never negative
	data = append(data, e.source...)
	data = append(data, e.body...)
	return binary.LittleEndian.AppendUint32(data, castagnoli(data))
}

// unseal reads data, which it does not copy, and reports whether it is whole
// and of this version.
func unseal(data []byte) (e envelope, ok bool) {
	if len(data) < envelopeHead+envelopeTail || data[0] != envelopeVersion && data[0] != envelopeNothing {
		return e, false
	}
	e.nothing = data[0] == envelopeNothing
	rest, sum := data[:len(data)-envelopeTail], data[len(data)-envelopeTail:]
	name := int(rest[3])
	if len(rest) < envelopeHead+name || castagnoli(rest) != binary.LittleEndian.Uint32(sum) {
		return e, false
	}
	e.flags, e.assurance = Flags(rest[1]), Assurance(rest[2])
	e.obtained = time.Unix(0, int64(binary.LittleEndian.Uint64(rest[4:]))) //nolint:gosec // the bits are kept
	e.soft = time.Duration(binary.LittleEndian.Uint64(rest[12:]))          //nolint:gosec // checked below
	e.hard = time.Duration(binary.LittleEndian.Uint64(rest[20:]))          //nolint:gosec // checked below
	e.source = rest[envelopeHead : envelopeHead+name : envelopeHead+name]
	e.body = rest[envelopeHead+name : len(rest) : len(rest)]
	return e, e.soft >= 0 && e.hard >= e.soft && e.assurance <= High
}
