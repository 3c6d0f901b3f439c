package tiles_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/detour-go/detour/providers"
	"github.com/detour-go/detour/providers/tiles"
	"github.com/detour-go/detour/providers/tiles/tilestest"
)

func file(data []byte) *fstest.MapFile { return &fstest.MapFile{Data: data} }

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	_, err := zw.Write(data)
	require.NoError(t, err)
	require.NoError(t, zw.Close())
	return b.Bytes()
}

func TestFromFS(t *testing.T) {
	p, j := drawPNG(t, 256, 256), drawJPEG(t, 512, 512)
	files := fstest.MapFS{
		"12/3492/1586.png": file(p), "12/3493/1586.png": file(j), // content decides, not the name
		"12/3494/1586.png": file(gzipped(t, []byte(mvt))),
	}
	fsys, err := tiles.FromFS(files, tiles.FSConfig{Attribution: "© city"})
	require.NoError(t, err)
	tilestest.Run(t, tilestest.Subject{
		Name: "fs", Provider: fsys, Attribution: "© city", Outside: []tiles.ID{{}, {Z: 12, X: 1, Y: 1}},
		Known: []tilestest.Sample{
			{ID: cityHall, ContentType: tiles.PNG, Data: p}, {ID: tiles.ID{Z: 12, X: 3493, Y: 1586}, ContentType: tiles.JPEG, Data: j},
			{ID: tiles.ID{Z: 12, X: 3494, Y: 1586}, ContentType: tiles.MVT, Data: []byte(mvt)},
		},
	})
}

func TestFromFSLayouts(t *testing.T) {
	p := drawPNG(t, 256, 256)
	for layout, name := range map[string]string{
		"": "12/3492/1586.png", "base/{z}-{y}-{x}": "base/12-1586-3492", "tms/{z}/{x}/{-y}.png": "tms/12/3492/2509.png", "{x}{z}{y}": "3492121586",
	} {
		f, err := tiles.FromFS(fstest.MapFS{name: file(p)}, tiles.FSConfig{Layout: layout, Attribution: "© city", MaxAge: time.Hour})
		require.NoError(t, err, layout)
		got, err := f.Tile(t.Context(), cityHall)
		require.NoError(t, err, layout)
		assert.Equal(t, tiles.Tile{ID: cityHall, Data: p, ContentType: tiles.PNG, Attribution: "© city", MaxAge: time.Hour}, got)
	}
}

func TestFromFSReportsEveryMistake(t *testing.T) {
	_, err := tiles.FromFS(nil, tiles.FSConfig{Layout: "../{z}/{z}/{y}{-y}", MaxAge: -1})
	require.Error(t, err)
	for _, want := range []string{"file system is missing", "{z} once", "{x} once", "{y} or {-y} once", "within the file system", "attribution", "max age"} {
		assert.Contains(t, err.Error(), want)
	}
	for _, bad := range []string{"/{z}/{x}/{y}", "{z}/{x}/../{y}", "{z}//{x}/{y}", "{z}/{x}/{y}/", "{z}/{x}"} {
		_, err := tiles.FromFS(fstest.MapFS{}, tiles.FSConfig{Layout: bad, Attribution: "x"})
		assert.Error(t, err, bad)
	}
}

func TestFromFSDamage(t *testing.T) {
	p := drawPNG(t, 256, 256)
	bomb := gzipped(t, make([]byte, 5<<20))
	require.Less(t, len(bomb), 10<<10)
	for name, r := range map[string]struct {
		files fs.FS
		kind  providers.Kind
		says  string
	}{
		"missing":          {fstest.MapFS{}, providers.NotFound, "no such tile"},
		"directory":        {fstest.MapFS{"12/3492/1586.png/x": file(p)}, providers.Unavailable, ""},
		"empty file":       {fstest.MapFS{"12/3492/1586.png": file(nil)}, providers.Unavailable, "empty"},
		"html":             {fstest.MapFS{"12/3492/1586.png": file([]byte("<html>"))}, providers.Unavailable, "content type"},
		"F47 half a file":  {fstest.MapFS{"12/3492/1586.png": file(p[:100])}, providers.Unavailable, "cut short"},
		"too large":        {fstest.MapFS{"12/3492/1586.png": file(append(p[:len(p):len(p)], make([]byte, 1<<20)...))}, providers.Unavailable, "more than"},
		"F64 gzip bomb":    {fstest.MapFS{"12/3492/1586.png": file(bomb)}, providers.Unavailable, "more than"},
		"half a gzip":      {fstest.MapFS{"12/3492/1586.png": file(gzipped(t, []byte(mvt))[:20])}, providers.Unavailable, "broken"},
		"F46 disk fails":   {failing{errors.New("EIO on /srv/secret-path")}, providers.Unavailable, "cannot be read"},
		"not ours to read": {failing{&fs.PathError{Op: "open", Path: "/srv/secret-path", Err: fs.ErrPermission}}, providers.Unavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := tiles.FromFS(r.files, tiles.FSConfig{Attribution: "© city"})
			require.NoError(t, err)
			got, err := f.Tile(t.Context(), cityHall)
			assert.ErrorIs(t, err, r.kind)
			require.ErrorContains(t, err, r.says)
			assert.Zero(t, got)
			assert.NotContains(t, err.Error(), "secret-path")
			assert.NotContains(t, err.Error(), "1586")
		})
	}
}

type failing struct{ err error }

func (f failing) Open(string) (fs.File, error) { return nil, f.err }

// A directory of the disk, and a link that wants out of it.
func TestFromFSOnDisk(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "base", "12", "3492"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "base", "12", "3492", "1586.png"), drawPNG(t, 256, 256), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "other.png"), drawPNG(t, 256, 256), 0o600))
	require.NoError(t, os.Symlink("../../../other.png", filepath.Join(dir, "base", "12", "3492", "1587.png")))
	root, err := os.OpenRoot(filepath.Join(dir, "base"))
	require.NoError(t, err)
	defer root.Close()
	f, err := tiles.FromFS(root.FS(), tiles.FSConfig{Attribution: "© city"})
	require.NoError(t, err)
	_, err = f.Tile(t.Context(), cityHall)
	require.NoError(t, err)
	_, err = f.Tile(t.Context(), tiles.ID{Z: 12, X: 3492, Y: 1587})
	assert.ErrorIs(t, err, providers.Unavailable)
}

func TestFromFSHonoursItsContext(t *testing.T) {
	f, err := tiles.FromFS(failing{errors.New("asked")}, tiles.FSConfig{Attribution: "© city"})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	_, err = f.Tile(ctx, cityHall)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.False(t, strings.Contains(err.Error(), "asked"))
}
