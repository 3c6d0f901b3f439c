package archivetiles

import (
	"context"
	"database/sql"
	"errors"
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/detour-go/detour/providers/tiles"
)

// Metadata is what an archive says about itself (MBTiles 1.3, section metadata).
type Metadata struct {
	// Name of the tileset.
	Name string
	// Format is the content type that the file names for its tiles; each tile
	// says for itself what it is.
	Format string
	// Bounds are west, south, east and north in degrees; all zero: not said.
	Bounds [4]float64
	// MinZoom and MaxZoom of its tiles; outside of them all is notfound. 0 and
	// tiles.MaxZoom when not said.
	MinZoom, MaxZoom int
	// Attribution as plain text, from the file or the Config.
	Attribution string
}

// Bounds of a value of metadata; the json of vector tiles is larger and not wanted.
const maxValue = 8 << 10

func readMetadata(ctx context.Context, db *sql.DB) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT CAST(name AS TEXT), CAST(value AS TEXT) FROM metadata
WHERE name IN ('name', 'format', 'bounds', 'minzoom', 'maxzoom', 'attribution') AND value IS NOT NULL AND length(value) <= ? LIMIT 20`, maxValue)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		if _, twice := values[name]; !twice {
			values[name] = strings.TrimSpace(value)
		}
	}
	return values, rows.Err()
}

func parseMetadata(values map[string]string, attribution string) (m Metadata, mistakes []error) {
	wrong := func(what string) { mistakes = append(mistakes, errors.New("archive: "+what)) }
	m = Metadata{Name: values["name"], Attribution: attribution, MaxZoom: tiles.MaxZoom}
	if m.Name == "" {
		wrong("metadata has no name")
	}
	if m.Format = contentType(values["format"]); m.Format == "" {
		wrong("metadata format is none of pbf, jpg, png, webp")
	}
	if m.Attribution == "" {
		m.Attribution = plain(values["attribution"])
	}
	if m.Attribution == "" {
		wrong("attribution is missing, in the file and in the configuration")
	}
	zoom := func(name string, to *int) {
		if v, said := values[name]; said {
			z, err := strconv.Atoi(v)
			if err != nil || z < 0 || z > 30 {
				wrong("metadata " + name + " is no zoom")
				return
			}
			*to = min(z, tiles.MaxZoom)
		}
	}
	zoom("minzoom", &m.MinZoom)
	zoom("maxzoom", &m.MaxZoom)
	if m.MinZoom > m.MaxZoom {
		wrong("metadata minzoom is above maxzoom")
	}
	if v, said := values["bounds"]; said {
		var ok bool
		if m.Bounds, ok = parseBounds(v); !ok {
			wrong("metadata bounds are not west,south,east,north")
		}
	}
	return m, mistakes
}

// contentType of a format: one of the four words, or a media type of ours.
func contentType(format string) string {
	switch strings.ToLower(format) {
	case "png":
		return tiles.PNG
	case "jpg", "jpeg":
		return tiles.JPEG
	case "webp":
		return tiles.WebP
	case "pbf":
		return tiles.MVT
	}
	switch m := tiles.MediaType(format); m {
	case tiles.PNG, tiles.JPEG, tiles.WebP, tiles.MVT:
		return m
	}
	return ""
}

func parseBounds(v string) (b [4]float64, ok bool) {
	parts := strings.Split(v, ",")
	if len(parts) != len(b) {
		return b, false
	}
	for i, p := range parts {
		n, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || math.IsNaN(n) || math.Abs(n) > 180 {
			return [4]float64{}, false
		}
		b[i] = n
	}
	if b[1] > b[3] || math.Abs(b[1]) > 90 || math.Abs(b[3]) > 90 {
		return [4]float64{}, false
	}
	return b, true
}

var tag = regexp.MustCompile(`<[^>]*>?`)

// plain makes text of an attribution in HTML, as the specification allows it to
// be. It is text: whoever shows it on a page escapes it.
func plain(attribution string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(attribution, ""))), " ")
}
