package tiles

import (
	"bytes"
	"encoding/binary"
	"image/jpeg"
)

func isJPEG(b []byte) bool { return bytes.HasPrefix(b, []byte("\xff\xd8\xff")) }

// checkJPEG walks the markers (ITU T.81 annex B) up to the end of the image, and
// lets the standard library judge the header; no pixel is decoded.
func checkJPEG(b []byte) error {
	head, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return errBroken
	}
	if err := checkSize(head.Width, head.Height); err != nil {
		return err
	}
	rest, scanned := b[2:], false
	for {
		marker, after, ok := nextMarker(rest, scanned)
		if !ok {
			return errCut
		}
		rest = after
		switch {
		case marker == 0xd9: // end of image
			if !scanned {
				return errBroken
			}
			return checkTail(rest)
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd7: // stands alone
			continue
		case marker < 0xc0 || marker == 0xd8:
			return errBroken
		}
		if len(rest) < 2 {
			return errCut
		}
		n := int(binary.BigEndian.Uint16(rest))
		if n < 2 {
			return errBroken
		}
		if n > len(rest) {
			return errCut
		}
		rest = rest[n:]
		scanned = scanned || marker == 0xda
	}
}

// nextMarker finds the marker that follows; within the data of a scan, stuffed
// zeros and restart markers are no markers. Fill bytes are skipped.
func nextMarker(b []byte, inScan bool) (marker byte, rest []byte, ok bool) {
	for {
		i := bytes.IndexByte(b, 0xff)
		if i < 0 || !inScan && i > 0 {
			return 0, nil, false
		}
		for b = b[i:]; len(b) > 0 && b[0] == 0xff; { // not bytes.TrimLeft, which takes 0xff for any broken UTF-8
			b = b[1:]
		}
		if len(b) == 0 {
			return 0, nil, false
		}
		marker, b = b[0], b[1:]
		if inScan && (marker == 0 || marker >= 0xd0 && marker <= 0xd7) {
			continue
		}
		return marker, b, true
	}
}
