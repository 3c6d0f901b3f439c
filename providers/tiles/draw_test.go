package tiles_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers/tiles"
)

// cityHall is the tile of Seoul City Hall at zoom 12, from the vendor sheet.
var cityHall = tiles.ID{Z: 12, X: 3492, Y: 1586}

func picture(width, height int) image.Image {
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.White, color.RGBA{R: 200, G: 30, B: 60, A: 255}})
	for i := range m.Pix {
		m.Pix[i] = uint8(i / 7 % 2)
	}
	return m
}

func drawPNG(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, picture(width, height)))
	return b.Bytes()
}

func drawJPEG(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, picture(width, height), nil))
	return b.Bytes()
}

// chunk is a chunk of PNG with its checksum.
func chunk(kind, data string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:])))
}

// webp wraps chunks; a bitstream is only its header here: nobody decodes the pixels.
func webp(chunks string) string {
	return "RIFF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(chunks)+4))) + "WEBP" + chunks
}

const (
	vp8  = "VP8 \x0c\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\x00\x01\x00\x01\x00\x00"           // 256 x 256
	vp8l = "VP8L\x06\x00\x00\x00\x2f\xff\xc0\x3f\x00\x00"                                   // 255+1 x 255+1
	vp8x = "VP8X\x0a\x00\x00\x00\x10\x00\x00\x00\xff\x01\x00\xff\x01\x00"                   // canvas 512 x 512
	vp8h = "VP8 \x0c\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\x00\x02\x00\x02\x00\x00"           // 512 x 512
	vp8s = "VP8 \x0c\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\x01\x00\x01\x00\x00\x00"           // 1 x 1
	mvt  = "\x1a\x0a\x78\x02\x0a\x04\x72\x6f\x61\x64\x28\x20\x82\x01\x02ok\x88\x01\x96\x01" // a layer "road", two extensions
)

// jfif is the application segment that most writers put first, Go's does not.
const jfif = "\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"

func tile(contentType string, data string) tiles.Tile {
	return tiles.Tile{ID: cityHall, Data: []byte(data), ContentType: contentType, Attribution: "© test"}
}
