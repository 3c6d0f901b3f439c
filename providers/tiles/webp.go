package tiles

import (
	"encoding/binary"
)

func isWebP(b []byte) bool {
	return len(b) >= 16 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP"
}

// checkWebP walks the RIFF chunks (RFC 9649 section 2) and reads the size of the
// picture from the header of the bitstream and, when there is one, of the
// canvas. The standard library has no reader of WebP.
func checkWebP(b []byte) error {
	whole := uint64(binary.LittleEndian.Uint32(b[4:])) + 8
	if whole > uint64(len(b)) || whole < 12 {
		return errCut
	}
	if err := checkTail(b[whole:]); err != nil {
		return err
	}
	rest, pixels := b[12:whole], false
	for len(rest) > 0 {
		if len(rest) < 8 {
			return errCut
		}
		n := uint64(binary.LittleEndian.Uint32(rest[4:]))
		if n+n%2 > uint64(len(rest)-8) {
			return errCut
		}
		kind, data := string(rest[:4]), rest[8:8+n]
		rest = rest[8+n+n%2:]
		width, height, ok := 0, 0, true
		switch kind {
		case "VP8X": // RFC 9649 section 2.7
			if ok = len(data) == 10; ok {
				width, height = 1+uint24(data[4:]), 1+uint24(data[7:])
			}
		case "VP8 ": // RFC 6386 section 9.1
			if ok = len(data) > 10 && data[0]&1 == 0 && string(data[3:6]) == "\x9d\x01\x2a"; ok {
				width, height = int(binary.LittleEndian.Uint16(data[6:]))&0x3fff, int(binary.LittleEndian.Uint16(data[8:]))&0x3fff
			}
			pixels = true
		case "VP8L": // RFC 9649 section 3.4
			if ok = len(data) > 5 && data[0] == 0x2f; ok {
				bits := int(binary.LittleEndian.Uint32(data[1:]))
				width, height = 1+bits&0x3fff, 1+bits>>14&0x3fff
			}
			pixels = true
		default:
			continue
		}
		if !ok {
			return errBroken
		}
		if err := checkSize(width, height); err != nil {
			return err
		}
	}
	if !pixels {
		return errBroken
	}
	return nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
