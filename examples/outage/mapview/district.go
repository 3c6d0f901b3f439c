package mapview

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io/fs"

	"github.com/detour-go/detour/providers/tiles"
)

// The map of the site is that of one district: 24 by 16 tiles at zoom 15 around the city hall of Seoul. The site keeps all of them
// itself, drawn from its own data: small, plain, and out of reach of every outage.
const (
	zoom    = 15
	west    = 27929
	north   = 12681
	columns = 24
	rows    = 16
)

// A view is 4 by 3 tiles.
const (
	viewColumns = 4
	viewRows    = 3
)

//go:generate go run ./draw -zoom 15 -west 27929 -north 12681 -columns 24 -rows 16 -out district.zip

//go:embed district.zip
var district []byte

// own is the site's own directory of tiles, as a source of last resort.
func own() (*tiles.FS, error) {
	files, err := zip.NewReader(bytes.NewReader(district), int64(len(district)))
	if err != nil {
		return nil, fmt.Errorf("district: %w", err)
	}
	return tiles.FromFS(fs.FS(files), tiles.FSConfig{Attribution: "서울 예시구청 Example district office of Seoul"})
}

// view is the viewport with its first tile there, row by row.
func view(column, row int) []tiles.ID {
	ids := make([]tiles.ID, 0, viewColumns*viewRows)
	for y := range viewRows {
		for x := range viewColumns {
			ids = append(ids, tiles.ID{Z: zoom, X: west + column + x, Y: north + row + y})
		}
	}
	return ids
}
