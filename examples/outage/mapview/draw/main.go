// Draw makes the embedded tiles of the example's district: plain ground with a grid of streets, as an office would draw them from its
// own data.
package main

import (
	"archive/zip"
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
)

func main() {
	zoom := flag.Int("zoom", 15, "zoom of the tiles")
	west := flag.Int("west", 0, "first column")
	north := flag.Int("north", 0, "first row")
	columns := flag.Int("columns", 1, "number of columns")
	rows := flag.Int("rows", 1, "number of rows")
	out := flag.String("out", "district.zip", "file to write")
	flag.Parse()
	if err := draw(*out, *zoom, *west, *north, *columns, *rows); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

func draw(out string, zoom, west, north, columns, rows int) error {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for x := west; x < west+columns; x++ {
		for y := north; y < north+rows; y++ {
			w, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%d/%d/%d.png", zoom, x, y), Method: zip.Store})
			if err != nil {
				return err
			}
			encoder := png.Encoder{CompressionLevel: png.BestCompression}
			if err := encoder.Encode(w, tile(x, y)); err != nil {
				return err
			}
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, archive.Bytes(), 0o644)
}

// tile has a shade and streets of its own, so that two of them can be told apart.
func tile(x, y int) image.Image {
	shade := uint8(224 + (x*7+y*13)%16)
	m := image.NewPaletted(image.Rect(0, 0, 256, 256), color.Palette{
		color.NRGBA{R: shade, G: shade, B: shade - 8, A: 255}, color.NRGBA{R: 255, G: 255, B: 255, A: 255},
	})
	column, row := 64+(x*37)%128, 64+(y*53)%128
	for i := range 256 {
		for width := range 6 {
			m.SetColorIndex(column+width, i, 1)
			m.SetColorIndex(i, row+width, 1)
		}
	}
	return m
}
