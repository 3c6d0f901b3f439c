package tiles

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/detour-go/detour/providers"
)

// MaxZoom is the deepest zoom of an [ID]: 3.7 cm a pixel at the equator, below every vendor here.
const MaxZoom = 22

// ID is the number of a tile in the XYZ grid of web maps (EPSG:3857): at zoom Z
// the world is 2^Z by 2^Z tiles, X counts east from 180 degrees west, Y counts
// south from 85.0511 degrees north. The zero value is the whole world.
type ID struct{ Z, X, Y int }

// Validate reports a number outside the grid as an error of class invalid. It
// comes before any URL, key or file name is made of an ID.
func (id ID) Validate() error {
	if id.Z < 0 || id.Z > MaxZoom {
		return wrong("id", providers.Invalid, errZoom)
	}
	if n := 1 << id.Z; id.X < 0 || id.X >= n || id.Y < 0 || id.Y >= n {
		return wrong("id", providers.Invalid, errGrid)
	}
	return nil
}

// TMSRow is the row counted from the south, as TMS and MBTiles number it: 2^Z-1-Y. The ID must be valid.
func (id ID) TMSRow() int { return 1<<uint(id.Z) - 1 - id.Y } // unsigned: a negative zoom gives nonsense, no panic

// String is the "z/x/y" of an ID.
func (id ID) String() string { return Key(id) }

// Key is the key of a tile in a memory: "z/x/y". Different tiles have different keys.
func Key(id ID) string {
	b := make([]byte, 0, 24)
	b = strconv.AppendInt(b, int64(id.Z), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(id.X), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(id.Y), 10)
	return string(b)
}

// At is the tile that shows a place: latitude and longitude in degrees (WGS 84)
// at zoom z. Latitudes beyond the grid (85.0511) give its edge row. Anything
// outside -90..90 or -180..180, or a zoom outside 0..MaxZoom, is invalid.
func At(lat, lon float64, z int) (ID, error) {
	if z < 0 || z > MaxZoom {
		return ID{}, wrong("at", providers.Invalid, errZoom)
	}
	if !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) { // so written, NaN is refused too
		return ID{}, wrong("at", providers.Invalid, errPlace)
	}
	n := float64(int(1) << z)
	rad := lat * math.Pi / 180
	x := (lon + 180) / 360 * n
	y := (1 - math.Asinh(math.Tan(rad))/math.Pi) / 2 * n
	return ID{Z: z, X: within(x, n), Y: within(y, n)}, nil
}

// within is the tile number of a position on an axis of n tiles.
func within(v, n float64) int { return int(math.Min(math.Max(math.Floor(v), 0), n-1)) }

var (
	errZoom  = fmt.Errorf("zoom is not within 0 and %d", MaxZoom)
	errGrid  = errors.New("x or y is outside the grid of its zoom")
	errPlace = errors.New("latitude or longitude is outside the world")
)

// wrong is an error of the capability itself, of no vendor.
func wrong(op string, kind providers.Kind, cause error) error {
	return &providers.Error{Provider: "tiles", Op: op, Kind: kind, Unsent: kind == providers.Invalid, Err: cause}
}
