package address

import (
	"errors"
	"fmt"
	"log/slog"
	"math"

	"github.com/detour-go/detour/providers"
)

// Point is a place in degrees of WGS 84. It masks itself when printed: where a
// citizen is, is personal. The zero value is no place.
type Point struct{ Lat, Lon float64 }

// Validate reports what is no place on earth, as an error of class invalid. The
// zero value is refused as well: it stands for a place not known.
func (p Point) Validate() error {
	if p == (Point{}) || !(p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180) { // so written, NaN is refused too
		return wrong("point", providers.Invalid, errNowhere)
	}
	return nil
}

// InKorea reports whether the place is within the box around South Korea, its
// islands and its sea: 32.5 to 39 degrees north, 124 to 132.5 degrees east. With
// latitude and longitude mixed up, no place there is.
func (p Point) InKorea() bool {
	return p.Lat >= 32.5 && p.Lat <= 39 && p.Lon >= 124 && p.Lon <= 132.5
}

// Distance is how far another place is, in metres along a sphere: good to half a percent.
func (p Point) Distance(to Point) float64 {
	const radius, rad = 6371008.8, math.Pi / 180
	lat := math.Sin((to.Lat - p.Lat) * rad / 2)
	lon := math.Sin((to.Lon - p.Lon) * rad / 2)
	h := lat*lat + math.Cos(p.Lat*rad)*math.Cos(to.Lat*rad)*lon*lon
	return 2 * radius * math.Asin(math.Sqrt(math.Min(h, 1)))
}

var errNowhere = errors.New("latitude or longitude is no place")

// Format shows whether the point is in Korea, and no more.
func (p Point) Format(f fmt.State, _ rune) { mask(f, p.masked()) }

// LogValue implements slog.LogValuer.
func (p Point) LogValue() slog.Value { return slog.StringValue(p.masked()) }

func (p Point) masked() string {
	switch {
	case p == (Point{}):
		return "address.Point{}"
	case p.InKorea():
		return "address.Point{*** in korea}"
	}
	return "address.Point{***}"
}
