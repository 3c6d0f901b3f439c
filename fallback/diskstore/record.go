package diskstore

import (
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"math"
	"time"
)

// name is the digest that stands for a key.
type name [32]byte

func (n name) String() string { return hex.EncodeToString(n[:]) }

// The header of a file, big-endian: magic with version, CRC-32C of all that
// follows, when it was saved, when it ends (Unix nanoseconds; the greatest: it
// does not end), the length of the data, the name of its key. The data follow.
const (
	magic      = "DTD1"
	headerSize = 4 + 4 + 8 + 8 + 8 + 32
	endless    = math.MaxInt64
	// clockSlack is how far in the future an entry may have been saved: clocks
	// are corrected, but nothing is remembered from next year.
	clockSlack = 5 * time.Minute
)

// header returns what stands before data.
func header(of name, data []byte, saved, ends int64) []byte {
	h := make([]byte, headerSize)
	copy(h, magic)
	binary.BigEndian.PutUint64(h[8:], uint64(saved))
	binary.BigEndian.PutUint64(h[16:], uint64(ends))
	binary.BigEndian.PutUint64(h[24:], uint64(len(data)))
	copy(h[32:], of[:])
	binary.BigEndian.PutUint32(h[4:], checksum(h, data))
	return h
}

func checksum(h, data []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli) // made once, by that package
	return crc32.Update(crc32.Checksum(h[8:headerSize], table), table, data)
}

// condition is what a file turned out to be.
type condition uint8

const (
	sound   condition = iota
	over              // its time is over
	early             // saved in the future: the clock is wrong now, or was
	corrupt           // torn, changed, of another version or of another key
)

// read takes a whole file apart. data is part of file.
func read(file []byte, of name, now int64) (data []byte, ends int64, c condition) {
	if len(file) < headerSize || string(file[:4]) != magic || name(file[32:64]) != of {
		return nil, 0, corrupt
	}
	data = file[headerSize:]
	if binary.BigEndian.Uint64(file[24:]) != uint64(len(data)) ||
		binary.BigEndian.Uint32(file[4:]) != checksum(file[:headerSize], data) {
		return nil, 0, corrupt
	}
	saved := int64(binary.BigEndian.Uint64(file[8:]))
	ends = int64(binary.BigEndian.Uint64(file[16:]))
	switch {
	case ends <= now:
		return nil, ends, over
	case saved > now+int64(clockSlack):
		return nil, ends, early
	}
	return data, ends, sound
}

// endOf returns the end of an entry saved now, without running over.
func endOf(now int64, ttl time.Duration) int64 {
	if int64(ttl) >= endless-now {
		return endless
	}
	return now + int64(ttl)
}
