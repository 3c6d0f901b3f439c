package tiles

import "encoding/binary"

// A vector tile is a protobuf message whose field 3 is a layer; fields 16 and
// up are extensions (Mapbox Vector Tile 2.1 section 4.1).
const (
	layerTag       = 3<<3 | 2
	firstExtension = 16
)

func isMVT(b []byte) bool { return len(b) > 0 && b[0] == layerTag }

// checkMVT walks the fields of the outer message to its last byte.
func checkMVT(b []byte) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return errCut
		}
		b = b[n:]
		if tag != layerTag && tag>>3 < firstExtension {
			return errBroken
		}
		var size uint64
		switch tag & 7 {
		case 0:
			if _, n = binary.Uvarint(b); n <= 0 {
				return errCut
			}
			size = uint64(n)
		case 1:
			size = 8
		case 2:
			if size, n = binary.Uvarint(b); n <= 0 {
				return errCut
			}
			b = b[n:]
		case 5:
			size = 4
		default:
			return errBroken
		}
		if size > uint64(len(b)) {
			return errCut
		}
		b = b[size:]
	}
	return nil
}
