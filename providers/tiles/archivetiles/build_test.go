package archivetiles_test

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers/tiles"
)

var cityHall = tiles.ID{Z: 12, X: 3492, Y: 1586}

// vector is a vector tile with one layer "road".
const vector = "\x1a\x0a\x78\x02\x0a\x04\x72\x6f\x61\x64\x28\x20"

func shade(t testing.TB, grey uint8, jpg bool) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 256, 256))
	for i := range m.Pix {
		m.Pix[i] = grey
	}
	m.Set(1, 1, color.White)
	var b bytes.Buffer
	if jpg {
		require.NoError(t, jpeg.Encode(&b, m, nil))
	} else {
		require.NoError(t, png.Encode(&b, m))
	}
	return b.Bytes()
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	_, err := zw.Write(data)
	require.NoError(t, err)
	require.NoError(t, zw.Close())
	return b.Bytes()
}

// row is a row of the table tiles; tmsRow is counted from the south, as in the file.
type row struct {
	z, x, tmsRow int
	data         any
}

const plainSchema = `CREATE TABLE metadata (name text, value text);
CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob);
CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row);`

func metadata() map[string]any {
	return map[string]any{"name": "city", "format": "png", "attribution": `<a href="https://x.example">© city &amp; co</a>`}
}

// build writes an archive and gives its path.
func build(t testing.TB, schema string, meta map[string]any, rows ...row) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a?b#c%20 지도.mbtiles") // a name that a careless DSN reads as parameters
	write(t, path, func(db *sql.DB) {
		_, err := db.Exec(schema)
		require.NoError(t, err)
		for name, value := range meta {
			_, err := db.Exec("INSERT INTO metadata VALUES (?, ?)", name, value)
			require.NoError(t, err)
		}
		for _, r := range rows {
			_, err := db.Exec("INSERT INTO tiles VALUES (?, ?, ?, ?)", r.z, r.x, r.tmsRow, r.data)
			require.NoError(t, err)
		}
	})
	return path
}

func write(t testing.TB, path string, do func(*sql.DB)) {
	t.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path}).String())
	require.NoError(t, err)
	defer db.Close()
	do(db)
}
