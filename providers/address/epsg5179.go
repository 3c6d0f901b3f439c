package address

import "math"

// EPSG:5179, "Korea 2000 / Unified CS" (UTM-K): transverse Mercator on GRS 80
// with its origin at 38 N 127.5 E.
const (
	grsA       = 6378137.0
	grsF       = 1 / 298.257222101
	originLat  = 38.0
	originLon  = 127.5
	scale      = 0.9996
	falseEast  = 1_000_000.0
	falseNorth = 2_000_000.0
	e2         = grsF * (2 - grsF)
	ep2        = e2 / (1 - e2)
	degree     = math.Pi / 180
)

// FromEPSG5179 is the place of an easting x and a northing y in metres of
// EPSG:5179, in which the government gives the entrances of buildings. It is
// the inverse series of Snyder (USGS Professional Paper 1395, page 63), good to a
// millimetre in Korea. Numbers from elsewhere give a point outside Korea: see
// [Point.InKorea]; those that are no numbers give the zero value.
func FromEPSG5179(x, y float64) Point {
	if math.Abs(x-falseEast) > 1e7 || math.Abs(y-falseNorth) > 1e7 || math.IsNaN(x) || math.IsNaN(y) {
		return Point{}
	}
	mu := (arc(originLat*degree) + (y-falseNorth)/scale) / (grsA * (1 - e2/4 - 3*e2*e2/64 - 5*e2*e2*e2/256))
	root := math.Sqrt(1 - e2)
	e1 := (1 - root) / (1 + root)
	foot := mu +
		(3*e1/2-27*e1*e1*e1/32)*math.Sin(2*mu) +
		(21*e1*e1/16-55*e1*e1*e1*e1/32)*math.Sin(4*mu) +
		151*e1*e1*e1/96*math.Sin(6*mu) +
		1097*e1*e1*e1*e1/512*math.Sin(8*mu)
	sin, cos := math.Sincos(foot)
	tan := sin / cos
	t, c := tan*tan, ep2*cos*cos
	w := 1 - e2*sin*sin
	n, r := grsA/math.Sqrt(w), grsA*(1-e2)/(w*math.Sqrt(w))
	d := (x - falseEast) / (n * scale)
	d2 := d * d
	lat := foot - n*tan/r*d2*(1.0/2-
		d2*((5+3*t+10*c-4*c*c-9*ep2)/24-
			d2*(61+90*t+298*c+45*t*t-252*ep2-3*c*c)/720))
	lon := d * (1 - d2*((1+2*t+c)/6-d2*(5-2*c+28*t-3*c*c+8*ep2+24*t*t)/120)) / cos
	return Point{Lat: lat / degree, Lon: originLon + lon/degree}
}

// arc is the length of the meridian from the equator to a latitude, in metres.
func arc(lat float64) float64 {
	return grsA * ((1-e2/4-3*e2*e2/64-5*e2*e2*e2/256)*lat -
		(3*e2/8+3*e2*e2/32+45*e2*e2*e2/1024)*math.Sin(2*lat) +
		(15*e2*e2/256+45*e2*e2*e2/1024)*math.Sin(4*lat) -
		35*e2*e2*e2/3072*math.Sin(6*lat))
}
