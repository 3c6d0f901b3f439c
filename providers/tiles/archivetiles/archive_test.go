package archivetiles_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
	"github.com/detour-go/detour/providers/tiles/archivetiles"
	"github.com/detour-go/detour/providers/tiles/tilestest"
)

func open(t testing.TB, cfg archivetiles.Config) *archivetiles.Archive {
	t.Helper()
	a, err := archivetiles.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, a.Close()) })
	return a
}

func TestArchive(t *testing.T) {
	white, black, photo := shade(t, 255, false), shade(t, 0, false), shade(t, 99, true)
	a := open(t, archivetiles.Config{Path: build(t, plainSchema, metadata(),
		row{12, 3492, 2509, white}, row{11, 327, 1256, black}, row{12, 3493, 2509, photo}, row{13, 1, 0, gzipped(t, []byte(vector))})})
	tilestest.Run(t, tilestest.Subject{
		Name: "archive", Provider: a, Attribution: "© city & co", Outside: []tiles.ID{{}, {Z: 12}, {Z: 22, X: 1}, {Z: 12, X: 3492, Y: 2509}},
		Known: []tilestest.Sample{
			{ID: cityHall, ContentType: "image/png", Data: white},
			{ID: tiles.ID{Z: 11, X: 327, Y: 791}, ContentType: "image/png", Data: black}, // the example of the specification
			{ID: tiles.ID{Z: 12, X: 3493, Y: 1586}, ContentType: "image/jpeg", Data: photo},
			{ID: tiles.ID{Z: 13, X: 1, Y: 8191}, ContentType: "application/vnd.mapbox-vector-tile", Data: []byte(vector)},
		},
	})
}

func TestArchiveOfViews(t *testing.T) {
	white := shade(t, 255, false)
	path := build(t, `CREATE TABLE about (k text, v text); CREATE VIEW metadata AS SELECT k AS name, v AS value FROM about;
CREATE TABLE map (zoom_level integer, tile_column integer, tile_row integer, tile_id text); CREATE TABLE images (tile_data blob, tile_id text);
CREATE VIEW tiles AS SELECT map.zoom_level, map.tile_column, map.tile_row, images.tile_data FROM map JOIN images ON images.tile_id = map.tile_id;
INSERT INTO about VALUES ('name', 'city'), ('format', 'image/png'), ('minzoom', 12), ('maxzoom', '12'), ('bounds', '124.5, 33.0,131.9,38.7');
INSERT INTO map VALUES (12, 3492, 2509, 'a'), (12, 3493, 2509, 'a'), (13, 1, 1, 'a');`, nil)
	write(t, path, func(db *sql.DB) {
		_, err := db.Exec("INSERT INTO images VALUES (?, 'a')", white)
		require.NoError(t, err)
	})
	a := open(t, archivetiles.Config{Path: path, Attribution: "© override"})
	assert.Equal(t, archivetiles.Metadata{Name: "city", Format: "image/png", Bounds: [4]float64{124.5, 33, 131.9, 38.7}, MinZoom: 12, MaxZoom: 12, Attribution: "© override"}, a.Metadata())
	tilestest.Run(t, tilestest.Subject{
		Name: "archive of views", Provider: a, Attribution: "© override", Outside: []tiles.ID{{Z: 13, X: 1, Y: 8190}, {Z: 11}},
		Known: []tilestest.Sample{{ID: cityHall, ContentType: "image/png", Data: white}, {ID: tiles.ID{Z: 12, X: 3493, Y: 1586}, ContentType: "image/png", Data: white}},
	})
}

func TestNewReportsEveryMistake(t *testing.T) {
	text := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	meta := func(m map[string]any) string { return build(t, plainSchema, m) }
	rows := map[string]struct {
		path string
		says []string
	}{
		"no path":             {"", []string{"path is missing", "timeout"}},
		"no file":             {filepath.Join(t.TempDir(), "x"), []string{"no such file", "timeout"}},
		"a directory":         {t.TempDir(), []string{"no regular file"}},
		"empty":               {text("x", ""), []string{"not sqlite"}},
		"html":                {text("x", "<html><body>not found</body></html>"), []string{"not sqlite"}},
		"a header alone":      {text("x", "SQLite format 3\x00"), []string{"no tiles", "no metadata", "timeout"}},
		"header and noise":    {text("x", "SQLite format 3\x00"+string(make([]byte, 8192))), []string{"no tiles", "no metadata"}},
		"another database":    {build(t, "CREATE TABLE t (a)", nil), []string{"no tiles", "no metadata"}},
		"other columns":       {build(t, "CREATE TABLE metadata (name, value); CREATE TABLE tiles (z, x, y, data)", nil), []string{"no tiles", "no name", "format", "attribution"}},
		"nothing said":        {meta(nil), []string{"no name", "format", "attribution"}},
		"odd values":          {meta(map[string]any{"name": "  ", "format": "tiff", "minzoom": "-1", "maxzoom": "x", "bounds": "1,2,3", "attribution": "<b></b>"}), []string{"no name", "format", "minzoom is no zoom", "maxzoom is no zoom", "bounds", "attribution"}},
		"upside down":         {meta(map[string]any{"name": "n", "format": "png", "attribution": "a", "minzoom": 9, "maxzoom": 8, "bounds": "0,50,10,40"}), []string{"minzoom is above", "bounds"}},
		"bounds not on earth": {meta(map[string]any{"name": "n", "format": "png", "attribution": "a", "bounds": "NaN,0,1,1"}), []string{"bounds"}},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			_, err := archivetiles.New(archivetiles.Config{Path: r.path, Timeout: -1})
			require.Error(t, err)
			for _, want := range r.says {
				assert.Contains(t, err.Error(), want)
			}
			assert.NotContains(t, err.Error(), os.TempDir())
		})
	}
	_, err := os.Stat(filepath.Join(t.TempDir(), "x"))
	assert.ErrorIs(t, err, os.ErrNotExist, "a missing file is not created")
}

func TestMetadata(t *testing.T) {
	for format, want := range map[string]string{"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "pbf": "application/vnd.mapbox-vector-tile", "image/jpg": "image/jpeg", "application/x-protobuf": "application/vnd.mapbox-vector-tile"} {
		m := metadata()
		m["format"], m["maxzoom"], m["json"] = format, 30, string(make([]byte, 1<<20))
		a := open(t, archivetiles.Config{Path: build(t, plainSchema, m)})
		assert.Equal(t, archivetiles.Metadata{Name: "city", Format: want, MaxZoom: 22, Attribution: "© city & co"}, a.Metadata())
	}
	for in, want := range map[string]string{"© city": "© city", "<b>a</b>\n <i>b</i>": "a b", "<script>x</script": "x", "a<img src=x onerror=y": "a"} {
		m := metadata()
		m["attribution"] = in
		assert.Equal(t, want, open(t, archivetiles.Config{Path: build(t, plainSchema, m)}).Metadata().Attribution)
	}
}

func TestDamagedTiles(t *testing.T) {
	white := shade(t, 255, false)
	for name, r := range map[string]struct {
		data any
		says string
	}{
		"null":               {nil, "empty"},
		"empty":              {[]byte{}, "empty"},
		"html":               {"<html>점검</html>", "content type"},
		"a number":           {42, "content type"},
		"cut":                {white[:100], "cut short"},
		"script behind":      {append(white[:len(white):len(white)], "<script>"...), "goes on"},
		"too large":          {make([]byte, 1<<20+1), "too large"},
		"gzip bomb":          {gzipped(t, make([]byte, 20<<20)), "more than"},
		"cut gzip":           {gzipped(t, []byte(vector))[:15], "broken"},
		"gzip of an archive": {gzipped(t, gzipped(t, []byte(vector))), "content type"},
	} {
		t.Run(name, func(t *testing.T) {
			a := open(t, archivetiles.Config{Path: build(t, plainSchema, metadata(), row{12, 3492, 2509, r.data})})
			got, err := a.Tile(t.Context(), cityHall)
			require.ErrorIs(t, err, providers.Unavailable)
			require.ErrorContains(t, err, "archive: tile: unavailable: ")
			require.ErrorContains(t, err, r.says)
			assert.Zero(t, got)
		})
	}
}

// Whatever byte of a file is wrong: the right tile, a no or a fault, and never a panic or another tile.
func TestF48DamagedFiles(t *testing.T) {
	white := shade(t, 255, false)
	whole, err := os.ReadFile(build(t, plainSchema, metadata(), row{12, 3492, 2509, white}, row{12, 3493, 2509, shade(t, 0, false)}))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "x.mbtiles")
	try := func(name string, content []byte) {
		require.NoError(t, os.WriteFile(path, content, 0o600))
		a, err := archivetiles.New(archivetiles.Config{Path: path})
		if err != nil {
			return
		}
		defer a.Close()
		for _, id := range []tiles.ID{cityHall, {Z: 12, X: 3493, Y: 1586}} {
			got, err := a.Tile(t.Context(), id)
			switch {
			case errors.Is(err, providers.Unavailable), errors.Is(err, providers.NotFound):
			case err != nil:
				t.Errorf("%s: %v", name, err)
			case got.Answers(id) != nil:
				t.Errorf("%s: a broken tile", name)
			}
		}
	}
	for n := 0; n < len(whole); n += 512 {
		try(fmt.Sprintf("cut at %d", n), whole[:n])
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 150 {
		content := append([]byte(nil), whole...)
		at := 16 + random.IntN(len(content)-16)
		for range 1 + random.IntN(16) {
			content[at+random.IntN(min(64, len(content)-at))] = byte(random.Uint32())
		}
		try(fmt.Sprintf("noise at %d", at), content)
	}
}

// The file is cut under an open archive: what is gone is unavailable.
func TestF46FileCutWhileOpen(t *testing.T) {
	rows := make([]row, 200)
	for i := range rows {
		rows[i] = row{12, i, 0, shade(t, uint8(i), false)}
	}
	path := build(t, plainSchema, metadata(), rows...)
	a := open(t, archivetiles.Config{Path: path})
	require.NoError(t, os.Truncate(path, 8192))
	_, err := a.Tile(t.Context(), tiles.ID{Z: 12, X: 150, Y: 4095})
	require.ErrorIs(t, err, providers.Unavailable)
	assert.EqualError(t, err, "archive: tile: unavailable: file cannot be read")
}

// A file that somebody prepared: its view never ends.
func TestLookupIsBounded(t *testing.T) {
	path := build(t, `CREATE TABLE metadata (name text, value text);
CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
SELECT i AS zoom_level, 0 AS tile_column, 0 AS tile_row, x'00' AS tile_data FROM n WHERE i % 2 = 2;`, metadata())
	a := open(t, archivetiles.Config{Path: path, Timeout: 50 * time.Millisecond})
	_, err := a.Tile(t.Context(), tiles.ID{})
	require.ErrorIs(t, err, providers.Unavailable)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	a = open(t, archivetiles.Config{Path: path, Timeout: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = a.Tile(ctx, tiles.ID{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestFileIsNotWritten(t *testing.T) {
	path := build(t, plainSchema, metadata(), row{12, 3492, 2509, shade(t, 255, false)})
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(path, 0o400))
	require.NoError(t, os.Chmod(filepath.Dir(path), 0o500))
	a := open(t, archivetiles.Config{Path: path})
	_, err = a.Tile(t.Context(), cityHall)
	require.NoError(t, err)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, after)
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no journal, no shared memory beside it")
	require.NoError(t, os.Chmod(filepath.Dir(path), 0o700))
}

func TestCloseWhileAsked(t *testing.T) {
	a, err := archivetiles.New(archivetiles.Config{Path: build(t, plainSchema, metadata(), row{12, 3492, 2509, shade(t, 255, false)})})
	require.NoError(t, err)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for {
				if _, err := a.Tile(t.Context(), cityHall); err != nil {
					assert.ErrorIs(t, err, providers.Unavailable)
					return
				}
			}
		})
	}
	assert.NoError(t, a.Close())
	all.Wait()
	assert.NoError(t, a.Close(), "twice is fine")
	_, err = a.Tile(t.Context(), cityHall)
	assert.ErrorIs(t, err, providers.Unavailable)
}

func BenchmarkTile(b *testing.B) {
	a := open(b, archivetiles.Config{Path: build(b, plainSchema, metadata(), row{12, 3492, 2509, shade(b, 255, false)})})
	for b.Loop() {
		if _, err := a.Tile(b.Context(), cityHall); err != nil {
			b.Fatal(err)
		}
	}
}
