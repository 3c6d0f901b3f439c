package tiles

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/png"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

func isPNG(b []byte) bool { return bytes.HasPrefix(b, []byte(pngMagic)) }

// checkPNG walks the chunks (PNG third edition, section 5) with their checksums
// and lets the standard library judge the header; no pixel is decoded.
func checkPNG(b []byte) error {
	head, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return errBroken
	}
	if err := checkSize(head.Width, head.Height); err != nil {
		return err
	}
	rest, pixels := b[len(pngMagic):], false
	for {
		if len(rest) < 12 {
			return errCut
		}
		n := binary.BigEndian.Uint32(rest)
		if uint64(n)+12 > uint64(len(rest)) {
			return errCut
		}
		end := 8 + int(n)
		if crc32.ChecksumIEEE(rest[4:end]) != binary.BigEndian.Uint32(rest[end:]) {
			return errBroken
		}
		kind := string(rest[4:8])
		rest = rest[end+4:]
		switch kind {
		case "IDAT":
			pixels = pixels || n > 0
		case "IEND":
			if !pixels {
				return errBroken
			}
			return checkTail(rest)
		}
	}
}
