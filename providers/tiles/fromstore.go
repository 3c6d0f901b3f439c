package tiles

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/detour-go/detour/providers"
)

// FromStore makes a tile of the bytes of a local store (a file, a row of an
// archive), whose content type is what the bytes are. Vector tiles are stored
// gzipped by custom; they are unpacked, up to [MaxBytes]. The tile is checked
// as [Tile.Answers] does; the error is of class unavailable: the store is damaged.
func FromStore(id ID, data []byte, attribution string) (Tile, error) {
	if bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		var err error
		if data, err = gunzip(data); err != nil {
			return Tile{}, wrong("store", providers.Unavailable, errBroken)
		}
	}
	t := Tile{ID: id, Data: data, ContentType: Sniff(data), Attribution: attribution}
	if err := t.check(id); err != nil {
		return Tile{}, wrong("store", providers.Unavailable, err)
	}
	return t, nil
}

// gunzip stops one byte above the bound, so that the check sees it is too large.
func gunzip(data []byte) ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(zr, MaxBytes+1))
}
