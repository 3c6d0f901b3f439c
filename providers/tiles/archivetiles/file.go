package archivetiles

import (
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
)

// magic begins every SQLite 3 file.
const magic = "SQLite format 3\x00"

// checkFile tells what is no SQLite file before the driver, which would create
// a missing one in other modes and reads a FIFO for ever.
func checkFile(path string) error {
	if path == "" {
		return errors.New("archive: path is missing")
	}
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("archive: there is no such file")
	}
	if err != nil {
		return errUnreadable
	}
	if !info.Mode().IsRegular() {
		return errors.New("archive: path is no regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return errUnreadable
	}
	defer f.Close()
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(f, head); err != nil || string(head) != magic {
		return errors.New("archive: file is not sqlite, so not mbtiles")
	}
	return nil
}

// dsn names the file so that nothing in its name is read as a parameter, and
// sets what SQLite's authors advise for files that are not trusted
// (sqlite.org/security.html).
func dsn(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: url.Values{
		"mode": {"ro"}, "immutable": {"1"},
		"_pragma": {"query_only(1)", "trusted_schema(0)", "cell_size_check(1)"},
	}.Encode()}
	return u.String(), nil
}

var (
	errUnreadable = errors.New("archive: file cannot be read")
	errDamaged    = errors.New("archive: file is damaged")
	errNoTiles    = errors.New("archive: file has no tiles (zoom_level, tile_column, tile_row, tile_data)")
	errNoMetadata = errors.New("archive: file has no metadata (name, value)")
)
