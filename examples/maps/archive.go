package main

import (
	"bytes"
	"database/sql"
	"errors"
	"image"
	"image/color"
	"image/png"
	"net/url"

	"github.com/detour-go/detour/providers/tiles"
)

// writeArchive makes an MBTiles file of one blank tile, as a stand-in for one that a converter made of the site's own
// extract. Importing archivetiles has brought the driver along.
func writeArchive(path string, id tiles.ID) (err error) {
	var blank bytes.Buffer
	if err := png.Encode(&blank, image.NewPaletted(image.Rect(0, 0, 256, 256), color.Palette{color.White})); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path}).String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"CREATE TABLE metadata (name text, value text)", nil},
		{"CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)", nil},
		{"INSERT INTO metadata VALUES ('name', 'city'), ('format', 'png'), ('attribution', '© City of Seoul (example)')", nil},
		{"INSERT INTO tiles VALUES (?, ?, ?, ?)", []any{id.Z, id.X, id.TMSRow(), blank.Bytes()}},
	} {
		if _, err := db.Exec(step.sql, step.args...); err != nil {
			return err
		}
	}
	return nil
}
