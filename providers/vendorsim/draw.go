package vendorsim

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"strconv"
	"strings"
	"sync/atomic"
)

const (
	tileSize   = 256
	patterns   = 8
	tileMark   = "detour-sim-tile"
	cachedJPEG = 2048
)

// DrawTile draws the tile that the simulated map servers send for layer, z, x, y: 256 by 256 pixels, always the same bytes
// for the same tile. Layers are those of VWorld (Base, white, gray, midnight, Hybrid: PNG; Satellite: JPEG; gray is white)
// and "osm" (PNG). An unknown layer, a zoom outside 0..22 and a column or row outside 0..2^z-1 are errors.
//
// Every tile tells in its pixels (see [TilePixel]) and in its metadata (see [IdentifyTile]) which one it is.
func DrawTile(layer string, z, x, y int) (data []byte, contentType string, err error) {
	return newDrawer().tile(layer, z, x, y)
}

// TilePixel is the colour of the pixel (128, 128) of a tile, and of the 32 by 32 around it. No two tiles near each other
// share it. In a JPEG it is off by a few units.
func TilePixel(layer string, z, x, y int) color.NRGBA {
	h := fnv.New64a()
	_, _ = h.Write([]byte(tileName(layer, z, x, y)))
	s := h.Sum64()
	s = (s ^ s>>33) * 0xff51afd7ed558ccd // FNV alone hardly moves the high bits for the last characters
	s ^= s >> 29
	return color.NRGBA{R: uint8(s >> 32), G: uint8(s >> 40), B: uint8(s >> 48), A: 255}
}

// IdentifyTile reads from the metadata of an image which tile it is, without decoding it; ok is false for other images.
func IdentifyTile(data []byte) (layer string, z, x, y int, ok bool) {
	_, rest, found := bytes.Cut(data[:min(len(data), 1024)], []byte(tileMark+"\x00"))
	if !found {
		return "", 0, 0, 0, false
	}
	name, _, found := bytes.Cut(rest, []byte(";"))
	part := strings.Split(string(name), "/")
	if !found || len(part) != 4 {
		return "", 0, 0, 0, false
	}
	var n [3]int
	for i := range n {
		v, err := strconv.Atoi(part[i+1])
		if err != nil {
			return "", 0, 0, 0, false
		}
		n[i] = v
	}
	return part[0], n[0], n[1], n[2], true
}

func tileName(layer string, z, x, y int) string {
	return canonical(layer) + "/" + strconv.Itoa(z) + "/" + strconv.Itoa(x) + "/" + strconv.Itoa(y)
}

func canonical(layer string) string {
	if layer == "gray" {
		return "white"
	}
	return layer
}

// drawer draws tiles cheaply. PNG tiles of one pattern differ in their palette only, so the compressed pixels are made
// once per pattern; JPEG has no palette, so its tiles are remembered, up to a bound.
type drawer struct {
	idat [patterns]atomic.Pointer[[]byte]
	jpeg *table[[]byte]
}

func newDrawer() *drawer { return &drawer{jpeg: newTable[[]byte](cachedJPEG)} }

func (d *drawer) tile(layer string, z, x, y int) ([]byte, string, error) {
	theme, ok := themeOf(layer)
	if !ok {
		return nil, "", fmt.Errorf("vendorsim: draw: unknown layer %q", layer)
	}
	if z < 0 || z > 22 || x < 0 || y < 0 || x >= 1<<z || y >= 1<<z {
		return nil, "", errors.New("vendorsim: draw: tile is outside the grid")
	}
	theme[identity] = TilePixel(layer, z, x, y)
	name := tileName(layer, z, x, y)
	pattern := int(crc32.ChecksumIEEE([]byte(name)) % patterns)
	if layer != "Satellite" {
		return d.png(theme, pattern, name), "image/png", nil
	}
	data, cached := d.jpeg.get(name)
	if !cached {
		var err error
		if data, err = drawJPEG(theme, pattern, name); err != nil {
			return nil, "", fmt.Errorf("vendorsim: draw: %w", err)
		}
		d.jpeg.put(name, data)
	}
	return data, "image/jpeg", nil
}

// Indexes of the palette.
const (
	land = iota
	identity
	road
	water
	block
	edge
	colours
)

func themeOf(layer string) (t [colours]color.NRGBA, ok bool) {
	rgb := func(v uint32) color.NRGBA { return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255} }
	switch canonical(layer) {
	case "Base", "osm":
		t = [colours]color.NRGBA{land: rgb(0xF2EFE9), road: rgb(0xFFFFFF), water: rgb(0xAAD3DF), block: rgb(0xD9D0C9), edge: rgb(0xC8C4BC)}
	case "white":
		t = [colours]color.NRGBA{land: rgb(0xF7F7F7), road: rgb(0xFFFFFF), water: rgb(0xDDE3E6), block: rgb(0xE9E9E9), edge: rgb(0xD0D0D0)}
	case "midnight":
		t = [colours]color.NRGBA{land: rgb(0x1B2430), road: rgb(0x3A4656), water: rgb(0x0F1722), block: rgb(0x273243), edge: rgb(0x455266)}
	case "Satellite":
		t = [colours]color.NRGBA{land: rgb(0x4F5B3A), road: rgb(0x8C8778), water: rgb(0x23405A), block: rgb(0x6E6A5B), edge: rgb(0x394330)}
	case "Hybrid": // labels over another layer: clear but for the marks
		t = [colours]color.NRGBA{road: {255, 255, 255, 160}, edge: {90, 90, 90, 200}}
	default:
		return t, false
	}
	return t, true
}

// index is the pattern: streets, blocks, a river, and the square that identifies.
func index(pattern, x, y int) uint8 {
	step := 32 + 8*(pattern%3)
	switch river := (x*(pattern+2)/3 + y*2 + 31*pattern) % 300; {
	case x >= 112 && x < 144 && y >= 112 && y < 144:
		return identity
	case x == 0 || y == 0:
		return edge
	case x%step < 3 || y%(step+8) < 3:
		return road
	case river < 22:
		return water
	case (x/step+y/(step+8)+pattern)%3 == 0 && x%step > 7 && y%(step+8) > 7:
		return block
	}
	return land
}

func (d *drawer) png(theme [colours]color.NRGBA, pattern int, name string) []byte {
	var b bytes.Buffer
	b.Grow(4096)
	b.WriteString("\x89PNG\r\n\x1a\n")
	var ihdr [13]byte
	binary.BigEndian.PutUint32(ihdr[0:], tileSize)
	binary.BigEndian.PutUint32(ihdr[4:], tileSize)
	ihdr[8], ihdr[9] = 8, 3 // 8 bits, palette
	b.Write(chunk("IHDR", ihdr[:]))
	var plte [3 * colours]byte
	var trns [colours]byte
	for i, c := range theme {
		copy(plte[3*i:], []byte{c.R, c.G, c.B})
		trns[i] = c.A
	}
	b.Write(chunk("PLTE", plte[:]))
	b.Write(chunk("tRNS", trns[:]))
	b.Write(chunk("tEXt", []byte(tileMark+"\x00"+name+";")))
	b.Write(d.pixels(pattern))
	b.Write(chunk("IEND", nil))
	return b.Bytes()
}

// pixels is the IDAT chunk of a pattern.
func (d *drawer) pixels(pattern int) []byte {
	if p := d.idat[pattern].Load(); p != nil {
		return *p
	}
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	row := make([]byte, 1+tileSize) // the first byte is the filter: none
	for y := range tileSize {
		for x := range tileSize {
			row[1+x] = index(pattern, x, y)
		}
		_, _ = z.Write(row)
	}
	_ = z.Close()
	c := chunk("IDAT", b.Bytes())
	d.idat[pattern].Store(&c)
	return c
}

// chunk frames data as PNG wants it: length, type, data, CRC of the last two.
func chunk(kind string, data []byte) []byte {
	out := make([]byte, 0, 12+len(data))
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func drawJPEG(theme [colours]color.NRGBA, pattern int, name string) ([]byte, error) {
	m := image.NewYCbCr(image.Rect(0, 0, tileSize, tileSize), image.YCbCrSubsampleRatio420)
	var yy, cb, cr [colours]uint8
	for i, c := range theme {
		yy[i], cb[i], cr[i] = color.RGBToYCbCr(c.R, c.G, c.B)
	}
	for y := range tileSize {
		for x := range tileSize {
			i := index(pattern, x, y)
			m.Y[m.YOffset(x, y)] = yy[i]
			m.Cb[m.COffset(x, y)], m.Cr[m.COffset(x, y)] = cb[i], cr[i]
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 80}); err != nil {
		return nil, err
	}
	comment := []byte(tileMark + "\x00" + name + ";")
	out := append([]byte{0xFF, 0xD8, 0xFF, 0xFE}, binary.BigEndian.AppendUint16(nil, uint16(2+len(comment)))...)
	return append(append(out, comment...), b.Bytes()[2:]...), nil
}
