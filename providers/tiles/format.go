package tiles

import (
	"bytes"
	"errors"
	"mime"
	"slices"
)

// The content types of a Tile. [MVT] is a Mapbox vector tile, known as pbf.
const (
	PNG  = "image/png"
	JPEG = "image/jpeg"
	WebP = "image/webp"
	MVT  = "application/vnd.mapbox-vector-tile"
)

// format is how a type is recognised and checked.
type format struct {
	name  string
	alias []string // what vendors write instead of the registered name
	magic func([]byte) bool
	check func([]byte) error
}

// formats is read only.
var formats = [...]format{
	{PNG, []string{"image/x-png"}, isPNG, checkPNG},
	{JPEG, []string{"image/jpg", "image/pjpeg"}, isJPEG, checkJPEG},
	{WebP, nil, isWebP, checkWebP},
	{MVT, []string{"application/x-protobuf", "application/protobuf"}, isMVT, checkMVT},
}

// formatOf is the format of a content type in its registered spelling; false: none of ours.
func formatOf(name string) (format, bool) {
	for _, f := range formats {
		if f.name == name {
			return f, true
		}
	}
	return format{}, false
}

// Sniff is the content type that the first bytes of data speak for; empty: none
// of ours. It proves less than [Tile.Answers].
func Sniff(data []byte) string {
	for _, f := range formats {
		if f.magic(data) {
			return f.name
		}
	}
	return ""
}

// MediaType reads a Content-Type header: lower case, without parameters, and
// with the registered name where vendors write another. Empty: malformed.
func MediaType(header string) string {
	m, _, err := mime.ParseMediaType(header)
	if err != nil {
		return ""
	}
	for _, f := range formats {
		if slices.Contains(f.alias, m) {
			return f.name
		}
	}
	return m
}

// The sides of a tile in pixels: the plain one and the one for dense screens.
const (
	side   = 256
	sideHD = 512
)

// checkSize comes from the header alone, before anybody would decode a picture of 100,000 by 100,000.
func checkSize(width, height int) error {
	if width != height || width != side && width != sideHD {
		return errSize
	}
	return nil
}

// checkTail allows zeros behind the end of a picture, which some writers pad with, and nothing else.
func checkTail(rest []byte) error {
	if len(bytes.TrimLeft(rest, "\x00")) > 0 {
		return errTail
	}
	return nil
}

var (
	errSize   = errors.New("picture is not a square of 256 or 512 pixels")
	errCut    = errors.New("data is cut short")
	errTail   = errors.New("data goes on behind its end")
	errBroken = errors.New("data is broken")
)
